"""Codes that were given out wait while what is known says that they are not for the person.

- A full code is for who has left. A pre code was for who was in service, and is valid after they
  have left until a full one was handed over; neither is for a member of the family.
- Redemption holds no key to a case, so that who changes a person's standing suspends the codes
  and resumes them. Nothing is revoked: a standing that was a slip costs nobody their code.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.cases.models import Standing
from app.registration.models import CodeKind, Registration, RegistrationStatus
from app.work import Work

_GIVEN_OUT = (RegistrationStatus.ISSUED, RegistrationStatus.DELIVERED)


def update_given_codes(work: Work, case_id: UUID, standing: Standing) -> None:
    """Suspend the unused codes of a case that are not for a person of this standing; else resume.

    Full codes unless the person has left, pre codes of a member of the family.
    """
    codes = work.session.scalars(
        select(Registration).where(
            Registration.case_id == case_id, Registration.status.in_(_GIVEN_OUT)
        )
    ).all()
    for code in codes:
        suspended = not _is_valid_for(code.kind, standing)
        if code.suspended is suspended:
            continue
        code.suspended = suspended
        kind = EventKind.REGISTRATION_SUSPENDED if suspended else EventKind.REGISTRATION_RESUMED
        work.trail.record(kind, case_id, registration=str(code.id))


def _is_valid_for(kind: CodeKind, standing: Standing) -> bool:
    if kind is CodeKind.FULL:
        return standing is Standing.LEFT
    return standing is not Standing.FAMILY_MEMBER
