"""Legs on their way into a plan: checked, given words, sealed, each under a scope of its own.

Knows what a leg needs before anyone can walk it; not who walks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.relocation.errors import DueOutOfOrder, DueOutOfRange, TooManyLegs, WordsAlike
from app.relocation.holding import ROUTE, leg_scope
from app.relocation.models import Leg, LegKind, LegPlan, LegRecord, LegStatus, Plan
from app.relocation.words import complete_words, make_phrase
from app.store.base import new_id
from app.text.dates import minute_of
from app.text.spoken import alike, sounds
from app.vault.models import GrantReason
from app.work import Work

MOST_LEGS = 100
FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDraft:
    """One leg as planned. Words and phrase that are left open are made up at random."""

    kind: LegKind
    place: str
    instructions: str
    due_at: datetime
    grace_minutes: int
    escort_note: str | None = None
    handover_phrase: str | None = None
    safe_word: str | None = None
    duress_word: str | None = None


def lay_legs(
    work: Work,
    plan: Plan,
    drafts: Sequence[LegDraft],
    *,
    position: int,
    number: int,
    not_before: datetime,
    meeting_phrase: str | None = None,
) -> list[Leg]:
    """Add legs to a plan from a position on, and return them; nobody is granted them yet.

    ``number`` is how many legs the plan has; ``meeting_phrase`` that of the leg before, if anyone
    is still on it. Raises ``DueOutOfRange``, ``DueOutOfOrder``, ``WordsAlike``, ``TooManyLegs``.
    """
    if number + len(drafts) > MOST_LEGS:
        raise TooManyLegs
    _check(work, drafts, not_before)
    legs = []
    phrase = meeting_phrase or make_phrase()
    for offset, draft in enumerate(drafts):
        planned = _planned(draft, phrase)
        phrase = planned.handover_phrase
        leg = Leg(
            id=new_id(),
            case_id=plan.case_id,
            plan_id=plan.id,
            position=position + offset,
            number=number + offset + 1,
            status=LegStatus.PLANNED,
            grace_minutes=draft.grace_minutes,
            expected_at=planned.due_at,
            silence=0,
            moved_on=work.today(),
        )
        work.grants.mint(plan.case_id, [leg_scope(leg.id)])
        work.vault.seal(leg.plan, planned)
        work.vault.seal(leg.record, LegRecord())
        legs.append(leg)
    work.session.add_all(legs)
    return legs


def _planned(draft: LegDraft, meeting_phrase: str) -> LegPlan:
    safe, duress = complete_words(draft.safe_word, draft.duress_word)
    return LegPlan(
        kind=draft.kind,
        place=draft.place,
        instructions=draft.instructions,
        escort_note=draft.escort_note,
        meeting_phrase=meeting_phrase,
        handover_phrase=draft.handover_phrase or make_phrase(),
        safe_word=safe,
        duress_word=duress,
        due_at=minute_of(draft.due_at),
    )


def hand_to_planners(work: Work, plan: Plan, planners: Iterable[UUID], legs: Iterable[Leg]) -> None:
    """Grant the route and these legs to those who plan, the principal among them."""
    work.grants.grant_all(
        plan.case_id,
        sorted({work.principal.id, *planners}),
        [ROUTE, *(leg_scope(leg.id) for leg in legs)],
        reason=GrantReason.ASSIGNMENT,
        about=plan.id,
    )


def _check(work: Work, drafts: Sequence[LegDraft], not_before: datetime) -> None:
    now, before = work.now(), not_before
    for place, draft in enumerate(drafts):
        if not now < draft.due_at < now + FARTHEST:
            raise DueOutOfRange(f"legs.{place}.due_at")
        if draft.due_at < before:
            raise DueOutOfOrder(f"legs.{place}.due_at")
        before = draft.due_at
        words = [word for word in (draft.safe_word, draft.duress_word) if word is not None]
        if not all(map(sounds, words)) or (len(words) > 1 and alike(*words)):
            raise WordsAlike(f"legs.{place}.duress_word")
