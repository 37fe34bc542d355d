"""Generated cases: plainly fictional people, in every status that a case can have.

Names, numbers and days follow from a counter, so that two demos look alike.
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
from app.cases.service import get_case, read_case
from app.casework.duplicates import list_duplicates
from app.consents.models import Purpose
from app.consents.service import ConsentDraft
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
_FINAL_STATUSES: tuple[tuple[CaseStatus, int, int], ...] = (
    (CaseStatus.CLOSED, 30, 420),
    (CaseStatus.SETTLED, 12, 300),
    (CaseStatus.DECLINED, 9, 330),
    (CaseStatus.MERGED, 4, 250),
    (CaseStatus.ACTIVE, 18, 90),
    (CaseStatus.VETTING, 9, 20),
    (CaseStatus.SUBMITTED, 12, 4),
)
"""A final status, how many cases get it, and how many days ago the first of them began."""


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """The number, team, beginning and final status of one generated case."""

    number: int
    final_status: CaseStatus
    began_at: datetime
    team: int
    newest: bool


def generated_cases(now: datetime) -> Iterator[GeneratedCase]:
    """Yield the generated cases, spread over the last 14 months."""
    number = 0
    for final_status, how_many, days in _FINAL_STATUSES:
        for place in range(how_many):
            number += 1
            ago = timedelta(days=days * (how_many - place) / how_many, minutes=17 * number)
            yield GeneratedCase(
                number, final_status, now - ago, 1 + number % 2, newest=place + 1 == how_many
            )


class GeneratedJourney:
    """The steps of one generated case, from intake to its final status."""

    def __init__(self, demo: DemoOrganisation, generated: GeneratedCase) -> None:
        self._demo = demo
        self._generated = generated
        self._case = new_id()
        self._coordinator = self._of(Role.COORDINATOR)
        self._volunteer = self._of(Role.VOLUNTEER)

    def _of(self, role: Role, shift: int = 0) -> DemoMember:
        return self._demo.of(role, 1 + self._generated.number + shift, team=self._generated.team)

    def journey(self) -> Journey:
        """Yield the time of each step, then take it."""
        generated, at = self._generated, self._generated.began_at
        yield at
        self._contact(self._case)
        if generated.final_status is CaseStatus.SUBMITTED:
            return
        yield at + timedelta(hours=7)
        if generated.final_status is CaseStatus.MERGED:
            self._merge()
            return
        self._dismiss_duplicates()
        self._triage()
        if generated.final_status is CaseStatus.DECLINED:
            return
        yield at + timedelta(hours=20)
        round_id = self._send_to_vetting()
        if generated.final_status is CaseStatus.VETTING:
            return
        yield at + timedelta(days=3)
        self._vet(round_id)
        yield at + timedelta(days=4)
        self._pay_aid()
        yield from self._relocate(at + timedelta(days=4))
        if generated.final_status is CaseStatus.ACTIVE:
            return
        yield at + timedelta(days=40)
        self._move(CaseStatus.SETTLED)
        if generated.final_status is CaseStatus.CLOSED:
            yield at + timedelta(days=55)
            self._move(CaseStatus.CLOSED)

    def _contact(self, case_id: UUID) -> None:
        with self._demo.work_as(self._volunteer) as work:
            open_case(work, self._intake(case_id))

    def _intake(self, case_id: UUID) -> Intake:
        n = self._generated.number
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
            account=Account("Needs help.", needs=(_NEEDS[n % 4],)),
            consents=(ConsentDraft(purpose=Purpose.CASEWORK),),
        )

    def _merge(self) -> None:
        """Open a second case of the same person and merge it into the first."""
        other = new_id()
        self._contact(other)
        with self._demo.work_as(self._coordinator) as work:
            decide_triage(work, other, Triage.MERGE, reason="reported twice", into=self._case)

    def _dismiss_duplicates(self) -> None:
        with self._demo.work_as(self._coordinator) as work:
            case = get_case(work, self._case)
            for proposal in list_duplicates(work, case):
                if not proposal.dismissed:
                    dismiss_duplicate(work, case, proposal.row.id, "another person, asked both")

    def _triage(self) -> None:
        declined = self._generated.final_status is CaseStatus.DECLINED
        with self._demo.work_as(self._coordinator) as work:
            if declined:
                decide_triage(work, self._case, Triage.DECLINE, reason="could not be reached")
                return
            decide_triage(work, self._case, Triage.ACCEPT)
            assign_case(work, self._case, self._volunteer.principal.id)

    def _send_to_vetting(self) -> UUID:
        vetters = [self._of(Role.VETTER, shift).principal.id for shift in (0, 1)]
        with self._demo.work_as(self._coordinator) as work:
            return request_vetting(work, get_case(work, self._case), vetters).id

    def _vet(self, round_id: UUID) -> None:
        for shift, source in enumerate(
            (VettingSource.FORMER_COLLEAGUE, VettingSource.DOCUMENT_PHOTO)
        ):
            with self._demo.work_as(self._of(Role.VETTER, shift)) as work:
                add_check(work, round_id, source=source, finding=VettingFinding.CONSISTENT)
        for shift in (0, 1):
            with self._demo.work_as(self._of(Role.VETTER, shift)) as work:
                decide(work, round_id, Verdict.VERIFIED, "accounts agree", 365)

    def _pay_aid(self) -> None:
        n, team = self._generated.number, self._generated.team
        draft = AidDraft(
            currency="MMK",
            detail=AidDetail(
                items=(AidItem(list(AidCategory)[n % 6], (10_000 + 1_000 * (n % 30)) * 100),),
                payee=Payee(f"payee {n}", f"+95978{2_000_000 + 3_571 * n}"),
            ),
        )
        with self._demo.work_as(self._volunteer) as work:
            request_id = request_aid(work, get_case(work, self._case), draft)[0].id
        if n % 5 == 0:
            return
        with self._demo.work_as(self._coordinator) as work:
            approve(work, get_request(work, request_id), self._demo.funds[team])
        if n % 5 == 1:
            return
        with self._demo.work_as(self._of(Role.TREASURER)) as work:
            pay(work, get_request(work, request_id), AidNote("sent", PaymentMeans.MOBILE_WALLET))
        if n % 5 == 2:  # noqa: PLR2004 - one in five waits for a receipt
            return
        with self._demo.work_as(self._of(Role.COORDINATOR, 1)) as work:
            confirm(work, get_request(work, request_id), AidNote("received"))

    def _relocate(self, planned_at: datetime) -> Journey:
        """Relocate every third active case and the newest, which is late on its second leg."""
        if self._generated.final_status is not CaseStatus.ACTIVE or not (
            self._generated.newest or self._generated.number % 3 == 0
        ):
            return
        spans = [timedelta(hours=hours) for hours in (6, 20, 40)]
        drafts = [
            LegDraft(
                kind=LegKind.VEHICLE,
                place=f"place {self._generated.number}",
                instructions="Wait at the shop.",
                due_at=planned_at + span,
                grace_minutes=60,
            )
            for span in spans
        ]
        with self._demo.work_as(self._coordinator) as work:
            plan = open_plan(work, self._case, Outline("origin", "destination"), drafts)
            work.session.flush()
            legs = work.session.scalars(
                select(Leg.id).where(Leg.plan_id == plan.id).order_by(Leg.position)
            ).all()
        for leg_id, span in zip(legs, spans, strict=True):
            yield planned_at + span - timedelta(hours=1)
            self._finish_leg(leg_id)
            if self._generated.newest:
                return

    def _finish_leg(self, leg_id: UUID) -> None:
        for step in (LegStatus.READY, LegStatus.DEPARTED, LegStatus.ARRIVED):
            with self._demo.work_as(self._coordinator) as work:
                move_leg(work, leg_id, step)

    def _move(self, to: CaseStatus) -> None:
        with self._demo.work_as(self._coordinator) as work:
            move_case(work, get_case(work, self._case), to)
        if to is CaseStatus.CLOSED and self._generated.number % 5:  # some end without a last look
            with self._demo.work_as(self._coordinator) as work:
                read_case(work, self._case)
