"""HTTP routes of duties: who has the watch of a team, taking it, giving it, accepting it."""

from __future__ import annotations

from uuid import UUID

from app.accounts.errors import TeamNotFound
from app.duty import service
from app.duty.errors import DutyNotEligible, DutyNotOffered, DutyNotYours
from app.duty.schemas import DutyOfferCreate, DutyRead
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["duty"])


@router.get("/teams/{team_id}/duty", needs=Permission.DUTY_READ, raises=(TeamNotFound,))
def read_duty(team_id: UUID, work: Work) -> DutyRead:
    """Show who has the watch of a team."""
    return DutyRead.of(service.get_duty(work, team_id))


@router.post(
    "/teams/{team_id}/duty",
    needs=Permission.DUTY_TAKE,
    changes=True,
    raises=(TeamNotFound, DutyNotEligible),
)
def take_duty(team_id: UUID, work: Work) -> DutyRead:
    """Take the watch of your team, from the one who has it."""
    return DutyRead.of(service.take_duty(work, team_id))


@router.post(
    "/teams/{team_id}/duty/offers",
    needs=Permission.DUTY_TAKE,
    changes=True,
    raises=(TeamNotFound, DutyNotYours, DutyNotEligible),
)
def offer_duty(team_id: UUID, body: DutyOfferCreate, work: Work) -> DutyRead:
    """Give the watch to a coordinator by name; you have it until they accept."""
    return DutyRead.of(service.offer_duty(work, team_id, body.member_id))


@router.post(
    "/teams/{team_id}/duty/acceptance",
    needs=Permission.DUTY_TAKE,
    changes=True,
    raises=(TeamNotFound, DutyNotOffered, DutyNotEligible),
)
def accept_duty(team_id: UUID, work: Work) -> DutyRead:
    """Accept the watch that was offered to you."""
    return DutyRead.of(service.accept_duty(work, team_id))
