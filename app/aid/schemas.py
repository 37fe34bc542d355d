"""Requests and responses of aid. Opens nothing: sealed values arrive opened, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Self, TypeAlias
from uuid import UUID

from pydantic import Field

from app.aid.models import (
    AidAct,
    AidCategory,
    AidDetail,
    AidItem,
    AidNote,
    AidRequest,
    AidStatus,
    AidStep,
    Payee,
    PaymentMeans,
)
from app.aid.moves import MOVES, WINDOW, ManualTarget
from app.aid.payments import Arrival
from app.aid.service import AidDraft, Repeat
from app.casework.schemas import MoveRuleRead
from app.http.paging import PageRequest
from app.http.proposed_ids import ProposedId
from app.http.schema import (
    LARGEST_AMOUNT,
    Currency,
    LongText,
    Minor,
    Reason,
    Schema,
    ShortText,
    Shut,
    Version,
    case_shut,
)
from app.ledger.currencies import MINOR_DIGITS
from app.presets import MIDDLE_IN_SMALL, PRESETS, Preset, SumClass
from app.store.organisation_settings import OrganisationSettings

MOST_ITEMS = 20

# ---------------------------------------------------------------------------------------- requests


class AidRequestQuery(PageRequest):
    """Which requests are listed."""

    status: AidStatus | None = None


class AidItemCreate(Schema):
    """One thing that is needed, and what it costs in minor units."""

    category: Annotated[AidCategory, Field(examples=["food"])]
    amount: Minor
    note: Annotated[ShortText, Field(examples=["Rice and oil for two weeks"])] | None = None


class PayeeCreate(Schema):
    """Who is to receive the money, or takes it in hand. Treasurers see nothing else of them."""

    name: Annotated[ShortText, Field(examples=["Daw Khin Mar Oo"])]
    phone: Annotated[ShortText, Field(examples=["09 771 234 567"])] | None = None
    account: ShortText | None = None


class StipendCreate(Schema):
    """A stipend: that many requests, that many days apart."""

    every_days: Annotated[int, Field(ge=7, le=92, examples=[30])]
    times: Annotated[int, Field(ge=2, le=12, examples=[3])]


class AidRequestCreate(Schema):
    """A request for aid on a case, once or as a stipend."""

    id: ProposedId = None
    currency: Currency
    items: Annotated[list[AidItemCreate], Field(min_length=1, max_length=MOST_ITEMS)]
    payee: PayeeCreate | None = None
    means: PaymentMeans | None = None
    urgent: bool = False
    note: LongText | None = None
    not_before: date | None = None
    repeat: StipendCreate | None = None

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


class ApprovalCreate(Schema):
    """From which fund the request is to be paid; two approvers name the same."""

    fund_id: UUID


class PaymentCreate(Schema):
    """How the request was paid, and the reference by which the payment is found again."""

    means: Annotated[PaymentMeans, Field(examples=["cash_courier"])]
    reference: Annotated[ShortText, Field(examples=["Receipt book 4, leaf 17"])]

    def to_note(self) -> AidNote:
        """Return this as what the service takes."""
        return AidNote(self.reference, self.means)


_Part: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT, examples=[0])]


class ConfirmationCreate(Schema):
    """A receipt: that the money arrived, and how that is known. It names nobody.

    ``arrived`` is how much did, in minor units; what neither arrived, nor came back, nor was a fee
    is lost.
    """

    arrived: _Part | None = None
    fee: _Part = 0
    returned: _Part = 0
    receipt: Annotated[LongText, Field(examples=["Counted together, thumb print on the leaf"])]

    def to_note(self) -> AidNote:
        """Return this as what the service takes."""
        return AidNote(self.receipt)

    def to_arrival(self) -> Arrival:
        """Return what became of the money."""
        return Arrival(self.arrived, self.fee, self.returned)


class AidMoveCreate(Schema):
    """A move that needs nothing but a reason. ``lost``: what of a reversed payment is gone."""

    to: Annotated[ManualTarget, Field(examples=["refused"])]
    reason: Annotated[Reason, Field(examples=["Paid for last week already"])] | None = None
    lost: _Part = 0


class AidReleaseCreate(Schema):
    """Why a request that is held is no second payment."""

    reason: Annotated[Reason, Field(examples=["The first was for food, this is for the bus"])]


class HandOverCreate(Schema):
    """The member who is to bring the money or to confirm it."""

    to: UUID


# --------------------------------------------------------------------------------------- responses


class AidRequestStateRead(Schema):
    """A request without what is sealed in it. ``held``: somebody must look at it and release it."""

    id: UUID
    case_id: UUID
    status: AidStatus
    held: bool
    currency: Currency
    total: int
    requested_on: date
    due_on: date
    sum_class: SumClass
    arrived: int | None
    fund_id: UUID | None
    version: Version

    @classmethod
    def of(cls, request: AidRequest) -> AidRequestStateRead:
        """Return the plain columns of a request."""
        return AidRequestStateRead(**_state(request))


class AidRequestListRead(Schema):
    """The requests that were made; several for a stipend."""

    items: list[AidRequestStateRead]

    @classmethod
    def of(cls, requests: Iterable[AidRequest]) -> Self:
        """Return the plain columns of requests."""
        return cls(items=[AidRequestStateRead.of(request) for request in requests])


class AidRequestSummary(AidRequestStateRead):
    """A request in a list: how urgent, and what for; not who."""

    urgent: bool | None
    categories: list[AidCategory]
    shut: Shut = None

    @classmethod
    def of_opened(cls, request: AidRequest, detail: AidDetail | None) -> Self:
        """Return a request for a list, shut where its detail did not open."""
        if detail is None:
            return cls(**_state(request), urgent=None, categories=[], shut=case_shut(detail))
        categories = sorted({item.category for item in detail.items})
        return cls(**_state(request), urgent=detail.urgent, categories=categories)


class AidItemRead(Schema):
    """One thing that is needed."""

    category: AidCategory
    amount: int
    note: str | None

    @classmethod
    def of(cls, item: AidItem) -> Self:
        """Return an item."""
        return cls(category=item.category, amount=item.amount, note=item.note)


class PayeeRead(Schema):
    """Who is to receive the money."""

    name: str
    phone: str | None
    account: str | None

    @classmethod
    def of(cls, payee: Payee) -> Self:
        """Return a payee."""
        return cls(name=payee.name, phone=payee.phone, account=payee.account)


class AidStepRead(Schema):
    """What somebody did with the request, and what they wrote with it."""

    act: AidAct
    by: UUID
    on: date
    text: str | None
    means: PaymentMeans | None

    @classmethod
    def of(cls, step: AidStep, note: AidNote | None) -> Self:
        """Return a step with its opened note."""
        return cls(
            act=step.act,
            by=step.member_id,
            on=step.taken_on,
            text=note.text if note else None,
            means=note.means if note else None,
        )


class AidRequestRead(AidRequestStateRead):
    """A request in full, with what was done with it so far."""

    urgent: bool
    items: list[AidItemRead]
    payee: PayeeRead | None
    means: PaymentMeans | None
    note: str | None
    steps: list[AidStepRead]

    @classmethod
    def of_opened(
        cls,
        request: AidRequest,
        detail: AidDetail,
        steps: Iterable[tuple[AidStep, AidNote | None]],
    ) -> Self:
        """Return a request with its opened detail and steps."""
        return cls(
            **_state(request),
            urgent=detail.urgent,
            items=[AidItemRead.of(item) for item in detail.items],
            payee=PayeeRead.of(detail.payee) if detail.payee else None,
            means=detail.means,
            note=detail.note,
            steps=[AidStepRead.of(step, note) for step, note in steps],
        )


class ApprovalTierRead(Schema):
    """Who must be different people where the total is above ``above`` minor units."""

    above: int
    approvers: int
    paid_by_approver: bool
    confirmed_apart: bool
    lead_approves: bool
    people: int


class CurrencyRead(Schema):
    """A currency that funds are kept in, and who must agree to how much."""

    currency: Currency
    minor_digits: int
    tiers: list[ApprovalTierRead]

    @classmethod
    def of(cls, preset: Preset, currency: str, small_sum: int) -> Self:
        """Return a currency of the ledger, with the limits that follow from its small sum."""
        money = PRESETS[preset].money
        above = {
            SumClass.SMALL: 0,
            SumClass.MIDDLE: small_sum,
            SumClass.LARGE: MIDDLE_IN_SMALL * small_sum,
        }
        return cls(
            currency=currency,
            minor_digits=MINOR_DIGITS[currency],
            tiers=[
                ApprovalTierRead(
                    above=above[amount],
                    approvers=quorum.approvers,
                    paid_by_approver=quorum.paid_by_approver,
                    confirmed_apart=quorum.confirmed_apart,
                    lead_approves=quorum.lead_approves,
                    people=quorum.people,
                )
                for amount, quorum in money.items()
            ],
        )


class AidRulesRead(Schema):
    """The rules as they are applied: moves, amounts, and the window for possible duplicates."""

    preset: Preset
    moves: list[MoveRuleRead]
    currencies: list[CurrencyRead]
    window_days: int

    @classmethod
    def current(cls, chosen: OrganisationSettings) -> Self:
        """Return the rules of this version of the program, with the limits of a group."""
        return cls(
            preset=chosen.preset,
            moves=[MoveRuleRead.of(move) for move in MOVES],
            currencies=[
                CurrencyRead.of(chosen.preset, currency, small_sum)
                for currency, small_sum in chosen.small_sums.items()
            ],
            window_days=WINDOW.days,
        )


def _state(request: AidRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "case_id": request.case_id,
        "status": request.status,
        "held": request.held,
        "currency": request.currency,
        "total": request.total,
        "requested_on": request.requested_on,
        "due_on": request.due_on,
        "sum_class": request.sum_class,
        "arrived": request.arrived,
        "fund_id": request.fund_id,
        "version": request.version,
    }
