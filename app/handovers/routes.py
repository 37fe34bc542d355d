"""HTTP routes of handing work over, and of who holds which case."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.accounts.errors import MemberNotFound
from app.handovers import service
from app.handovers.errors import HandoverNotYours, HeirNotEligible
from app.handovers.schemas import HandoverCreate, HandoverRead, HoldingRead, HoldingsQuery
from app.http.paging import Page, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.vault.errors import CustodySharesMissing, StepUpRequired
from app.work import Work

router = Router(tags=["handovers"])


@router.post(
    "/handovers",
    needs=Permission.WORK_HAND_OVER,
    raises=(
        MemberNotFound,
        HandoverNotYours,
        HeirNotEligible,
        StepUpRequired,
        CustodySharesMissing,
    ),
)
def hand_over_work(body: HandoverCreate, work: Work) -> HandoverRead:
    """Hand over all running work of a member, as a colleague or a lead; first with `dry_run`."""
    pieces = service.hand_over_work(work, body.from_id, body.to_id, dry_run=body.dry_run)
    return HandoverRead.of(pieces, dry_run=body.dry_run)


@router.get("/case-holders", needs=Permission.CASE_HOLDERS)
def list_case_holders(page: Annotated[HoldingsQuery, Query()], work: Work) -> Page[HoldingRead]:
    """List open cases with who holds them; `unheld` shows those that no active member holds."""
    after = position(work, page, date, UUID)
    rows = service.list_holdings(
        work, team_id=page.team_id, unheld=page.unheld, after=after, limit=page.limit + 1
    )
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.case.opened_on, row.case.id),
        show=lambda shown: [HoldingRead.of(row) for row in shown],
    )
