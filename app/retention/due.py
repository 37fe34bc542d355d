"""What is due: for each case and rule the day on which it goes, and what stops it.

- Everything is computed from plain rows and the days of events; no cell is opened.
- What is written or heard of a case after it ended starts its time again.
- An open leg, unpaid or unconfirmed aid, a code not handed over and open vetting stop it,
  and say so. So does content that nobody has read.
- A hold on a case stops all of it; one on a part stops that part, and the whole case with it.
- A part without a cell has nothing to destroy, and is not due.

Reads a few hundred cases at a time. Changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.aid.models import AidRequest, AidStatus, AidStep
from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.audit.trail import subject_tag
from app.cases.models import Case, CaseStatus
from app.casework.consents import consents_to, last_endings
from app.consents.models import Consent, Purpose
from app.crypto.derive import mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.permissions import Compartment
from app.registration.models import CodeKind, Registration, RegistrationStatus
from app.relocation.models import Leg, LegStatus, Plan, PlanStatus, Traveller
from app.reports.models import PublishedReport
from app.retention.choices import rules_now
from app.retention.clearing import models_of_cases
from app.retention.holds import read_holds
from app.retention.models import RetentionLook
from app.retention.schedule import FIGURES_DAYS, GRACE_DAYS, Rule, TriggerEvent
from app.store.authenticated import leave_out_altered
from app.store.journal import WHOLE
from app.store.models import ErasedPart
from app.store.sealed import sealed_fields
from app.text.dates import half_year_of
from app.vetting.models import VettingOutcome, VettingRound
from app.work import Work

_AID_OVER: Final = frozenset(
    {AidStatus.CONFIRMED, AidStatus.REFUSED, AidStatus.CANCELLED, AidStatus.REVERSED}
)
_CODES_OPEN: Final = frozenset(
    {RegistrationStatus.REQUESTED, RegistrationStatus.SUBMITTED, RegistrationStatus.ISSUED}
)
_ENDED: Final = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED})
_LEGS_OPEN: Final = frozenset({LegStatus.PLANNED, LegStatus.READY, LegStatus.DEPARTED})
_NO_SIGN_OF_LIFE: Final = frozenset(
    {
        EventKind.CASE_COPIED,
        EventKind.CASE_ERASURE_AGREED,
        EventKind.CASE_ERASURE_ASKED,
        EventKind.CASE_ERASURE_BEGUN,
        EventKind.CASE_ERASURE_REFUSED,
        EventKind.CASE_EVENTS_LISTED,
        EventKind.CASE_GRANTS_ERASED,
        EventKind.CASE_OTHER_ERASED,
        EventKind.CASE_LOOKED_AT,
        EventKind.CASE_PART_ERASED,
        EventKind.CASE_REPLACED_ERASED,
        EventKind.CASE_REVEALED,
        EventKind.CASE_UNASSIGNED,
        EventKind.GRANT_ENDED,
        EventKind.GRANT_GIVEN,
        EventKind.GRANT_REWRAPPED,
        EventKind.GRANT_WITHHELD,
        EventKind.HOLD_AGREED,
        EventKind.HOLD_ENDED,
        EventKind.HOLD_REASON_ERASED,
        EventKind.HOLD_REMINDED,
        EventKind.HOLD_REQUESTED,
    }
)
"""Readings, keys, holds and retention itself: everything else on a case is word, work or duty."""


@dataclass(frozen=True, slots=True)
class Due:
    """One rule on one case: the day on which it is carried out, and what stops it until then.

    ``looked_at``: two people have looked whether it must be kept to that day. ``named``: the name
    is still there.
    """

    case_id: UUID
    rule: Rule
    on: date
    stops: tuple[str, ...]
    looked_at: bool = False
    named: bool = True

    @property
    def what(self) -> str:
        """The name of what goes."""
        return WHOLE if self.rule.part is None else self.rule.part.value


@dataclass(slots=True)
class CaseFacts:
    """What is known of a case without a key."""

    case: Case
    last_word_on: date
    read_on: date | None = None
    filled: set[ErasedPart] = field(default_factory=set)
    stops: set[str] = field(default_factory=set)
    held: set[ErasedPart | None] = field(default_factory=set)
    looks: list[RetentionLook] = field(default_factory=list)
    days: dict[TriggerEvent, date] = field(default_factory=dict)
    refused: bool = False
    in_service: bool = False

    def put(self, trigger: TriggerEvent, day: date | None) -> None:
        """Count a trigger from the latest of its days."""
        if day is not None:
            self.days[trigger] = max(day, self.days.get(trigger, day))


HELD: Final = "held"
LOOKING: Final = 2
"""So many people look whether somebody whom vetters refused must still be known."""
_STOPS: Final[Mapping[TriggerEvent, frozenset[str]]] = {
    TriggerEvent.JOURNEY_OVER: frozenset({"leg open"}),
    TriggerEvent.VERDICT: frozenset({"vetting open"}),
    TriggerEvent.CODES_OVER: frozenset({"code not handed over"}),
    TriggerEvent.AID_OVER: frozenset({"aid not confirmed"}),
    TriggerEvent.FOLLOW_UP_ENDED: frozenset(),
}
"""What stops a rule on a part; everything stops one that counts from the end of the case."""


def list_due(work: Work, cases: Sequence[Case]) -> list[Due]:
    """Return every rule that will apply to these cases as they are now, by case and day."""
    found = []
    figures = set(work.session.scalars(select(PublishedReport.half_year)))
    rules = rules_now(work)
    for facts in read_facts(work, cases).values():
        for rule in rules:
            trigger = facts.days.get(rule.trigger)
            if trigger is None or (rule.part is not None and rule.part not in facts.filled):
                continue
            count = rule.days + grace_of(work, facts.case.id, rule, trigger)
            on = trigger + timedelta(days=count)
            looked_at = rule.part is None and len(facts.looks) >= LOOKING
            if looked_at and not any(look.needed for look in facts.looks):
                on = min(on, max(look.looked_on for look in facts.looks))
            stops = _stops_of(work, facts, rule, on, figures)
            named = ErasedPart.IDENTITY in facts.filled
            found.append(Due(facts.case.id, rule, on, tuple(sorted(stops)), looked_at, named))
    return sorted(found, key=lambda due: (due.case_id, due.on, due.rule.name))


def grace_of(work: Work, case_id: UUID, rule: Rule, trigger: date) -> int:
    """Return the days of grace, 0 to 3: drawn once, by a key, so that nobody can tell them."""
    drawn = mac(work.deployment.grace_key, frame(Label.GRACE, case_id, rule.name, trigger))
    return drawn[0] % (GRACE_DAYS + 1)


def _stops_of(work: Work, facts: CaseFacts, rule: Rule, on: date, figures: set[str]) -> set[str]:
    stops = facts.stops & _STOPS.get(rule.trigger, facts.stops)
    if rule.trigger not in _STOPS and (facts.read_on is None or facts.read_on < facts.last_word_on):
        stops = stops | {"not read by anybody"}
    kept = rule.part is None or not facts.held.isdisjoint({None, rule.part})
    if facts.held and kept and rule.trigger is not TriggerEvent.FOLLOW_UP_ENDED:
        stops = stops | {HELD}
    period = half_year_of(facts.case.opened_on)
    waited = work.today() > facts.case.opened_on + timedelta(days=FIGURES_DAYS)
    if rule.part is None and rule.trigger is TriggerEvent.CLOSING and not waited:
        running = period >= half_year_of(work.today())
        if running or period not in figures:
            stops = stops | {"figures of its half-year"}
    return stops if on <= work.today() or stops else set()


# ---------------------------------------------------------------------- facts


def read_facts(work: Work, cases: Sequence[Case]) -> dict[UUID, CaseFacts]:
    """Return what plain rows and the days of events say of these cases."""
    living = [case for case in cases if case.status is not CaseStatus.ERASED]
    facts = {case.id: CaseFacts(case, case.moved_on) for case in living}
    ids = list(facts)
    if not ids:
        return {}
    _read_events(work, facts)
    _read_cells(work, facts, ids)
    _read_journeys(work, facts, ids)
    _read_duties(work, facts, ids)
    follow_up = work.session.scalars(consents_to(Purpose.FOLLOW_UP).where(Consent.case_id.in_(ids)))
    for case_id, day in last_endings(leave_out_altered(work.session, follow_up)).items():
        if facts[case_id].case.status in _ENDED:
            facts[case_id].put(TriggerEvent.FOLLOW_UP_ENDED, day)
    for look in read_looks(work, ids):
        facts[look.case_id].looks.append(look)
    for hold in read_holds(work, ids):
        facts[hold.case_id].held.add(hold.what)
    for one in facts.values():
        _close(one)
    return facts


def read_looks(work: Work, case_ids: Sequence[UUID]) -> list[RetentionLook]:
    """Return who has looked at these cases again, but for rows that somebody altered."""
    query = select(RetentionLook).where(RetentionLook.case_id.in_(case_ids))
    return leave_out_altered(work.session, work.session.scalars(query))


def _close(one: CaseFacts) -> None:
    """Count what begins with the end of the case, from the last word on it."""
    last = max([one.last_word_on, *one.days.values()])
    status = one.case.status
    if status is CaseStatus.MERGED:
        one.put(TriggerEvent.MERGED, one.case.moved_on)
    elif status is CaseStatus.DECLINED and one.refused:
        one.put(TriggerEvent.REFUSED, last)
    elif status is CaseStatus.DECLINED:
        one.put(TriggerEvent.DECLINED, last)
    elif status is CaseStatus.CLOSED:
        one.put(TriggerEvent.CLOSING, last)
        one.days.setdefault(TriggerEvent.CODE_HANDED_OVER, last)


def _read_events(work: Work, facts: dict[UUID, CaseFacts]) -> None:
    """Read from the days of its events when a case was last worked on, and last read."""
    keys = work.deployment.case_log_keys({k: one.case.share_id for k, one in facts.items()})
    tags = {subject_tag(key, case_id): case_id for case_id, key in keys.items()}
    rows = work.session.execute(
        select(AuditEvent.subject_tag, AuditEvent.action, func.max(AuditEvent.happened_on))
        .where(AuditEvent.subject_tag.in_(list(tags)))
        .group_by(AuditEvent.subject_tag, AuditEvent.action)
    )
    for tag, action, day in rows:
        one = facts[tags[tag]]
        if action not in _NO_SIGN_OF_LIFE:
            one.last_word_on = max(one.last_word_on, day)
        elif action == EventKind.CASE_REVEALED:
            one.read_on = day


def _read_cells(work: Work, facts: dict[UUID, CaseFacts], ids: list[UUID]) -> None:
    for model in models_of_cases():
        by_part: dict[ErasedPart, list[InstrumentedAttribute[bytes | None]]] = defaultdict(list)
        for sealed in sealed_fields(model).values():
            if sealed.part is Compartment.DIRECTORY:
                continue  # a fund's name: it belongs to no case
            by_part[ErasedPart(sealed.part.value)].append(getattr(model, sealed.slot))
        for part, columns in by_part.items():
            filled = (
                select(model.case_id)
                .distinct()
                .where(model.case_id.in_(ids), func.coalesce(*columns, None).is_not(None))
            )
            for case_id in work.session.scalars(filled):
                facts[case_id].filled.add(part)


def _read_journeys(work: Work, facts: dict[UUID, CaseFacts], ids: list[UUID]) -> None:
    plans = select(Plan.case_id, Plan.status, Plan.moved_on).where(Plan.case_id.in_(ids))
    for case_id, status, moved_on in work.session.execute(plans):
        facts[case_id].put(TriggerEvent.JOURNEY_OVER, moved_on)
        if status is PlanStatus.OPEN:
            facts[case_id].stops.add("leg open")
    along = (
        select(Traveller.case_id)
        .join(Plan, Plan.id == Traveller.plan_id)
        .where(
            Traveller.case_id.in_(ids),
            Traveller.left_on.is_(None),
            Plan.status == PlanStatus.OPEN,
        )
    )
    for case_id in work.session.scalars(along):
        facts[case_id].stops.add("leg open")
    legs = select(Leg.case_id, Leg.status, Leg.moved_on).where(Leg.case_id.in_(ids))
    for case_id, leg_status, moved_on in work.session.execute(legs):
        facts[case_id].put(TriggerEvent.JOURNEY_OVER, moved_on)
        if leg_status in _LEGS_OPEN:
            facts[case_id].stops.add("leg open")


def _read_duties(work: Work, facts: dict[UUID, CaseFacts], ids: list[UUID]) -> None:
    execute = work.session.execute
    newest: dict[UUID, VettingRound] = {}
    for round_ in work.session.scalars(
        select(VettingRound).where(VettingRound.case_id.in_(ids)).order_by(VettingRound.number)
    ):
        one = facts[round_.case_id]
        one.put(TriggerEvent.VERDICT, round_.ended_on)
        newest[round_.case_id] = round_
        if round_.ended_on is None:
            one.stops.add("vetting open")
    for case_id, round_ in newest.items():
        facts[case_id].refused = round_.outcome is VettingOutcome.REFUSED
    for case_id, status, kind, moved_on in execute(
        select(
            Registration.case_id, Registration.status, Registration.kind, Registration.moved_on
        ).where(Registration.case_id.in_(ids))
    ):
        facts[case_id].put(TriggerEvent.CODES_OVER, moved_on)
        facts[case_id].in_service |= kind is CodeKind.PRE
        if status in _CODES_OPEN:
            facts[case_id].stops.add("code not handed over")
        elif kind is CodeKind.FULL and status is RegistrationStatus.DELIVERED:
            facts[case_id].put(TriggerEvent.CODE_HANDED_OVER, moved_on)
    for case_id, aid_status, requested_on in execute(
        select(AidRequest.case_id, AidRequest.status, AidRequest.requested_on).where(
            AidRequest.case_id.in_(ids)
        )
    ):
        facts[case_id].put(TriggerEvent.AID_OVER, requested_on)
        if aid_status not in _AID_OVER:
            facts[case_id].stops.add("aid not confirmed")
    for case_id, taken_on in execute(
        select(AidStep.case_id, func.max(AidStep.taken_on))
        .where(AidStep.case_id.in_(ids))
        .group_by(AidStep.case_id)
    ):
        facts[case_id].put(TriggerEvent.AID_OVER, taken_on)
