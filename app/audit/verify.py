"""Proves, or disproves, that the log and the rows are what was written.

The first half needs no key: events give their leaves, leaves the root, the root the signed note.
The second half opens the events' details with log keys and compares every sealed row with the
digest of its last logged write, so that a row that was rolled back, swapped or deleted is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent, AuditLeaf
from app.audit.sequencer import latest_checkpoint, leaf_data
from app.audit.trail import Detail, DetailUnreadable, read_detail, row_digest, subject_tag
from app.crypto.errors import NoteInvalid
from app.crypto.merkle import Tree, leaf_hash
from app.crypto.notes import Checkpoint, Verifier, open_note
from app.store.sealed import Addressed


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: what kind, and where."""

    kind: str
    where: str


@dataclass(slots=True)
class Verdict:
    """What a verification saw. Sound when it found nothing."""

    leaves: int = 0
    covered: int = 0
    rows: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def add(self, kind: str, where: object) -> None:
        """Note a finding."""
        self.findings.append(Finding(kind, str(where)))


def verify_log(session: Session, verifier: Verifier) -> Verdict:
    """Check events against leaves, leaves against the newest signed checkpoint."""
    verdict = Verdict()
    tree = Tree()
    rows: Iterable[Any] = session.execute(
        select(AuditLeaf.leaf_index, AuditLeaf.leaf_hash, AuditLeaf.event_id, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == AuditLeaf.event_id)
        .order_by(AuditLeaf.leaf_index)
    )
    for place, (index, stored, event_id, event) in enumerate(rows):
        tree.append(stored)
        if index != place:
            verdict.add("leaf.missing", place)
        if event is None:
            verdict.add("event.missing", event_id)
        elif leaf_hash(leaf_data(event)) != stored:
            verdict.add("event.altered", event_id)
    verdict.leaves = len(tree)
    _check_checkpoint(session, verifier, tree, verdict)
    return verdict


def _check_checkpoint(session: Session, verifier: Verifier, tree: Tree, verdict: Verdict) -> None:
    checkpoint = latest_checkpoint(session)
    if checkpoint is None:
        return
    try:
        stated = Checkpoint.parse(open_note(checkpoint.note, verifier))
    except NoteInvalid:
        verdict.add("checkpoint.unsigned", checkpoint.id)
        return
    verdict.covered = stated.size
    if len(tree) < stated.size:
        verdict.add("log.shrunk", f"{len(tree)} of {stated.size}")
    elif tree.root(stated.size) != stated.root:
        verdict.add("log.rewritten", stated.size)


def verify_rows(
    session: Session,
    verdict: Verdict,
    *,
    organisation: UUID,
    log_keys: Mapping[UUID, bytes],
    models: Iterable[type[Any]],
) -> None:
    """Compare every sealed row with its last logged digest; adds to the verdict.

    ``log_keys`` by case id; rows of cases without one (erased) say nothing and are passed over.
    A model whose rows are forgotten on a schedule says so in ``__forgotten__``: one that is gone
    proves nothing there. Housekeeping has no digest in the log: its rows are not compared.
    """
    logged = _last_digests(session, verdict, organisation, log_keys)
    passing = set()
    for model in models:
        if hasattr(model, "__housekeeping__"):
            continue
        if hasattr(model, "__forgotten__"):
            passing.add(model.__tablename__)
        for record in session.scalars(select(model)).yield_per(500):
            _compare(record, logged, log_keys, verdict)
    for place, digest in logged.items():
        if digest is not None and place.partition("/")[0] not in passing:
            verdict.add("row.missing", place)


def _compare(
    record: Addressed,
    logged: dict[str, str | None],
    log_keys: Mapping[UUID, bytes],
    verdict: Verdict,
) -> None:
    if record.case_id not in log_keys:
        return
    verdict.rows += 1
    place = f"{record.__tablename__}/{record.id}"
    known = logged.pop(place, None)
    if known is None:
        verdict.add("row.unlogged", place)
    elif known != row_digest(record):
        verdict.add("row.altered", place)


def _last_digests(
    session: Session, verdict: Verdict, organisation: UUID, log_keys: Mapping[UUID, bytes]
) -> dict[str, str | None]:
    by_tag = {subject_tag(key, case_id): key for case_id, key in log_keys.items()}
    details: list[Detail] = []
    for event in session.scalars(select(AuditEvent)).yield_per(500):
        key = by_tag.get(event.subject_tag)
        if key is None:
            continue
        try:
            details.append(read_detail(event, key, organisation))
        except DetailUnreadable:
            verdict.add("event.unreadable", event.id)
    last: dict[str, str | None] = {}
    for detail in sorted(details, key=lambda detail: detail.at):
        last.update(detail.rows)
    return last
