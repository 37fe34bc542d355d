"""Alerts that a case at work is not cleared any more: refused, or its clearance expired.

- Leads and the coordinators of the team get an alert that names the case.
- An expiry raises one alert, by a job of the worker.

What then stops is for ``casework/readiness`` to say.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.clearance import Lapse, find_lapse
from app.vetting.models import VettingOutcome, VettingRound
from app.work import Work

_AT_WORK: Final = (CaseStatus.ACTIVE, CaseStatus.SETTLED)
_KINDS: Final = {
    Lapse.REFUSED: AlertKind.CLEARANCE_REFUSED,
    Lapse.EXPIRED: AlertKind.CLEARANCE_EXPIRED,
}


def alert_lapse(work: Work, case: Case, lapse: Lapse) -> None:
    """Tell the leads, and the coordinators of its team, that a case at work is not cleared."""
    raise_alert(work, _KINDS[lapse], case_id=case.id, team_id=case.team_id)


def alert_expiries(work: Work) -> int:
    """Tell of clearances that have expired since; returns how many. A job of the worker."""
    found = work.session.execute(
        select(VettingRound, Case)
        .join(Case, Case.id == VettingRound.case_id)
        .where(
            VettingRound.outcome == VettingOutcome.VERIFIED,
            VettingRound.valid_until < work.today(),
            VettingRound.lapse_told.is_(False),
        )
    ).all()
    told = 0
    for round_, case in found:
        round_.lapse_told = True
        work.trail.record(EventKind.VETTING_LAPSED, case.id, round=str(round_.id))
        if case.status in _AT_WORK and find_lapse(work, case.id) is Lapse.EXPIRED:
            alert_lapse(work, case, Lapse.EXPIRED)
            told += 1
    return told
