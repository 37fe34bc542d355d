"""An assignment grants a case and ends its grant; a lead grants any case by the custody key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.errors import MemberNotFound
from app.cases import assignments, service
from app.cases.errors import AssigneeNotEligible, AssignmentExists, AssignmentNotFound, CaseNotFound
from app.cases.models import Assignment
from app.casework.errors import CaseNotReady
from app.errors import Invalid
from app.intake import triage
from app.intake.triage import Triage
from app.permissions import Compartment, Role
from app.store.base import new_id
from app.vault.errors import NoGrant, ScopeOutOfReach, StepUpRequired
from tests.support.intake_steps import FAMILY, WALKER, found, listed, opened


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def assign(world, case_id, member):
    with world.work_as(world.member("coordinator")) as work:
        return assignments.assign_case(work, case_id, member.id).id


def unassign(world, case_id, assignment_id):
    with world.work_as(world.member("coordinator")) as work:
        assignments.unassign_case(work, case_id, assignment_id)


def test_an_assigned_volunteer_reads_and_works_on_the_case(world):
    case_id = opened(world)
    volunteer = world.member("volunteer", 2)
    assert not found(world, volunteer, case_id)
    assign(world, case_id, volunteer)
    assert listed(world, volunteer) == [case_id]
    with world.work_as(volunteer) as work:
        file = service.read_case(work, case_id)
        service.add_note(work, case_id, "Met at the tea shop.")
    assert file.identity == WALKER.identity
    assert file.contact == WALKER.contact
    assert file.sealed == ()


def test_after_unassignment_nothing_opens(world):
    case_id = opened(world)
    volunteer = world.member("volunteer", 2)
    assignment_id = assign(world, case_id, volunteer)
    assert found(world, volunteer, case_id)
    unassign(world, case_id, assignment_id)
    assert listed(world, volunteer) == []
    with world.work_as(volunteer) as work:
        case = work.session.get_one(service.Case, case_id)
        for cell in (case.summary, case.identity, case.contact, case.account, case.reporting):
            with pytest.raises(NoGrant):
                work.vault.open(cell)


def test_an_author_who_is_assigned_keeps_the_case_through_triage(world):
    case_id = opened(world)
    author = world.member("volunteer")
    assignment_id = assign(world, case_id, author)
    with world.work_as(world.member("coordinator")) as work:
        triage.decide_triage(work, case_id, Triage.ACCEPT)
    assert found(world, author, case_id)
    unassign(world, case_id, assignment_id)
    assert not found(world, author, case_id)


def test_unassigning_one_leaves_the_others(world, coordinator):
    case_id = opened(world)
    two, three = world.member("volunteer", 2), world.member("volunteer", 3)
    first = assign(world, case_id, two)
    assign(world, case_id, three)
    unassign(world, case_id, first)
    assert not found(world, two, case_id)
    assert found(world, three, case_id)
    with world.work_as(coordinator) as work:
        live = assignments.list_assignments(work, service.get_case(work, case_id))
        assert [assignment.member_id for assignment in live] == [three.id]


def test_a_volunteer_has_a_case_once_at_a_time(world):
    case_id = opened(world)
    volunteer = world.member("volunteer", 2)
    assignment_id = assign(world, case_id, volunteer)
    with pytest.raises(AssignmentExists):
        assign(world, case_id, volunteer)
    unassign(world, case_id, assignment_id)
    assign(world, case_id, volunteer)
    assert found(world, volunteer, case_id)


@pytest.mark.parametrize(
    ("role", "team"), [("volunteer", 2), ("vetter", 1), ("coordinator", 1), ("treasurer", 1)]
)
def test_cases_are_assigned_to_volunteers_of_the_team(world, role, team):
    case_id = opened(world)
    with pytest.raises(AssigneeNotEligible) as refused:
        assign(world, case_id, world.member(role, team=team))
    assert refused.value.field == "member_id"


def test_nobody_is_given_work_on_a_case_that_has_ended(world, coordinator):
    case_id = opened(world)
    with world.work_as(coordinator) as work:
        triage.decide_triage(work, case_id, Triage.DECLINE)
    with pytest.raises(CaseNotReady):
        assign(world, case_id, world.member("volunteer", 2))


def test_an_assignment_of_another_case_or_an_ended_one_is_not_found(world):
    one, two = opened(world), opened(world, FAMILY)
    assignment_id = assign(world, one, world.member("volunteer", 2))
    for case_id, other in ((two, assignment_id), (one, new_id())):
        with pytest.raises(AssignmentNotFound):
            unassign(world, case_id, other)
    unassign(world, one, assignment_id)
    with pytest.raises(AssignmentNotFound):
        unassign(world, one, assignment_id)


def test_another_teams_coordinator_neither_assigns_nor_unassigns(world):
    case_id = opened(world)
    assignment_id = assign(world, case_id, world.member("volunteer", 2))
    other = world.member("coordinator", team=2)
    with world.work_as(other) as work:
        with pytest.raises(CaseNotFound):
            assignments.assign_case(work, case_id, world.member("volunteer", team=2).id)
        with pytest.raises(CaseNotFound):
            assignments.unassign_case(work, case_id, assignment_id)
    with world.deployment.sessions() as session:
        assert session.get_one(Assignment, assignment_id).ended_on is None


# ---------------------------------------------------------------------- by a lead


def regrant(world, case_id, member, compartments, until=None):
    with world.work_as(world.member("lead")) as work:
        return assignments.regrant_case(work, case_id, member.id, compartments, until)


def test_a_lead_grants_a_case_to_another_team_when_nobody_is_left(world):
    case_id = opened(world)
    heir = world.member("coordinator", team=2)
    regrant(world, case_id, heir, [Compartment.IDENTITY, Compartment.ACCOUNT])
    with world.work_as(heir) as work:
        file = service.read_case(work, case_id)
    assert file.identity == WALKER.identity
    assert file.summary is not None
    assert file.sealed == (
        Compartment.PAPERS,
        Compartment.HOUSEHOLD,
        Compartment.CONTACT,
        Compartment.REPORTING,
    )


def test_a_regrant_ends_on_its_last_day(world):
    case_id = opened(world)
    heir = world.member("coordinator", team=2)
    regrant(world, case_id, heir, [Compartment.IDENTITY], world.clock().date() + timedelta(days=1))
    assert found(world, heir, case_id)
    world.clock.advance(days=2)
    assert not found(world, heir, case_id)


def test_a_regrant_says_what_the_case_had_to_give(world):
    case_id = opened(world)
    heir = world.member("coordinator", team=2)
    made = regrant(world, case_id, heir, [Compartment.ROUTE, Compartment.CONTACT])
    assert made.compartments == [Compartment.CONTACT, Compartment.SUMMARY]


def test_a_regrant_does_not_end_before_it_begins(world):
    case_id = opened(world)
    past = world.clock().date() - timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        regrant(world, case_id, world.member("vetter"), [Compartment.IDENTITY], past)
    assert refused.value.field == "until"


def test_a_regrant_reaches_no_further_than_the_members_role(world):
    case_id = opened(world)
    with pytest.raises(ScopeOutOfReach):
        regrant(world, case_id, world.member("vetter"), [Compartment.CONTACT])


def test_a_lead_who_has_not_stepped_up_grants_nothing(world):
    case_id = opened(world)
    lead = world.member("lead")
    plain = type(lead)(
        lead.id, Role.LEAD, lead.team_id, lead.login, "",
        type(lead.secrets)(lead.secrets.work, lead.secrets.sign),
    )  # fmt: skip
    with world.work_as(plain) as work, pytest.raises(StepUpRequired):
        assignments.regrant_case(
            work, case_id, world.member("coordinator", team=2).id, [Compartment.IDENTITY]
        )


def test_a_lead_meets_no_case_and_no_member_that_does_not_exist(world):
    case_id = opened(world)
    with world.work_as(world.member("lead")) as work:
        with pytest.raises(CaseNotFound):
            assignments.regrant_case(work, new_id(), world.member("vetter").id, [])
        with pytest.raises(MemberNotFound):
            assignments.regrant_case(work, case_id, new_id(), [Compartment.IDENTITY])
