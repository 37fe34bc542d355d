"""Signed notes and checkpoints, as C2SP ``signed-note`` and ``tlog-checkpoint`` write them.

A note is text, an empty line, and one line for each Ed25519 signature; a checkpoint is a note
that states origin, size and root of a log. Knows names of keys, not who holds them.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from app.crypto.derive import digest
from app.crypto.errors import NoteInvalid, SignatureInvalid
from app.crypto.signing import PUBLIC_BYTES, SigningKey, verify

_ED25519 = b"\1"
_ID_BYTES = 4
_DASH = "\N{EM DASH} "
_LONGEST_NOTE = 1_000_000
_MOST_SIGNATURES = 100
_ROOT_BYTES = 32
_FEWEST_LINES = 3
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that a reader trusts under a name. Raises NoteInvalid for a name that no note takes."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name) or len(self.public) != PUBLIC_BYTES:
            raise NoteInvalid("the name or the key of a verifier is malformed")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name and key (signed-note, Ed25519)."""
        return digest(self.name.encode() + b"\n" + _ED25519 + self.public)[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The one-line form ``name+id+key`` that other tools read."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Read the one-line form. Raises NoteInvalid."""
        name, _, rest = vkey.partition("+")
        identity, _, encoded = rest.partition("+")
        key = _unbase64(encoded)
        if key[:1] != _ED25519:
            raise NoteInvalid("the key of a verifier is malformed")
        verifier = cls(name, key[1:])
        if verifier.key_id.hex() != identity:
            raise NoteInvalid("the key id of a verifier does not fit its key")
        return verifier


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's state: its origin, how many leaves, the 32-byte root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines, whatever they say."""

    def text(self) -> str:
        """The three lines to be signed (tlog-checkpoint), and the extension lines."""
        if not _is_name(self.origin) or self.size < 0 or len(self.root) != _ROOT_BYTES:
            raise NoteInvalid("the checkpoint is malformed")
        if not all(line and line.isprintable() for line in self.extensions):
            raise NoteInvalid("an extension of the checkpoint is malformed")
        return "\n".join([self.origin, str(self.size), _base64(self.root), *self.extensions, ""])

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of an opened note; extension lines may follow. Raises NoteInvalid."""
        lines = text.split("\n")
        if len(lines) <= _FEWEST_LINES or lines[-1] or not all(lines[:-1]):
            raise NoteInvalid("the checkpoint is malformed")
        origin, size, encoded = lines[:_FEWEST_LINES]
        if not (size.isascii() and size.isdecimal()) or (size[0] == "0" and size != "0"):
            raise NoteInvalid("the size of the checkpoint is malformed")
        root = _unbase64(encoded)
        if not origin.strip() or len(root) != _ROOT_BYTES or len(size) > len(str(2**63)):
            raise NoteInvalid("the checkpoint is malformed")
        return cls(origin, int(size), root, tuple(lines[_FEWEST_LINES:-1]))


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """The note of a text, signed under a name.

    Raises NoteInvalid unless the text ends in a newline and has no control characters.
    """
    if not _is_text(text):
        raise NoteInvalid("the text of a note ends in a newline and has no control characters")
    return f"{text}\n{_signature_line(text, name, key)}"


def cosign_note(note: str, name: str, key: SigningKey) -> str:
    """The note with one more signature. Raises NoteInvalid for a malformed note."""
    text, _ = _part(note)
    return note + _signature_line(text, name, key)


def open_note(note: str, *verifiers: Verifier) -> str:
    """The text of a note that at least one of these verifiers signed.

    Signatures of unknown keys are passed over, a wrong one of a known key is not. Raises
    NoteInvalid.
    """
    text, lines = _part(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed = False
    for line in lines:
        name, key_id, signature = _read_signature(line)
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        try:
            verify(verifier.public, signature, text.encode())
        except SignatureInvalid:
            raise NoteInvalid("a signature on the note is wrong") from None
        signed = True
    if not signed:
        raise NoteInvalid("no trusted key signed the note")
    return text


def _signature_line(text: str, name: str, key: SigningKey) -> str:
    signature = key.sign(text.encode())
    return f"{_DASH}{name} {_base64(Verifier(name, key.public).key_id + signature)}\n"


def _part(note: str) -> tuple[str, list[str]]:
    """Cut a note at its last empty line into text and signature lines."""
    if len(note) > _LONGEST_NOTE:
        raise NoteInvalid("the note is too long")
    text, empty, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not empty or lines.pop() or not lines or not _is_text(text + "\n"):
        raise NoteInvalid("the note is malformed")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteInvalid("the note has too many signatures")
    return text + "\n", lines


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    if not line.startswith(_DASH):
        raise NoteInvalid("a signature line is malformed")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    blob = _unbase64(encoded)
    if not _is_name(name) or len(blob) <= _ID_BYTES:
        raise NoteInvalid("a signature line is malformed")
    return name, blob[:_ID_BYTES], blob[_ID_BYTES:]


def _is_name(name: str) -> bool:
    return bool(name) and name.isprintable() and not any(c.isspace() or c == "+" for c in name)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.endswith("\n") and not _CONTROL.search(text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: str) -> bytes:
    """Strict base64: another spelling of the same bytes is refused."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid("the base64 is malformed") from None
    if _base64(data) != text:
        raise NoteInvalid("the base64 is malformed")
    return data
