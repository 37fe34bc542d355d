"""Runs a scenario: each event of its timeline is done through the services.

- An event that the program has no service for is written as a note on the case.
- An event of an unknown kind is refused, so that none is left out by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import select

from app.aid.approvals import approve
from app.aid.models import AidCategory, AidDetail, AidItem, AidNote, AidRequest, Payee, PaymentMeans
from app.aid.payments import confirm, pay
from app.aid.service import AidDraft, Repeat, get_request, request_aid
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
from app.cases.service import CaseChange, add_note, change_case, get_case
from app.consents.models import Purpose
from app.consents.service import ConsentDraft
from app.demo.organisation import DemoMember, DemoOrganisation, Journey, offset
from app.emergency.service import decide_emergency
from app.intake.service import Intake, open_case
from app.intake.triage import Triage, decide_triage
from app.permissions import Role
from app.registration import service as codes
from app.registration.models import CodeKind, RegistrationStatus
from app.registration.redemption import redeem
from app.relocation.legs import LegDraft
from app.relocation.models import Leg, LegKind, LegStatus, Outline
from app.relocation.moves import move_leg
from app.relocation.reroutes import reroute
from app.relocation.service import get_plan, open_plan
from app.store.base import new_id
from app.vetting.models import Verdict, VettingFinding, VettingSource
from app.vetting.service import add_check, decide, request_vetting
from app.watch.check_ins import CheckInReport, check_in
from app.work import Work

MINOR = 100
Event = dict[str, Any]
AidStep = Callable[[Work, AidRequest], AidRequest]
_NOTED_ONLY = frozenset(
    {"incident", "contact_lost", "check", "silence", "referral", "member_compromised"}
)
"""Written as notes: the program has no service for these, or needs none."""


def read_scenario(name: str) -> Event:
    """Return a scenario by its name."""
    return dict(yaml.safe_load((files("app.demo") / f"scenarios/{name}.yaml").read_bytes()))


class ScenarioRun:
    """One scenario of one case, from its first contact on."""

    def __init__(
        self, demo: DemoOrganisation, name: str, began_at: datetime, team: int = 1
    ) -> None:
        self._demo = demo
        self._scenario = read_scenario(name)
        self._began_at = began_at
        self._team = team
        self._volunteer = demo.of(Role.VOLUNTEER, 1, team=team)
        self._coordinator = demo.of(Role.COORDINATOR, 1, team=team)
        self._case = new_id()
        self._second: UUID | None = None
        self._requests: list[UUID] = []
        self._round: UUID | None = None
        self._checks: list[UUID] = []
        self._registration: UUID | None = None
        self._code = ""

    def journey(self) -> Journey:
        """Yield the time of each event, then do it."""
        for event in self._scenario["events"]:
            yield self._began_at + offset(event["at"])
            self._do(event)

    def _do(self, event: Event) -> None:
        kind = event["do"]
        if kind in _NOTED_ONLY:
            said = event.get("report") or event.get("reason") or event.get("note") or kind
            self._note(f"{kind.replace('_', ' ')}: {said}")
            return
        step = getattr(self, f"_do_{kind}", None)
        if step is None:
            message = f"no step for the event {kind!r}: add _do_{kind} in app/demo/scenario.py"
            raise TypeError(message)
        step(event)

    def _note(self, text: str) -> None:
        with self._demo.work_as(self._coordinator) as work:
            add_note(work, self._case, text)

    # ------------------------------------------------------------------ intake

    def _do_contact(self, event: Event) -> None:
        first = self._second is None and event.get("by") != "stranger"
        author = self._volunteer if first else self._demo.of(Role.VOLUNTEER, 2, team=self._team)
        case_id = self._case if first else new_id()
        if not first:
            self._second = case_id
        with self._demo.work_as(author) as work:
            open_case(work, self._intake(event, case_id, first=first))

    def _intake(self, event: Event, case_id: UUID, *, first: bool) -> Intake:
        person = self._scenario["person"]
        name, phone = person["name"]["latin"], person.get("phone")
        if not first:
            name, phone = "Myo Htat Paing", "09450112233"
        handle = event.get("handle")
        return Intake(
            id=case_id,
            standing=Standing(person["standing"]),
            rank_band=RankBand(person["rank_band"]),
            region_group=RegionGroup.EAST,
            urgent=bool(event.get("urgent", False)),
            language=event.get("language", "my"),
            identity=Identity(
                name=name,
                name_burmese=person["name"]["burmese"] if first else None,
            ),
            papers=Papers(
                nrc=person.get("nrc"),
                service=person["service"],
                service_number=person.get("service_number") if first else None,
            ),
            household=self._household() if first else Household(),
            contact=Contact(
                channel=Channel(event["channel"]),
                phones=(phone,) if phone else (),
                handles=(handle,) if handle else (),
                contacted_by=event.get("by", "self"),
            ),
            account=Account(event.get("says") or event.get("note") or "Asks how to leave safely."),
            consents=(ConsentDraft(purpose=Purpose.CASEWORK, how="spoken"),),
        )

    def _household(self) -> Household:
        relatives = (
            Relative(
                relation=relative["relation"],
                name=(relative.get("name") or {}).get("latin"),
                age_months=relative.get("age_months"),
                with_person=not relative.get("abroad", False),
            )
            for relative in self._scenario["household"]
        )
        return Household(tuple(relatives))

    def _do_triage(self, event: Event) -> None:
        with self._demo.work_as(self._coordinator) as work:
            if event.get("merge_second") and self._second is not None:
                decide_triage(
                    work, self._second, Triage.MERGE, reason="the same family", into=self._case
                )
        with self._demo.work_as(self._coordinator) as work:
            decide_triage(work, self._case, Triage(event["decision"]))
            assign_case(work, self._case, self._volunteer.principal.id)

    def _do_emergency(self, event: Event) -> None:
        for who in (self._coordinator, self._demo.members["lead"]):
            with self._demo.work_as(who) as work:
                decide_emergency(work, self._case, event["reason"], 72)

    # ------------------------------------------------------------------ aid

    def _do_aid_request(self, event: Event) -> None:
        by = self._coordinator if event.get("by") else self._volunteer
        self._request_aid(
            by, [(item["category"], item["amount"]) for item in event["items"]], event
        )

    def _do_stipend(self, event: Event) -> None:
        days = offset(event["every"]).days
        self._request_aid(
            self._volunteer,
            [("stipend", event["amount"])],
            event,
            Repeat(every_days=days, times=event["times"]),
        )

    def _request_aid(
        self,
        by: DemoMember,
        items: list[tuple[str, int]],
        event: Event,
        repeat: Repeat | None = None,
    ) -> None:
        person = self._scenario["person"]
        draft = AidDraft(
            currency="MMK",
            repeat=repeat,
            detail=AidDetail(
                items=tuple(AidItem(AidCategory(c), amount * MINOR) for c, amount in items),
                payee=Payee(person["name"]["latin"], person.get("phone")),
                urgent=bool(event.get("urgent", False)),
            ),
        )
        with self._demo.work_as(by) as work:
            made = request_aid(work, get_case(work, self._case), draft)
            self._requests += [request.id for request in made]

    def _with_request(self, who: DemoMember, step: AidStep) -> AidRequest:
        with self._demo.work_as(who) as work:
            return step(work, get_request(work, self._requests[0]))

    def _do_aid_approve(self, _event: Event) -> None:
        fund = self._demo.funds[self._team]
        for who in (self._coordinator, self._demo.of(Role.TREASURER, 2, team=self._team)):
            request = self._with_request(who, lambda work, found: approve(work, found, fund))
            if request.status.value == "approved":
                return

    def _do_aid_pay(self, event: Event) -> None:
        if self._is_requested():
            self._do_aid_approve(event)
        paid = AidNote("handed to the courier", PaymentMeans(event["means"]))
        self._with_request(
            self._demo.of(Role.TREASURER, 1, team=self._team),
            lambda work, found: pay(work, found, paid),
        )

    def _is_requested(self) -> bool:
        with self._demo.work_as(self._coordinator) as work:
            return get_request(work, self._requests[0]).status.value == "requested"

    def _do_aid_confirm(self, _event: Event) -> None:
        receipt = AidNote("received in full")
        self._with_request(
            self._demo.of(Role.COORDINATOR, 2, team=self._team),
            lambda work, found: confirm(work, found, receipt),
        )

    # ------------------------------------------------------------------ vetting

    def _vetters(self) -> list[DemoMember]:
        return [self._demo.of(Role.VETTER, number, team=self._team) for number in (1, 2)]

    def _open_round(self) -> UUID:
        if self._round is None:
            with self._demo.work_as(self._coordinator) as work:
                case = get_case(work, self._case)
                vetters = [vetter.principal.id for vetter in self._vetters()]
                self._round = request_vetting(work, case, vetters).id
        return self._round

    def _do_vetting_check(self, event: Event) -> None:
        source = VettingSource(event["source"])
        self._check(source, linked_to=self._checks[:1] if event.get("linked_to") else [])

    def _check(self, source: VettingSource, *, linked_to: list[UUID] | None = None) -> None:
        round_id = self._open_round()
        with self._demo.work_as(self._vetters()[len(self._checks) % 2]) as work:
            check = add_check(
                work,
                round_id,
                source=source,
                finding=VettingFinding.CONSISTENT,
                voucher=f"voucher {len(self._checks) + 1}"
                if source is VettingSource.VOUCHER
                else None,
                linked_to=linked_to or [],
            )
            self._checks.append(check.id)

    def _do_vetting_decide(self, event: Event) -> None:
        round_id = self._open_round()
        agreed = event["outcome"] == "verified"
        if agreed:
            for source in (VettingSource.CONVERSATION, VettingSource.RELATIVE):
                self._check(source)
        days = offset(event.get("valid_for", "180d")).days
        verdicts = (Verdict.VERIFIED, Verdict.VERIFIED if agreed else Verdict.REFUSED)
        for vetter, verdict in zip(self._vetters(), verdicts, strict=True):
            with self._demo.work_as(vetter) as work:
                decide(work, round_id, verdict, "accounts agree" if agreed else "unsure", days)
        if agreed:
            self._round, self._checks = None, []

    # ------------------------------------------------------------------ relocation

    def _legs(self, event: Event, key: str) -> list[LegDraft]:
        return [
            LegDraft(
                kind=LegKind(leg["kind"]),
                place=f"meeting place {number}",
                instructions="Wait inside; somebody asks what time it is.",
                due_at=self._began_at + offset(leg["due"]),
                grace_minutes=int(offset(leg["grace"]).total_seconds() // 60),
            )
            for number, leg in enumerate(event[key], 1)
        ]

    def _do_plan(self, event: Event) -> None:
        with self._demo.work_as(self._coordinator) as work:
            outline = Outline("where they are", "where it is safe")
            open_plan(work, self._case, outline, self._legs(event, "legs"))

    def _present_legs(self) -> list[tuple[UUID, LegStatus]]:
        with self._demo.work_as(self._coordinator) as work:
            plan = get_plan(work, self._case)
            legs = work.session.scalars(
                select(Leg).where(Leg.plan_id == plan.id).order_by(Leg.position, Leg.number)
            )
            return [(leg.id, leg.status) for leg in legs if leg.status is not LegStatus.REROUTED]

    def _advance_to_leg(self, number: int) -> UUID:
        """Move the legs before a leg to arrived and the leg to departed; returns its id."""
        legs = self._present_legs()
        for leg_id, status in legs[: number - 1]:
            self._move(leg_id, status, LegStatus.ARRIVED)
        leg_id, status = legs[min(number, len(legs)) - 1]
        self._move(leg_id, status, LegStatus.DEPARTED)
        return leg_id

    def _move(self, leg_id: UUID, status: LegStatus, to: LegStatus) -> None:
        way = [LegStatus.PLANNED, LegStatus.READY, LegStatus.DEPARTED, LegStatus.ARRIVED]
        if status not in way:
            return
        for step in way[way.index(status) + 1 : way.index(to) + 1]:
            with self._demo.work_as(self._coordinator) as work:
                move_leg(work, leg_id, step)

    def _do_check_in(self, event: Event) -> None:
        leg_id = self._advance_to_leg(event.get("leg", 2))
        with self._demo.work_as(self._coordinator) as work:
            words = work.vault.open(get_plan(work, self._case).words)
            word = words.duress if event["word"] == "duress" else words.safe
            check_in(work, leg_id, CheckInReport(word=word, note=event.get("note")))

    def _do_reroute(self, event: Event) -> None:
        leg_id = self._advance_to_leg(event["leg"])
        with self._demo.work_as(self._coordinator) as work:
            reroute(work, leg_id, self._legs(event, "new"))

    def _do_leaves(self, _event: Event) -> None:
        with self._demo.work_as(self._coordinator) as work:
            change_case(work, self._case, CaseChange(standing=Standing.LEFT))

    def _do_arrive(self, _event: Event) -> None:
        for leg_id, status in self._present_legs():
            self._move(leg_id, status, LegStatus.ARRIVED)

    # ------------------------------------------------------------------ registration and the end

    def _registrar(self) -> DemoMember:
        return self._demo.of(Role.REGISTRAR, team=self._team)

    def _do_code(self, event: Event) -> None:
        with self._demo.work_as(self._coordinator) as work:
            case, kind = get_case(work, self._case), CodeKind(event["kind"])
            self._registration = (registration := codes.request_registration(work, case, kind)).id
        with self._demo.work_as(self._registrar()) as work:
            codes.move_registration(work, registration.id, RegistrationStatus.SUBMITTED)
        with self._demo.work_as(self._registrar()) as work:
            self._code = codes.issue_code(work, registration.id).code

    def _do_code_handed_over(self, _event: Event) -> None:
        if self._registration is not None:
            with self._demo.work_as(self._registrar()) as work:
                codes.deliver_code(work, self._registration, "read aloud, repeated correctly")

    def _do_code_redeem(self, _event: Event) -> None:
        with self._demo.work_as(self._registrar()) as work:
            redeem(work, self._code)

    def _do_settle(self, _event: Event) -> None:
        self._move_case(CaseStatus.SETTLED)

    def _do_close(self, _event: Event) -> None:
        self._move_case(CaseStatus.CLOSED)

    def _do_expect(self, event: Event) -> None:
        """Nothing to do: what a scenario expects is for tests."""

    def _move_case(self, to: CaseStatus) -> None:
        with self._demo.work_as(self._coordinator) as work:
            move_case(work, get_case(work, self._case), to)
