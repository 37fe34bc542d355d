"""What coordinators and escorts do on a journey, each step in a unit of work of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.models import CaseStatus
from app.cases.moves import move_case
from app.permissions import Role
from app.relocation import details, moves, reroutes, service
from app.relocation.details import LegDetails, PlanDetails
from app.relocation.legs import LegDraft
from app.relocation.models import JourneyWords, Leg, LegKind, LegStatus, Outline
from app.relocation.words import complete_words
from app.watch import check_ins
from app.watch import service as watch
from app.watch.escalation import escalate_due
from app.watch.service import WatchedLeg
from tests.support.world import Person, World

OUTLINE = Outline("the clinic road", "the river school", "Two adults and an infant.")
WORDS = {"safe_word": "tamarind", "duress_word": "monsoon"}


def a_draft(kind: LegKind, due_at: datetime, grace: timedelta, **changes: Any) -> LegDraft:
    """A leg, plainly fictional."""
    values: dict[str, Any] = {
        "kind": kind,
        "place": "behind the tea shop",
        "instructions": "Wait for the blue umbrella.",
        "due_at": due_at,
        "grace_minutes": int(grace.total_seconds() // 60),
    } | changes
    return LegDraft(**values)


@dataclass
class Journey:
    """One case on its way, in hours since its first contact."""

    world: World
    case_id: UUID
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.world.clock.at

    @property
    def coordinator(self) -> Person:
        return self.world.member(Role.COORDINATOR)

    def volunteer(self, number: int) -> Person:
        """The first volunteer logged the case; the others do not know of it."""
        return self.world.member(Role.VOLUNTEER, number)

    def at(self, hours: float) -> None:
        """Let the clock go to so many hours after the first contact."""
        self.world.clock.at = self.began + timedelta(hours=hours)

    def leg(self, kind: str, due: float, grace: float, **changes: Any) -> LegDraft:
        """A draft, due and with grace in hours."""
        due_at = self.began + timedelta(hours=due)
        return a_draft(LegKind(kind), due_at, timedelta(hours=grace), **changes)

    def declare_emergency(self, hours: float = 200) -> None:
        """Let relocation begin before vetting ends, as intake does it."""
        with self.world.work_as(self.coordinator) as work:
            case = cases.get_case(work, self.case_id)
            case.emergency_until = work.now() + timedelta(hours=hours)
            work.trail.record(EventKind.CASE_EMERGENCY, case.id)

    def activate(self) -> None:
        """Let the case become active, as vetting does it."""
        for status in (CaseStatus.VETTING, CaseStatus.ACTIVE):
            with self.world.work_as(self.coordinator) as work:
                move_case(work, cases.get_case(work, self.case_id), status)

    def open_plan(
        self, *legs: LegDraft, by: Person | None = None, **words: str | None
    ) -> list[UUID]:
        """Open a plan; returns the ids of its legs in order."""
        with self.world.work_as(by or self.coordinator) as work:
            agreed = WORDS | words
            complete = complete_words(agreed["safe_word"], agreed["duress_word"])
            service.open_plan(work, self.case_id, OUTLINE, legs, complete)
        return self.legs()

    def details(self, by: Person | None = None) -> PlanDetails:
        """The newest plan, as a coordinator reads it."""
        with self.world.work_as(by or self.coordinator) as work:
            return details.read_plan(work, service.get_plan(work, self.case_id))

    def words(self) -> JourneyWords:
        """The words of the newest plan, which no route shows."""
        with self.world.work_as(self.coordinator) as work:
            return work.vault.open(service.get_plan(work, self.case_id).words)

    def legs(self) -> list[UUID]:
        """The legs that were not rerouted, in order."""
        return [
            found.leg.id
            for found in self.details().legs
            if found.leg.status is not LegStatus.REROUTED
        ]

    def statuses(self) -> dict[UUID, LegStatus]:
        """The status of each leg, by leg."""
        return {found.leg.id: found.leg.status for found in self.details().legs}

    def move(self, leg_id: UUID, *to: str, by: Person | None = None) -> Leg:
        """Move a leg along, step by step."""
        *before, last = to
        for status in before:
            self.move(leg_id, status, by=by)
        with self.world.work_as(by or self.coordinator) as work:
            return moves.move_leg(work, leg_id, LegStatus(last))

    def complete(self, leg_id: UUID) -> None:
        """Move a leg from beginning to end, at this moment."""
        self.move(leg_id, "ready", "departed", "arrived")

    def escort(self, leg_id: UUID, who: Person | None) -> Leg:
        with self.world.work_as(self.coordinator) as work:
            return service.assign_escort(work, leg_id, who.id if who else None)

    def reroute(self, leg_id: UUID, *legs: LegDraft) -> list[UUID]:
        with self.world.work_as(self.coordinator) as work:
            return [leg.id for leg in reroutes.reroute(work, leg_id, legs)]

    def check_in(
        self, leg_id: UUID, word: str | None, by: Person | None = None, **more: Any
    ) -> check_ins.CheckInReceipt:
        with self.world.work_as(by or self.coordinator) as work:
            return check_ins.check_in(work, leg_id, check_ins.CheckInReport(word=word, **more))

    def read(self, leg_id: UUID, by: Person | None = None) -> LegDetails:
        with self.world.work_as(by or self.coordinator) as work:
            return details.read_leg(work, leg_id)

    def escalate(self) -> int:
        """Run the worker's job, which holds no key."""
        with self.world.work_as(None) as work:
            return escalate_due(work)

    def watch(self, by: Person | None = None) -> list[WatchedLeg]:
        with self.world.work_as(by or self.coordinator) as work:
            return watch.list_watched(work, limit=100)

    def watched(self, leg_id: UUID) -> WatchedLeg | None:
        """One leg of the coordinators' list, if it is there."""
        return next((found for found in self.watch() if found.leg.id == leg_id), None)


def levels_of(found: LegDetails) -> list[str]:
    """The levels of the present silence, as a coordinator sees them."""
    assert found.progress is not None
    return [one.escalation.level.value for one in found.progress.escalations]


def words_of(found: LegDetails) -> list[str]:
    """The words of a leg's check-ins, oldest first."""
    assert found.progress is not None
    return [record.word.name for record in found.progress.check_ins]


def kinds(legs: Iterable[LegDetails]) -> list[str]:
    return [found.instructions.kind.value for found in legs]
