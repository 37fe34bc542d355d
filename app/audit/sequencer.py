"""Gives every event its place in the log, and signs how the log stands.

One sequencer at a time takes the events that have no leaf yet; late commits simply get later
places. The tree is RFC 6962's, the checkpoint a signed note as C2SP writes it. It refuses to sign
a log that shrank or whose earlier leaves no longer give the root it signed before. Needs no key
of any case: a leaf is made of what stands plain in its event.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from app.crypto.merkle import Tree, leaf_hash
from app.crypto.notes import Checkpoint, sign_note
from app.crypto.signing import SigningKey
from app.errors import IntegrityFault

BATCH = 5_000
_canonical = msgspec.json.Encoder(order="sorted").encode


class LogRewritten(IntegrityFault):
    """The stored leaves do not give the root that was signed before."""

    code = "log.rewritten"
    title = "The log is not what was signed before; the leads must look at this"


def leaf_data(event: AuditEvent) -> bytes:
    """Return the bytes that an event contributes to the log: kind, day, tags, commitment."""
    return _canonical(
        {
            "v": 1,
            "action": event.action,
            "on": event.happened_on.isoformat(),
            "actor": event.actor_tag.hex(),
            "subject": event.subject_tag.hex(),
            "commitment": event.commitment.hex(),
        }
    )


def sequence(session: Session) -> int:
    """Give the next events their leaves, oldest day first; returns how many. The caller commits."""
    next_index = session.scalar(select(func.count()).select_from(AuditLeaf)) or 0
    waiting = session.scalars(
        select(AuditEvent)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditLeaf.event_id.is_(None))
        .order_by(AuditEvent.happened_on, AuditEvent.id)
        .limit(BATCH)
    ).all()
    rows = [
        {
            "leaf_index": next_index + place,
            "event_id": event.id,
            "leaf_hash": leaf_hash(leaf_data(event)),
        }
        for place, event in enumerate(waiting)
    ]
    if rows:
        session.execute(insert(AuditLeaf), rows, execution_options={"housekeeping": "leaves"})
    return len(rows)


def leaf_hashes(session: Session, size: int | None = None) -> list[bytes]:
    """Return the stored leaf hashes in order, the first ``size`` of them or all."""
    query = select(AuditLeaf.leaf_hash).order_by(AuditLeaf.leaf_index)
    return list(session.scalars(query if size is None else query.limit(size)))


def latest_checkpoint(session: Session) -> AuditCheckpoint | None:
    """Return the newest signed statement, or None before the first."""
    return session.scalars(
        select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)
    ).first()


def sign_checkpoint(
    session: Session, *, origin: str, key: SigningKey, at: datetime
) -> AuditCheckpoint | None:
    """Sign how the log stands, when it grew since the last time; the caller commits.

    Raises ``LogRewritten`` when the leaves under the previous statement give another root.
    """
    tree = Tree(leaf_hashes(session))
    previous = latest_checkpoint(session)
    if previous is not None:
        stated = Checkpoint.parse(previous.note.partition("\n\n")[0] + "\n")
        if len(tree) < stated.size or tree.root(stated.size) != stated.root:
            raise LogRewritten
        if len(tree) == stated.size:
            return None
    if not len(tree):
        return None
    statement = Checkpoint(origin, len(tree), tree.root())
    checkpoint = AuditCheckpoint(
        size=len(tree),
        made_at=at.replace(second=0, microsecond=0),
        note=sign_note(statement.text(), origin, key),
    )
    session.add(checkpoint)
    return checkpoint
