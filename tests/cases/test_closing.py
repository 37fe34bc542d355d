"""A case is closed with nothing open on it, or with a reason for each thing that is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.cases import moves
from app.cases.errors import CaseHasOpenWork
from app.cases.models import Case, CaseStatus
from app.cases.service import get_case
from app.casework.open_work import OpenKind, list_open_work
from app.registration.models import CodeKind, Registration, RegistrationStatus
from app.relocation import moves as relocation_moves
from app.relocation import service as relocation
from app.relocation.models import LegKind, LegStatus
from tests.support import relocation_steps
from tests.support.aid_steps import set_scene


@pytest.fixture
def scene(world):
    return set_scene(world)


def depart(scene):
    world = scene.world
    at = world.clock.at + timedelta(hours=4)
    leg = relocation_steps.a_draft(LegKind.VEHICLE, at, timedelta(hours=1))
    with world.work_as(scene.approves) as work:
        plan = relocation.open_plan(work, scene.case_id, relocation_steps.OUTLINE, [leg])
        (made,) = relocation.list_plan_legs(work, plan)
    for to in (LegStatus.READY, LegStatus.DEPARTED):
        with world.work_as(scene.approves) as work:
            relocation_moves.move_leg(work, made.id, to)


def undelivered_code(scene):
    with scene.world.work_as(scene.approves) as work:
        code = Registration(
            case_id=scene.case_id, team_id=scene.approves.team_id, number=1, kind=CodeKind.PRE,
            status=RegistrationStatus.ISSUED, requested_by=scene.approves.id,
            requested_on=work.today(), moved_on=work.today(),
            made_here=False, suspended=False,
        )  # fmt: skip
        work.session.add(code)
        work.trail.record("registration:requested", scene.case_id)


def open_things(scene):
    with scene.world.work_as(scene.approves) as work:
        return list_open_work(work, get_case(work, scene.case_id))


def close(scene, left_open=None):
    with scene.world.work_as(scene.approves) as work:
        case = get_case(work, scene.case_id)
        moves.move_manually(work, case, CaseStatus.CLOSED, "home", left_open=left_open or {})


def status(scene):
    with scene.world.deployment.sessions() as session:
        return session.get_one(Case, scene.case_id).status


def test_what_is_open_is_named_and_closes_only_with_a_reason_for_each(scene):
    depart(scene)
    scene.approve(scene.ask())
    undelivered_code(scene)
    found = open_things(scene)
    assert [one.kind for one in found] == [
        OpenKind.DEPARTED_LEG, OpenKind.OPEN_PLAN, OpenKind.AID, OpenKind.CODE,
    ]  # fmt: skip
    with pytest.raises(CaseHasOpenWork) as refusal:
        close(scene)
    for kind in ("departed_leg", "open_plan", "aid", "code"):
        assert kind in refusal.value.title
    reasons = {one.id: f"why {one.kind}" for one in found}
    for one in found:
        with pytest.raises(CaseHasOpenWork) as refusal:
            close(scene, {key: why for key, why in reasons.items() if key != one.id})
        assert one.kind.value in refusal.value.title
    close(scene, reasons)
    with scene.world.work_as(scene.approves) as work:
        *_, (_, said, _) = moves.list_moves(work, get_case(work, scene.case_id))
    assert said.startswith("home\n")
    assert all(str(one.id) in said and f"why {one.kind}" in said for one in found)


def test_what_was_settled_needs_no_reason(scene):
    scene.do("cancel", scene.ask(), scene.asks)
    close(scene)
    assert status(scene) is CaseStatus.CLOSED


def test_reasons_for_things_that_are_not_open_are_of_no_use(scene):
    scene.ask()
    with pytest.raises(CaseHasOpenWork):
        close(scene, {scene.case_id: "because"})


def test_only_closing_asks_what_is_open(scene):
    scene.ask()
    with scene.world.work_as(scene.approves) as work:
        moves.move_manually(work, get_case(work, scene.case_id), CaseStatus.SETTLED)
    assert status(scene) is CaseStatus.SETTLED
