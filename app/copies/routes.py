"""HTTP routes of a person's copy: as JSON, and as a page to be printed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import HTMLResponse

from app.cases.errors import CaseNotFound
from app.copies.page import render
from app.copies.schemas import CopyQuery, CopyRead
from app.copies.service import make_copy
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["cases"])


@router.get("/cases/{case_id}/copy", needs=Permission.CASE_COPY, raises=[CaseNotFound])
def read_copy(case_id: UUID, work: Work) -> CopyRead:
    """Read what is known of a person, for them: without vouchers and other people's facts."""
    return CopyRead.of(make_copy(work, case_id))


@router.get("/cases/{case_id}/copy/page", needs=Permission.CASE_COPY, raises=[CaseNotFound])
def read_copy_page(case_id: UUID, work: Work, query: Annotated[CopyQuery, Query()]) -> HTMLResponse:
    """Read the same as a page to be printed, in the person's language."""
    copy = make_copy(work, case_id)
    return HTMLResponse(render(copy, query.language or copy.language))
