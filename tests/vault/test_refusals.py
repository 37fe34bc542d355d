"""What was altered, is too little or belongs to another is refused where it is met."""

from __future__ import annotations

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.crypto.hpke import PrivateKey
from app.permissions import Compartment
from app.store.base import new_id
from app.store.identity import ONLY_ROW
from app.store.models import DeploymentIdentity
from app.vault import keyring, scope_rows
from app.vault.canary import CanaryLost, make_canary, open_canary
from app.vault.case_keys import CaseKeys, LoadedGrant
from app.vault.custody import combine_custody, deal_custody
from app.vault.errors import CaseErased, CustodySharesMissing, NoGrant, Tampered
from app.vault.keyring import MemberSecrets
from app.vault.models import GrantReason, MemberKeys, OrganisationKeyKind
from app.vault.scopes import SUMMARY, Scope, ScopeEntry, find_entry, pack_entries, unpack_entries
from tests.support.world import Person

IDENTITY = Scope(Compartment.IDENTITY)
COMMITMENT = bytes(32)


def test_packed_entries_that_are_cut_or_name_an_unknown_compartment_are_refused():
    packed = pack_entries([ScopeEntry(IDENTITY, 1, COMMITMENT)])
    with pytest.raises(ValueError, match="cut off"):
        unpack_entries(packed[:-1])
    with pytest.raises(ValueError, match="unknown compartment"):
        unpack_entries(b"\xff" + packed[1:])


def test_an_entry_is_found_by_scope_and_epoch_and_never_within_another_s_commitment():
    hidden = IDENTITY.head.ljust(32, b"\0")
    packed = pack_entries(
        [
            ScopeEntry(SUMMARY, 1, hidden),
            ScopeEntry(IDENTITY, 2, COMMITMENT),
            ScopeEntry(IDENTITY, 1, COMMITMENT),
        ]
    )
    assert find_entry(packed, IDENTITY.head, None) == (1, 2, COMMITMENT)
    assert find_entry(packed, IDENTITY.head, 1) == (2, 1, COMMITMENT)
    assert find_entry(packed, IDENTITY.head, 3) is None
    assert find_entry(packed[:53], IDENTITY.head, None) is None


def test_a_scope_of_broken_grants_alone_says_what_is_wrong_with_them():
    entries = pack_entries([ScopeEntry(IDENTITY, 1, COMMITMENT)])
    keys = CaseKeys(new_id(), None, [LoadedGrant(new_id(), entries, b"", broken=Tampered())])
    assert keys.names(IDENTITY.head)
    with pytest.raises(Tampered):
        keys.opens(IDENTITY.head)


def test_secrets_that_are_cut_or_sealed_to_another_are_refused(world):
    with pytest.raises(Tampered):
        scope_rows.secret_at(bytes(31), 0, b"", COMMITMENT)
    with pytest.raises(Tampered):
        keyring._open(PrivateKey.generate(), bytes(1200), b"")
    with world.work_as(world.member("coordinator")) as work, pytest.raises(Tampered):
        work.keyring._scope_rows.check(new_id(), new_id(), b"cut", b"", {})


def test_without_a_signed_in_member_there_are_no_secrets(world):
    with world.work_as(None) as work, pytest.raises(NoGrant):
        _ = work.keyring.secrets


def test_a_case_that_nobody_knows_has_no_share_and_the_organisation_s_log_key(world):
    with world.work_as(world.member("coordinator")) as work:
        with pytest.raises(CaseErased):
            work.keyring.share_id(new_id())
        assert work.keyring.log_key(new_id()) == world.deployment.log_key


def test_a_lead_who_has_not_stepped_up_has_no_share_of_custody(world):
    lead = world.member("lead")
    secrets = MemberSecrets(lead.secrets.work, lead.secrets.sign)
    plain = Person(lead.id, lead.role, lead.team_id, lead.login, "", secrets)
    with world.work_as(plain) as work, pytest.raises(NoGrant):
        work.keyring.copy(OrganisationKeyKind.CUSTODY)


def test_shares_of_another_custody_key_do_not_open_this_one(world):
    lead = world.member("lead")
    ours, other = (
        deal_custody(
            world.deployment.organisation, 7, threshold=2, count=3, leads=3,
            signer=lead.secrets.sign, signer_id=lead.id,
        )
        for _ in range(2)
    )  # fmt: skip
    with pytest.raises(CustodySharesMissing):
        combine_custody(list(other.words[:2]), ours.key)


def test_one_uncertified_key_does_not_keep_the_others_from_their_grant(world):
    case_id, first, second = world.open_case(), world.member("vetter"), world.member("vetter", 2)
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(MemberKeys)
            .where(MemberKeys.id == first.id)
            .values(work_public=PrivateKey.generate().public)
        )
    with world.work_as(world.member("coordinator")) as work:
        granted = work.grants.grant_all(
            case_id, [first.id, second.id], [IDENTITY], reason=GrantReason.VETTING, about=case_id
        )
    assert granted == [second.id]


def test_a_part_that_was_erased_is_shut_in_a_list(world):
    case_id = world.open_case()
    with world.deployment.sessions() as session:
        share_id = session.get_one(Case, case_id).share_id
    world.deployment.keystore.destroy([share_id], [Compartment.IDENTITY])
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        assert work.vault.open_listed([case.identity]) == [None]


def test_a_canary_that_was_altered_does_not_open(world):
    share_id, sealed = make_canary(world.deployment)
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(DeploymentIdentity)
            .where(DeploymentIdentity.id == ONLY_ROW)
            .values(canary_share_id=share_id, canary=sealed)
        )
    open_canary(world.deployment)
    with world.deployment.sessions() as session, session.begin():
        altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
        session.execute(update(DeploymentIdentity).values(canary=altered))
    with pytest.raises(CanaryLost):
        open_canary(world.deployment)


def test_a_commit_that_the_database_refuses_is_that_failure_and_nothing_unknown(world):
    def refuse(_session: Session) -> None:
        raise IntegrityError("", {}, Exception())

    with pytest.raises(IntegrityError), world.work_as(world.member("coordinator")) as work:
        event.listen(work.session, "before_commit", refuse)
