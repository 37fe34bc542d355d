"""Opening, finding, listing, reading and changing cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.cases import service
from app.cases.editing import with_ages_stated
from app.cases.errors import CaseNotFound
from app.cases.models import (
    Case,
    CaseStatus,
    Contact,
    Identity,
    RankBand,
    RegionGroup,
    Reporting,
    Standing,
)
from app.cases.service import CaseChange
from app.casework import held
from app.errors import IdTaken, PreconditionMissing, Stale
from app.intake.errors import MemberUncertified
from app.intake.service import open_case
from app.permissions import Compartment
from app.store.base import ORGANISATION, new_id
from app.vault.errors import NoGrant
from app.vault.models import Grant, GrantReason, MemberKeys
from tests.support.intake_steps import FAMILY, WALKER, found, listed, opened, stranger, version_of


def grants_of(world, case_id):
    with world.deployment.sessions() as session:
        return {
            (grant.holder_id, grant.reason, grant.ended_on is None)
            for grant in session.scalars(select(Grant).where(Grant.case_id == case_id))
        }


def test_an_intake_is_held_by_its_author_and_by_the_coordinators_of_the_team(world):
    case_id = opened(world)
    author = world.member("volunteer")
    coordinators = {world.member("coordinator", number).id for number in (1, 2)}
    assert grants_of(world, case_id) == {
        (author.id, GrantReason.INTAKE, True),
        *((holder, GrantReason.TRIAGE, True) for holder in coordinators),
    }


def test_an_intake_logged_by_a_coordinator_is_held_by_triage_alone(world):
    case_id = opened(world, by=world.member("coordinator"))
    assert {reason for _, reason, _ in grants_of(world, case_id)} == {GrantReason.TRIAGE}
    assert len(grants_of(world, case_id)) == 2


def test_an_intake_is_read_back_whole_by_a_coordinator(world):
    case_id = opened(world, FAMILY)
    with world.work_as(world.member("coordinator")) as work:
        file = service.read_case(work, case_id)
    assert file.identity == FAMILY.identity
    assert file.papers == FAMILY.papers
    assert file.household == with_ages_stated(FAMILY.household, file.case.opened_on)
    assert file.contact == FAMILY.contact
    assert file.account == FAMILY.account
    assert file.reporting == Reporting(
        "2026H1", Standing.LEFT, RankBand.JUNIOR_OFFICER, RegionGroup.UNKNOWN, 3
    )
    assert file.sealed == ()


def test_a_summary_counts_who_comes_and_names_nobody(world):
    case_id = opened(world, FAMILY)
    with world.work_as(world.member("volunteer")) as work:
        summary = service.read_case(work, case_id).summary
    assert (summary.people, summary.infants, summary.urgent) == (3, 1, True)
    first, second, number = summary.call_sign.split("-")
    assert first.isalpha()
    assert second.isalpha()
    assert len(number) == 2
    assert number.isdigit()


def test_call_signs_say_nothing_of_the_person(world):
    with world.work_as(world.member("volunteer")) as work:
        signs = {work.vault.open(open_case(work, WALKER).summary).call_sign for _ in range(10)}
    assert len(signs) == 10


def test_a_volunteer_reads_what_they_work_with(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer")) as work:
        file = service.read_case(work, case_id)
    assert file.sealed == ()
    assert file.identity.name == "Ko Thiha Zin"


def test_a_volunteer_sees_only_their_own(world):
    mine = opened(world)
    theirs = opened(world, stranger("Khin Zaw", "09770000001"), by=world.member("volunteer", 2))
    assert listed(world, world.member("volunteer")) == [mine]
    assert found(world, world.member("volunteer"), mine)
    assert not found(world, world.member("volunteer"), theirs)


def test_another_teams_coordinator_meets_no_case(world):
    case_id = opened(world)
    stranger_here = world.member("coordinator", team=2)
    assert listed(world, stranger_here) == []
    assert not found(world, stranger_here, case_id)


@pytest.mark.parametrize("role", ["vetter", "registrar", "treasurer", "auditor", "administrator"])
def test_other_roles_hold_no_fresh_intake(world, role):
    assert not found(world, world.member(role), opened(world))


def test_a_case_that_does_not_exist_is_refused_like_one_that_is_not_yours(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer", 2)) as work:
        with pytest.raises(CaseNotFound) as not_mine:
            service.get_case(work, case_id)
        with pytest.raises(CaseNotFound) as nowhere:
            service.get_case(work, new_id())
    assert (not_mine.value.code, str(not_mine.value)) == (nowhere.value.code, str(nowhere.value))


def test_an_id_may_be_proposed_once(world):
    proposed = new_id()
    assert opened(world, replace(WALKER, id=proposed)) == proposed
    with world.work_as(world.member("volunteer", 2)) as work, pytest.raises(IdTaken):
        open_case(work, replace(WALKER, id=proposed))


def test_no_case_takes_the_organisations_id(world):
    with world.work_as(world.member("volunteer")) as work, pytest.raises(IdTaken):
        open_case(work, replace(WALKER, id=ORGANISATION))


def test_one_whose_keys_nobody_certified_cannot_log_an_intake(world):
    author = world.member("volunteer", 3)
    with world.work_as(None) as work:
        work.session.get_one(MemberKeys, author.id).certificate = None
        work.trail.record("member:test")
    with world.work_as(author) as work, pytest.raises(MemberUncertified):
        open_case(work, WALKER)
    assert listed(world, world.member("coordinator")) == []


@pytest.mark.usefixtures("world_on_both")
def test_cases_are_listed_newest_first_and_page_by_page(world):
    """On both databases: paging."""
    ids = []
    for number in range(5):
        ids.append(opened(world, stranger("Khin Zaw", f"0977000000{number}")))
        world.clock.advance(days=1)
    with world.work_as(world.member("coordinator")) as work:
        first = held.list_cases(work, limit=2)
        after = (first[-1].opened_on, first[-1].id)
        second = held.list_cases(work, limit=2, after=after)
        last = (second[-1].opened_on, second[-1].id)
        third = held.list_cases(work, limit=2, after=last)
    assert [row.id for row in (*first, *second, *third)] == ids[::-1]


@pytest.mark.usefixtures("world_on_both")
def test_cases_of_one_day_are_all_listed_and_none_twice(world):
    """On both databases: paging."""
    ids = {opened(world, stranger("Khin Zaw", f"0977000000{number}")) for number in range(5)}
    seen = []
    with world.work_as(world.member("coordinator")) as work:
        after = None
        while page := held.list_cases(work, limit=2, after=after):
            seen += [row.id for row in page]
            after = (page[-1].opened_on, page[-1].id)
    assert len(seen) == 5
    assert set(seen) == ids


@pytest.mark.parametrize("role", ["volunteer", "coordinator"])
def test_other_rooms_ask_for_held_cases_by_the_same_rule(world, role):
    mine = opened(world)
    opened(world, by=world.member("volunteer", team=2))
    with world.work_as(world.member(role)) as work:
        cases = work.session.scalars(service.held_cases(work)).all()
        assert [case.id for case in cases] == [mine]
        assert len(held.list_summaries(work, cases)) == 1
    with world.work_as(world.member(role, 2, team=2)) as work:
        assert mine not in {c.id for c in work.session.scalars(service.held_cases(work))}


def test_a_list_can_be_narrowed_to_a_status(world):
    opened(world)
    with world.work_as(world.member("coordinator")) as work:
        submitted = held.list_cases(work, limit=9, status=CaseStatus.SUBMITTED)
        active = held.list_cases(work, limit=9, status=CaseStatus.ACTIVE)
    assert (len(submitted), len(active)) == (1, 0)


@pytest.mark.usefixtures("world_on_both")
def test_a_page_opens_summaries_in_its_order_and_leaves_one_event(world):
    """On both databases: paging."""
    for intake in (FAMILY, WALKER):
        opened(world, intake)
    with world.work_as(world.member("coordinator")) as work:
        rows = held.list_cases(work, limit=9)
        people = [summary.people for summary in held.list_summaries(work, rows)]
        expected = [service.read_case(work, row.id).summary.people for row in rows]
        assert work.trail.actions.count("cases:listed") == 1
    assert people == expected


def test_reading_leaves_one_event_on_the_case(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer")) as work:
        service.read_case(work, case_id)
        assert work.trail.actions.count("case:revealed") == 1
    with world.deployment.sessions() as session:
        assert session.scalars(
            select(AuditEvent.action).where(AuditEvent.action == "case:revealed")
        ).all() == ["case:revealed"]


# ---------------------------------------------------------------------- changing


def test_a_change_replaces_a_compartment_and_leaves_the_others(world):
    case_id = opened(world)
    contact = Contact(WALKER.contact.channel, ("09 450 000 111",))
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, case_id, CaseChange(contact=contact))
    with world.work_as(world.member("coordinator")) as work:
        file = service.read_case(work, case_id)
    assert file.contact == contact
    assert file.identity == WALKER.identity


def test_a_change_of_the_household_is_counted_in_summary_and_report(world):
    case_id = opened(world)
    with world.work_as(world.member("coordinator")) as work:
        service.change_case(work, case_id, CaseChange(household=FAMILY.household))
    with world.work_as(world.member("coordinator")) as work:
        file = service.read_case(work, case_id)
    assert (file.summary.people, file.summary.infants, file.reporting.people) == (3, 1, 3)


def test_facts_change_one_by_one(world):
    case_id = opened(world)
    change = CaseChange(standing=Standing.IN_SERVICE, urgent=False, rank_band=RankBand.NCO)
    with world.work_as(world.member("coordinator")) as work:
        service.change_case(work, case_id, change)
        file = service.read_case(work, case_id)
    assert (file.summary.standing, file.summary.urgent) == (Standing.IN_SERVICE, False)
    assert file.reporting.rank_band is RankBand.NCO
    assert file.reporting.region_group is RegionGroup.CENTRE
    assert file.summary.language == "my"


@pytest.mark.parametrize(
    "change",
    [
        CaseChange(rank_band=RankBand.NCO),
        CaseChange(standing=Standing.IN_SERVICE),
        CaseChange(household=FAMILY.household),
    ],
)
def test_who_does_not_hold_the_reporting_facts_changes_nothing_that_they_follow(world, change):
    case_id, holder = opened(world), world.member("volunteer", 3)
    with world.work_as(world.member("coordinator")) as work:
        scopes = [s for s in service.CASEWORK_SCOPES if s.compartment is not Compartment.REPORTING]
        work.grants.grant(case_id, holder.id, scopes, reason=GrantReason.ASSIGNMENT, about=case_id)
    with world.work_as(holder) as work, pytest.raises(NoGrant):
        service.change_case(work, case_id, change)
    with world.work_as(holder) as work:
        service.change_case(work, case_id, CaseChange(urgent=False))


def test_a_change_is_based_on_the_newest_version(world):
    case_id = opened(world)
    author = world.member("volunteer")
    change = CaseChange(urgent=False)
    with world.work_as(author, based_on=1) as work:
        service.change_case(work, case_id, change)
    assert version_of(world, case_id) == 2
    with world.work_as(author, based_on=1) as work, pytest.raises(Stale) as stale:
        service.change_case(work, case_id, change)
    assert stale.value.current == 2
    with world.work_as(author, based_on=None) as work, pytest.raises(PreconditionMissing):
        service.change_case(work, case_id, change)


def test_every_change_makes_a_new_version_even_when_it_says_the_same(world):
    case_id = opened(world)
    for version in (1, 2, 3):
        with world.work_as(world.member("volunteer"), based_on=version) as work:
            service.change_case(work, case_id, CaseChange(identity=Identity("Ko Thiha Zin")))
    assert version_of(world, case_id) == 4


def test_a_change_is_recorded_by_compartment_without_its_values(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, case_id, CaseChange(household=FAMILY.household))
        (event,) = [e for e in work.trail._events if e.action == "case:changed"]
        assert event.facts == {"compartments": ["household", "reporting", "summary"]}


# ---------------------------------------------------------------------- notes


def test_notes_are_read_in_the_order_in_which_they_were_written(world):
    case_id = opened(world)
    for member, text in (("volunteer", "Called at noon."), ("coordinator", "Called again.")):
        with world.work_as(world.member(member)) as work:
            service.add_note(work, case_id, text)
    with world.work_as(world.member("volunteer")) as work:
        notes = service.list_notes(work, case_id, limit=10)
        texts = [work.vault.open(note.text).text for note in notes]
        later = service.list_notes(
            work, case_id, limit=10, after=(notes[0].happened_on, notes[0].id)
        )
    assert texts == ["Called at noon.", "Called again."]
    assert [note.written_by for note in notes] == [
        world.member("volunteer").id,
        world.member("coordinator").id,
    ]
    assert [note.number for note in later] == [2]


def test_a_stranger_neither_writes_nor_reads_notes(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer", 2)) as work:
        with pytest.raises(CaseNotFound):
            service.add_note(work, case_id, "Hello")
        with pytest.raises(CaseNotFound):
            service.list_notes(work, case_id, limit=1)


def test_the_database_holds_no_word_of_an_intake(world):
    case_id = opened(world)
    with world.deployment.sessions() as session:
        case = session.get_one(Case, case_id)
        sealed = b"".join(
            bytes(getattr(case, column.key))
            for column in Case.__mapper__.column_attrs
            if column.key.startswith("_")
        )
    for word in ("Thiha", "သီဟ", "771", "zin_t", "noon", "MaHaMa"):
        assert word.encode() not in sealed
