"""What is kept until when: the schedule as it counts here, and what becomes of one case.

Knows the schedule, dues and counts of the worker's pass; opens nothing but reasons of holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.cases.models import OPEN_STATUSES, Case
from app.cases.service import get_case
from app.retention.choices import is_waiting, list_choices, rules_now
from app.retention.due import CaseFacts, Due, list_due, read_facts
from app.retention.holds import HoldDetails, list_holds_on, open_holds
from app.retention.models import ChosenDays, RetentionPass
from app.retention.passes import find_pass, silence_of
from app.retention.schedule import NOTICE_DAYS, Rule
from app.work import Work


@dataclass(frozen=True, slots=True)
class CaseRetention:
    """What goes of a case when, what stops it, and who wanted it kept longer.

    ``silent_on``: when it gets notice of closing if nothing more is heard; None once it has ended.
    """

    case: Case
    today: date
    dues: Sequence[Due]
    holds: Sequence[HoldDetails]
    silent_on: date | None

    @property
    def line(self) -> str:
        """One line for who works on the case."""
        first = next((due for due in self.dues if not due.stops), None)
        stopped = sorted({stop for due in self.dues for stop in due.stops})
        if self.silent_on is not None:
            closed = self.silent_on + timedelta(days=NOTICE_DAYS)
            said = f"Closed on {closed} as lost contact if nothing more is heard."
        elif first is not None:
            whole = next((due.on for due in self.dues if due.rule.part is None), None)
            said = f"Goes next: {first.what}, on {max(first.on, self.today)}."
            said += "" if whole is None else f" All of it goes from {max(whole, self.today)} on."
        elif stopped:
            said = "Nothing goes now."
        else:
            said = "Nothing of it has a day on which it goes."
        return said + (f" Kept longer: {', '.join(stopped)}." if stopped else "")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule as it counts here, what was chosen, and what the last pass counted."""

    rules: Sequence[Rule]
    counting: Sequence[ChosenDays]
    waiting: Sequence[ChosenDays]
    last: RetentionPass | None


def read_case_retention(work: Work, case_id: UUID) -> CaseRetention:
    """Return what goes of a case when; raises ``CaseNotFound``."""
    case = get_case(work, case_id)
    dues = sorted(list_due(work, [case]), key=lambda due: (due.on, due.rule.name))
    facts = read_facts(work, [case])[case.id]
    holds = open_holds(work, list_holds_on(work, case))
    return CaseRetention(case, work.today(), dues, holds, _silent_on(facts))


def _silent_on(facts: CaseFacts) -> date | None:
    if facts.case.status not in OPEN_STATUSES or facts.stops:
        return None
    return facts.last_word_on + timedelta(days=silence_of(facts))


def read_schedule(work: Work) -> Schedule:
    """Return the schedule as it counts here, with every choice, and the counts of the last pass."""
    choices = list_choices(work)
    counting = {choice.rule: choice for choice in choices if choice.agreed_on is not None}
    waiting = [choice for choice in choices if is_waiting(work, choice)]
    return Schedule(rules_now(work), list(counting.values()), waiting, find_pass(work.session))
