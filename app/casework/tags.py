"""Tags of numbers and handles, by which two cases are compared that nobody holds both of.

A truncated token finds candidates; a tag that is bound to its row proves them. Nothing of the
other case is opened. Knows normalised values; opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, select

from app.cases.models import Case, CaseStatus
from app.casework.likeness import NORMALISED, ComparedCells, values_of
from app.crypto.derive import equal
from app.intake.models import MatchToken
from app.store.base import new_id
from app.text.names import NameReader
from app.work import Work

_FIELD: Final = "match"
_OVER: Final = (CaseStatus.MERGED, CaseStatus.ERASED)
_MOST_CANDIDATES: Final = 1_000
"""Of all tokens of a case together; beyond it tokens are too short, as ``doctor`` says."""


def find_by_tags(
    work: Work, case_id: UUID, cells: ComparedCells, versions: Sequence[int]
) -> set[UUID]:
    """Return the other cases, of any team, that share a number or a handle with a case."""
    by_token: dict[tuple[int, int], list[str]] = {}
    for version in versions:
        for key in _keys(cells):
            token = work.index.token(_FIELD, key, version)
            by_token.setdefault((version, token), []).append(key)
    found: set[UUID] = set()
    for version in versions:
        tokens = sorted(token for one, token in by_token if one == version)
        rows = work.session.execute(
            select(MatchToken.id, MatchToken.case_id, MatchToken.token, MatchToken.proof)
            .join(Case, Case.id == MatchToken.case_id)
            .where(
                MatchToken.version == version,
                MatchToken.token.in_(tokens),
                MatchToken.case_id != case_id,
                Case.status.not_in(_OVER),
            )
            .limit(_MOST_CANDIDATES)
        ).all()
        found |= {
            row.case_id
            for row in rows
            if any(
                equal(row.proof, work.index.proof(_FIELD, row.id, key))
                for key in by_token[version, row.token]
            )
        }
    return found


def keep_tags(work: Work, cells: Mapping[UUID, ComparedCells], version: int) -> None:
    """Replace the tags of these cases by ones of a version of the index."""
    connection = work.session.connection()
    connection.execute(delete(MatchToken).where(MatchToken.case_id.in_(list(cells))))
    rows = [
        {
            "id": row_id,
            "case_id": case_id,
            "version": version,
            "token": work.index.token(_FIELD, key, version),
            "proof": work.index.proof(_FIELD, row_id, key),
        }
        for case_id, its in cells.items()
        for key in _keys(its)
        for row_id in (new_id(),)
    ]
    if rows:
        connection.execute(insert(MatchToken), rows)


def _keys(cells: ComparedCells) -> list[str]:
    reader = NameReader()
    return sorted(
        f"{kind.value}:{value}" for kind in NORMALISED for value in values_of(kind, cells, reader)
    )
