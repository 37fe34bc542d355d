"""A case that is over is not worked on, whatever its emergency says: by service and over HTTP."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.aid import routes as aid_routes
from app.aid.models import AidStatus
from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.errors import CaseNotReady
from app.permissions import Role
from app.registration import routes as registration_routes
from app.registration.models import Registration, RegistrationStatus
from app.relocation import routes as relocation_routes
from app.relocation import service as relocation
from app.relocation.models import LegKind
from app.vault.errors import CaseErased
from tests.support import relocation_steps
from tests.support.aid_client import serve
from tests.support.registration_steps import issue, move, request
from tests.support.vetting_steps import clear

OVER = (CaseStatus.DECLINED, CaseStatus.CLOSED, CaseStatus.MERGED, CaseStatus.ERASED)
NOT_YET = (CaseStatus.SUBMITTED, CaseStatus.VETTING)
LEG = {"kind": "vehicle", "place": "p", "instructions": "i", "grace_minutes": 60}
AID = {
    "currency": "MMK",
    "items": [{"category": "food", "amount": 1_500_000}],
    "payee": {"name": "the baker"},
}


def set_status(world, case_id: UUID, status: CaseStatus) -> None:
    """Give a case a status and an emergency that has 24 hours to run."""
    with world.work_as(None) as work:
        case = work.session.get_one(Case, case_id)
        case.status = status
        case.emergency_until = work.now() + timedelta(hours=24)
        work.trail.record(EventKind.CASE_MOVED, case_id)


def open_plan(scene) -> None:
    leg = relocation_steps.a_draft(
        LegKind.VEHICLE, scene.world.clock.at + timedelta(hours=4), timedelta(hours=1)
    )
    with scene.world.work_as(scene.approves) as work:
        relocation.open_plan(work, scene.case_id, relocation_steps.OUTLINE, [leg])


@pytest.fixture
def cleared(world) -> UUID:
    """A case that two vetters have verified, and whose clearance holds."""
    case_id = world.open_case()
    clear(world, case_id)
    return case_id


@pytest.fixture
def api(world):
    routers = (aid_routes.router, registration_routes.router, relocation_routes.router)
    with serve(world, *routers) as served:
        yield served


def refusals(status: CaseStatus) -> tuple[type[Exception], ...]:
    """What work on a case of this status raises; an erased one is also met as such."""
    return (CaseNotReady, CaseErased) if status is CaseStatus.ERASED else (CaseNotReady,)


def assert_not_ready(answer, status: CaseStatus) -> None:
    refused = {(409, "case.not_ready")}
    if status is CaseStatus.ERASED:
        refused.add((410, "case.erased"))
    assert (answer.status_code, answer.json()["code"]) in refused


# ------------------------------------------------------------------------------ by service: aid


@pytest.mark.parametrize("status", OVER)
def test_no_aid_is_requested_on_a_case_that_is_over_while_its_emergency_runs(scene, status):
    set_status(scene.world, scene.case_id, status)
    with pytest.raises(refusals(status)):
        scene.ask()


@pytest.mark.parametrize("status", OVER)
def test_no_aid_is_approved_on_a_case_that_is_over_while_its_emergency_runs(scene, status):
    request_id = scene.ask()
    set_status(scene.world, scene.case_id, status)
    with pytest.raises(refusals(status)):
        scene.approve(request_id)
    assert scene.row(request_id).status is AidStatus.REQUESTED
    assert scene.money() == (500_000, 0)


@pytest.mark.parametrize("status", OVER)
def test_no_aid_is_paid_on_a_case_that_is_over_while_its_emergency_runs(scene, status):
    request_id = scene.ask()
    scene.approve(request_id)
    set_status(scene.world, scene.case_id, status)
    with pytest.raises(refusals(status)):
        scene.pay(request_id)
    assert scene.row(request_id).status is AidStatus.APPROVED
    assert scene.money() == (500_000, 15_000)


@pytest.mark.parametrize("status", NOT_YET)
def test_an_emergency_lets_aid_begin_before_vetting_has_ended(scene, status):
    set_status(scene.world, scene.case_id, status)
    assert scene.row(scene.paid()).status is AidStatus.PAID


# ------------------------------------------------------------------- by service: plans and codes


@pytest.mark.parametrize("status", OVER)
def test_no_plan_is_opened_on_a_case_that_is_over_while_its_emergency_runs(scene, status):
    set_status(scene.world, scene.case_id, status)
    with pytest.raises(refusals(status)):
        open_plan(scene)


@pytest.mark.parametrize("status", OVER)
def test_no_code_is_requested_on_a_case_that_is_over_though_its_clearance_holds(
    world, cleared, status
):
    set_status(world, cleared, status)
    with pytest.raises(refusals(status)):
        request(world, cleared)


@pytest.mark.parametrize("status", OVER)
def test_no_code_is_issued_on_a_case_that_is_over_though_its_clearance_holds(
    world, cleared, status
):
    registration_id = request(world, cleared)
    move(world, registration_id, RegistrationStatus.SUBMITTED)
    set_status(world, cleared, status)
    with pytest.raises(refusals(status)):
        issue(world, registration_id)
    with world.work_as(None) as work:
        assert work.session.get_one(Registration, registration_id).proof is None


# ------------------------------------------------------------------------------------- over HTTP


@pytest.mark.parametrize("status", OVER)
def test_aid_on_a_case_that_is_over_is_a_conflict_at_each_step(scene, api, status):
    requested, approved = scene.ask(), scene.ask(by=scene.asks_too)
    scene.do("release", approved, scene.approves_too)
    scene.approve(approved)
    set_status(scene.world, scene.case_id, status)
    assert_not_ready(api.post(scene.asks, f"/cases/{scene.case_id}/aid-requests", AID), status)
    approval = api.post(
        scene.approves,
        f"/aid-requests/{requested}/approvals",
        {"fund_id": str(scene.fund_id)},
        based_on=scene.row(requested).version,
    )
    assert_not_ready(approval, status)
    payment = api.post(
        scene.pays,
        f"/aid-requests/{approved}/payments",
        {"means": "cash_courier", "reference": "leaf 17"},
        based_on=scene.row(approved).version,
    )
    assert_not_ready(payment, status)
    assert scene.money() == (500_000, 15_000)


@pytest.mark.parametrize("status", OVER)
def test_a_plan_on_a_case_that_is_over_is_a_conflict(scene, api, status):
    set_status(scene.world, scene.case_id, status)
    due_at = (scene.world.clock.at + timedelta(hours=4)).isoformat()
    body = {"origin": "o", "destination": "d", "legs": [{**LEG, "due_at": due_at}]}
    assert_not_ready(api.post(scene.approves, f"/cases/{scene.case_id}/plans", body), status)


@pytest.mark.parametrize("status", OVER)
def test_a_code_on_a_case_that_is_over_is_a_conflict_at_each_step(world, api, cleared, status):
    registration_id = request(world, cleared)
    move(world, registration_id, RegistrationStatus.SUBMITTED)
    set_status(world, cleared, status)
    coordinator, registrar = world.member(Role.COORDINATOR), world.member(Role.REGISTRAR)
    path = f"/cases/{cleared}/registrations"
    assert_not_ready(api.post(coordinator, path, {"kind": "full"}), status)
    issued = api.post(registrar, f"/registrations/{registration_id}/code", {}, based_on=2)
    assert_not_ready(issued, status)
