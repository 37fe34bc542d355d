"""Full codes are for who has left: they are suspended while what is known says otherwise.

Redemption holds no key to a case, so that who changes a person's standing suspends the codes
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


def update_full_codes(work: Work, case_id: UUID, standing: Standing) -> None:
    """Suspend the unused full codes of a case unless the person has left; else resume them."""
    suspended = standing is not Standing.LEFT
    codes = work.session.scalars(
        select(Registration).where(
            Registration.case_id == case_id,
            Registration.kind == CodeKind.FULL,
            Registration.status.in_(_GIVEN_OUT),
            Registration.suspended.is_(not suspended),
        )
    ).all()
    kind = EventKind.REGISTRATION_SUSPENDED if suspended else EventKind.REGISTRATION_RESUMED
    for code in codes:
        code.suspended = suspended
        work.trail.record(kind, case_id, registration=str(code.id))
