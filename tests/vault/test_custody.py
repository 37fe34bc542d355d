"""Custody opens a case when enough leads agree, and never otherwise."""

from __future__ import annotations

from itertools import combinations

import pytest
from sqlalchemy import select, update

from app.audit.events import EventKind
from app.cases.models import Case
from app.crypto.hpke import PrivateKey
from app.store.base import new_id
from app.vault.custody import _statement as statement_of
from app.vault.custody import combine_custody, deal_custody, seal_copy
from app.vault.errors import CustodySharesMissing, KeyNotCertified, StepUpRequired, Tampered
from app.vault.keyring import MemberSecrets
from app.vault.models import (
    Bundle,
    CustodyContribution,
    KeyCopy,
    OrganisationKey,
    OrganisationKeyKind,
)
from tests.support.leads import add_lead_keys
from tests.support.world import Person


def admit_leads(work, world) -> list[Person]:
    """The founded lead, and two more that the organisation root certifies."""
    return [world.member("lead"), *(add_lead_keys(work, world, number) for number in (2, 3))]


@pytest.fixture
def leads(world):
    """Three leads, two of whom must agree: a new custody epoch over the founded one."""
    people, _ = deal_to_three(world, threshold=2)
    return people


def deal_to_three(world, threshold):
    """Three leads, so many of whom must agree, and the words of their shares."""
    first, organisation = world.member("lead"), world.deployment.organisation
    signing = {"signer": first.secrets.sign, "signer_id": first.id}
    with world.work_as(first) as work:
        people = admit_leads(work, world)
        dealt = deal_custody(organisation, 2, threshold=threshold, count=3, leads=3, **signing)
        work.session.add(dealt.key)
        work.session.flush()
        for person, words in zip(people, dealt.words, strict=True):
            copy = seal_copy(
                organisation,
                work.certificates,
                kind=OrganisationKeyKind.CUSTODY,
                epoch=2,
                secret=words.encode(),
                member_id=person.id,
                giver_id=first.id,
                giver=first.secrets.sign,
            )
            work.session.add(copy)
        work.trail.record("custody:dealt")
    return people, dealt.words


def test_a_single_lead_opens_nothing_where_two_are_required(world, leads):
    case_id = world.open_case()
    for lead in leads:
        with pytest.raises(CustodySharesMissing), world.work_as(lead) as work:
            work.custody.open_cases([case_id])


@pytest.mark.parametrize("pair", list(combinations(range(3), 2)))
def test_any_two_leads_open_a_case_together(world, leads, pair):
    case_id = world.open_case()
    asking, giving = leads[pair[0]], leads[pair[1]]
    with world.work_as(giving) as work:
        work.custody.contribute(asking.id)
    with world.work_as(asking) as work:
        work.custody.open_cases([case_id])
        case = work.session.get_one(Case, case_id)
        assert work.vault.open(case.identity).name == "Ko Thiha Zin"


def test_a_contribution_is_used_once(world, leads):
    case_id = world.open_case()
    with world.work_as(leads[1]) as work:
        work.custody.contribute(leads[0].id)
    with world.work_as(leads[0]) as work:
        work.custody.open_cases([case_id])
    with pytest.raises(CustodySharesMissing), world.work_as(leads[0]) as work:
        work.custody.open_cases([case_id])


def test_a_contribution_lapses_after_a_day(world, leads):
    case_id = world.open_case()
    with world.work_as(leads[1]) as work:
        work.custody.contribute(leads[0].id)
    world.clock.advance(days=2)
    with pytest.raises(CustodySharesMissing), world.work_as(leads[0]) as work:
        work.custody.open_cases([case_id])


def test_a_contribution_counts_once_however_often_it_is_given(world, leads):
    case_id = world.open_case()
    with world.work_as(leads[0]) as work, pytest.raises(CustodySharesMissing):
        work.custody.contribute(leads[0].id)
        work.session.flush()
        work.custody.open_cases([case_id])


