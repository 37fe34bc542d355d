"""Rows of alerts. Most are of no kind; only opening one shows it. Knows tables and cell types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.accounts.models import DirectoryRecord
from app.permissions import Compartment
from app.store.base import Housekeeping, Ordered, plain
from app.store.sealed import SealedField


class AlertKind(StrEnum):
    """What an alert says. One letter each: a sealed value's length must not tell them apart."""

    NOTHING = "n"
    DURESS_AT_SIGN_IN = "s"
    DURESS_AT_CHECK_IN = "c"
    MISSING = "m"
    ROWS_SHUT = "h"
    CLEARANCE_REFUSED = "r"
    CLEARANCE_EXPIRED = "e"
    HOLD_ENDS = "o"
    CASE_SILENT = "l"
    ERASURE_ASKED = "a"
    ERASURE_AGREED = "g"
    CASEWORK_ENDED = "w"
    MEMBER_SUSPENDED = "u"
    LOG_SET_BACK = "b"
    DUTY_FELL = "f"
    DUTY_VACANT = "v"
    EMERGENCY_BEGUN = "y"
    LEG_LATE = "t"
    LEG_OVERDUE = "d"
    NOT_UNDERSTOOD = "k"
    URGENT_INTAKE = "i"
    NEW_INTAKE = "p"
    FACTOR_ENDED = "x"
    RECOVERY_CODE_USED = "q"
    CODES_REFUSED = "z"


NO_ID = UUID(int=0)
"""In the place of an id that an alert has none of, and as wide."""


NO_ROWS = "00000"
"""A number in a notice, always in five digits: every notice has one length."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""In the place of a time that an alert has none of, and as wide."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What an alert says, and of whom or of which leg. Every field has one width.

    ``rows``: how many do not open. ``silence``: which one of the leg.
    """

    kind: AlertKind
    at: datetime
    member_id: UUID = NO_ID
    team_id: UUID = NO_ID
    case_id: UUID = NO_ID
    leg_id: UUID = NO_ID
    rows: str = NO_ROWS
    silence: str = NO_ROWS
    acknowledged_by: UUID = NO_ID
    acknowledged_at: datetime = NEVER

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody has taken it in hand."""
        return self.acknowledged_by != NO_ID


class Alert(DirectoryRecord, Ordered):
    """Written at every sign-in, check-in and intake; nearly always of kind ``NOTHING``.

    Sealed under the directory key, because leads hold no key to a case and must read it.
    """

    __tablename__ = "alerts"
    __forgotten__ = "a month after it was raised"
    __housekeeping__ = Housekeeping(
        because="one row a sign-in or check-in, which is in the log itself",
        written="DELETE: of a duress word or of somebody missing leads are told later, or never",
        bounded=(
            "a sign-in under duress is raised again by the keystore's mark; a duress word stands "
            "on the journey, a leg that is late is late again"
        ),
    )
    __table_args__ = (Index("ix_alerts_raised", "raised_on", "id"),)

    raised_on: Mapped[date] = plain("the day; kept for a month")

    notice = SealedField(Notice, Compartment.DIRECTORY)
