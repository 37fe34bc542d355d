"""Who holds both stores and the root key, but not a case, can give nobody a secret of theirs.

The intruder here writes rows with good MACs, as somebody with the keystore and the root key can,
and is a member who signs with keys of their own: an administrator, who holds no case.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.admission import certify
from app.accounts.models import Member, MemberStatus
from app.accounts.service import remove_member
from app.audit.events import EventKind
from app.cases.models import Account
from app.cases.service import get_case
from app.crypto.aead import epoch_of
from app.crypto.derive import commit
from app.crypto.signing import SigningKey
from app.permissions import Compartment, Role
from app.vault.certificates import Certificates, prove_possession
from app.vault.errors import KeyForged, KeyNotCertified, Tampered
from app.vault.models import Bundle, Grant, GrantReason, MemberKeys, OrganisationKeyKind, ScopeRow
from app.vault.scope_rows import SECRET_BYTES, case_key, sign_minted
from app.vault.scopes import SUMMARY, Scope, ScopeEntry, pack_entries
from app.vault.statements import (
    bundle_info,
    grant_address,
    grant_statement,
    hpke_wrap_info,
    scope_address,
)
from tests.support.leads import add_lead

ACCOUNT = Scope(Compartment.ACCOUNT)
CONTACT = Scope(Compartment.CONTACT)


def an_entry(world, case_id, scope, epoch, secret):
    address = scope_address(world.deployment.organisation, case_id, scope, epoch)
    return ScopeEntry(scope, epoch, commit(secret, address))


def add_scope(world, session, case_id, entry, key, minter, before):
    """Add a scope row, signed by whatever key of the case and by a member."""
    first = session.scalars(select(ScopeRow).where(ScopeRow.case_id == case_id)).first()
    row = ScopeRow(
        case_id=case_id, share_id=first.share_id, compartment=entry.scope.compartment,
        part=entry.scope.part, epoch=entry.epoch, commitment=entry.commitment,
    )  # fmt: skip
    sign_minted(
        world.deployment.organisation, [row], key=key, minter_id=minter.id,
        minter=minter.secrets.sign, on=world.clock().date(), before={entry.scope: before},
    )  # fmt: skip
    session.add(row)


def certificates(world, session):
    deployment = world.deployment
    return Certificates(session, deployment.organisation, deployment.settings.organisation_root)


def commitment_of(session, case_id, scope):
    return session.scalars(
        select(ScopeRow.commitment).where(
            ScopeRow.case_id == case_id, ScopeRow.compartment == scope.compartment
        )
    ).one()


def plant_epoch(world, session, case_id):
    """An epoch of the intruder's, with a scope row under a case key of the intruder's."""
    secret = secrets.token_bytes(SECRET_BYTES)
    entry = an_entry(world, case_id, CONTACT, 2, secret)
    before = commitment_of(session, case_id, CONTACT)
    add_scope(
        world, session, case_id, entry, SigningKey.generate(), world.member("administrator"), before
    )
    return entry, secret


def plant_bundle(world, case_id):
    with world.deployment.sessions() as session:
        entry, secret = plant_epoch(world, session, case_id)
        bundle = Bundle(
            case_id=case_id, recipient=OrganisationKeyKind.CUSTODY, epoch=1,
            entries=pack_entries([entry]),
        )  # fmt: skip
        _, key = certificates(world, session).organisation_sealing_key(OrganisationKeyKind.CUSTODY)
        bundle.sealed = key.seal(secret, info=bundle_info(world.deployment.organisation, bundle))
        session.add(bundle)
        session.commit()


def plant_grant(world, case_id, holder, entries, opened, granter, reason=GrantReason.ASSIGNMENT):
    """A grant that is signed and sealed as the program does it, with secrets of whatever origin."""
    organisation = world.deployment.organisation
    with world.deployment.sessions() as session:
        share_id = session.scalars(
            select(ScopeRow.share_id).where(ScopeRow.case_id == case_id)
        ).first()
        grant = Grant(
            case_id=case_id, share_id=share_id, holder_id=holder.id, granter_id=granter.id,
            reason=reason, about=case_id, entries=pack_entries(entries),
            granted_on=world.clock().date(), until=None, rests=False,
        )  # fmt: skip
        grant.signature = granter.secrets.sign.sign(grant_statement(organisation, grant))
        address = grant_address(organisation, grant.id, case_id, holder.id)
        key = certificates(world, session).sealing_key(holder.id)
        grant.hpke_wrap = key.seal(opened, info=hpke_wrap_info(address, grant.signature))
        session.add(grant)
        session.commit()


def test_a_bundle_with_an_epoch_that_nobody_of_the_case_minted_is_refused(world):
    case_id = world.open_case()
    plant_bundle(world, case_id)
    with pytest.raises(Tampered), world.work_as(world.member("lead")) as work:
        work.custody.open_cases([case_id])


def test_a_grant_by_a_stranger_to_the_case_hands_over_nothing(world):
    case_id = world.open_case()
    stranger, other = world.member("administrator"), world.member("volunteer", 2)
    with world.deployment.sessions() as session:
        entry, secret = plant_epoch(world, session, case_id)
        session.commit()
    plant_grant(world, case_id, other, [entry], secret, stranger)
    with world.work_as(other) as work, pytest.raises(Tampered):
        work.keyring.secret(case_id, CONTACT)


def test_who_holds_the_case_goes_on_sealing_at_the_epoch_that_is_authentic(world):
    case_id, volunteer = world.open_case(), world.member("volunteer")
    with world.deployment.sessions() as session:
        entry, secret = plant_epoch(world, session, case_id)
        session.commit()
    plant_grant(world, case_id, volunteer, [entry], secret, world.member("administrator"))
    with world.work_as(volunteer) as work:
        assert work.keyring.secret(case_id, CONTACT)[0] == 1


def test_a_grant_of_what_its_holder_s_role_never_opens_is_refused_though_the_secret_is_true(world):
    case_id, coordinator = world.open_case(), world.member("coordinator")
    vetter = world.member("vetter")
    with world.work_as(coordinator) as work:
        epoch, secret = work.keyring.secret(case_id, CONTACT)
    entry = an_entry(world, case_id, CONTACT, epoch, secret)
    plant_grant(world, case_id, vetter, [entry], secret, coordinator, GrantReason.VETTING)
    with world.work_as(vetter) as work, pytest.raises(Tampered):
        work.keyring.secret(case_id, CONTACT)


def test_a_collected_grant_whose_last_day_was_put_off_opens_nothing_though_its_mac_is_good(world):
    case_id, volunteer = world.open_case(), world.member("volunteer")
    with world.work_as(volunteer) as work:
        work.vault.open(get_case(work, case_id).identity)
    with world.deployment.sessions() as session:
        grant = session.scalars(select(Grant).where(Grant.holder_id == volunteer.id)).one()
        grant.until = world.clock().date() + timedelta(days=900)
        session.commit()
    with world.work_as(volunteer) as work, pytest.raises(Tampered):
        work.vault.open(get_case(work, case_id).identity)


def give_second_epoch(world, case_id, minter, holder):
    """A second epoch of what a person said, minted by who holds the case, and granted."""
    organisation = world.deployment.organisation
    with world.work_as(minter) as work:
        _, summary = work.keyring.secret(case_id, SUMMARY, 1)
        secret = secrets.token_bytes(SECRET_BYTES)
        entry = an_entry(world, case_id, ACCOUNT, 2, secret)
        before = commitment_of(work.session, case_id, ACCOUNT)
        key = case_key(organisation, case_id, summary)
        add_scope(world, work.session, case_id, entry, key, minter, before)
        work.keyring.hold(case_id, work.keyring.share_id(case_id), entry, secret)
        work.grants.grant(
            case_id, holder.id, [ACCOUNT], reason=GrantReason.ASSIGNMENT, about=case_id
        )


def test_sealing_goes_on_at_the_newest_epoch_of_all_that_a_member_was_granted(world):
    case_id, volunteer = world.open_case(), world.member("volunteer")
    give_second_epoch(world, case_id, world.member("coordinator"), volunteer)
    with world.work_as(volunteer) as work:
        case = get_case(work, case_id)
        assert work.vault.open(case.account)
        work.vault.seal(case.account, Account("Crossed by the ferry."))
        assert epoch_of(case.account.envelope) == 2
        work.trail.record(EventKind.CASE_CHANGED, case_id)
    with world.work_as(volunteer) as work:
        assert work.vault.open(get_case(work, case_id).account).says == "Crossed by the ferry."


def test_an_epoch_that_a_removed_member_mints_counts_for_nothing(world):
    case_id, other = world.open_case(), world.member("coordinator", 2)
    coordinator = world.member("coordinator")
    give_second_epoch(world, case_id, coordinator, other)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, coordinator.id)
    with world.work_as(other) as work:
        assert work.keyring.secret(case_id, ACCOUNT)[0] == 1


def test_a_first_scope_stays_good_when_its_minter_has_gone(world):
    coordinator = world.member("coordinator")
    case_id = world.open_case(coordinator)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, coordinator.id)
    with world.work_as(world.member("lead")) as work:
        work.custody.open_cases([case_id])
        assert work.keyring.secret(case_id, CONTACT)[0] == 1


def test_a_certificate_counts_no_more_once_its_issuer_is_gone(world):
    with world.deployment.sessions() as session:
        session.get_one(MemberKeys, world.member("lead").id).revoked_on = world.clock().date()
        session.commit()
    with world.work_as(None) as work, pytest.raises(KeyNotCertified):
        work.certificates.member(world.member("volunteer").id)


def test_keys_that_were_put_in_the_place_of_a_member_s_are_not_signed_again_and_are_named(world):
    lead, other, volunteer = world.member("lead"), add_lead(world), world.member("volunteer")
    with world.deployment.sessions() as session:
        keys = session.get_one(MemberKeys, volunteer.id)
        own = SigningKey.generate()
        keys.sign_public = own.public
        prove_possession(world.deployment.organisation, keys, own)
        session.commit()
    with world.work_as(other) as work:
        remove_member(work, lead.id)
        assert EventKind.MEMBER_NOT_CERTIFIED in work.trail.actions
    with world.work_as(None) as work:
        assert work.certificates.member(world.member("coordinator").id).certified_by == other.id
        with pytest.raises(KeyNotCertified):
            work.certificates.member(volunteer.id)


def test_keys_of_another_are_not_certified_for_who_does_not_have_them(world):
    invited = world.member("volunteer")
    with world.deployment.sessions() as session:
        keys = session.get_one(MemberKeys, invited.id)
        keys.sign_public = session.get_one(MemberKeys, world.member("coordinator").id).sign_public
        session.commit()
    with pytest.raises(KeyForged), world.work_as(world.member(Role.LEAD)) as work:
        member = work.session.get(Member, invited.id)
        member.status = MemberStatus.INVITED
        certify(work, member)
