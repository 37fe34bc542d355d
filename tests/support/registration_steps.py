"""What coordinators, registrars and verifiers do, each in a unit of work of their own."""

from __future__ import annotations

from uuid import UUID

from app.cases import service as intake
from app.cases.models import Standing
from app.permissions import Role
from app.registration import redemption, service
from app.registration.models import (
    CodeKind,
    Registration,
    RegistrationStatus,
    RevocationReason,
)
from app.registration.redemption import Redemption
from app.work import ANY_VERSION
from tests.support.world import Person, World


def request(world: World, case_id: UUID, kind: CodeKind = CodeKind.FULL) -> UUID:
    """Ask for a code as the team's coordinator."""
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = intake.get_case(work, case_id)
        return service.request_registration(work, case, kind).id


def move(
    world: World, registration_id: UUID, to: RegistrationStatus, reason: str | None = None
) -> None:
    """Submit or refuse as the team's registrar."""
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        service.move_registration(work, registration_id, to, reason)


def issue(world: World, registration_id: UUID, *, days: int = 365) -> str:
    """Issue a code that was submitted; returns it."""
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        return service.issue_code(work, registration_id, days).code


def deliver(world: World, registration_id: UUID) -> None:
    """Hand the code over."""
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        service.deliver_code(work, registration_id, "Read aloud over the phone, twice.")


def issue_at_once(
    world: World, case_id: UUID, kind: CodeKind = CodeKind.FULL, *, days: int = 365
) -> tuple[UUID, str]:
    """From the request to the code."""
    registration_id = request(world, case_id, kind)
    move(world, registration_id, RegistrationStatus.SUBMITTED)
    return registration_id, issue(world, registration_id, days=days)


def give_out(
    world: World, case_id: UUID, kind: CodeKind = CodeKind.FULL, *, days: int = 365
) -> tuple[UUID, str]:
    """From the request to the code in the person's hands."""
    registration_id, code = issue_at_once(world, case_id, kind, days=days)
    deliver(world, registration_id)
    return registration_id, code


def left(world: World, case_id: UUID, standing: Standing = Standing.LEFT) -> None:
    """Note, as the coordinator, that the person has left, or is otherwise placed."""
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        intake.change_case(work, case_id, intake.CaseChange(standing=standing))


def in_service(world: World, case_id: UUID) -> None:
    """Note, as the coordinator, that the person is in service."""
    left(world, case_id, Standing.IN_SERVICE)


def revoke(
    world: World, registration_id: UUID, reason: RevocationReason = RevocationReason.LOST
) -> None:
    """Revoke a code as a registrar of the team."""
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        registration = service.get_registration_of_team(work, registration_id)
        service.revoke_registration(work, registration, reason)


def redeem(world: World, code: str, by: Person | None = None) -> Redemption:
    """Try a code as a volunteer who knows nothing of the case."""
    with world.work_as(by or world.member(Role.VOLUNTEER, 2), ANY_VERSION) as work:
        return redemption.redeem(work, code)


def row_of(world: World, registration_id: UUID) -> Registration:
    """Return the row as the database has it."""
    with world.work_as(None) as work:
        return work.session.get_one(Registration, registration_id)


def code_status(world: World, registration_id: UUID) -> RegistrationStatus:
    """Return the status of a registration today."""
    return service.status_on(row_of(world, registration_id), world.clock().date())
