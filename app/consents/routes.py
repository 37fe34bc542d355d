"""HTTP routes of consent: taken down, ended, listed."""

from __future__ import annotations

from uuid import UUID

from app.cases.errors import CaseNotFound
from app.consents import service
from app.consents.errors import ConsentNotFound, ConsentOver, ConsentStands, PartnerMissing
from app.consents.schemas import (
    ConsentCreate,
    ConsentListRead,
    ConsentRead,
    ConsentStateRead,
    ConsentWithdrawalCreate,
)
from app.http.needs import NotWork
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["cases"])


@router.get("/cases/{case_id}/consents", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_consents(case_id: UUID, work: Work) -> ConsentListRead:
    """List what a person agreed to, purpose by purpose, and what they ended."""
    found = service.list_consents(work, case_id)
    return ConsentListRead(items=list(map(ConsentRead.of_details, found)))


@router.post(
    "/cases/{case_id}/consents",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("what a person agrees to may be written down whatever the status"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, PartnerMissing, ConsentStands],
)
def give_consent(case_id: UUID, body: ConsentCreate, work: Work) -> ConsentStateRead:
    """Take down that a person agrees to a purpose."""
    made = service.give_consent(work, case_id, body.to_draft())
    work.session.flush()
    return ConsentStateRead.of(made)


@router.post(
    "/cases/{case_id}/consents/{consent_id}/withdrawal",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("a person may end a consent at any time"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, ConsentNotFound, ConsentOver],
)
def withdraw_consent(
    case_id: UUID, consent_id: UUID, body: ConsentWithdrawalCreate, work: Work
) -> ConsentStateRead:
    """Take down that a person ended a consent; what rests on it ends."""
    ended = service.withdraw_consent(work, case_id, consent_id, body.on)
    work.session.flush()
    return ConsentStateRead.of(ended)
