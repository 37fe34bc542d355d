"""Likely duplicates whose other case another team holds: "another team may know this person".

- The coordinators of both teams see that there is one, and nothing of the other case.
- Once one of each has agreed to look, each may show their case to the other for a week. Then they
  compare, and merge or dismiss.
- Who cannot wait for the other team dismisses it with a reason, as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.audit.events import EventKind
from app.cases.models import Case
from app.cases.service import CASEWORK_SCOPES
from app.casework.matches import list_open_matches, other_case_of
from app.intake.errors import DuplicateNotFound
from app.intake.models import DuplicateMatch
from app.vault.models import GrantReason
from app.work import Work

SHOWN_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DuplicateElsewhere:
    """A likely duplicate of another team's, and which side has agreed to compare."""

    id: UUID
    found_on: date
    agreed: bool
    other_agreed: bool


def list_elsewhere(work: Work, case: Case) -> list[DuplicateElsewhere]:
    """Return the open matches of a case with cases that the principal does not hold."""
    return [
        _seen_from(case, match)
        for match in list_open_matches(work, case)
        if not work.grants.is_named(other_case_of(match, case.id))
    ]


def find_elsewhere(work: Work, case: Case, match_id: UUID) -> UUID | None:
    """Return the other case of an open match, by the match's id; None where there is none."""
    for match in list_open_matches(work, case):
        if match.id == match_id:
            return other_case_of(match, case.id)
    return None


def agree_to_look(work: Work, case: Case, match_id: UUID) -> DuplicateElsewhere:
    """Agree to compare a case with one of another team; where both have, show one's own.

    The other coordinator then holds this case for a week. Again, it changes nothing but to show
    what was agreed to before the other did. Raises ``DuplicateNotFound``.
    """
    match = next((m for m in list_open_matches(work, case) if m.id == match_id), None)
    if match is None:
        raise DuplicateNotFound
    first = match.case_id == case.id
    if first:
        match.agreed_by = match.agreed_by or work.principal.id
    else:
        match.other_agreed_by = match.other_agreed_by or work.principal.id
    other_member = match.other_agreed_by if first else match.agreed_by
    # The row is of the first case, so that its log says so as well.
    for case_id in {case.id, match.case_id}:
        work.trail.record(EventKind.CASE_DUPLICATE_AGREED, case_id, match=str(match.id))
    if other_member is not None and other_member not in work.grants.holders(case.id):
        work.grants.grant_all(
            case.id, [other_member], CASEWORK_SCOPES, reason=GrantReason.TRIAGE, about=match.id,
            until=work.today() + SHOWN_FOR,
        )  # fmt: skip
    return _seen_from(case, match)


def _seen_from(case: Case, match: DuplicateMatch) -> DuplicateElsewhere:
    sides = (match.agreed_by is not None, match.other_agreed_by is not None)
    mine, theirs = sides if match.case_id == case.id else sides[::-1]
    return DuplicateElsewhere(match.id, match.found_on, mine, theirs)
