"""Rows of requests for aid. Knows tables and cell types; no keys, no rules.

- The total of a request is plain, because the ledger holds it too.
- Who is paid, by which means, for what and why is one sealed cell, under a scope of the request's
  own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.presets import SumClass
from app.store.base import (
    CaseRecord,
    Housekeeping,
    Mark,
    Ordered,
    Record,
    Versioned,
    choice,
    index_column,
    key_column,
    plain,
)
from app.store.sealed import NOTES, SealedField


class AidStatus(StrEnum):
    """The status of a request."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    REVERSED = "reversed"


ENDED: Final = frozenset(
    {
        AidStatus.PAID,
        AidStatus.CONFIRMED,
        AidStatus.DISPUTED,
        AidStatus.REVERSED,
        AidStatus.REFUSED,
        AidStatus.CANCELLED,
    }
)
"""From any of these on nothing more is paid for the request."""


class AidAct(StrEnum):
    """What somebody does with a request."""

    REQUEST = "request"
    APPROVE = "approve"
    PAY = "pay"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    CANCEL = "cancel"
    DISPUTE = "dispute"
    REVERSE = "reverse"
    RELEASE = "release"


SEPARATED_DUTIES = (
    (AidAct.REQUEST, AidAct.APPROVE),
    (AidAct.REQUEST, AidAct.PAY),
    (AidAct.PAY, AidAct.CONFIRM),
)
"""The acts that are done by different people in every request, and each once by one person."""


class AidCategory(StrEnum):
    """What aid is for."""

    FOOD = "food"
    MEDICINE = "medicine"
    TRAVEL = "travel"
    SHELTER = "shelter"
    PHONE = "phone"
    INFANT = "infant"
    STIPEND = "stipend"
    OTHER = "other"


class PaymentMeans(StrEnum):
    """How money reaches someone."""

    CASH_COURIER = "cash_courier"
    MOBILE_WALLET = "mobile_wallet"
    BANK = "bank"
    REMITTANCE = "remittance"
    IN_HAND = "in_hand"


# ------------------------------------------------------------------------------------ sealed cells


@dataclass(frozen=True, slots=True)
class AidItem:
    """One thing that is needed; ``amount`` in minor units of the request's currency."""

    category: AidCategory
    amount: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """Who receives the money: the person, or somebody on their behalf."""

    name: str
    phone: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class AidDetail:
    """What a request says: for what, to whom, by which means, how urgently, and why."""

    items: tuple[AidItem, ...]
    payee: Payee | None = None
    means: PaymentMeans | None = None
    urgent: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AidNote:
    """What was written with a step: a reason, a payment's reference, a receipt without a name."""

    text: str
    means: PaymentMeans | None = None


# -------------------------------------------------------------------------------------------- rows


class AidRequest(CaseRecord, Ordered, Versioned):
    """Aid requested on a case. Its scope is ``Scope(Compartment.AID, id)``."""

    __tablename__ = "aid_requests"
    __mark__ = Mark(
        because="aid that was paid, refused or cancelled is paid again; one that is held goes on",
        when=lambda request: request.held or request.status in ENDED,
        for_good=lambda request: request.status in ENDED,
    )
    __table_args__ = (
        Index("ix_aid_requests_due", "due_on"),
        Index("ix_aid_requests_listed", "requested_on", "sequence", "id"),
        CheckConstraint("total > 0", name="total_positive"),
    )

    team_id: Mapped[UUID] = plain("random; whose coordinators and treasurers decide")
    series_id: Mapped[UUID] = plain("random; ties the repeats of one stipend together")
    status: Mapped[AidStatus] = plain("moves are decided by it", choice(AidStatus))
    held: Mapped[bool] = plain("stops a possible duplicate until somebody has looked")
    released_on: Mapped[date | None] = plain("the day on which somebody looked and let it go on")
    requested_on: Mapped[date] = plain("lists are sorted by it; the day only")
    due_on: Mapped[date] = plain("the day from which it may be paid; duplicates are near it")
    currency: Mapped[str] = plain("the ledger is kept by it", String(3))
    total: Mapped[int] = plain("the ledger says it too; in minor units", BigInteger)
    fund_id: Mapped[UUID | None] = plain("which fund pays", ForeignKey("funds.id"))
    paid_on: Mapped[date | None] = plain("the day money moved; duplicates are near it")
    arrived: Mapped[int | None] = plain("how much arrived, as the ledger says too", BigInteger)
    sum_class: Mapped[SumClass] = plain(
        "follows from the sums, which the ledger has as well", choice(SumClass)
    )
    payee_version: Mapped[int | None] = plain("the search key's version of the payee's tokens")

    detail = SealedField(AidDetail, Compartment.AID, step=NOTES)

    @property
    def part(self) -> UUID:
        """A request has a scope of its own."""
        return self.id


class PayeeToken(Record):
    """One key of a request's payee: a number or a name, as a truncated hash and an exact tag."""

    __tablename__ = "payee_tokens"
    __housekeeping__ = Housekeeping(
        because="follows from a sealed payee, whose writing is in the trail",
        written="DELETE: that the same payee was paid lately is not noticed at approval",
        bounded="the approvers' own knowledge and the auditors' report; not bounded yet",
    )
    __table_args__ = (Index("ix_payee_tokens_probe", "version", "token"),)

    request_id: Mapped[UUID] = plain("the request", ForeignKey("aid_requests.id"), index=True)
    version: Mapped[int] = plain("the search key's epoch, and the width of the token")
    token: Mapped[int] = index_column("HMAC cut to so few bits that several payees share it")
    proof: Mapped[bytes] = index_column(
        "HMAC with the row's id: compared with the key, and alike in no two rows without it"
    )


class AidStep(CaseRecord, Ordered, Versioned):
    """A member's signed act in a request; never changed.

    The database refuses a second of two separated duties.
    """

    __tablename__ = "aid_steps"
    __unmarked__ = "each step signs the one before, and the request's row is marked"

    request_id: Mapped[UUID] = plain("the request", ForeignKey("aid_requests.id"), index=True)
    act: Mapped[AidAct] = plain("some duties must be different people's", choice(AidAct))
    member_id: Mapped[UUID] = plain("random; who did it, to keep them apart")
    taken_on: Mapped[date] = plain("the day; the minute is in the log")
    signature: Mapped[bytes] = key_column("Ed25519 by the member, over the step before as well")

    note = SealedField(AidNote, Compartment.AID, step=NOTES)

    @property
    def part(self) -> UUID:
        """Steps are sealed under their request's scope."""
        return self.request_id


for _pair in SEPARATED_DUTIES:
    _separated = AidStep.act.in_(sorted(_pair))
    Index(
        f"uq_aid_steps_{'_or_'.join(_pair)}",
        AidStep.request_id,
        AidStep.member_id,
        unique=True,
        sqlite_where=_separated,
        postgresql_where=_separated,
    )
