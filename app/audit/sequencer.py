"""Give every event its place in the log, and sign the log's size and root.

- One sequencer at a time takes the events that wait; late commits get later places. Each event is
  written with a row that says that it waits, so that a turn reads those and no others.
- The tree is RFC 6962's, the checkpoint a signed note as C2SP writes it.
- A turn costs what was added since the last one: the tree's right edge is kept beside the note, and
  must give the root that the note states.
- It refuses to sign after a note that does not verify, or over a log that shrank. That an earlier
  leaf was altered is found by ``audit.verify``, which the worker runs once a day.

Needs no key of any case: a leaf is made of what is plain in its event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, UnsequencedEvent
from app.crypto.errors import CryptoError
from app.crypto.merkle import Edge, leaf_hash
from app.crypto.notes import Checkpoint, Verifier, open_note, sign_note
from app.crypto.signing import SigningKey
from app.errors import IntegrityFault
from app.text.dates import minute_of

BATCH = 5_000
_HOUSEKEEPING = {"housekeeping": "leaves, and what waits for them"}
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


def count_unsequenced(session: Session) -> int:
    """Return how many events wait for their place; costs what waits, not what is in the log."""
    return session.scalars(select(func.count()).select_from(UnsequencedEvent)).one()


def list_left_out(session: Session) -> Sequence[UUID]:
    """Return the events that neither have a leaf nor wait for one; reads every event.

    There are none unless somebody deleted rows of those that wait.
    """
    query = (
        select(AuditEvent.id)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .outerjoin(UnsequencedEvent, UnsequencedEvent.event_id == AuditEvent.id)
        .where(AuditLeaf.event_id.is_(None), UnsequencedEvent.event_id.is_(None))
    )
    return session.scalars(query).all()


def queue_left_out(session: Session, event_ids: Sequence[UUID]) -> None:
    """Queue events that were left out of the log, to be sequenced; the caller commits."""
    if event_ids:
        rows = [{"event_id": event_id} for event_id in event_ids]
        session.execute(insert(UnsequencedEvent), rows, execution_options=_HOUSEKEEPING)


def sequence(session: Session) -> int:
    """Give the next events their leaves, oldest day first; returns how many. The caller commits."""
    last = session.scalar(select(func.max(AuditLeaf.leaf_index)))
    next_index = 0 if last is None else last + 1
    query = (
        select(AuditEvent)
        .join(UnsequencedEvent, UnsequencedEvent.event_id == AuditEvent.id)
        .order_by(AuditEvent.happened_on, AuditEvent.id)
        .limit(BATCH)
    )
    rows = [
        {
            "leaf_index": next_index + place,
            "event_id": event.id,
            "leaf_hash": leaf_hash(leaf_data(event)),
        }
        for place, event in enumerate(session.scalars(query))
    ]
    if rows:
        session.execute(insert(AuditLeaf), rows, execution_options=_HOUSEKEEPING)
        placed = select(AuditLeaf.event_id).where(AuditLeaf.leaf_index >= next_index)
        session.execute(
            delete(UnsequencedEvent).where(UnsequencedEvent.event_id.in_(placed)),
            execution_options=_HOUSEKEEPING | {"synchronize_session": False},
        )
    return len(rows)


def latest_checkpoint(session: Session) -> AuditCheckpoint | None:
    """Return the newest signed statement, or None before the first."""
    return session.scalars(
        select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)
    ).first()


def newest_size(session: Session) -> int:
    """Return how many leaves the newest signed statement covers, 0 before the first."""
    newest = latest_checkpoint(session)
    return 0 if newest is None else newest.size


def sign_checkpoint(
    session: Session,
    *,
    origin: str,
    key: SigningKey,
    at: datetime,
    extensions: Callable[[], tuple[str, ...]] = tuple,
) -> AuditCheckpoint | None:
    """Sign the log's size and root, when it grew since the last time; the caller commits.

    ``extensions`` returns further lines that are signed with them.

    Costs what was added: the previous note is verified, the edge kept beside it must give the root
    that the note states, and only the new leaves are read. Raises ``LogRewritten`` where the note,
    the edge or the number of leaves is not what was signed.
    """
    edge = _signed_edge(latest_checkpoint(session), Verifier(origin, key.public))
    signed = edge.size
    fresh = select(AuditLeaf.leaf_index, AuditLeaf.leaf_hash).where(AuditLeaf.leaf_index >= signed)
    for index, hashed in session.execute(fresh.order_by(AuditLeaf.leaf_index)).yield_per(1_000):
        if index != edge.size:
            raise LogRewritten
        edge.append(hashed)
    if edge.size == signed:
        if signed and session.get(AuditLeaf, signed - 1) is None:
            raise LogRewritten
        return None
    statement = Checkpoint(origin, edge.size, edge.root(), extensions())
    checkpoint = AuditCheckpoint(
        size=edge.size,
        made_at=minute_of(at),
        note=sign_note(statement.text(), origin, key),
        edge=edge.pack(),
    )
    session.add(checkpoint)
    return checkpoint


def _signed_edge(previous: AuditCheckpoint | None, verifier: Verifier) -> Edge:
    """Return the edge under the previous note; raises ``LogRewritten`` where they do not agree."""
    if previous is None:
        return Edge()
    try:
        stated = Checkpoint.parse(open_note(previous.note, verifier))
        edge = Edge.unpack(stated.size, previous.edge)
    except CryptoError:
        raise LogRewritten from None
    if edge.root() != stated.root:
        raise LogRewritten
    return edge
