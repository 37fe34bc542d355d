"""Founding an organisation: its keys, certificates and shares of custody."""

from __future__ import annotations

from itertools import combinations

import pytest
from sqlalchemy import update

from app.accounts.models import MemberStatus
from app.crypto.passwords import stretch
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.demo.admission import admit_member
from app.deployment import Deployment
from app.models import metadata
from app.organisation.errors import OrganisationFounded, RootWordsWrong, ThresholdInvalid
from app.organisation.root import OrganisationRoot
from app.organisation.service import Founding, NewLead, admit_lead, found_organisation
from app.permissions import Role, names_of, roles_in
from app.principal import NOBODY, Principal
from app.sessions.sign_in import sign_in, start_sign_in
from app.settings import Settings
from app.store.models import KeystoreBase
from app.vault.custody import combine_custody
from app.vault.errors import CustodySharesMissing, KeyForged
from app.vault.models import OrganisationKey, OrganisationKeyKind
from app.work import begin_work, note_writes, unit_of_work
from tests.conftest import settings_for

LEADS = [NewLead("heron", "Heron"), NewLead("egret", "Egret"), NewLead("ibis", "Ibis")]


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
    how = {"teams": ["Teak", "Banyan"], "leads": LEADS, "threshold": 2, **changes}
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            return found_organisation(work, root, **how)


def test_a_founding_certifies_its_leads_by_the_root_in_the_settings(empty, root):
    founding = found(empty, root)
    assert founding.fingerprint == empty.settings.organisation_root
    with empty.sessions() as session:
        work = begin_work(session, empty, NOBODY)
        for lead in founding.leads:
            assert lead.member.status is MemberStatus.ACTIVE
            keys = work.certificates.member(lead.member.id)
            assert (names_of(keys.roles), keys.certified_by) == ({Role.LEAD}, None)
        for kind in OrganisationKeyKind:
            assert work.certificates.organisation_key(kind).epoch == 1


def test_every_lead_can_sign_in_by_the_passphrase_shown(empty, root):
    founding = found(empty, root)
    for lead, admission in zip(LEADS, founding.leads, strict=True):
        with empty.sessions() as session:
            work = begin_work(session, empty, NOBODY)
            tasks = start_sign_in(work, lead.login, admission.passphrase)
            stretched = [
                stretch(task.passphrase, salt=task.salt, cost=task.cost, floor=task.floor)
                for task in tasks
            ]
            with unit_of_work(work):
                assert sign_in(work, lead.login, stretched).member.id == admission.member.id


def custody_of(deployment: Deployment) -> OrganisationKey:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        return work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)


def test_custody_opens_with_any_two_shares_of_leads_or_kit_and_with_no_single_one(empty, root):
    founding = found(empty, root)
    assert len(founding.recovery_kit) == 2
    shares = [share_of(empty, lead) for lead in founding.leads] + founding.recovery_kit
    assert len(set(shares)) == 5
    key = custody_of(empty)
    for pair in combinations(shares, 2):
        assert combine_custody(list(pair), key).public == key.public
    for alone in shares:
        with pytest.raises(CustodySharesMissing):
            combine_custody([alone], key)


def share_of(deployment: Deployment, lead) -> str:
    principal = Principal(lead.member.id, lead.member.roles, lead.member.team_id, stepped_up=True)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, principal, lead.keys)
        return work.keyring.copy(OrganisationKeyKind.CUSTODY)[1].decode()


def test_a_group_with_one_lead_needs_one_share(empty, root):
    founding = found(empty, root, leads=LEADS[:1], threshold=1)
    key = custody_of(empty)
    assert combine_custody(founding.recovery_kit, key).public == key.public


def test_an_organisation_is_founded_once(empty, root):
    found(empty, root)
    with pytest.raises(OrganisationFounded):
        found(empty, root)


@pytest.mark.parametrize(
    "changes", [{"threshold": 0}, {"threshold": 4}, {"leads": []}, {"teams": []}]
)
def test_an_impossible_founding_leaves_nothing(empty, root, changes):
    with pytest.raises(ThresholdInvalid):
        found(empty, root, **changes)
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
            work.certificates.member(founding.leads[0].member.id)


def test_another_lead_is_made_with_the_roots_words(empty, root):
    founding = found(empty, root)
    first = founding.leads[0]
    principal = Principal(
        first.member.id, first.member.roles, first.member.team_id, stepped_up=True
    )
    with empty.sessions() as session:
        work = begin_work(session, empty, principal, first.keys)
        with unit_of_work(work):
            again = OrganisationRoot.from_words(founding.root_words, founding.fingerprint)
            new = admit_lead(work, again, NewLead("stork", "Stork"), founding.teams[1].id)
    with empty.sessions() as session:
        acting = Principal(new.member.id, new.member.roles, new.member.team_id, stepped_up=True)
        work = begin_work(session, empty, acting, new.keys)
        with unit_of_work(work):
            admitted = admit_member(
                work,
                roles=roles_in(founding.teams[0].id, Role.AUDITOR),
                login="auditor",
                display_name="Crane",
            )
        assert admitted.member.status is MemberStatus.ACTIVE


def test_what_a_founding_shows_once_is_never_printed_by_chance(empty, root):
    founding = found(empty, root)
    printed = repr(founding) + repr(root) + repr(founding.leads[0])
    for secret in (founding.root_words, *founding.recovery_kit, founding.leads[0].passphrase):
        assert secret not in printed
    assert root.key.seed.hex() not in printed
