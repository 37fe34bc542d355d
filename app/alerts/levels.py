"""How far an alert has come: to who is on duty, to all coordinators of the team, to everybody.

- What is about a case or a leg comes first to the coordinator on duty; not acknowledged after 15
  minutes, to all coordinators of the team; after 30, to leads and the member who follows the case.
- Where nobody can be on duty, it comes to everybody at once.
- It is computed from the clock at each reading: it needs no worker, and no column, event or log
  line shows that an alert has come further, which would show that it says something.
- Where clocks disagree, it counts by the earliest of them.
- A silence that ended, and an intake that somebody has triaged, alarm nobody any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from app.alerts.models import AlertKind, Notice
from app.cases.models import Case, CaseStatus
from app.relocation.models import Leg
from app.relocation.timer import levels_reached
from app.store.authenticated import leave_out_altered
from app.totality import require_rows
from app.watch.models import EscalationLevel, NotifiedGroup
from app.work import Work

STEP: Final = timedelta(minutes=15)
UNREAD_AFTER: Final = timedelta(days=1)
"""How long an intake that is not urgent may wait for its triage."""

_LADDER: Final = (
    NotifiedGroup.ON_DUTY,
    NotifiedGroup.COORDINATORS,
    NotifiedGroup.COORDINATORS_AND_LEADS,
)

FIRST_NOTIFIED: Final[Mapping[AlertKind, NotifiedGroup | None]] = MappingProxyType(
    {
        AlertKind.NOTHING: None,
        AlertKind.DURESS_AT_SIGN_IN: NotifiedGroup.LEADS,
        AlertKind.DURESS_AT_CHECK_IN: NotifiedGroup.ON_DUTY,
        AlertKind.LEG_LATE: NotifiedGroup.ON_DUTY,
        AlertKind.LEG_OVERDUE: NotifiedGroup.COORDINATORS,
        AlertKind.MISSING: NotifiedGroup.COORDINATORS_AND_LEADS,
        AlertKind.NOT_UNDERSTOOD: NotifiedGroup.ON_DUTY,
        AlertKind.URGENT_INTAKE: NotifiedGroup.ON_DUTY,
        AlertKind.NEW_INTAKE: NotifiedGroup.ON_DUTY,
        AlertKind.ROWS_SHUT: NotifiedGroup.LEADS,
        AlertKind.CLEARANCE_REFUSED: NotifiedGroup.ON_DUTY,
        AlertKind.CLEARANCE_EXPIRED: NotifiedGroup.ON_DUTY,
        AlertKind.HOLD_ENDS: NotifiedGroup.ON_DUTY,
        AlertKind.CASE_SILENT: NotifiedGroup.ON_DUTY,
        AlertKind.ERASURE_ASKED: NotifiedGroup.LEADS,
        AlertKind.ERASURE_AGREED: NotifiedGroup.LEADS,
        AlertKind.CASEWORK_ENDED: NotifiedGroup.ON_DUTY,
        AlertKind.MEMBER_SUSPENDED: NotifiedGroup.LEADS,
        AlertKind.LOG_SET_BACK: NotifiedGroup.LEADS,
        AlertKind.DUTY_FELL: NotifiedGroup.COORDINATORS_AND_LEADS,
        AlertKind.DUTY_VACANT: NotifiedGroup.LEADS,
        AlertKind.EMERGENCY_BEGUN: NotifiedGroup.LEADS,
        AlertKind.FACTOR_ENDED: NotifiedGroup.LEADS,
        AlertKind.RECOVERY_CODE_USED: NotifiedGroup.LEADS,
        AlertKind.CODES_REFUSED: NotifiedGroup.LEADS,
    }
)
"""To whom an alert comes first."""
require_rows("FIRST_NOTIFIED", FIRST_NOTIFIED, AlertKind, file="app/alerts/levels.py")

SILENCES: Final[Mapping[EscalationLevel, AlertKind]] = MappingProxyType(
    {
        EscalationLevel.LATE: AlertKind.LEG_LATE,
        EscalationLevel.OVERDUE: AlertKind.LEG_OVERDUE,
        EscalationLevel.MISSING: AlertKind.MISSING,
    }
)
"""The alert about a leg that has reached a level."""
require_rows("SILENCES", SILENCES, EscalationLevel, file="app/alerts/levels.py")

_ENDS_WITH_SILENCE: Final = {
    AlertKind.LEG_LATE: EscalationLevel.LATE,
    AlertKind.LEG_OVERDUE: EscalationLevel.OVERDUE,
}
_INTAKES: Final = frozenset({AlertKind.URGENT_INTAKE, AlertKind.NEW_INTAKE})

WHEN_IT_COMES: Final = frozenset({*_ENDS_WITH_SILENCE, *_INTAKES, AlertKind.NOT_UNDERSTOOD})
"""What a lead is shown only once it has come to leads; of everything else, from the beginning."""


def group_reached(notice: Notice, now: datetime, *, vacant: bool) -> NotifiedGroup | None:
    """Return how far an alert has come by ``now``; None for one that is to come or says nothing.

    ``vacant``: nobody can be on duty in its team. Once acknowledged, it comes no further.
    """
    first = FIRST_NOTIFIED[notice.kind]
    if first is None or first not in _LADDER:
        return first
    until = notice.acknowledged_at if notice.is_acknowledged else now
    waited = until - notice.at
    if notice.kind is AlertKind.NEW_INTAKE:
        waited -= UNREAD_AFTER
        if waited < timedelta():
            return None
    if vacant:
        return _LADDER[-1]
    steps = max(0, waited // STEP)
    return _LADDER[min(_LADDER.index(first) + steps, len(_LADDER) - 1)]


def is_over(work: Work, notice: Notice, now: datetime) -> bool:
    """Return whether what an alert is about has ended by itself."""
    if notice.kind in _INTAKES:
        case = work.session.get(Case, notice.case_id)
        # A row that was altered says nothing: the alert stays.
        return not case or any(
            one.status is not CaseStatus.SUBMITTED or one.triaged_on is not None
            for one in leave_out_altered(work.session, [case])
        )
    if notice.kind not in _ENDS_WITH_SILENCE:
        return False
    leg = work.session.get(Leg, notice.leg_id)
    level = _ENDS_WITH_SILENCE[notice.kind]
    return not leg or any(
        one.silence != int(notice.silence)
        or level not in levels_reached(one.expected_at, one.grace_minutes, now)
        for one in leave_out_altered(work.session, [leg])
    )
