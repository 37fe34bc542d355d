"""Handing over a member's running work in one call, and what nobody holds."""

from __future__ import annotations

import pytest

from app.accounts.service import remove_member
from app.accounts.suspensions import suspend_member
from app.audit.events import EventKind
from app.cases import assignments
from app.cases.models import Assignment
from app.cases.service import get_case
from app.demo.admission import admit_member
from app.handovers import service
from app.handovers.errors import HandoverNotYours, HeirNotEligible
from app.handovers.service import Outcome, hand_over_work, list_holdings
from app.permissions import Compartment, Role, roles_in
from app.registration.service import get_registration
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.vetting.service import request_vetting
from tests.support.intake_steps import FAMILY, WALKER, found, opened
from tests.support.people import person_of
from tests.support.registration_steps import left, request
from tests.support.served import serve
from tests.support.vetting_steps import clear
from tests.support.world import Person, World


@pytest.fixture
def heron(world: World) -> Person:
    return world.member("coordinator")


def admitted(world: World, role: Role, login: str) -> Person:
    with world.work_as(world.member("lead")) as work:
        team = world.founded.teams[0]
        made = admit_member(work, roles=roles_in(team, role), login=login, display_name=login)
        return person_of(made)


@pytest.fixture
def wren(world: World, heron: Person) -> Person:
    """A coordinator who joins a team that has two cases already."""
    opened(world, WALKER)
    opened(world, FAMILY)
    return admitted(world, Role.COORDINATOR, "wren")


def hand_over(world: World, by: Person, giver: Person, heir: Person, *, dry_run: bool = False):
    with world.work_as(by) as work:
        return hand_over_work(work, giver.id, heir.id, dry_run=dry_run)


def outcomes(pieces) -> list[Outcome]:
    return [piece.outcome for piece in pieces]


def remove(world: World, member: Person) -> None:
    with world.work_as(world.member("lead")) as work:
        remove_member(work, member.id)


def holdings(world: World, *, unheld: bool) -> dict:
    with world.work_as(world.member("lead")) as work:
        rows = list_holdings(work, team_id=None, unheld=unheld, after=None, limit=100)
        work.trail.record(EventKind.CASES_LISTED)
    return {row.case.id: row.holders for row in rows}


def test_a_colleague_hands_a_joining_coordinator_all_cases_after_a_dry_run(world, heron, wren):
    dry = hand_over(world, heron, heron, wren, dry_run=True)
    cases = {piece.case_id for piece in dry}
    assert len(cases) == 2
    assert set(outcomes(dry)) == {Outcome.HANDED_OVER}
    assert not any(found(world, wren, case_id) for case_id in cases)
    assert hand_over(world, heron, heron, wren) == dry
    for case_id in cases:
        with world.work_as(wren) as work:
            case = get_case(work, case_id)
            assert work.vault.open(case.identity).name
        assert found(world, heron, case_id)


def test_a_second_call_hands_over_nothing_twice(world, heron, wren):
    hand_over(world, heron, heron, wren)
    assert set(outcomes(hand_over(world, heron, heron, wren))) == {Outcome.HELD_ALREADY}


def test_more_than_a_call_takes_is_handed_over_by_further_ones(world, heron, wren, monkeypatch):
    monkeypatch.setattr(service, "MOST_A_CALL", 1)
    taken = []
    while Outcome.HANDED_OVER in (now := outcomes(hand_over(world, heron, heron, wren))):
        taken.append(now.count(Outcome.HANDED_OVER))
    assert set(taken) == {1}
    assert Outcome.LEFT not in now


def test_a_colleague_hands_over_what_they_hold_and_a_lead_the_rest(world, heron, wren):
    third = admitted(world, Role.COORDINATOR, "egret")
    assert set(outcomes(hand_over(world, third, heron, wren))) == {Outcome.OUT_OF_REACH}
    pieces = hand_over(world, world.member("lead"), heron, wren)
    assert set(outcomes(pieces)) == {Outcome.HANDED_OVER}
    assert all(found(world, wren, piece.case_id) for piece in pieces)


def test_what_a_removed_member_held_goes_to_who_comes_after_them(world, heron, wren):
    for gone in (heron, world.member("coordinator", 2)):
        remove(world, gone)
    world.clock.advance(days=1)
    remove(world, world.member("volunteer"))
    assert len(holdings(world, unheld=True)) == 2
    pieces = hand_over(world, world.member("lead"), heron, wren)
    assert Outcome.HANDED_OVER in outcomes(pieces)
    assert all(found(world, wren, case_id) for case_id in {p.case_id for p in pieces})
    assert holdings(world, unheld=True) == {}


