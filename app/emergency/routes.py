"""HTTP routes of emergencies: the two decisions, and what waits for a second."""

from __future__ import annotations

from uuid import UUID

from app.cases.errors import CaseNotFound
from app.cases.schemas import CaseStateRead
from app.emergency import service
from app.emergency.errors import EmergencyDecided, EmergencyNotApplicable
from app.emergency.schemas import (
    EmergencyDecisionCreate,
    EmergencyRequestListRead,
    EmergencyRequestRead,
)
from app.http.needs import NotWork
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["cases"])


@router.get("/cases/emergencies", needs=Permission.CASE_EMERGENCY)
def list_emergencies(work: Work) -> EmergencyRequestListRead:
    """List the decisions that wait for the other side, with their reasons."""
    requests = service.list_requests(work)
    return EmergencyRequestListRead(items=list(map(EmergencyRequestRead.of, requests)))


@router.post(
    "/cases/{case_id}/emergency",
    needs=Permission.CASE_EMERGENCY,
    readiness=NotWork("decides whether work may begin before vetting ends"),
    changes=True,
    raises=[CaseNotFound, EmergencyNotApplicable, EmergencyDecided],
)
def decide_emergency(case_id: UUID, body: EmergencyDecisionCreate, work: Work) -> CaseStateRead:
    """Decide that work must not wait for vetting: a coordinator and a lead, or first the watch."""
    case = service.decide_emergency(work, case_id, body.reason, body.hours)
    work.session.flush()
    return CaseStateRead.of(case)
