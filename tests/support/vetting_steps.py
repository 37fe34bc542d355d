"""What coordinators and vetters do, each in a unit of work of their own."""

from __future__ import annotations

from uuid import UUID

from app.cases import service as intake
from app.cases.models import CaseStatus, Channel, Contact, Identity, Papers
from app.casework import clearance
from app.casework.clearance import Clearance
from app.permissions import Role
from app.vetting import service
from app.vetting.models import Verdict, VettingFinding, VettingSource
from tests.support.world import Person, World

_NAMES = ("Aung", "Bo", "Chit", "Dwe", "Ei", "Htun", "Khin", "Lwin", "Moe", "Nyo", "Pyae")


def open_stranger(world: World, number: int) -> UUID:
    """Open the case of somebody who resembles nobody else."""
    name = f"{_NAMES[number % len(_NAMES)]} {_NAMES[-number % len(_NAMES)]}"
    papers = Papers(service_number=f"ta-{number:06}")
    contact = Contact(Channel.PUBLIC_PAGE, handles=(f"@stranger{number}",))
    return world.open_case(identity=Identity(name), papers=papers, contact=contact)


def ask(world: World, case_id: UUID, *, reason: str | None = None) -> UUID:
    """Send a case to the team's two vetters."""
    vetters = [world.member(Role.VETTER, number).id for number in (1, 2)]
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = intake.get_case(work, case_id)
        return service.request_vetting(work, case, vetters, reason).id


def check(
    world: World,
    round_id: UUID,
    source: VettingSource = VettingSource.FORMER_COLLEAGUE,
    finding: VettingFinding = VettingFinding.CONSISTENT,
    *,
    by: Person | None = None,
    voucher: str | None = None,
    linked_to: tuple[UUID, ...] = (),
) -> UUID:
    """Add one check."""
    with world.work_as(by or world.member(Role.VETTER)) as work:
        return service.add_check(
            work,
            round_id,
            source=source,
            finding=finding,
            source_note="Asked about the gate and the clinic.",
            voucher=voucher,
            linked_to=linked_to,
        ).id


def decide(
    world: World,
    round_id: UUID,
    number: int,
    verdict: Verdict = Verdict.VERIFIED,
    *,
    days: int = 180,
) -> None:
    """Let the nth vetter of the team decide."""
    with world.work_as(world.member(Role.VETTER, number)) as work:
        service.decide(work, round_id, verdict, f"Grounds of vetter {number}.", days)


def decide_both(world: World, round_id: UUID, *verdicts: Verdict, days: int = 180) -> None:
    """Let both vetters decide, one after the other; verified unless said otherwise."""
    for number, verdict in enumerate(verdicts or (Verdict.VERIFIED, Verdict.VERIFIED), start=1):
        decide(world, round_id, number, verdict, days=days)


def clear(world: World, case_id: UUID, *, days: int = 180) -> UUID:
    """Vet a case from the request to a clearance, on two sources of today."""
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member(Role.VETTER, 2))
    decide_both(world, round_id, days=days)
    return round_id


def refuse(world: World, case_id: UUID) -> UUID:
    """Vet a case from the request to a refusal."""
    round_id = ask(world, case_id)
    decide_both(world, round_id, Verdict.REFUSED, Verdict.REFUSED)
    return round_id


def clearance_of(world: World, case_id: UUID) -> Clearance | None:
    """Ask whether a case is cleared, as its coordinator."""
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        return clearance.clearance(work, case_id)


def status_of(world: World, case_id: UUID) -> CaseStatus:
    """Return the status of a case."""
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        return intake.get_case(work, case_id).status
