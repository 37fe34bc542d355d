"""Founding an organisation: its keys, certificates and shares of custody."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.accounts.models import Member, MemberStatus
from app.audit.writes import note_writes
from app.crypto.passwords import stretch
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.models import metadata
from app.organisation.errors import OrganisationFounded, RootWordsWrong, TeamMissing
from app.organisation.root import OrganisationRoot
from app.organisation.service import Founding, NewLead, found_organisation
from app.permissions import Role, names_of
from app.principal import NOBODY, Principal
from app.sessions.sign_in import sign_in, start_sign_in
from app.settings import Settings
from app.store.models import KeystoreBase
from app.vault.custody import combine_custody
from app.vault.errors import KeyForged
from app.vault.models import OrganisationKey, OrganisationKeyKind
from app.work import begin_work, unit_of_work
from tests.conftest import settings_for

HERON = NewLead("heron", "Heron")


@pytest.fixture
def root() -> OrganisationRoot:
    return OrganisationRoot.generate()


@pytest.fixture
def empty(empty_databases, root):
    """A deployment with tables and nothing in them."""
    settings = settings_for(*empty_databases)
    built = build(settings.model_copy(update={"organisation_root": root.fingerprint}))
    metadata.create_all(built.engine)
    KeystoreBase.metadata.create_all(built.keystore.engine)
    yield built
    built.close()


def build(settings: Settings) -> Deployment:
    deployment = Deployment.build(settings, RootKey(bytes(range(32))), boot_key=bytes(32))
    note_writes(deployment.sessions)
    return deployment


def found(deployment: Deployment, root: OrganisationRoot, **changes) -> Founding:
    how = {"teams": ["Teak", "Banyan"], "lead": HERON, **changes}
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            return found_organisation(work, root, **how)


def test_a_founding_certifies_its_lead_by_the_root_in_the_settings(empty, root):
    founding = found(empty, root)
    assert founding.fingerprint == empty.settings.organisation_root
    with empty.sessions() as session:
        work = begin_work(session, empty, NOBODY)
        assert founding.lead.member.status is MemberStatus.ACTIVE
        keys = work.certificates.member(founding.lead.member.id)
        assert (names_of(keys.roles), keys.certified_by) == ({Role.LEAD}, None)
        for kind in OrganisationKeyKind:
            assert work.certificates.organisation_key(kind).epoch == 1


def test_the_lead_signs_in_by_the_one_passphrase_that_is_shown(empty, root):
    founding = found(empty, root)
    with empty.sessions() as session:
        work = begin_work(session, empty, NOBODY)
        tasks = start_sign_in(work, "heron", founding.lead.passphrase)
        stretched = [
            stretch(task.passphrase, salt=task.salt, cost=task.cost, floor=task.floor)
            for task in tasks
        ]
        with unit_of_work(work):
            assert sign_in(work, "heron", stretched).member.id == founding.lead.member.id
    with empty.sessions() as session:
        assert session.query(Member).count() == 2  # one for each slot of the account


def custody_of(deployment: Deployment) -> OrganisationKey:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        return work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)


def test_custody_stands_at_one_of_one_and_the_lead_has_the_share(empty, root):
    founding = found(empty, root)
    key = custody_of(empty)
    assert (key.threshold, key.shares, key.leads) == (1, 1, 1)
    (share,) = founding.recovery_kit
    assert combine_custody([share], key).public == key.public
    assert share_of(empty, founding.lead) == share


def share_of(deployment: Deployment, lead) -> str:
    principal = Principal(lead.member.id, lead.member.roles, lead.member.team_id, stepped_up=True)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, principal, lead.keys)
        return work.keyring.copy(OrganisationKeyKind.CUSTODY)[1].decode()


def test_an_organisation_is_founded_once(empty, root):
    found(empty, root)
    with pytest.raises(OrganisationFounded):
        found(empty, root)


def test_a_founding_without_a_team_leaves_nothing(empty, root):
    with pytest.raises(TeamMissing):
        found(empty, root, teams=[])
    with empty.sessions() as session:
        assert session.query(OrganisationKey).count() == 0


def test_a_root_that_the_settings_do_not_name_founds_nothing(empty):
    with pytest.raises(RootWordsWrong):
        found(empty, OrganisationRoot.generate())


def test_the_root_is_restored_from_its_words_and_from_no_others(root):
    again = OrganisationRoot.from_words(root.words, root.fingerprint)
    assert again.key.seed == root.key.seed
    other = OrganisationRoot.generate()
    for words in (other.words, "not words at all", "", root.words.rsplit(" ", 1)[0]):
        with pytest.raises(RootWordsWrong):
            OrganisationRoot.from_words(words, root.fingerprint)


def test_a_root_written_into_the_database_certifies_no_lead(empty, root):
    founding = found(empty, root)
    forged = SigningKey.generate()
    with empty.sessions() as session, session.begin():
        session.execute(
            update(OrganisationKey)
            .where(OrganisationKey.kind == OrganisationKeyKind.ROOT)
            .values(public=forged.public)
        )
    with empty.sessions() as session:
        work = begin_work(session, empty, NOBODY)
        with pytest.raises(KeyForged):
            work.certificates.member(founding.lead.member.id)


def test_what_a_founding_shows_once_is_never_printed_by_chance(empty, root):
    founding = found(empty, root)
    printed = repr(founding) + repr(root) + repr(founding.lead)
    for secret in (founding.root_words, *founding.recovery_kit, founding.lead.passphrase):
        assert secret not in printed
    assert root.key.seed.hex() not in printed
