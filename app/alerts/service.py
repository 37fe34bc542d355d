"""Alerts for the leads: duress at a sign-in or a check-in, and people who are missing.

- Each sign-in and each check-in writes one alert of one size, whatever was said.
- Only opening an alert shows its kind; no column, event or log line names it.
- The worker acts on alerts, at the latest before the next sign-in; it ends access and deletes
  no case.
- Alerts are deleted after a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app.alerts.models import FOR_COORDINATORS, NO_ID, Alert, AlertKind, Notice
from app.permissions import Role
from app.sessions.ending import end_sessions
from app.store.counters import count_one, read_counts
from app.store.queries import count_changed, in_order
from app.text.dates import minute_of
from app.work import Work

KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class OpenedAlert:
    """An alert and what it says; without a notice where it does not open."""

    alert: Alert
    notice: Notice | None


def raise_alert(
    work: Work,
    kind: AlertKind,
    *,
    member_id: UUID | None = None,
    team_id: UUID | None = None,
    case_id: UUID | None = None,
    leg_id: UUID | None = None,
    rows: int = 0,
) -> None:
    """Write one alert of this kind, which may be ``NOTHING``."""
    notice = Notice(
        kind,
        minute_of(work.now()),
        member_id or NO_ID,
        team_id or NO_ID,
        case_id or NO_ID,
        leg_id or NO_ID,
        f"{min(rows, 99_999):05}",
    )
    alert = Alert(raised_on=work.today(), settled=False)
    work.vault.seal(alert.notice, notice)
    work.session.add(alert)


def report_shut_rows(work: Work) -> None:
    """Tell the leads how many rows of a list did not open: once a day for the same rows."""
    rows = sorted(work.trail.shut_rows)
    if not rows:
        return
    counter = work.deployment.counter_id("shut rows", *rows)
    now = minute_of(work.now())
    midnight = work.midnight()
    if not read_counts(work.session, [counter], since=midnight):
        count_one(work.session, counter, at=now, since=midnight)
        raise_alert(work, AlertKind.ROWS_SHUT, team_id=work.principal.team_id, rows=len(rows))


def settle_alerts(work: Work) -> int:
    """End the grants and sessions of members who signed in under duress.

    Returns how many alerts were settled, those that say nothing included. A job of the worker.
    """
    waiting = work.session.scalars(
        select(Alert).where(Alert.settled.is_(False)).with_for_update(skip_locked=True)
    ).all()
    settled = 0
    notices = work.vault.open_listed([alert.notice for alert in waiting])
    for alert, notice in zip(waiting, notices, strict=True):
        if notice is None:
            # It may be the one that ends a member's access: it waits, and its list says so.
            continue
        if notice.kind is AlertKind.DURESS_AT_SIGN_IN:
            end_sessions(work, notice.member_id)
            work.grants.end_all_of(notice.member_id)
        alert.settled = True
        settled += 1
    return settled


def list_alerts(
    work: Work, *, after: tuple[date, UUID] | None = None, limit: int
) -> list[OpenedAlert]:
    """Return up to ``limit`` alerts of the last month that say something, newest first.

    Coordinators get what their own team is shown, leads everything. Needs no grant.
    """
    kept = select(Alert).where(Alert.raised_on > work.today() - KEPT_FOR)
    query = in_order(kept, Alert.raised_on, after=after, newest_first=True)
    found: list[OpenedAlert] = []
    for alert in work.session.scalars(query):
        (notice,) = work.vault.open_listed([alert.notice])
        if _may_see(work, notice):
            found.append(OpenedAlert(alert, notice))
        if len(found) == limit:
            break
    return found


def _may_see(work: Work, notice: Notice | None) -> bool:
    """Return whether the principal may see a notice; leads see that a shut one exists."""
    if not work.principal.acts_as(Role.LEAD):
        of_team = notice is not None and notice.team_id in work.principal.teams
        return of_team and notice is not None and notice.kind in FOR_COORDINATORS
    return notice is None or notice.kind is not AlertKind.NOTHING


def forget_alerts(work: Work) -> int:
    """Delete settled alerts older than a month; returns how many. A job of the worker."""
    return count_changed(
        work.session,
        delete(Alert).where(Alert.settled, Alert.raised_on <= work.today() - KEPT_FOR),
        options={"housekeeping": "sign-ins, check-ins and silences are in the log"},
    )
