"""Index cases again, under tokens whose width suits the number of cases: ``padauk reindex``.

- A batch is one unit of work: tokens of the old version go as those of the new one come. Killed
  anywhere, the next run goes on with what is left; searches look up both versions meanwhile.
- The key to an index is the search key, and what is indexed must open: so a member does it who
  holds both, a coordinator for their team's cases. Leads hold the search key and no case.
- What proves the end is counted over all teams: cases, tokens and tags under another version.

Knows cells of held cases, and rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, bindparam, func, select, update
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.held import CASES, CaseQuery, Strategy, rows, searched, visible_cases
from app.casework.index import count_cases, index_cases, versions_in_use
from app.crypto.blind_index import bits_for
from app.intake.models import MatchToken
from app.search.models import IndexToken
from app.vault.index import width_of
from app.work import Work

Unit: TypeAlias = Callable[[], AbstractContextManager[Work]]

CASES_A_BATCH: Final = 200
_TOO_NARROW: Final = 2
"""So many bits less than suit the number of cases: four times as many candidates."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did: how many cases were indexed, and where the next one begins."""

    indexed: int
    last: UUID | None


@dataclass(frozen=True, slots=True)
class ReindexBacklog:
    """What is not under a version of the index: cases by team, tokens and tags."""

    cases: dict[UUID, int]
    tokens: int
    tags: int

    @property
    def nothing(self) -> bool:
        """Whether all that there is has been indexed under it."""
        return not self.cases and not self.tokens and not self.tags


def wanted_version(work: Work) -> int:
    """Return the version that cases should be indexed by: never a narrower one than they are.

    Raises ``KeyCopyMissing``.
    """
    return max(versions_in_use(work)[-1], work.index.version_for(count_cases(work)))


def index_batch(work: Work, version: int, after: UUID | None) -> Batch:
    """Index the next held cases that are not under a version yet, by id after the last one.

    What does not open is passed over, and stays under the version that it has.
    """
    listed = rows(work, _batch(), version=version, after=after or UUID(int=0), limit=CASES_A_BATCH)
    indexed = index_cases(work, listed, version)
    if after is None:
        _pass_erased(work, version)
    return Batch(indexed, listed[-1].id if listed else None)


def index_all(unit: Unit, version: int) -> Iterator[int]:
    """Index every case that a member holds, and yield how many after each commit.

    ``unit`` begins a unit of work of the member's.
    """
    after: UUID | None = None
    while True:
        with unit() as work:
            batch = index_batch(work, version, after)
        if batch.last is None:
            return
        yield batch.indexed
        after = batch.last


@cache
def _batch() -> CaseQuery:
    return searched(
        lambda query: (
            query.where(
                CASES.indexed_version < bindparam("version"),
                CASES.id > bindparam("after", type_=CASES.id.type),
                CASES.status != CaseStatus.ERASED,
                visible_cases(strategy=Strategy.CASES),
            )
            .order_by(CASES.id)
            .limit(bindparam("limit", type_=Integer))
            .with_for_update(of=Case)
        )
    )


def _pass_erased(work: Work, version: int) -> None:
    """Count erased cases as indexed: they have no token."""
    erased = update(Case).where(CASES.status == CaseStatus.ERASED, CASES.indexed_version < version)
    work.session.connection().execute(erased.values(indexed_version=version))


def find_backlog(work: Work, version: int) -> ReindexBacklog:
    """Return what is under another version, of every team, and record what was found."""
    connection = work.session.connection()
    by_team = select(CASES.team_id, func.count().label("cases")).where(
        CASES.indexed_version != version
    )
    cases = {row.team_id: row.cases for row in connection.execute(by_team.group_by(CASES.team_id))}
    left = ReindexBacklog(
        cases,
        _count(work, IndexToken.__table__.c.version != version),
        _count(work, MatchToken.__table__.c.version != version),
    )
    work.trail.record(
        EventKind.CASES_INDEXED,
        None,
        version=version,
        left=sum(left.cases.values()),
        tokens_left=left.tokens + left.tags,
    )
    return left


def find_narrow(session: Session) -> tuple[int, int] | None:
    """Return how many bits tokens have, and how many would suit; None where that is near enough."""
    newest = session.scalar(select(func.max(CASES.indexed_version))) or 0
    suits = bits_for(session.scalar(select(func.max(CASES.sequence))) or 0)
    bits = width_of(newest)
    return (bits, suits) if newest and bits + _TOO_NARROW <= suits else None


def _count(work: Work, where: ColumnElement[bool]) -> int:
    return work.session.connection().scalar(select(func.count()).where(where)) or 0
