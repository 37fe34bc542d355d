"""Verify that the log and the sealed rows are what was written.

- The first half needs no key: events give their leaves, leaves the root, the root the signed note.
- The second half opens the events of a few hundred cases at a time and compares each sealed row
  with the digest of its newest logged version, so that a row that was rolled back, swapped or
  deleted is named. Versions order the digests: two acts at the same moment look like no tampering.
- Both halves stream: memory does not grow with the log.
- What was not looked at is counted and said: events without a leaf, leaves under no signature, rows
  of cases whose share is gone. ``sound`` without them would be worth nothing.

Reads one state of the database (see ``store.engine.read_snapshot``); changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent, AuditLeaf
from app.audit.sequencer import latest_checkpoint, leaf_data
from app.audit.trail import DetailUnreadable, RowState, read_detail, subject_tag
from app.audit.triggers import missing_triggers
from app.crypto.errors import NoteInvalid
from app.crypto.merkle import Edge, leaf_hash
from app.crypto.notes import Checkpoint, Verifier, open_note
from app.store.authenticated import RowMacs, is_altered, place_of, row_macs
from app.store.base import ORGANISATION, Record
from app.store.sealed import is_digested, seals_of

_AT_ONCE = 500
_EVENTS_IN_A_PART = 20_000


@dataclass(frozen=True, slots=True)
class LogFinding:
    """Something that is not as it was written: what kind, and where."""

    kind: str
    where: str


@dataclass(slots=True)
class LogVerification:
    """What a verification saw, and what it could not look at."""

    leaves: int = 0
    covered: int = 0
    rows: int = 0
    unsequenced: int = 0
    unsequenced_since: date | None = None
    erased_cases: int = 0
    findings: list[LogFinding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def add(self, kind: str, where: object) -> None:
        """Note a finding."""
        self.findings.append(LogFinding(kind, str(where)))


def verify_log(
    session: Session, verifier: Verifier, *, kept: Checkpoint | None = None
) -> LogVerification:
    """Check events against leaves, and leaves against the newest signed checkpoint.

    ``kept``: a checkpoint that somebody kept elsewhere; the log must have grown from it.
    """
    verdict = LogVerification()
    stated = _stated(session, verifier, verdict)
    edge = Edge()
    roots = {one.size: b"" for one in (stated, kept) if one is not None}
    rows: Iterable[Any] = session.execute(
        select(AuditLeaf.leaf_index, AuditLeaf.leaf_hash, AuditLeaf.event_id, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == AuditLeaf.event_id)
        .order_by(AuditLeaf.leaf_index),
        execution_options={"yield_per": _AT_ONCE},
    )
    for index, stored, event_id, event in rows:
        if index != edge.size:
            verdict.add("leaf.missing", edge.size)
        if event is None:
            verdict.add("event.missing", event_id)
        elif leaf_hash(leaf_data(event)) != stored:
            verdict.add("event.altered", event_id)
        edge.append(stored)
        if event is not None:
            session.expunge(event)
        if edge.size in roots:
            roots[edge.size] = edge.root()
    verdict.leaves = edge.size
    verdict.covered = 0 if stated is None else stated.size
    for one, kind in ((stated, "log.rewritten"), (kept, "log.forked")):
        if one is not None and edge.size < one.size:
            verdict.add("log.shrunk", f"{edge.size} of {one.size}")
        elif one is not None and roots[one.size] != one.root:
            verdict.add(kind, one.size)
    _count_unsequenced(session, verdict)
    return verdict


def verify_triggers(session: Session, verdict: LogVerification) -> None:
    """Check that the tables that only grow still refuse every other change."""
    for name in missing_triggers(session.connection()):
        verdict.add("trigger.missing", name)


def _stated(session: Session, verifier: Verifier, verdict: LogVerification) -> Checkpoint | None:
    newest = latest_checkpoint(session)
    if newest is None:
        verdict.add("checkpoint.missing", "the log was never signed")
        return None
    try:
        return Checkpoint.parse(open_note(newest.note, verifier))
    except NoteInvalid:
        verdict.add("checkpoint.unsigned", newest.id)
        return None


def _count_unsequenced(session: Session, verdict: LogVerification) -> None:
    waiting = (
        select(func.count(), func.min(AuditEvent.happened_on))
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditLeaf.event_id.is_(None))
    )
    verdict.unsequenced, verdict.unsequenced_since = session.execute(waiting).one()


# ---------------------------------------------------------------------- rows


def verify_rows(
    session: Session,
    verdict: LogVerification,
    *,
    organisation: UUID,
    log_keys: Iterable[Mapping[UUID, bytes]],
    models: Iterable[type[Any]],
) -> None:
    """Compare every sealed row with the digest of its newest logged version.

    ``log_keys`` yields keys by case id, some hundreds at a time; ``ORGANISATION`` is for rows of
    no case. A model whose rows are forgotten on a schedule says so in ``__forgotten__``: one
    that is gone proves nothing there. Housekeeping has no digest in the log and is not compared.
    """
    compared = [model for model in models if not hasattr(model, "__housekeeping__")]
    forgotten = {m.__tablename__ for m in compared if hasattr(m, "__forgotten__")}
    for keys, part in _in_parts(session, log_keys):
        logged = _newest_states(session, verdict, organisation, keys, part)
        for model in compared:
            for query in _rows_of(model, keys):
                for record in session.scalars(query, execution_options={"yield_per": _AT_ONCE}):
                    if part.holds(place_of(record)):
                        _compare(session, record, logged, verdict)
                    session.expunge(record)
        for place, state in logged.items():
            if state.digest is not None and place.partition("/")[0] not in forgotten:
                verdict.add("row.missing", place)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of so many parts of the rows: their states are compared in turn, so that all fit."""

    number: int = 0
    of: int = 1

    def holds(self, place: str) -> bool:
        return self.of == 1 or crc32(place.encode()) % self.of == self.number


