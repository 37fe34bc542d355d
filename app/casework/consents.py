"""Whose consent to a purpose has ended: what several domains read of it.

Rows are loaded, so that one which somebody altered is refused or left out, by who reads them. Knows
plain columns of consents; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from app.consents.models import Consent, Purpose
from app.work import Work


def consents_to(purpose: Purpose) -> Select[Consent]:
    """Return the query of every consent to a purpose."""
    return select(Consent).where(Consent.purpose == purpose)


def last_endings(consents: Iterable[Consent]) -> dict[UUID, date]:
    """Return by case the day on which the last of its consents ended, where none of them stands."""
    standing: set[UUID] = set()
    ended: dict[UUID, date] = {}
    for consent in consents:
        if consent.withdrawn_on is None:
            standing.add(consent.case_id)
        else:
            before = ended.get(consent.case_id, consent.withdrawn_on)
            ended[consent.case_id] = max(before, consent.withdrawn_on)
    return {case_id: day for case_id, day in ended.items() if case_id not in standing}


def has_withdrawn(work: Work, case_id: UUID, purpose: Purpose) -> bool:
    """Return whether the person of a case ended a purpose and has not agreed again."""
    return case_id in last_endings(
        work.session.scalars(consents_to(purpose).where(Consent.case_id == case_id))
    )
