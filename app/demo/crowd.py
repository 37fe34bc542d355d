"""Further cases, generated: plainly fictional people in every state that a case can be in.

Names, numbers and days follow from a counter, so that two demos look alike. Knows no chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.aid.approvals import approve
from app.aid.models import AidCategory, AidDetail, AidItem, AidNote, Payee, PaymentMeans
from app.aid.payments import confirm, pay
from app.aid.service import AidDraft, get_request, request_aid
from app.cases.assignments import assign_case
from app.cases.models import (
    Account,
    CaseStatus,
    Channel,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Relative,
    Standing,
)
from app.cases.moves import move_case
from app.cases.service import get_case
from app.casework.duplicates import list_duplicates
from app.demo.organisation import DemoMember, DemoOrganisation, Journey
from app.intake.service import Intake, dismiss_duplicate, open_case
from app.intake.triage import Triage, decide_triage
from app.permissions import Role
from app.relocation.legs import LegDraft
from app.relocation.models import Leg, LegKind, LegStatus, Outline
from app.relocation.moves import move_leg
from app.relocation.service import open_plan
from app.store.base import new_id
from app.vetting.models import Verdict, VettingFinding, VettingSource
from app.vetting.service import add_check, decide, request_vetting

_FIRST = (
    "Aung", "Bo", "Chit", "Daw", "Ei", "Htun", "Kaung", "Lwin", "Min", "Nanda", "Phyo", "Sandar",
    "Thet", "Wai", "Yamin", "Zaw",
)  # fmt: skip
_MIDDLE = ("Kyaw", "Myint", "Nyein", "Sithu", "Tin", "Win", "Yadanar")
_LAST = ("Hlaing", "Khant", "Maung", "Naing", "Oo", "Soe", "Thant", "Tun", "Zin", "Moe", "Lay")
_NEEDS = ("food", "travel", "shelter", "medicine")
_ENDS: tuple[tuple[CaseStatus, int, int], ...] = (
    (CaseStatus.CLOSED, 30, 420),
    (CaseStatus.SETTLED, 12, 300),
    (CaseStatus.DECLINED, 9, 330),
    (CaseStatus.MERGED, 4, 250),
    (CaseStatus.ACTIVE, 18, 90),
    (CaseStatus.VETTING, 9, 20),
    (CaseStatus.SUBMITTED, 12, 4),
)
"""How a case ends up, how many do, and how many days ago the first of them began."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one generated case, and when it began."""

    number: int
    ends: CaseStatus
    begins: datetime
    team: int
    newest: bool


def fates(now: datetime) -> Iterator[Fate]:
    """Yield what becomes of everyone in the crowd, spread over the last year and more."""
    number = 0
    for ends, how_many, days in _ENDS:
        for place in range(how_many):
            number += 1
            ago = timedelta(days=days * (how_many - place) / how_many, minutes=17 * number)
            yield Fate(number, ends, now - ago, 1 + number % 2, newest=place + 1 == how_many)