def _in_parts(
    session: Session, log_keys: Iterable[Mapping[UUID, bytes]]
) -> Iterator[tuple[Mapping[UUID, bytes], _Part]]:
    """Yield keys with the parts to take their rows in: the organisation's grow without a bound."""
    for keys in log_keys:
        parts = 1
        if ORGANISATION in keys:
            tag = subject_tag(keys[ORGANISATION], ORGANISATION)
            of_tag = select(func.count()).where(AuditEvent.subject_tag == tag)
            parts += (session.scalar(of_tag) or 0) // _EVENTS_IN_A_PART
        yield from ((keys, _Part(number, parts)) for number in range(parts))


def _rows_of(model: type[Any], keys: Mapping[UUID, bytes]) -> Iterable[Select[Any]]:
    """Yield the query of a model's rows of these cases; none where it has no rows of that kind."""
    if "case_id" in model.__table__.c:
        yield select(model).where(model.case_id.in_(list(keys)))
    elif ORGANISATION in keys:
        yield select(model)


def _compare(
    session: Session, record: Record, logged: dict[str, RowState], verdict: LogVerification
) -> None:
    verdict.rows += 1
    place = place_of(record)
    state = logged.pop(place, None)
    if state is None or state.digest is None:
        verdict.add("row.unlogged", place)
    elif is_altered(session, record) or not _is_as_logged(record, state, row_macs(session)):
        verdict.add("row.altered", place)


def _is_as_logged(record: Record, state: RowState, macs: RowMacs) -> bool:
    cells = not is_digested(record) or record.seals == seals_of(record)
    return cells and state.digest == macs.digest_of(record)


def _newest_states(
    session: Session,
    verdict: LogVerification,
    organisation: UUID,
    keys: Mapping[UUID, bytes],
    part: _Part,
) -> dict[str, RowState]:
    by_tag = {subject_tag(key, case_id): key for case_id, key in keys.items()}
    newest: dict[str, tuple[Any, RowState]] = {}
    events = select(AuditEvent).where(AuditEvent.subject_tag.in_(list(by_tag)))
    for event in session.scalars(events, execution_options={"yield_per": _AT_ONCE}):
        try:
            detail = read_detail(event, by_tag[event.subject_tag], organisation)
        except DetailUnreadable:
            if part.number == 0:
                verdict.add("event.unreadable", event.id)
            continue
        finally:
            session.expunge(event)
        for place, written in detail.rows.items():
            if not part.holds(place):
                continue
            order = (written.version, detail.at)
            if place not in newest or order >= newest[place][0]:
                newest[place] = (order, written)
    return {place: state for place, (_, state) in newest.items()}
