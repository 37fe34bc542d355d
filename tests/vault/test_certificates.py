"""A key counts where its chain leads to the organisation's root, and nowhere else."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.audit.writes import note_writes
from app.crypto.hpke import PrivateKey
from app.store.base import ORGANISATION
from app.store.kept_statements import READ_BEFORE_FLUSH
from app.vault import certificates
from app.vault.certificates import Verified
from app.vault.errors import KeyForged, KeyNotCertified
from app.vault.models import MemberKeys, OrganisationKeyKind
from tests.support.rewriting import rewrite


@pytest.mark.parametrize("issuer", [None, "coordinator"])
def test_a_certificate_of_nobody_or_of_somebody_who_is_no_lead_is_forged(world, issuer):
    volunteer = world.member("volunteer")
    named = issuer and world.member(issuer).id
    rewrite(world, MemberKeys, volunteer.id, certified_by=named)
    with world.work_as(None) as work, pytest.raises(KeyForged):
        work.certificates.sealing_key(volunteer.id)


def test_a_certificate_that_its_lead_did_not_sign_is_forged(world):
    volunteer = world.member("volunteer")
    rewrite(world, MemberKeys, volunteer.id, work_public=PrivateKey.generate().public)
    with world.work_as(None) as work, pytest.raises(KeyForged):
        work.certificates.sealing_key(volunteer.id)


def test_keys_whose_row_was_altered_are_forged(world):
    volunteer = world.member("volunteer")
    with world.deployment.engine.begin() as connection:
        connection.execute(
            update(MemberKeys).where(MemberKeys.id == volunteer.id).values(certified_by=None)
        )
    with world.work_as(None) as work:
        with pytest.raises(KeyForged):
            work.certificates.sealing_key(volunteer.id)
        work.session.get_one(MemberKeys, volunteer.id)
        with pytest.raises(KeyForged):
            work.certificates.sealing_key(volunteer.id)


def test_a_member_who_is_no_lead_has_no_second_key(world):
    with world.work_as(None) as work, pytest.raises(KeyNotCertified):
        work.certificates.lead_key(world.member("coordinator").id)


def test_an_epoch_that_was_never_dealt_has_no_key(world):
    with world.work_as(None) as work, pytest.raises(KeyNotCertified):
        work.certificates.organisation_key(OrganisationKeyKind.CUSTODY, epoch=99)


def test_what_was_verified_is_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(certificates, "_REMEMBERED", 1)
    verified, keys = Verified(), [PrivateKey.generate().public for _ in range(2)]
    for chain, key in zip((b"one", b"other"), keys, strict=True):
        verified.add(chain)
        assert verified.public_key(key) is verified.public_key(key)
    assert verified.has(b"other")
    assert not verified.has(b"one")


def test_writes_are_noted_once_however_often_it_is_requested(world):
    note_writes(world.deployment.sessions)
    note_writes(world.deployment.sessions)
    world.open_case()


def certificates_in(world, session):
    deployment = world.deployment
    root = deployment.settings.organisation_root
    return certificates.Certificates(session, deployment.organisation, root)


def test_keys_that_are_revoked_in_a_unit_of_work_count_so_in_it_at_once(world):
    """What was read of them before is not kept, also when the changed row is in memory no more."""
    volunteer = world.member("volunteer")
    with world.deployment.sessions() as session:
        keys = certificates_in(world, session)
        assert keys.sealing_key(volunteer.id)
        session.get_one(MemberKeys, volunteer.id).revoked_on = world.clock().date()
        with pytest.raises(KeyNotCertified):
            keys.sealing_key(volunteer.id)
        session.flush()
        session.expunge_all()
        with pytest.raises(KeyNotCertified):
            keys.sealing_key(volunteer.id)


def test_keys_that_wait_to_be_written_are_found(world):
    volunteer = world.member("volunteer")
    with world.deployment.sessions() as session:
        keys = session.get_one(MemberKeys, volunteer.id)
        own = {one.key: getattr(keys, one.key) for one in MemberKeys.__mapper__.column_attrs}
        added = {name: own[name] for name in own.keys() - {"id", "version", "row_mac"}}
        session.add(MemberKeys(id=ORGANISATION, **added))
        with pytest.raises(KeyForged):  # and not KeyNotCertified: they are somebody else's
            certificates_in(world, session).sealing_key(ORGANISATION)


def test_a_unit_of_work_forgets_at_its_end_which_keys_it_read(world):
    with world.work_as(None) as work:
        work.certificates.load([world.member("volunteer").id])
        assert work.session.info[READ_BEFORE_FLUSH]
    assert READ_BEFORE_FLUSH not in work.session.info


def test_altered_keys_that_were_loaded_before_are_forged_at_the_first_question(world):
    volunteer = world.member("volunteer")
    with world.deployment.engine.begin() as connection:
        connection.execute(
            update(MemberKeys).where(MemberKeys.id == volunteer.id).values(certified_by=None)
        )
    with world.work_as(None) as work:
        kept = work.session.get_one(MemberKeys, volunteer.id)
        with pytest.raises(KeyForged):
            work.certificates.member(volunteer.id)
        assert kept.id == volunteer.id


def test_nothing_is_sealed_to_the_second_key_of_a_lead_who_was_removed(world):
    lead = world.member("lead")
    rewrite(world, MemberKeys, lead.id, revoked_on=world.clock().date())
    with world.work_as(None) as work, pytest.raises(KeyNotCertified):
        work.certificates.lead_key(lead.id)
