"""Write a label and a list of parts as bytes, in one canonical way.

Every ``info``, address and signed message is made by ``frame``: two different lists never give the
same bytes, so nothing bound to one can be taken for the other. Knows types, not meanings.

Layout: ``u32 length | label``, then for each part ``tag 1 | u32 length | bytes``. The tag keeps
``None``, ``b""`` and ``""`` apart. Lengths and integers are big-endian; integers are 64-bit signed.
"""

from __future__ import annotations

import struct
from datetime import date, datetime
from uuid import UUID

from app.crypto.errors import FrameRefused
from app.crypto.labels import Label

Part = bytes | str | int | UUID | date | None

_head = struct.Struct(">cI").pack
_NONE = _head(b"n", 0)
INT_HEAD = _head(b"i", 8)
UUID_HEAD = _head(b"u", 16)
_DATE = _head(b"d", 4)
int64 = struct.Struct(">q").pack
"""The bytes of an integer in a frame."""


def frame(label: Label, *parts: Part) -> bytes:
    """Write a label and its parts canonically.

    A date is written as its proleptic ordinal. Raises FrameRefused for a moment in time, a bool,
    a text that is not Unicode, an integer over 64 bits, or any other type.
    """
    return _join(label.head, parts)


def frame_parts(*parts: Part) -> bytes:
    """Write the further parts of a frame, for who keeps its beginning; raises as ``frame`` does.

    ``frame(label, a, b) == frame(label, a) + frame_parts(b)``.
    """
    return _join(b"", parts)


def template(beginning: bytes, *kinds: type[UUID | int]) -> bytes:
    """Return what ``%`` makes a frame of, given the bytes of its further parts.

    ``template(frame(label, a), UUID, int) % (b.bytes, int64(c)) == frame(label, a, b, c)``, in a
    third of the time: for the frames that a page writes for each of its rows.
    """
    heads = (UUID_HEAD if kind is UUID else INT_HEAD for kind in kinds)
    return beginning.replace(b"%", b"%%") + b"".join(head + b"%b" for head in heads)


def _join(beginning: bytes, parts: tuple[Part, ...]) -> bytes:
    written = [beginning]
    for part in parts:
        # The two that are written most come first, without a further call each.
        if type(part) is UUID:
            written += (UUID_HEAD, part.int.to_bytes(16, "big"))
        elif type(part) is bytes:
            written += (_head(b"b", len(part)), part)
        else:
            written.append(_write(part))
    return b"".join(written)


def _write(part: Part) -> bytes:
    if isinstance(part, str):
        try:
            text = part.encode()
        except UnicodeEncodeError:
            raise FrameRefused("a text is not Unicode") from None
        return _head(b"s", len(text)) + text
    if part is None:
        return _NONE
    if isinstance(part, int) and not isinstance(part, bool):
        try:
            return INT_HEAD + part.to_bytes(8, "big", signed=True)
        except OverflowError:
            raise FrameRefused("an integer is wider than 64 bits") from None
    if isinstance(part, date) and not isinstance(part, datetime):
        return _DATE + part.toordinal().to_bytes(4, "big")
    raise FrameRefused(f"a {type(part).__name__} has no canonical form")
