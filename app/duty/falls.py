"""Write down where the duty of a team fell to another coordinator, or to nobody.

``duty.holding`` decides it at once; this puts it on record and tells coordinators and leads.
"""

from __future__ import annotations

from sqlalchemy import select

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.duty.holding import Holding, find_holding
from app.duty.models import DutyStart, TeamDuty
from app.duty.service import begin_duty
from app.work import Work


def record_falls(work: Work) -> int:
    """Write down each duty that fell since; returns how many. A job of the worker.

    Coordinators and leads get an alert with who has it now; leads where nobody can. The first
    coordinator of a team has it without one.
    """
    teams = work.session.scalars(select(TeamDuty.id).order_by(TeamDuty.id)).all()
    return sum(_record(work, find_holding(work, team_id)) for team_id in teams)


def _record(work: Work, holding: Holding) -> bool:
    row, member_id = holding.row, holding.member_id
    if row is None or (row.began_at is not None and not holding.fell):
        return False
    first = row.began_at is None
    before = row.member_id
    begin_duty(work, row, member_id, DutyStart.FELL)
    team = str(holding.team_id)
    if member_id is None:
        work.trail.record(EventKind.DUTY_VACANT, team=team)
        raise_alert(work, AlertKind.DUTY_VACANT, team_id=holding.team_id)
        return True
    work.trail.record(
        EventKind.DUTY_FELL,
        team=team,
        member=str(member_id),
        before=None if before is None else str(before),
    )
    if not first:
        raise_alert(work, AlertKind.DUTY_FELL, member_id=member_id, team_id=holding.team_id)
    return True
