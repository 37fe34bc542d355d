"""Collect the events of a unit of work, and write them with it at its commit.

- An event's leaf holds its kind, the day, two tags and a commitment, all under the case's log key.
- The detail (who, which minute, what, and a digest of every sealed row that was written) is sealed
  under the same key.
- Log keys come from the share of the case's log: when that is destroyed, the leaf still verifies
  and says nothing.

Knows no grants: every process can write events, a worker without a member included.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.audit.models import AuditEvent, UnsequencedEvent
from app.crypto.aead import DataKey
from app.crypto.derive import digest, hkdf, mac
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.permissions import Role
from app.store.base import ORGANISATION, new_id
from app.store.kept_statements import KeptStatement, connection_of
from app.store.sealed import NOTES, Addressed

Fact = str | int | bool | list[str] | None
LogKeys = Callable[[UUID | None], bytes]
TAG_BYTES = 16
MOST_NAMED = 100
"""How many shut rows an event names; it counts all of them."""
_READINGS = frozenset({EventKind.CASE_REVEALED, EventKind.CASES_LISTED})
# Put together once: every unit of work that reads or writes a case ends with it.
_INSERT_EVENTS = KeptStatement(insert(AuditEvent))
_INSERT_UNSEQUENCED = KeptStatement(insert(UnsequencedEvent))
_canonical = msgspec.json.Encoder(order="sorted").encode


class RowState(msgspec.Struct, frozen=True, array_like=True):
    """A sealed row as an event left it: its version, and the digest; None where it was deleted.

    Rows without a version say 0 and are ordered by the time of the event.
    """

    version: int
    digest: str | None


class Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sealed part of an event.

    ``number`` counts the events of one unit of work, ``role`` is what the actor was that day.
    """

    v: int
    action: str
    number: int
    actor: UUID
    role: str | None
    case: UUID | None
    at: datetime
    facts: dict[str, Any]
    rows: dict[str, RowState]


class DetailUnreadable(CryptoError):
    """An event's detail does not open, or is not what its commitment says."""


@dataclass(slots=True)
class Event:
    """One act of this unit of work, not yet written.

    ``once``: a digest; the same act of the same session is on record once in a quarter of an hour.
    """

    action: str
    case_id: UUID | None
    facts: dict[str, Any] = field(default_factory=dict)
    once: bytes | None = None
    id: UUID = field(default_factory=new_id)


class Trail:
    """The acts of one unit of work, by one actor."""

    def __init__(self, actor_id: UUID, organisation: UUID, *, role: Role | None = None) -> None:
        self.actor_id = actor_id
        self.role = role
        self._organisation = organisation
        self._events: list[Event] = []
        self._reveals: dict[UUID, Event] = {}
        self._shut: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._events)

    @property
    def cases(self) -> set[UUID | None]:
        """The cases that some event of this unit is about."""
        return {event.case_id for event in self._events}

    @property
    def actions(self) -> list[str]:
        """The kinds of acts, in order; for tests and for what changed since."""
        return [event.action for event in self._events]

    def record(self, action: EventKind, case_id: UUID | None = None, **facts: Fact) -> UUID:
        """Note an act, and return the id that its event will have.

        Facts are ids, states and amounts: never a name, place or free text.
        """
        event = Event(action, case_id, dict(facts))
        self._events.append(event)
        return event.id

    def revealed(self, case_id: UUID, compartment: str) -> None:
        """Note that a case was read in clear: one event a case and request, whatever was read."""
        event = self._reveals.get(case_id)
        if event is None:
            event = self._reveals[case_id] = Event(
                EventKind.CASE_REVEALED, case_id, {"compartments": []}
            )
            self._events.append(event)
        if compartment not in event.facts["compartments"]:
            event.facts["compartments"].append(compartment)

    def listed(self, count: int, cases_digest: bytes, *, polled: bool = False) -> None:
        """Note that a page of summaries was read: how many, and which, by digest."""
        facts = {"count": count, "digest": cases_digest.hex()}
        once = cases_digest if polled else None
        self._events.append(Event(EventKind.CASES_LISTED, None, facts, once))

    def shut(self, row: str) -> None:
        """Note that a listed row (``table/id``) did not open: one event, whatever their number."""
        if not self._shut:
            self._events.append(Event(EventKind.ROWS_SHUT, None))
        self._shut[row] = None

    @property
    def shut_rows(self) -> list[str]:
        """The listed rows that did not open."""
        return list(self._shut)

    def drop_repeated(self, is_on_record: Callable[[bytes], bool]) -> None:
        """Leave out the events that need to be on record once and are."""
        for event in self._events:
            if event.action == EventKind.ROWS_SHUT:
                rows = sorted(self._shut)
                event.facts = {"count": len(rows), "rows": rows[:MOST_NAMED]}
                event.once = digest(frame(Label.ROW_DIGEST, *rows))
        self._events = [
            event for event in self._events if event.once is None or not is_on_record(event.once)
        ]

    def append_to(
        self,
        session: Session,
        *,
        at: datetime,
        day: date,
        log_keys: LogKeys,
        rows: dict[UUID, dict[str, RowState]],
    ) -> UUID | None:
        """Write the events, each case's row digests with the first that is more than a reading.

        Returns the id of the first event, None where there is none.
        """
        waiting = dict(rows)
        written = []
        first = self._events[0].id if self._events else None
        acts = [event for event in self._events if event.action not in _READINGS]
        told = {event.case_id or ORGANISATION: id(event) for event in reversed(self._events)}
        told |= {event.case_id or ORGANISATION: id(event) for event in reversed(acts)}
        for number, event in enumerate(self._events):
            case_id = event.case_id or ORGANISATION
            digests = waiting.pop(case_id, {}) if told[case_id] == id(event) else {}
            detail = Detail(
                1, event.action, number, self.actor_id, self.role, event.case_id, at,
                event.facts, digests,
            )  # fmt: skip
            written.append(self._sealed(event.id, detail, day, log_keys(event.case_id)))
        if written:
            connection = connection_of(session)
            _INSERT_EVENTS.run(connection, *written)
            unsequenced = [{"event_id": event["id"]} for event in written]
            _INSERT_UNSEQUENCED.run(connection, *unsequenced)
        self._events.clear()
        self._reveals.clear()
        self._shut.clear()
        return first

    def _sealed(
        self, event_id: UUID, written: Detail, day: date, log_key: bytes
    ) -> dict[str, object]:
        detail = _canonical(written)
        return {
            "id": event_id,
            "action": written.action,
            "happened_on": day,
            "actor_tag": actor_tag(log_key, self.actor_id),
            "subject_tag": subject_tag(log_key, written.case),
            "commitment": mac(opener(log_key, event_id), detail),
            "detail_sealed": _detail_key(log_key).seal(
                detail, address=_address(self._organisation, event_id), epoch=1, step=NOTES
            ),
        }


