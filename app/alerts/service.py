"""Alerts: duress, people who are late or missing, urgent intakes, and what leads must see.

- What is about a case or a leg comes to who is on duty first, then further (``alerts.levels``). Who
  takes it in hand acknowledges it, and it comes no further.
- The member who follows a case is shown that something of it was not answered, never what: who is
  made to show their screen shows no duress word.
- Each sign-in and each check-in writes one alert of one size, whatever was said.
- Only opening an alert shows its kind; no column, event or log line names it.
- That a member signed in under duress is known to the keystore: an alert of it that somebody
  deleted is raised again.
- Alerts are deleted after a month.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select

from app.accounts.models import SHUT_OUT, Member
from app.alerts.errors import AlertNotFound
from app.alerts.levels import WHEN_IT_COMES, group_reached, is_over
from app.alerts.models import NO_ID, Alert, AlertKind, Notice
from app.audit.events import EventKind
from app.duty.holding import find_holding
from app.permissions import Role
from app.store.authenticated import leave_out_altered
from app.store.counters import count_one, read_counts
from app.store.queries import count_changed, in_order
from app.text.dates import minute_of
from app.vault.resting import are_resting
from app.watch.models import NotifiedGroup
from app.work import Work

KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class OpenedAlert:
    """An alert, what it says and how far it has come; without a notice where it does not open.

    ``as_follower``: it is shown to the member who follows the case, without why.
    """

    alert: Alert
    notice: Notice | None
    notified: NotifiedGroup | None = None
    as_follower: bool = False


def raise_alert(
    work: Work,
    kind: AlertKind,
    *,
    member_id: UUID | None = None,
    team_id: UUID | None = None,
    case_id: UUID | None = None,
    leg_id: UUID | None = None,
    rows: int = 0,
    silence: int = 0,
) -> None:
    """Write one alert of this kind, which may be ``NOTHING``.

    ``member_id`` with a leg: who brought what was said.
    """
    notice = Notice(
        kind,
        minute_of(work.now()),
        member_id or NO_ID,
        team_id or NO_ID,
        case_id or NO_ID,
        leg_id or NO_ID,
        f"{min(rows, 99_999):05}",
        f"{min(silence, 99_999):05}",
    )
    alert = Alert(raised_on=work.today())
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


def raise_deleted_alerts(work: Work) -> int:
    """Tell the leads again of members whose grants rest, where no alert says so any more.

    Returns how many were raised. A job of the worker.
    """
    resting = {
        member.id: member.team_id
        for member in leave_out_altered(work.session, work.session.scalars(select(Member)))
        if member.status not in SHUT_OUT and are_resting(work.deployment, member.id)
    }
    if not resting:
        return 0
    kept = work.session.scalars(_kept(work)).all()
    for notice in work.vault.open_listed([alert.notice for alert in kept]):
        if notice is not None and notice.kind is AlertKind.DURESS_AT_SIGN_IN:
            resting.pop(notice.member_id, None)
    for member_id, team_id in resting.items():
        raise_alert(work, AlertKind.DURESS_AT_SIGN_IN, member_id=member_id, team_id=team_id)
    return len(resting)


def list_alerts(
    work: Work, *, after: tuple[date, UUID] | None = None, limit: int
) -> list[OpenedAlert]:
    """Return up to ``limit`` alerts of the last month that the principal is shown, newest first.

    To coordinators those of their own team that have come to them, to leads everything, to who
    follows a case that something of it waits. Needs no grant.
    """
    viewer = _Viewer(work)
    query = in_order(_kept(work), Alert.raised_on, after=after, newest_first=True)
    found: list[OpenedAlert] = []
    for alert in work.session.scalars(query):
        opened = viewer.open(alert)
        if opened is not None:
            found.append(opened)
        if len(found) == limit:
            break
    return found


def acknowledge_alert(work: Work, alert_id: UUID) -> OpenedAlert:
    """Take an alert in hand, so that it comes no further; a second time changes nothing.

    Raises ``AlertNotFound`` for one that the principal is not shown.
    """
    query = _kept(work).where(Alert.id == alert_id).with_for_update()
    alert = work.session.scalars(query).one_or_none()
    opened = None if alert is None else _Viewer(work).open(alert)
    if alert is None or opened is None or opened.notice is None or opened.as_follower:
        raise AlertNotFound
    _acknowledge(work, alert, opened.notice)
    return _Viewer(work).open(alert) or opened


def acknowledge_leg_alerts(work: Work, leg_id: UUID, kinds: Collection[AlertKind]) -> None:
    """Acknowledge the alerts of these kinds about a leg, whose planner has taken it in hand."""
    alerts = work.session.scalars(_kept(work)).all()
    notices = work.vault.open_listed([alert.notice for alert in alerts])
    for alert, notice in zip(alerts, notices, strict=True):
        if notice is not None and notice.leg_id == leg_id and notice.kind in kinds:
            _acknowledge(work, alert, notice)


def _kept(work: Work) -> Select[Alert]:
    return select(Alert).where(Alert.raised_on > work.today() - KEPT_FOR)


def _acknowledge(work: Work, alert: Alert, notice: Notice) -> None:
    if notice.is_acknowledged:
        return
    by, at = work.principal.id, minute_of(work.now())
    work.vault.seal(alert.notice, replace(notice, acknowledged_by=by, acknowledged_at=at))
    work.session.flush()
    work.trail.record(EventKind.ALERT_ACKNOWLEDGED, alert=str(alert.id))


class _Viewer:
    """The principal before a list of alerts: what each shows them. Asks once a team."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._now, _ = work.deployment.time_span()
        self._on_duty: dict[UUID, UUID | None] = {}

    def open(self, alert: Alert) -> OpenedAlert | None:
        """Return an alert as the principal is shown it, None where they are not.

        Leads see that a shut one exists.
        """
        (notice,) = self._work.vault.open_listed([alert.notice])
        is_lead = self._work.principal.acts_as(Role.LEAD)
        if notice is None:
            return OpenedAlert(alert, None) if is_lead else None
        on_duty = self._find_on_duty(notice.team_id)
        group = group_reached(notice, self._now, vacant=on_duty is None)
        if group is None or is_over(self._work, notice, self._now):
            return None
        if is_lead and (notice.kind not in WHEN_IT_COMES or group.has_leads):
            return OpenedAlert(alert, notice, group)
        if self._coordinates(notice, group, on_duty):
            return OpenedAlert(alert, notice, group)
        return OpenedAlert(alert, notice, group, True) if self._follows(notice, group) else None

    def _find_on_duty(self, team_id: UUID) -> UUID | None:
        if team_id not in self._on_duty:
            self._on_duty[team_id] = find_holding(self._work, team_id).member_id
        return self._on_duty[team_id]

    def _coordinates(self, notice: Notice, group: NotifiedGroup, on_duty: UUID | None) -> bool:
        principal = self._work.principal
        if not principal.acts_as(Role.COORDINATOR, notice.team_id):
            return False
        if group is NotifiedGroup.ON_DUTY:
            return principal.id in {on_duty, notice.acknowledged_by}
        return group.has_coordinators

    def _follows(self, notice: Notice, group: NotifiedGroup) -> bool:
        """Return whether it has come to who follows its case. Not to who brought what was said."""
        if group is not NotifiedGroup.COORDINATORS_AND_LEADS or notice.case_id == NO_ID:
            return False
        principal = self._work.principal
        is_theirs = principal.acts_as(Role.VOLUNTEER) and principal.id != notice.member_id
        return is_theirs and self._work.grants.holds(notice.case_id)


def forget_alerts(work: Work) -> int:
    """Delete alerts older than a month; returns how many. A job of the worker."""
    return count_changed(
        work.session,
        delete(Alert).where(Alert.raised_on <= work.today() - KEPT_FOR),
        options={"housekeeping": "sign-ins, check-ins and silences are in the log"},
    )
