"""Whose consent to a purpose has ended: what several domains read of it.

Knows plain columns of consents; opens nothing.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.consents.models import Consent, Purpose
from app.work import Work


def withdrawn(purpose: Purpose) -> Select[UUID]:
    """Return the query of the cases whose person ended a purpose and has not agreed again."""
    again = aliased(Consent)
    stands = select(again.id).where(
        again.case_id == Consent.case_id,
        again.purpose == purpose,
        again.withdrawn_on.is_(None),
    )
    return select(Consent.case_id).where(
        Consent.purpose == purpose, Consent.withdrawn_on.is_not(None), ~stands.exists()
    )


def has_withdrawn(work: Work, case_id: UUID, purpose: Purpose) -> bool:
    """Return whether the person of a case ended a purpose and has not agreed again."""
    query = withdrawn(purpose).where(Consent.case_id == case_id).limit(1)
    return work.session.scalar(query) is not None
