"""A person's copy of what is known of them, made by who coordinates their case.

- Everything is in it that is the person's own and that the reader's keys open; ``contents`` says
  what is left out and why.
- A part that was never taken down, was destroyed, or does not open is named as missing.
- Making a copy is an event on the case.

Knows cells of a case; writes no page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select

from app.aid.models import AidRequest
from app.audit.events import EventKind
from app.cases.models import CaseMove, CaseNote, Relative
from app.cases.service import CaseDetails, read_case
from app.consents.service import list_consents
from app.copies.contents import copied_fields
from app.ledger.currencies import MINOR_DIGITS
from app.permissions import Compartment
from app.registration.models import Registration
from app.relocation.models import Plan, PlanStatus, Traveller
from app.retention.service import CaseRetention, read_case_retention
from app.store.queries import in_order
from app.vault.scopes import Scope
from app.vetting.models import VettingRound
from app.work import Work

Section = dict[str, JsonValue]

CELLS = ("summary", "identity", "papers", "household", "contact", "account")
"""The cells of a case that are copied field by field."""


class CopiedKind(StrEnum):
    """What was done for a person."""

    CASE = "case"
    VETTING = "vetting"
    JOURNEY = "journey"
    CODE = "code"
    AID = "aid"


@dataclass(frozen=True, slots=True)
class CopiedEvent:
    """One thing that happened, by its day: no word about it, nobody's name."""

    on: date
    kind: CopiedKind
    state: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class CopiedConsent:
    """What a person agreed to, from when and until when, and how they said so."""

    purpose: str
    given_on: date
    withdrawn_on: date | None
    with_whom: str | None
    how: str | None


@dataclass(frozen=True, slots=True)
class PersonalCopy:
    """What is known of a person. ``missing``: parts that were never taken down, are gone, or do not
    open for who made the copy.
    """

    case_id: UUID
    made_on: date
    language: str
    cells: Mapping[str, Section]
    notes: list[tuple[date, str]]
    consents: list[CopiedConsent]
    events: list[CopiedEvent]
    retention: CaseRetention
    missing: list[str]


def make_copy(work: Work, case_id: UUID) -> PersonalCopy:
    """Return the copy of a case that the principal holds; raises ``CaseNotFound``."""
    details = read_case(work, case_id)
    made = PersonalCopy(
        case_id,
        work.today(),
        "my" if details.summary is None else details.summary.language,
        {name: _section(getattr(details, name)) for name in CELLS if getattr(details, name)},
        _notes(work, details),
        _consents(work, case_id),
        sorted(_events(work, case_id), key=lambda entry: (entry.on, entry.kind)),
        read_case_retention(work, case_id),
        [name for name in CELLS if getattr(details, name) is None],
    )
    work.trail.record(EventKind.CASE_COPIED, case_id)
    return made


def _section(cell: object) -> Section:
    return {name: _value(getattr(cell, name)) for name in copied_fields(type(cell))}


def _value(value: object) -> JsonValue:
    if isinstance(value, Relative):
        return _section(value)
    if isinstance(value, tuple):
        return [_value(entry) for entry in value]
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def _notes(work: Work, details: CaseDetails) -> list[tuple[date, str]]:
    if not work.grants.is_named(details.case.id, Scope(Compartment.ACCOUNT)):
        return []
    query = select(CaseNote).where(CaseNote.case_id == details.case.id)
    notes = work.session.scalars(in_order(query, CaseNote.happened_on)).all()
    readable = [note for note in notes if note.text.envelope is not None]
    opened = work.vault.open_listed([note.text for note in readable])
    return [
        (note.happened_on, words.text)
        for note, words in zip(readable, opened, strict=True)
        if words is not None
    ]


def _consents(work: Work, case_id: UUID) -> list[CopiedConsent]:
    return [
        CopiedConsent(
            one.consent.purpose.value,
            one.consent.given_on,
            one.consent.withdrawn_on,
            None if one.said is None else one.said.with_whom,
            None if one.said is None else one.said.how,
        )
        for one in list_consents(work, case_id)
    ]


def _events(work: Work, case_id: UUID) -> Iterable[CopiedEvent]:
    """Yield what was done, from plain rows: what kind, what came of it, on which day."""
    scalars = work.session.scalars
    for move in scalars(select(CaseMove).where(CaseMove.case_id == case_id)):
        yield CopiedEvent(move.moved_on, CopiedKind.CASE, move.became.value)
    for round_ in scalars(select(VettingRound).where(VettingRound.case_id == case_id)):
        if round_.ended_on is not None and round_.outcome is not None:
            yield CopiedEvent(round_.ended_on, CopiedKind.VETTING, round_.outcome.value)
    for plan in scalars(select(Plan).where(Plan.case_id == case_id)):
        yield CopiedEvent(plan.moved_on, CopiedKind.JOURNEY, plan.status.value)
    along = select(Traveller, Plan).join(Plan, Plan.id == Traveller.plan_id)
    for traveller, plan in work.session.execute(along.where(Traveller.case_id == case_id)):
        left_on = traveller.left_on
        state = PlanStatus.ABANDONED if left_on else plan.status
        yield CopiedEvent(left_on or plan.moved_on, CopiedKind.JOURNEY, state.value)
    for code in scalars(select(Registration).where(Registration.case_id == case_id)):
        yield CopiedEvent(code.moved_on, CopiedKind.CODE, code.status.value, code.kind.value)
    for aid in scalars(select(AidRequest).where(AidRequest.case_id == case_id)):
        digits = MINOR_DIGITS[aid.currency]
        amount = f"{aid.total / 10**digits:.{digits}f} {aid.currency}"
        yield CopiedEvent(aid.paid_on or aid.requested_on, CopiedKind.AID, aid.status.value, amount)
