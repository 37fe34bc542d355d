"""HTTP routes of the watch: check-ins, escalation, acknowledgements."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.relocation import errors, files
from app.relocation.schemas import LegShown, leg_shown
from app.watch import check_ins, escalation
from app.watch import service as watch
from app.watch.schemas import (
    Acknowledge,
    CheckInReceipt,
    MakeCheckIn,
    WatchedShown,
    check_in_receipt,
    watched_shown,
)
from app.watch.service import Position
from app.work import Work

router = Router(tags=["watch"])


@router.get("/legs/watch", needs=Permission.LEG_WATCH)
def watch_legs(page: PageQuery, work: Work) -> Page[WatchedShown]:
    """List who is moving and who is silent, on the journeys that you hold, worst first."""
    after = cast("Position | None", position(work, page, int, datetime, UUID))
    watched = watch.watch(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        watched,
        keys=lambda row: row.position,
        show=lambda rows: [watched_shown(row) for row in rows],
    )


@router.post(
    "/legs/{leg_id}/check-ins",
    needs=Permission.LEG_CHECK_IN,
    readiness=NotWork("contact is recorded whatever the status"),
    creates=True,
    status_code=201,
    raises=(
        errors.LegNotFound,
        errors.LegOver,
        errors.HappenedOutOfRange,
        errors.UnknownWord,
        errors.WordsTooFast,
    ),
)
def check_in_on_leg(leg_id: UUID, body: MakeCheckIn, work: Work) -> CheckInReceipt:
    """Take down the word that was heard, or that nobody answered."""
    return check_in_receipt(check_ins.check_in(work, leg_id, body.word, note=body.note, at=body.at))


@router.post(
    "/legs/{leg_id}/acknowledgements",
    needs=Permission.LEG_WATCH,
    readiness=NotWork("an alert is answered whatever the status"),
    creates=True,
    status_code=201,
    raises=(errors.LegNotFound, errors.MoveNotYours, errors.NothingToAcknowledge),
)
def acknowledge_leg(leg_id: UUID, body: Acknowledge, work: Work) -> LegShown:
    """Take a silence, or a duress word, in hand."""
    leg = escalation.acknowledge(work, leg_id, body.what, body.note)
    work.session.flush()
    return leg_shown(files.open_legs(work, [leg])[0])
