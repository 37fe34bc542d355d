"""Certificates of destruction: a signed note that anybody can verify, without this program.

- What, by which rule, on which day, how many cells and rows, the entry of the journal, and the hash
  of the event's leaf in the log; nothing of the case, not even its random id.
- ``before`` is an HMAC over what went, under a key that went with its share: the certificate cannot
  be matched with an old backup.
- It proves that who holds the log's key stated this, and that nobody has changed it since. It
  does not prove that no copy exists elsewhere, nor anything once that key is stolen.

A note as C2SP signed-note writes it, signed with Ed25519 under the log's key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.audit.checkpoints import LOG_ORIGIN
from app.crypto.errors import NoteInvalid
from app.crypto.notes import Verifier, open_note, sign_note
from app.crypto.signing import SigningKey

KIND: Final = "padauk certificate of destruction 1"
_LINE = re.compile(r"([a-z]+) (\S.*)")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate states."""

    number: UUID
    what: str
    rule: str
    on: date
    cells: int
    rows: int
    before: bytes
    journal: int
    entry: bytes
    leaf: bytes

    def text(self) -> str:
        """Return the lines that are signed."""
        lines = (
            KIND,
            f"number {self.number}",
            f"what {self.what}",
            f"rule {self.rule}",
            f"on {self.on.isoformat()}",
            f"cells {self.cells}",
            f"rows {self.rows}",
            f"before {self.before.hex()}",
            f"journal {self.journal}",
            f"entry {self.entry.hex()}",
            f"leaf {self.leaf.hex()}",
        )
        return "".join(f"{line}\n" for line in lines)

    def sign(self, key: SigningKey) -> str:
        """Return the signed note."""
        return sign_note(self.text(), LOG_ORIGIN, key)


def read_certificate(note: str, verifier: Verifier) -> Certificate:
    """Return what a certificate states; raises ``NoteInvalid`` unless the log's key signed it."""
    head, *lines = open_note(note, verifier).splitlines()
    found = {match[1]: match[2] for line in lines if (match := _LINE.fullmatch(line))}
    if head != KIND or len(found) != len(lines):
        raise NoteInvalid("the note is no certificate of destruction")
    try:
        certificate = Certificate(
            UUID(found["number"]),
            found["what"],
            found["rule"],
            date.fromisoformat(found["on"]),
            int(found["cells"]),
            int(found["rows"]),
            bytes.fromhex(found["before"]),
            int(found["journal"]),
            bytes.fromhex(found["entry"]),
            bytes.fromhex(found["leaf"]),
        )
    except (KeyError, ValueError):
        raise NoteInvalid("the certificate is malformed") from None
    return certificate
