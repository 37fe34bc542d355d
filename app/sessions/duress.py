"""The second passphrase: a harmless account, the real access ended, and the leads told.

Every sign-in leaves one sealed alert of one size; only opening it tells whether it says anything.
What an alert asks for is done by the worker a little later, among the other grants that end, and
at the latest before the next sign-in. Nothing here destroys a case, and no column, event or log
line names what this module is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.credentials import SECOND, Unlocked
from app.accounts.models import Member
from app.alerts.models import Alert, Notice
from app.sessions.service import end_sessions
from app.store.base import new_id
from app.work import Work

FORCED = "sign_in.forced"
_QUIET = ""
KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Raised:
    """One alert as the leads see it."""

    id: UUID
    code: str
    member_id: UUID
    raised_on: date


def raise_alert(work: Work, unlocked: Unlocked) -> None:
    """Leave the alert of a sign-in, and end the sessions of whom it is about, if anybody.

    The same statements run whichever slot was opened.
    """
    forced = unlocked.slot == SECOND
    other = _pair(work, unlocked.member_id)
    notice = Notice(FORCED if forced else _QUIET, other if forced else new_id())
    alert = Alert(raised_on=work.today(), settled=False)
    work.vault.seal(alert.notice, notice)
    work.session.add(alert)
    end_sessions(work, notice.member_id)


def settle_alerts(work: Work) -> int:
    """Do what the alerts ask for: end grants and sessions of members who were forced.

    Returns how many were settled. A job of the worker; alerts that say nothing are settled too.
    """
    waiting = work.session.scalars(
        select(Alert).where(Alert.settled.is_(False)).with_for_update(skip_locked=True)
    ).all()
    for alert in waiting:
        notice = work.vault.open(alert.notice)
        if notice.code == FORCED:
            end_sessions(work, notice.member_id)
            work.grants.end_all_of(notice.member_id)
        alert.settled = True
    return len(waiting)


def list_alerts(work: Work, limit: int) -> list[Raised]:
    """Return the newest alerts that say something, of the last month."""
    alerts = work.session.scalars(
        select(Alert)
        .where(Alert.raised_on > work.today() - KEPT_FOR)
        .order_by(Alert.raised_on.desc(), Alert.id)
    )
    found: list[Raised] = []
    for alert in alerts:
        notice = work.vault.open(alert.notice)
        if notice.code != _QUIET and len(found) < limit:
            found.append(Raised(alert.id, notice.code, notice.member_id, alert.raised_on))
    return found


def forget_alerts(work: Work) -> int:
    """Delete settled alerts older than a month; returns how many. A job of the worker."""
    gone = work.session.execute(
        delete(Alert).where(Alert.settled, Alert.raised_on <= work.today() - KEPT_FOR),
        execution_options={"housekeeping": "what they asked for stands in the trail"},
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _pair(work: Work, member_id: UUID) -> UUID:
    return work.vault.open(work.session.get_one(Member, member_id).profile).pair