class Passing:
    """One generated case on its way through the house."""

    def __init__(self, stage: DemoOrganisation, fate: Fate) -> None:
        self._stage = stage
        self._fate = fate
        self._case = new_id()
        self._coordinator = self._of(Role.COORDINATOR)
        self._volunteer = self._of(Role.VOLUNTEER)

    def _of(self, role: Role, shift: int = 0) -> DemoMember:
        return self._stage.of(role, 1 + self._fate.number + shift, team=self._fate.team)

    def journey(self) -> Journey:
        """Yield when each step happens, then let it happen."""
        fate, at = self._fate, self._fate.begins
        yield at
        self._contact(self._case)
        if fate.ends is CaseStatus.SUBMITTED:
            return
        yield at + timedelta(hours=7)
        if fate.ends is CaseStatus.MERGED:
            self._merge()
            return
        self._dismiss_likenesses()
        self._triage()
        if fate.ends is CaseStatus.DECLINED:
            return
        yield at + timedelta(hours=20)
        round_id = self._send_to_vetting()
        if fate.ends is CaseStatus.VETTING:
            return
        yield at + timedelta(days=3)
        self._vet(round_id)
        yield at + timedelta(days=4)
        self._help()
        yield from self._relocate(at + timedelta(days=4))
        if fate.ends is CaseStatus.ACTIVE:
            return
        yield at + timedelta(days=40)
        self._move(CaseStatus.SETTLED)
        if fate.ends is CaseStatus.CLOSED:
            yield at + timedelta(days=55)
            self._move(CaseStatus.CLOSED)

    def _contact(self, case_id: UUID) -> None:
        with self._stage.work_as(self._volunteer) as work:
            open_case(work, self._intake(case_id))

    def _intake(self, case_id: UUID) -> Intake:
        n = self._fate.number
        standings, bands, regions = list(Standing), list(RankBand)[:5], list(RegionGroup)[:5]
        child = Relative(relation="child", age_months=3 + n % 60) if n % 3 == 0 else None
        return Intake(
            id=case_id,
            standing=standings[n % 5 % 3],
            rank_band=bands[0 if n % 2 else n // 2 % 5],
            region_group=regions[n % 5],
            urgent=n % 4 == 0,
            identity=Identity(
                name=f"{_FIRST[n % 16]} {_MIDDLE[n % 7]} {_LAST[n % 11]}",
            ),
            papers=Papers(
                nrc=f"{1 + n % 14}/MaKaTa(N){100_000 + 7_919 * n % 900_000}",
                service_number=f"ta-{300_000 + 104_729 * n % 600_000}",
            ),
            household=Household((child,) if child else ()),
            contact=Contact(list(Channel)[n % 5], phones=(f"+95977{1_000_000 + 15_485 * n}",)),
            account=Account("Asks for help.", needs=(_NEEDS[n % 4],), consent_for=("casework",)),
        )

    def _merge(self) -> None:
        """The same person was reported twice; the second report ends in the first."""
        other = new_id()
        self._contact(other)
        with self._stage.work_as(self._coordinator) as work:
            decide_triage(work, other, Triage.MERGE, reason="reported twice", into=self._case)

    def _dismiss_likenesses(self) -> None:
        with self._stage.work_as(self._coordinator) as work:
            case = get_case(work, self._case)
            for proposal in list_duplicates(work, case):
                if not proposal.dismissed:
                    dismiss_duplicate(work, case, proposal.row.id, "another person, asked both")

    def _triage(self) -> None:
        declined = self._fate.ends is CaseStatus.DECLINED
        with self._stage.work_as(self._coordinator) as work:
            if declined:
                decide_triage(work, self._case, Triage.DECLINE, reason="could not be reached")
                return
            decide_triage(work, self._case, Triage.ACCEPT)
            assign_case(work, self._case, self._volunteer.principal.id)

    def _send_to_vetting(self) -> UUID:
        vetters = [self._of(Role.VETTER, shift).principal.id for shift in (0, 1)]
        with self._stage.work_as(self._coordinator) as work:
            return request_vetting(work, get_case(work, self._case), vetters).id

    def _vet(self, round_id: UUID) -> None:
        for shift, source in enumerate(
            (VettingSource.FORMER_COLLEAGUE, VettingSource.DOCUMENT_PHOTO)
        ):
            with self._stage.work_as(self._of(Role.VETTER, shift)) as work:
                add_check(work, round_id, source=source, finding=VettingFinding.CONSISTENT)
        for shift in (0, 1):
            with self._stage.work_as(self._of(Role.VETTER, shift)) as work:
                decide(work, round_id, Verdict.VERIFIED, "accounts agree", 365)

    def _help(self) -> None:
        n, team = self._fate.number, self._fate.team
        draft = AidDraft(
            currency="MMK",
            detail=AidDetail(
                items=(AidItem(list(AidCategory)[n % 6], (10_000 + 1_000 * (n % 30)) * 100),),
                payee=Payee(f"payee {n}", f"+95978{2_000_000 + 3_571 * n}"),
            ),
        )
        with self._stage.work_as(self._volunteer) as work:
            request_id = request_aid(work, get_case(work, self._case), draft)[0].id
        if n % 5 == 0:
            return
        with self._stage.work_as(self._coordinator) as work:
            approve(work, get_request(work, request_id), self._stage.funds[team])
        if n % 5 == 1:
            return
        with self._stage.work_as(self._of(Role.TREASURER)) as work:
            pay(work, get_request(work, request_id), AidNote("sent", PaymentMeans.MOBILE_WALLET))
        if n % 5 == 2:  # noqa: PLR2004 - one in five waits for a receipt
            return
        with self._stage.work_as(self._of(Role.COORDINATOR, 1)) as work:
            confirm(work, get_request(work, request_id), AidNote("received"))

    def _relocate(self, planned_at: datetime) -> Journey:
        """Some of those who are active were brought to safety; the newest is late on the way."""
        if self._fate.ends is not CaseStatus.ACTIVE or not (
            self._fate.newest or self._fate.number % 3 == 0
        ):
            return
        spans = [timedelta(hours=hours) for hours in (6, 20, 40)]
        drafts = [
            LegDraft(
                kind=LegKind.VEHICLE,
                place=f"place {self._fate.number}",
                instructions="Wait at the shop.",
                due_at=planned_at + span,
                grace_minutes=60,
            )
            for span in spans
        ]
        with self._stage.work_as(self._coordinator) as work:
            plan = open_plan(work, self._case, Outline("origin", "destination"), drafts)
            work.session.flush()
            legs = work.session.scalars(
                select(Leg.id).where(Leg.plan_id == plan.id).order_by(Leg.position)
            ).all()
        for leg_id, span in zip(legs, spans, strict=True):
            yield planned_at + span - timedelta(hours=1)
            self._bring_along(leg_id)
            if self._fate.newest:
                return

    def _bring_along(self, leg_id: UUID) -> None:
        for step in (LegStatus.READY, LegStatus.DEPARTED, LegStatus.ARRIVED):
            with self._stage.work_as(self._coordinator) as work:
                move_leg(work, leg_id, step)

    def _move(self, to: CaseStatus) -> None:
        with self._stage.work_as(self._coordinator) as work:
            move_case(work, get_case(work, self._case), to)
