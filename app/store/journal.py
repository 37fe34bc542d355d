"""The journal: what was destroyed and must never come back, whatever backup is restored.

- One entry for each destroyed row of shares or part of it: a number, a kind, a random id, and an
  HMAC that covers the entry before. Nothing of a case is in it. Entries are only ever added.
- It lies in the keystore, and as a text file in a second place and beside each backup. A file's
  lines are the entries; without the deployment's secrets none can be added or changed.
- An entry is applied once, in order: a part that got a new share since keeps it.

Room for other kinds: a kind is a word, a subject up to 32 bytes. Knows no main database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.store.models import DestroyedShare, ErasedPart, ErasureShare

WHOLE: Final = "all"
"""Stands for every part of a case and its log."""
_SHARE: Final = "share:"
_HEAD: Final = "padauk journal 1"
_ROWS = DestroyedShare.__table__.c
_LINE = re.compile(r"([1-9][0-9]{0,17}) ([a-z_:]{1,32}) ([0-9a-f]{2,64}) ([0-9a-f]{64})")
_START: Final = bytes(32)


class JournalDamaged(ValueError):
    """A journal is not what this deployment wrote: an entry is missing, changed or another's."""


@dataclass(frozen=True, slots=True)
class DestructionEntry:
    """One line of the journal."""

    number: int
    kind: str
    subject: bytes
    running_hash: bytes

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.subject.hex()} {self.running_hash.hex()}"

    @property
    def part(self) -> str | None:
        """The part whose share was destroyed, ``WHOLE``, or None where it was no share."""
        return self.kind.removeprefix(_SHARE) if self.kind.startswith(_SHARE) else None


def kind_of(name: str) -> str:
    """Return the kind of an entry about the shares of a part, or of ``WHOLE``."""
    return _SHARE + name