def test_a_contribution_that_was_altered_is_noticed(world, leads):
    case_id = world.open_case()
    with world.work_as(leads[1]) as work:
        work.custody.contribute(leads[0].id)
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(CustodyContribution).values(given_by=leads[2].id))
    with pytest.raises(Tampered), world.work_as(leads[0]) as work:
        work.custody.open_cases([case_id])


def test_a_signed_contribution_that_does_not_open_is_noticed(world, leads):
    case_id = world.open_case()
    with world.work_as(leads[1]) as work:
        work.custody.contribute(leads[0].id)
    with world.work_as(leads[1]) as work:
        row = work.session.scalars(select(CustodyContribution)).one()
        same = {
            name: getattr(row, name)
            for name in ("epoch", "asked_by", "given_by", "given_on", "from_kit")
        }
        forged = CustodyContribution(id=new_id(), sealed=bytes(len(row.sealed)), **same)
        signed = statement_of(work.custody._info(forged), forged.sealed)
        forged.signature = leads[1].secrets.sign.sign(signed)
        work.session.delete(row)
        work.session.add(forged)
        work.trail.record(EventKind.CUSTODY_CONTRIBUTED)
    with world.work_as(leads[0]) as work, pytest.raises(Tampered):
        work.custody.open_cases([case_id])


def test_a_share_is_given_to_leads_alone(world, leads):
    with pytest.raises(KeyNotCertified), world.work_as(leads[1]) as work:
        work.custody.contribute(world.member("coordinator").id)


def test_without_the_second_unlock_custody_stays_shut(world):
    case_id, lead = world.open_case(), world.member("lead")
    plain = Person(
        lead.id, lead.role, lead.team_id, lead.login, "",
        MemberSecrets(lead.secrets.work, lead.secrets.sign),
    )  # fmt: skip
    with pytest.raises(StepUpRequired), world.work_as(plain) as work:
        work.custody.open_cases([case_id])


def test_the_printed_shares_of_the_recovery_kit_rebuild_the_key(world):
    lead = world.member("lead")
    organisation = world.deployment.organisation
    dealt = deal_custody(
        organisation, 7, threshold=2, count=3, leads=3, signer=lead.secrets.sign, signer_id=lead.id
    )
    for words in combinations(dealt.words, 2):
        assert combine_custody(list(words), dealt.key).public == dealt.key.public
    for word in dealt.words:
        with pytest.raises(CustodySharesMissing):
            combine_custody([word], dealt.key)


def test_a_custody_key_put_in_by_a_writer_of_the_database_is_never_sealed_to(world):
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(OrganisationKey)
            .where(OrganisationKey.kind == OrganisationKeyKind.CUSTODY)
            .values(public=PrivateKey.generate().public)
        )
    with pytest.raises(KeyNotCertified):
        world.open_case()
    with world.deployment.sessions() as session:
        assert session.scalars(select(Bundle)).all() == []


def test_a_copy_of_a_key_forged_by_a_writer_of_the_database_is_refused(world):
    auditor = world.member("auditor")
    case_id = world.open_case()
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(KeyCopy).where(KeyCopy.member_id == auditor.id).values(signature=bytes(64))
        )
    with pytest.raises(Tampered), world.work_as(auditor) as work:
        work.vault.unlock_reporting([case_id])


def test_every_member_of_the_world_has_certified_keys(world):
    with world.work_as(world.member("lead")) as work:
        for person in world.people:
            assert work.certificates.member(person.id).certificate


def test_a_share_that_comes_from_its_lead_and_from_paper_counts_once(world):
    (first, second, third), words = deal_to_three(world, threshold=3)
    case_id = world.open_case()
    with world.work_as(second) as work:
        work.custody.contribute(first.id)
    with world.work_as(first) as work:
        work.custody.contribute_kit_words(words[1])
    with world.work_as(first) as work, pytest.raises(CustodySharesMissing):
        work.custody.open_cases([case_id])
    with world.work_as(third) as work:
        work.custody.contribute(first.id)
    with world.work_as(first) as work:
        work.custody.open_cases([case_id])
        assert work.vault.open(work.session.get_one(Case, case_id).identity)
