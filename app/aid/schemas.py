"""What aid and funds look like on the wire. Opens nothing: values come opened, or not at all."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.aid.models import Act, AidDetail, AidItem, AidNote, AidStatus, Category, Means, Payee
from app.aid.moves import PlainMove
from app.aid.service import AidDraft, Repeat
from app.http.schema import Currency, LongText, Minor, Reason, Schema, ShortText, Version
from app.permissions import Permission

MOST_ITEMS = 20

# -------------------------------------------------------------------------------------- requesting


class ItemAsked(Schema):
    """One thing that is needed, and what it costs in minor units."""

    category: Category
    amount: Minor
    note: ShortText | None = None


class PayeeAsked(Schema):
    """Who is to receive the money. Treasurers see this, and nothing else of the person."""

    name: ShortText
    phone: ShortText | None = None
    account: ShortText | None = None


class RepeatAsked(Schema):
    """A stipend: that many requests, that many days apart."""

    every_days: Annotated[int, Field(ge=7, le=92, examples=[30])]
    times: Annotated[int, Field(ge=2, le=12, examples=[3])]


class RequestAid(Schema):
    """Aid asked for on a case."""

    id: UUID | None = None
    currency: Currency
    items: Annotated[list[ItemAsked], Field(min_length=1, max_length=MOST_ITEMS)]
    payee: PayeeAsked | None = None
    means: Means | None = None
    urgent: bool = False
    note: LongText | None = None
    not_before: date | None = None
    repeat: RepeatAsked | None = None

    def to_draft(self) -> AidDraft:
        """Return this as what the service takes."""
        detail = AidDetail(
            items=tuple(AidItem(i.category, i.amount, i.note) for i in self.items),
            payee=Payee(**self.payee.model_dump()) if self.payee else None,
            means=self.means,
            urgent=self.urgent,
            note=self.note,
        )
        repeat = Repeat(**self.repeat.model_dump()) if self.repeat else None
        return AidDraft(self.currency, detail, self.id, self.not_before, repeat)


class ApproveAid(Schema):
    """From which fund it is to be paid; two approvers name the same."""

    fund_id: UUID


class PayAid(Schema):
    """How it was paid, and the reference by which the payment is found again."""

    means: Means
    reference: ShortText

    def to_note(self) -> AidNote:
        """Return this as what the service takes."""
        return AidNote(self.reference, self.means)


class ConfirmAid(Schema):
    """A receipt: that the money arrived, and how that is known. It names nobody."""

    receipt: LongText


class MoveAid(Schema):
    """A move that needs nothing but a reason."""

    move: PlainMove
    reason: Reason | None = None


class HandOverAid(Schema):
    """To whom the request is given, to bring the money or to confirm it."""

    to: UUID


# ----------------------------------------------------------------------------------------- reading


class AidReceipt(Schema):
    """A request without what is sealed in it."""

    id: UUID
    case_id: UUID
    status: AidStatus
    held: bool
    currency: Currency
    total: int
    requested_on: date
    due_on: date
    approvers_needed: int
    fund_id: UUID | None
    version: Version


class AidReceipts(Schema):
    """The requests that were made; several where a stipend was asked for."""

    items: list[AidReceipt]


class AidListed(AidReceipt):
    """A request in a list: how urgent, and what for; not who."""

    urgent: bool
    categories: list[Category]


class ItemShown(Schema):
    """One thing that is needed."""

    category: Category
    amount: int
    note: str | None


class PayeeShown(Schema):
    """Who is to receive the money."""

    name: str
    phone: str | None
    account: str | None


class StepShown(Schema):
    """What somebody did with the request, and what they said with it."""

    act: Act
    by: UUID
    on: date
    text: str | None
    means: Means | None


class AidFile(AidReceipt):
    """A request in full, with what was done with it so far."""

    urgent: bool
    items: list[ItemShown]
    payee: PayeeShown | None
    means: Means | None
    note: str | None
    steps: list[StepShown]


class MoveShown(Schema):
    """One row of the table of moves; ``barred`` are acts whose doers must not make it."""

    move: Act
    sources: list[AidStatus]
    to: AidStatus | None
    needs: Permission
    barred: list[Act]
    needs_reason: bool


class TierShown(Schema):
    """Totals above ``above`` minor units need that many approvers."""

    above: int
    approvers: int


class CurrencyShown(Schema):
    """A currency that funds are kept in, and who must agree to how much."""

    currency: Currency
    minor_digits: int
    tiers: list[TierShown]


class AidRules(Schema):
    """The rules as they are applied: moves, amounts, and the window for second payments."""

    moves: list[MoveShown]
    currencies: list[CurrencyShown]
    window_days: int


# ------------------------------------------------------------------------------------------- funds