class Journal:
    """The journal of one keystore."""

    def __init__(self, engine: Engine, key: Callable[[], bytes]) -> None:
        """Take the keystore's engine, and what returns the key of the running hash."""
        self._engine = engine
        self._derive = key
        self._known: bytes | None = None
        self.applied_by: dict[str, Callable[[Connection, DestructionEntry], None]] = {}
        """What carries out the entries of a kind that is no share's, each by its kind."""

    def key(self) -> bytes:
        """Return the key of the running hash; asked for before the keystore is locked."""
        if self._known is None:
            self._known = self._derive()
        return self._known

    def append(self, connection: Connection, destroyed: Sequence[tuple[str, bytes]]) -> None:
        """Add entries in the transaction that destroys; the caller holds off other writers."""
        if not destroyed:
            return
        last = connection.execute(
            select(_ROWS.number, _ROWS.running_hash).order_by(_ROWS.number.desc()).limit(1)
        ).first()
        number, running = (last.number, last.running_hash) if last else (0, _START)
        rows = []
        for kind, subject in destroyed:
            number += 1
            running = self._next_hash(running, number, kind, subject)
            rows.append(
                {
                    "number": number,
                    "kind": kind,
                    "subject": subject,
                    "running_hash": running,
                }
            )
        connection.execute(insert(DestroyedShare), rows)

    def newest_number(self) -> int:
        """Return the number of the newest entry, 0 before the first."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(_ROWS.number))) or 0

    def find_newest(self) -> DestructionEntry | None:
        """Return the newest entry, or None before the first."""
        query = select(_ROWS.number, _ROWS.kind, _ROWS.subject, _ROWS.running_hash)
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(_ROWS.number.desc()).limit(1)).first()
        return None if row is None else DestructionEntry(*row)

    def newest_destruction(self) -> int:
        """Return the number of the newest entry about a share, 0 before the first."""
        shares = select(func.max(_ROWS.number)).where(_ROWS.kind.startswith(_SHARE))
        with self._engine.connect() as connection:
            return connection.scalar(shares) or 0

    def entries(self, after: int = 0) -> list[DestructionEntry]:
        """Return the entries after a number, in order."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(_ROWS.number, _ROWS.kind, _ROWS.subject, _ROWS.running_hash)
                .where(_ROWS.number > after)
                .order_by(_ROWS.number)
            ).all()
        return [DestructionEntry(*row) for row in rows]

    def find(self, share_ids: Iterable[UUID]) -> list[DestructionEntry]:
        """Return the entries about these rows of shares, in order."""
        wanted = [share_id.bytes for share_id in share_ids]
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(_ROWS.number, _ROWS.kind, _ROWS.subject, _ROWS.running_hash)
                .where(_ROWS.subject.in_(wanted))
                .order_by(_ROWS.number)
            ).all()
        return [DestructionEntry(*row) for row in rows]

    def verify(self, entries: Sequence[DestructionEntry]) -> None:
        """Raise ``JournalDamaged`` unless these are whole, from the first entry on, and ours."""
        running = _START
        for place, entry in enumerate(entries, 1):
            running = self._next_hash(running, place, entry.kind, entry.subject)
            if entry.number != place or not equal(running, entry.running_hash):
                raise JournalDamaged(f"entry {place} of the journal is not what was written")

    def apply(self, entries: Sequence[DestructionEntry]) -> int:
        """Carry out what a whole journal names and this keystore has not heard of.

        Returns how many shares were destroyed; marks are made without being counted.

        Raises ``JournalDamaged`` where the two differ in an entry that both have.
        """
        self.verify(entries)
        mine = self.entries()
        if any(one != other for one, other in zip(mine, entries, strict=False)):
            raise JournalDamaged("the journal is of another keystore than this one")
        fresh = entries[len(mine) :]
        with self._engine.begin() as connection:
            for entry in fresh:
                self.applied_by.get(entry.kind, _destroy_again)(connection, entry)
            if fresh:
                connection.execute(
                    insert(DestroyedShare),
                    [
                        {
                            "number": entry.number,
                            "kind": entry.kind,
                            "subject": entry.subject,
                            "running_hash": entry.running_hash,
                        }
                        for entry in fresh
                    ],
                )
        return sum(entry.part is not None for entry in fresh)

    def write(self, file: Path) -> int:
        """Bring a file up to date, durably; returns how many entries it has.

        What the file has is kept, and must be the beginning of the journal: raises
        ``JournalDamaged``. A line that a power cut left half written is written again.
        """
        known = self.entries()
        text = "".join(f"{line}\n" for line in (_HEAD, *known))
        there = file.read_text(encoding="ascii") if file.is_file() else ""
        if not text.startswith(there):
            if len(there) > len(text) and there.startswith(text):
                raise JournalDamaged("the file has entries that this keystore has not")
            raise JournalDamaged("the file is the journal of another keystore, or was changed")
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "w", encoding="ascii") as writing:
            writing.write(text[len(there) :])
            writing.flush()
            os.fsync(writing.fileno())
        return len(known)

    def _next_hash(self, running: bytes, number: int, kind: str, subject: bytes) -> bytes:
        return mac(self.key(), frame(Label.JOURNAL_ENTRY, running, number, kind, subject))


def read_journal(text: str) -> list[DestructionEntry]:
    """Return the entries of a journal's file; raises ``JournalDamaged`` for anything else.

    A last line without its end was not finished, and is left out.
    """
    head, *lines = text.split("\n")[:-1] or [""]
    if head != _HEAD:
        raise JournalDamaged("this file is no journal")
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        raise JournalDamaged("a line of the journal cannot be read")
    return [
        DestructionEntry(int(match[1]), match[2], bytes.fromhex(match[3]), bytes.fromhex(match[4]))
        for match in found
        if match is not None
    ]


def _destroy_again(connection: Connection, entry: DestructionEntry) -> None:
    if entry.part == WHOLE:
        gone = ErasureShare.id == UUID(bytes=entry.subject)
        connection.execute(delete(ErasureShare).where(gone))
    elif entry.part in {part.value for part in ErasedPart}:
        gone = ErasureShare.id == UUID(bytes=entry.subject)
        connection.execute(update(ErasureShare).where(gone).values({entry.part: None}))
