"""Days that the leads chose instead of the schedule's, for one rule each.

- One lead asks, another agrees. The only lead of an organisation chooses alone, within the
  schedule's most; that nobody agreed is shown.
- Longer than the schedule's most takes two leads always. Five years is the end.
- Choices are kept: what counted when can be seen. The newest agreed one of a rule counts.

Knows plain rows and the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.accounts.service import list_members
from app.audit.events import EventKind
from app.permissions import Role
from app.retention.errors import (
    AskedByYou,
    ChoiceNotFound,
    ChoiceOver,
    DaysTooMany,
    RuleUnknown,
)
from app.retention.models import ChosenDays
from app.retention.schedule import BY_NAME, LAPSE_DAYS, LONGEST_DAYS, RULES, Rule
from app.store.authenticated import leave_out_altered
from app.store.queries import in_order
from app.work import Work

_LAPSE: Final = timedelta(days=LAPSE_DAYS)


def choose_days(work: Work, rule: str, days: int, *, proposed: UUID | None = None) -> ChosenDays:
    """Ask, as a lead, for other days for a rule; the only lead has thereby chosen them.

    Raises ``RuleUnknown``, ``DaysTooMany``, ``IdTaken``.
    """
    known = BY_NAME.get(rule)
    if known is None:
        raise RuleUnknown("rule")
    alone = len(list_members(work, None, Role.LEAD)) == 1
    if days > (known.most if alone else LONGEST_DAYS):
        raise DaysTooMany("days")
    choice = ChosenDays(
        id=work.id_for(ChosenDays, proposed),
        rule=rule,
        days=days,
        asked_by=work.principal.id,
        asked_on=work.today(),
    )
    work.session.add(choice)
    work.trail.record(EventKind.RETENTION_ASKED, rule=rule, days=days, choice=str(choice.id))
    if alone:
        _agree(work, choice)
    work.session.flush()
    return choice


def agree_to_days(work: Work, choice_id: UUID) -> ChosenDays:
    """Agree, as another lead, to days that were asked for: they count from now on.

    Raises ``ChoiceNotFound``, ``ChoiceOver``, ``AskedByYou``, and as ``Work.claim`` does.
    """
    choice = work.session.get(ChosenDays, choice_id)
    if choice is None:
        raise ChoiceNotFound
    work.claim(choice)
    if not is_waiting(work, choice):
        raise ChoiceOver
    if choice.asked_by == work.principal.id:
        raise AskedByYou
    _agree(work, choice)
    work.session.flush()
    return choice


def is_waiting(work: Work, choice: ChosenDays) -> bool:
    """Return whether days that were asked for wait for another lead, and have not lapsed."""
    return choice.agreed_on is None and choice.asked_on + _LAPSE >= work.today()


def list_choices(work: Work) -> Sequence[ChosenDays]:
    """Return all days that were ever asked for, oldest first."""
    query = in_order(select(ChosenDays), ChosenDays.asked_on)
    return leave_out_altered(work.session, work.session.scalars(query))


def rules_now(work: Work) -> tuple[Rule, ...]:
    """Return the schedule as it counts here: with the days that the leads chose."""
    chosen: dict[str, int] = {}
    agreed = [choice for choice in list_choices(work) if choice.agreed_on is not None]
    for choice in sorted(agreed, key=lambda one: (one.agreed_on, one.sequence)):
        chosen[choice.rule] = choice.days
    return tuple(replace(rule, days=chosen.get(rule.name, rule.days)) for rule in RULES)


def _agree(work: Work, choice: ChosenDays) -> None:
    choice.agreed_by, choice.agreed_on = work.principal.id, work.today()
    work.trail.record(
        EventKind.RETENTION_CHANGED, rule=choice.rule, days=choice.days, choice=str(choice.id)
    )
