"""Requests and responses of alerts. Values arrive already opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from app.alerts.models import NO_ID, AlertKind
from app.alerts.service import OpenedAlert
from app.http.schema import Schema, Shut
from app.watch.models import NotifiedGroup

KindName: TypeAlias = Literal[
    "duress_at_sign_in", "duress_at_check_in", "missing", "rows_shut", "clearance_refused",
    "clearance_expired", "hold_ends", "case_silent", "erasure_asked", "erasure_agreed",
    "casework_ended", "member_suspended", "log_set_back", "duty_fell", "duty_vacant",
    "emergency_begun",
    "leg_late", "leg_overdue", "not_understood", "urgent_intake", "new_intake", "unanswered",
    "second_factor_ended", "recovery_code_used", "codes_refused",
]  # fmt: skip

KIND_NAMES: Mapping[AlertKind, KindName] = {
    AlertKind.DURESS_AT_SIGN_IN: "duress_at_sign_in",
    AlertKind.DURESS_AT_CHECK_IN: "duress_at_check_in",
    AlertKind.MISSING: "missing",
    AlertKind.ROWS_SHUT: "rows_shut",
    AlertKind.CLEARANCE_REFUSED: "clearance_refused",
    AlertKind.CLEARANCE_EXPIRED: "clearance_expired",
    AlertKind.HOLD_ENDS: "hold_ends",
    AlertKind.CASE_SILENT: "case_silent",
    AlertKind.ERASURE_ASKED: "erasure_asked",
    AlertKind.ERASURE_AGREED: "erasure_agreed",
    AlertKind.CASEWORK_ENDED: "casework_ended",
    AlertKind.MEMBER_SUSPENDED: "member_suspended",
    AlertKind.LOG_SET_BACK: "log_set_back",
    AlertKind.DUTY_FELL: "duty_fell",
    AlertKind.DUTY_VACANT: "duty_vacant",
    AlertKind.EMERGENCY_BEGUN: "emergency_begun",
    AlertKind.LEG_LATE: "leg_late",
    AlertKind.LEG_OVERDUE: "leg_overdue",
    AlertKind.NOT_UNDERSTOOD: "not_understood",
    AlertKind.URGENT_INTAKE: "urgent_intake",
    AlertKind.NEW_INTAKE: "new_intake",
    AlertKind.FACTOR_ENDED: "second_factor_ended",
    AlertKind.RECOVERY_CODE_USED: "recovery_code_used",
    AlertKind.CODES_REFUSED: "codes_refused",
}
"""Every kind but ``NOTHING``, which is never shown."""


class AlertSummary(Schema):
    """An alert: a sign-in under duress, a leg under duress or missing, rows that do not open, a
    case at work that is not cleared any more, a hold that ends within two weeks, a case that will
    be closed as lost contact, a person who asked to be erased, a lead who agreed to it, a person
    who ended their consent to casework, a member who was suspended, databases that hold less than
    a device has seen of them, a duty that fell to ``member_id`` or to nobody, an emergency that
    waits for a lead's part, a leg that is late or overdue, words that nobody understood, an intake
    that is urgent or that nobody has triaged for a day, a second factor that was ended, a recovery
    code that was used, ten wrong codes after a right passphrase.

    ``member_id`` with a leg: who brought what was said. ``notified``: how far it has come.
    *unanswered*: an alert about a case that you follow, whatever it says.

    ``rows``: how many. A ``shut`` alert does not open itself, and may be any of these.
    """

    id: UUID
    kind: KindName | None
    at: datetime | None
    rows: int = 0
    shut: Shut = None
    member_id: UUID | None
    team_id: UUID | None
    case_id: UUID | None
    leg_id: UUID | None
    notified: NotifiedGroup | None = None
    acknowledged_by: UUID | None = None
    acknowledged_at: datetime | None = None

    @classmethod
    def of(cls, opened: OpenedAlert) -> AlertSummary:
        """Return an opened alert."""
        notice = opened.notice
        if notice is None:
            return cls(
                id=opened.alert.id,
                kind=None,
                at=None,
                member_id=None,
                team_id=None,
                case_id=None,
                leg_id=None,
                shut="record.shut",
            )
        if opened.as_follower:
            return cls(
                id=opened.alert.id,
                kind="unanswered",
                at=notice.at,
                member_id=None,
                team_id=notice.team_id,
                case_id=notice.case_id,
                leg_id=None,
                notified=opened.notified,
            )
        return cls(
            id=opened.alert.id,
            kind=KIND_NAMES[notice.kind],
            at=notice.at,
            rows=int(notice.rows),
            member_id=_id_or_none(notice.member_id),
            team_id=_id_or_none(notice.team_id),
            case_id=_id_or_none(notice.case_id),
            leg_id=_id_or_none(notice.leg_id),
            notified=opened.notified,
            acknowledged_by=_id_or_none(notice.acknowledged_by),
            acknowledged_at=notice.acknowledged_at if notice.is_acknowledged else None,
        )


def _id_or_none(value: UUID) -> UUID | None:
    return None if value == NO_ID else value
