"""News of a leg: a move of it, or a report of who holds it no more, which is heard.

News of a later leg closes those behind it, and their escorts hold them no longer. What such an
escort then reports of their own leg moves nothing: it is kept as it came, like words that nobody
understood, and is on the watch until a planner has looked at it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.casework.journeys import hears
from app.relocation.legs import holds_leg
from app.relocation.models import Leg, LegStatus, Plan
from app.relocation.moves import move_leg
from app.watch.check_ins import CheckInReceipt, CheckInReport, check_in
from app.work import Work


def bring_news(
    work: Work,
    leg_id: UUID,
    to: LegStatus,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> Leg | CheckInReceipt:
    """Move a leg, or keep what somebody reports who held it once; raises as ``move_leg`` does."""
    leg = work.session.get(Leg, leg_id)
    if leg is None or holds_leg(work, leg):
        return move_leg(work, leg_id, to, reason=reason, at=at)
    if not hears(work, work.session.get_one(Plan, leg.plan_id)):
        return move_leg(work, leg_id, to, reason=reason, at=at)
    return check_in(work, leg_id, CheckInReport(word=to.value, note=reason, at=at, is_reason=True))