def test_an_assignment_moves_with_its_grant_and_the_first_one_ends(world, heron):
    case_id = opened(world)
    first, second = world.member("volunteer", 2), world.member("volunteer", 3)
    with world.work_as(heron) as work:
        assignments.assign_case(work, case_id, first.id)
    pieces = hand_over(world, heron, first, second)
    moved = [piece for piece in pieces if piece.reason is GrantReason.ASSIGNMENT]
    assert outcomes(moved) == [Outcome.HANDED_OVER]
    assert found(world, second, case_id)
    assert not found(world, first, case_id)
    with world.work_as(heron) as work:
        now = assignments.list_assignments(work, get_case(work, case_id))
        assert [one.member_id for one in now] == [second.id]


def test_the_assignment_of_a_removed_volunteer_ends_visibly_and_can_be_handed_over(world, heron):
    case_id = opened(world)
    first, second = world.member("volunteer", 2), world.member("volunteer", 3)
    with world.work_as(heron) as work:
        assignment_id = assignments.assign_case(work, case_id, first.id).id
    remove(world, first)
    with world.work_as(heron) as work:
        assert work.session.get_one(Assignment, assignment_id).ended_on == work.today()
        assert assignments.list_assignments(work, get_case(work, case_id)) == []
    hand_over(world, heron, first, second)
    assert found(world, second, case_id)


def test_pending_registrations_go_to_a_second_registrar(world):
    case_id = world.open_case()
    clear(world, case_id)
    left(world, case_id)
    made = request(world, case_id)
    second, registrar = admitted(world, Role.REGISTRAR, "egret"), world.member("registrar")
    assert not found(world, second, case_id)
    hand_over(world, registrar, registrar, second)
    with world.work_as(second) as work:
        assert get_registration(work, made).id == made


@pytest.mark.parametrize("heir", ["vetter", "suspended", "other team", "self"])
def test_work_goes_to_an_active_member_of_the_same_role_and_team(world, heron, heir):
    whom = {
        "vetter": world.member("vetter"),
        "suspended": world.member("coordinator", 2),
        "other team": world.member("coordinator", team=2),
        "self": heron,
    }[heir]
    lead = world.member("lead")
    if heir == "suspended":
        with world.work_as(lead) as work:
            suspend_member(work, whom.id)
    with pytest.raises(HeirNotEligible):
        hand_over(world, lead, heron, whom, dry_run=True)


def test_another_role_hands_over_nothing_but_a_coordinator_the_work_of_volunteers(world, heron):
    one, other = world.member("treasurer"), world.member("treasurer", 2)
    with pytest.raises(HandoverNotYours):
        hand_over(world, heron, one, other, dry_run=True)
    one, other = world.member("volunteer"), world.member("volunteer", 2)
    assert hand_over(world, heron, one, other, dry_run=True) == []


def test_a_round_moves_to_another_vetter_before_a_decision_and_not_to_the_other_one(world):
    case_id = opened(world)
    first, second = world.member("vetter"), world.member("vetter", 2)
    with world.work_as(world.member("coordinator")) as work:
        round_id = request_vetting(work, get_case(work, case_id), [first.id, second.id]).id
    third, lead = admitted(world, Role.VETTER, "egret"), world.member("lead")
    assert outcomes(hand_over(world, lead, first, second, dry_run=True)) == [Outcome.HELD_ALREADY]
    assert outcomes(hand_over(world, lead, first, third)) == [Outcome.HANDED_OVER]
    with world.work_as(third) as work:
        scope = Scope(Compartment.VETTING, round_id)
        assert set(work.grants.holders(case_id, scope)) == {second.id, third.id}


def test_leads_see_ids_states_and_holders_and_nobody_else_does(world, heron):
    case_id = opened(world)
    with serve(world) as served:
        (row,) = served.get(world.member("lead"), "/case-holders?limit=10")["items"]
        assert (row["case_id"], row["status"]) == (str(case_id), "submitted")
        assert str(heron.id) in row["holders"]
        assert set(row) == {"case_id", "team_id", "status", "opened_on", "holders"}
        assert served.get(world.member("lead"), "/case-holders?unheld=true")["items"] == []
        assert served.ask(heron, "GET", "/case-holders").status_code == 403
