"""HTTP routes of links between cases."""

from __future__ import annotations

from uuid import UUID

from app.cases.errors import CaseNotFound
from app.cases.service import get_case
from app.http.needs import NotWork
from app.http.routing import Router
from app.links import service
from app.links.errors import LinkExists, LinkNotFound, LinkRefused
from app.links.schemas import CaseLinkCreate, CaseLinkEndingCreate, CaseLinkListRead, CaseLinkRead
from app.permissions import Permission
from app.work import Work

router = Router(tags=["cases"])


@router.post(
    "/cases/{case_id}/links",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("says that two cases belong together"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, LinkRefused, LinkExists],
)
def link_case(case_id: UUID, body: CaseLinkCreate, work: Work) -> CaseLinkRead:
    """Note that two cases belong together; one must hold both."""
    return CaseLinkRead.of(
        service.link_cases(work, case_id, body.other_id, body.kind, proposed=body.id), case_id
    )


@router.get("/cases/{case_id}/links", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_links(case_id: UUID, work: Work) -> CaseLinkListRead:
    """List the cases that belong to this one, or did until a link was ended.

    As far as one holds them.
    """
    links = service.list_held_links(work, get_case(work, case_id))
    reasons = service.open_reasons(work, links)
    return CaseLinkListRead(items=[CaseLinkRead.of(link, case_id, reasons) for link in links])


@router.post(
    "/cases/{case_id}/links/{link_id}/ending",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("says that two cases belong together no longer"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, LinkNotFound],
)
def end_link(case_id: UUID, link_id: UUID, body: CaseLinkEndingCreate, work: Work) -> CaseLinkRead:
    """End a link, with the reason: from now on neither case shows danger to the other."""
    link = service.end_link(work, case_id, link_id, body.reason)
    return CaseLinkRead.of(link, case_id, service.open_reasons(work, [link]))
