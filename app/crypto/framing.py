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


def frame(label: Label, *parts: Part) -> bytes:
    """Write a label and its parts canonically.

    A date is written as its proleptic ordinal. Raises FrameRefused for a moment in time, a bool,
    a text that is not Unicode, an integer over 64 bits, or any other type.
    """
    return label.head + frame_parts(*parts)


def frame_parts(*parts: Part) -> bytes:
    """Write the further parts of a frame, for who keeps its beginning; raises as ``frame`` does.

    ``frame(label, a, b) == frame(label, a) + frame_parts(b)``.
    """
    try:
        return b"".join([_write(part) for part in parts])
    except UnicodeEncodeError:
        raise FrameRefused("a text is not Unicode") from None


def _write(part: object) -> bytes:
    kind = type(part)
    if kind is UUID:
        return UUID_HEAD + part.bytes  # type: ignore[attr-defined,no-any-return]
    if kind is bytes:
        return _head(b"b", len(part)) + part  # type: ignore[arg-type,operator]
    if isinstance(part, str):
        text = part.encode()
        return _head(b"s", len(text)) + text
    if part is None:
        return _NONE
    if isinstance(part, int) and kind is not bool:
        try:
            return INT_HEAD + part.to_bytes(8, "big", signed=True)
        except OverflowError:
            raise FrameRefused("an integer is wider than 64 bits") from None
    if isinstance(part, date) and not isinstance(part, datetime):
        return _DATE + part.toordinal().to_bytes(4, "big")
    raise FrameRefused(f"a {kind.__name__} has no canonical form")