def has_event(connection: Connection, event_id: UUID) -> bool:
    """Return whether an event is in the log: the unit of work that wrote it was committed."""
    there = select(AuditEvent.id).where(AuditEvent.id == event_id)
    return connection.execute(there).first() is not None


def actor_tag(log_key: bytes, actor_id: UUID) -> bytes:
    """Return a member's tag in the leaves of one case; it differs in every other."""
    return mac(log_key, frame(Label.ACTOR_TAG, actor_id))[:TAG_BYTES]


def subject_tag(log_key: bytes, case_id: UUID | None) -> bytes:
    """Return the tag that finds a case's events while its log key exists."""
    return mac(log_key, frame(Label.SUBJECT_TAG, case_id or ORGANISATION))[:TAG_BYTES]


def opener(log_key: bytes, event_id: UUID) -> bytes:
    """Return the 32 bytes that open one event's commitment; gone with the log key."""
    return mac(log_key, frame(Label.EVENT_OPENER, event_id))


def read_detail(event: AuditEvent, log_key: bytes, organisation: UUID) -> Detail:
    """Return what an event says; raises ``DetailUnreadable`` when it does not verify."""
    try:
        plain = _detail_key(log_key).open(
            event.detail_sealed, address=_address(organisation, event.id)
        )
    except CryptoError:
        raise DetailUnreadable from None
    if mac(opener(log_key, event.id), plain) != event.commitment:
        raise DetailUnreadable
    return msgspec.json.decode(plain, type=Detail)


def last_acts_on(
    session: Session, record: Addressed, count: int, *, log_key: bytes, organisation: UUID
) -> tuple[str, ...]:
    """Return the kinds of the last acts that wrote a sealed row, oldest first.

    Only for who may know of the row; reads the case's events one by one, and leaves out those
    that do not verify.
    """
    place = f"{record.__tablename__}/{record.id}"
    events = session.scalars(
        select(AuditEvent).where(AuditEvent.subject_tag == subject_tag(log_key, record.case_id))
    )
    details = []
    for event in events:
        with suppress(DetailUnreadable):
            details.append(read_detail(event, log_key, organisation))
    acts = sorted((d for d in details if place in d.rows), key=lambda detail: detail.at)
    return tuple(detail.action for detail in acts[-count:])


def _detail_key(log_key: bytes) -> DataKey:
    return DataKey(hkdf(log_key, info=frame(Label.EVENT_DETAIL_KEY)))


def _address(organisation: UUID, event_id: UUID) -> bytes:
    return frame(Label.EVENT, organisation, event_id)
