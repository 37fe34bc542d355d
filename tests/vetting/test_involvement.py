"""Who vets has had nothing to do with the person; verdicts count while their vetter stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts.service import change_roles, remove_member
from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.assignments import assign_case
from app.cases.models import Case, CaseStatus
from app.cases.service import get_case
from app.casework.errors import CaseNotReady, NotCleared, VetsCase
from app.casework.involvement import involved_members
from app.casework.readiness import Task, require_ready
from app.permissions import Role, roles_in
from app.presets import Preset
from app.relocation.models import Plan, PlanStatus
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY
from app.vetting import service
from app.vetting.errors import VetterInvolved, VettingInProgress
from app.vetting.lapses import alert_expiries
from app.vetting.models import Verdict, VettingOutcome, VettingSource
from tests.support.vetting_steps import (
    ask,
    check,
    clear,
    decide,
    decide_both,
    open_stranger,
    status_of,
)  # fmt: skip

STOPPED = (
    Task.PLAN, Task.CONTINUE_PLAN, Task.ASSIGN, Task.REQUEST_CODE, Task.ISSUE_CODE,
    Task.REQUEST_AID, Task.APPROVE_AID, Task.PAY_AID,
)  # fmt: skip


def remove(world, person):
    with world.work_as(world.member(Role.LEAD)) as work:
        remove_member(work, person.id)


def outcome_of(world, round_id):
    with world.deployment.sessions() as session:
        return session.get_one(service.VettingRound, round_id).outcome


def sourced(world):
    case_id = open_stranger(world, 1)
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member(Role.VETTER, 2))
    return case_id, round_id


@pytest.mark.parametrize("verdict", Verdict)
def test_the_verdict_of_a_removed_vetter_is_asked_again(world, verdict):
    case_id, round_id = sourced(world)
    decide(world, round_id, 1, verdict)
    remove(world, world.member(Role.VETTER, 1))
    decide(world, round_id, 2, verdict)
    assert status_of(world, case_id) is CaseStatus.VETTING
    assert outcome_of(world, round_id) is None


def test_a_case_whose_vetter_was_removed_is_sent_to_two_others(world):
    case_id, round_id = sourced(world)
    decide(world, round_id, 1)
    coordinator = world.member(Role.COORDINATOR)
    vetters = [world.member(Role.VETTER, n).id for n in (1, 2)]
    with world.work_as(coordinator) as work, pytest.raises(VettingInProgress):
        service.request_vetting(work, get_case(work, case_id), vetters)
    remove(world, world.member(Role.VETTER, 1))
    others = [world.member(Role.VETTER, 2).id, world.member(Role.VETTER, 1, team=2).id]
    with world.work_as(coordinator) as work:
        again = service.request_vetting(work, get_case(work, case_id), others).id
    assert outcome_of(world, round_id) is VettingOutcome.WITHDRAWN
    assert outcome_of(world, again) is None


def let_be(world, who, *roles):
    with world.work_as(world.member(Role.LEAD)) as work:
        change_roles(work, who.id, roles_in(who.team_id, *roles))


@pytest.mark.parametrize("reason", [GrantReason.INTAKE, GrantReason.ESCORT])
def test_who_has_had_to_do_with_the_person_is_no_vetter_of_theirs(world, reason):
    case_id = open_stranger(world, 1)
    vetter = world.member(Role.VETTER)
    let_be(world, vetter, Role.VETTER, Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.grant(case_id, vetter.id, [SUMMARY], reason=reason, about=case_id)
        work.grants.end(case_id, holder_id=vetter.id)
    with pytest.raises(VetterInvolved):
        ask(world, case_id)


def test_who_followed_the_person_in_another_role_once_is_no_vetter_of_theirs_now(world):
    case_id = open_stranger(world, 1)
    vetter = world.member(Role.VETTER)
    let_be(world, vetter, Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assign_case(work, case_id, vetter.id)
    let_be(world, vetter, Role.VETTER)
    with pytest.raises(VetterInvolved):
        ask(world, case_id)


def test_who_vetted_a_case_does_not_follow_it_afterwards(world):
    case_id, _ = sourced(world)
    vetter = world.member(Role.VETTER)
    let_be(world, vetter, Role.VETTER, Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work, pytest.raises(VetsCase):
        assign_case(work, case_id, vetter.id)


@pytest.mark.parametrize(
    ("preset", "coordinates", "plans"),
    [(Preset.SMALL, True, True), (Preset.DOZEN, True, False), (Preset.LARGE, False, False)],
)
def test_whether_a_coordinator_vets_follows_from_the_preset(world, preset, coordinates, plans):
    case_id = open_stranger(world, 1)
    chosen = replace(world.deployment.organisation_settings, preset=preset)
    world.deployment.__dict__["_chosen"] = chosen
    coordinator = world.member(Role.COORDINATOR)
    with world.work_as(None) as work:
        case = work.session.get_one(Case, case_id)
        assert (coordinator.id not in involved_members(work, case)) is coordinates
        work.session.add(
            Plan(
                case_id=case_id, number=1, team_id=case.team_id, status=PlanStatus.ABANDONED,
                opened_on=work.today(), moved_on=work.today(), opened_by=coordinator.id,
            )
        )  # fmt: skip
        work.session.flush()
        assert (coordinator.id not in involved_members(work, case)) is plans
        work.trail.record("plan:opened", case_id)


def test_who_logged_the_case_that_was_merged_into_this_one_is_no_vetter_either(world):
    case_id, merged = open_stranger(world, 1), open_stranger(world, 2)
    vetter = world.member(Role.VETTER)
    with world.work_as(None) as work:
        case = work.session.get_one(Case, merged)
        case.merged_into, case.opened_by = case_id, vetter.id
        work.trail.record("case:merged", merged)
    with pytest.raises(VetterInvolved):
        ask(world, case_id)


def test_who_came_to_know_the_person_meanwhile_does_not_decide(world):
    case_id, round_id = sourced(world)
    vetter = world.member(Role.VETTER)
    let_be(world, vetter, Role.VETTER, Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.grant(case_id, vetter.id, [SUMMARY], reason=GrantReason.ESCORT, about=round_id)
    with pytest.raises(VetterInvolved):
        decide(world, round_id, 1)


# ------------------------------------------------------------------------- what a refusal stops


def ready(world, case_id, task, **how):
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        require_ready(work, get_case(work, case_id), task, **how)


def alerts_of(world, role, team=1):
    with world.work_as(world.member(role, team=team)) as work:
        return [one.notice.kind for one in list_alerts(work, limit=10) if one.notice]


@pytest.fixture
def refused(world):
    case_id = open_stranger(world, 1)
    clear(world, case_id)
    round_id = ask(world, case_id)
    decide_both(world, round_id, Verdict.REFUSED, Verdict.REFUSED)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    return case_id


@pytest.mark.parametrize("task", STOPPED)
def test_a_refusal_of_an_active_case_stops_everything_at_once(world, refused, task):
    with pytest.raises(NotCleared):
        ready(world, refused, task)


def test_after_a_refusal_nobody_is_sent_along_on_the_road_either(world, refused):
    with pytest.raises(NotCleared):
        ready(world, refused, Task.CONTINUE_PLAN, on_the_road=True)


def test_leads_and_the_teams_coordinators_are_told_of_a_refusal(world, refused):
    assert alerts_of(world, Role.LEAD) == [AlertKind.CLEARANCE_REFUSED]
    assert alerts_of(world, Role.COORDINATOR) == [AlertKind.CLEARANCE_REFUSED]
    assert alerts_of(world, Role.COORDINATOR, team=2) == []


@pytest.mark.parametrize("task", STOPPED)
def test_an_expired_clearance_stops_everything_at_once(world, task):
    case_id = open_stranger(world, 1)
    clear(world, case_id, days=30)
    ready(world, case_id, task)
    world.clock.advance(days=31)
    with pytest.raises(NotCleared):
        ready(world, case_id, task)


def test_who_is_on_the_road_when_the_clearance_expires_is_helped_until_there(world):
    case_id = open_stranger(world, 1)
    clear(world, case_id, days=30)
    world.clock.advance(days=31)
    ready(world, case_id, Task.CONTINUE_PLAN, on_the_road=True)


def test_an_expiry_is_told_once(world):
    case_id = open_stranger(world, 1)
    clear(world, case_id, days=30)
    told = []
    for _ in range(3):
        world.clock.at += timedelta(days=20)
        with world.work_as(None) as work:
            told.append(alert_expiries(work))
    assert told == [0, 1, 0]
    assert alerts_of(world, Role.COORDINATOR) == [AlertKind.CLEARANCE_EXPIRED]


def test_a_renewed_clearance_is_not_told_as_expired(world):
    case_id = open_stranger(world, 1)
    clear(world, case_id, days=30)
    world.clock.advance(days=20)
    clear(world, case_id, days=60)
    world.clock.advance(days=20)
    with world.work_as(None) as work:
        assert alert_expiries(work) == 0
    ready(world, case_id, Task.PLAN)


def test_a_declined_case_is_not_at_work_whatever_its_clearance(world):
    case_id = open_stranger(world, 1)
    decide_both(world, ask(world, case_id), Verdict.REFUSED, Verdict.REFUSED)
    with pytest.raises(CaseNotReady):
        ready(world, case_id, Task.PLAN)
    assert alerts_of(world, Role.LEAD) == []
