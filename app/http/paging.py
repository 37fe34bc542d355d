"""Pages by cursor: the position where the last page ended, authenticated.

A cursor is base64url over ``mac 16 | JSON``: the sort keys of the last row shown, under a key of
the deployment and bound to the member, the list and its filter: in another list or filter it would
skip rows. ``limit`` may change from page to page. It is a position and no permission. Knows no
table.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Final, Generic, TypeAlias, TypeVar, overload
from uuid import UUID

import msgspec
from fastapi import Query
from pydantic import Field

from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.errors import Invalid
from app.http.schema import Schema
from app.work import Work

T = TypeVar("T")
A = TypeVar("A", bound="Key")
B = TypeVar("B", bound="Key")
C = TypeVar("C", bound="Key")
Row = TypeVar("Row")

Key: TypeAlias = UUID | date | datetime | int | str
MOST: Final = 100
USUAL: Final = 50
_MAC_BYTES: Final = 16
_CURSOR: Final = 400


class CursorInvalid(Invalid):
    """The cursor was not given out here, to this member, for this list."""

    code = "cursor.invalid"
    title = "This cursor is not of this list with this filter; start again from the first page"

    def __init__(self) -> None:
        super().__init__("cursor")


class PageRequest(Schema):
    """How much is asked for, and after what."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = USUAL
    cursor: Annotated[str, Field(max_length=_CURSOR)] | None = None


PageQuery: TypeAlias = Annotated[PageRequest, Query()]
"""What a listing handler takes: ``def list_cases(work: Work, page: PageQuery)``."""


class Page(Schema, Generic[T]):
    """One page, and the cursor of the next one where there is one."""

    items: list[T]
    next: str | None = None


@overload
def position(work: Work, page: PageRequest, first: type[A], /) -> tuple[A] | None: ...
@overload
def position(
    work: Work, page: PageRequest, first: type[A], second: type[B], /
) -> tuple[A, B] | None: ...
@overload
def position(
    work: Work, page: PageRequest, first: type[A], second: type[B], third: type[C], /
) -> tuple[A, B, C] | None: ...
def position(work: Work, page: PageRequest, *kinds: type[object]) -> tuple[object, ...] | None:
    """Return the sort keys that the page starts after, typed as ``kinds``; None for the first.

    Raises ``CursorInvalid``.
    """
    if page.cursor is None:
        return None
    try:
        sealed = urlsafe_b64decode(page.cursor.encode() + b"=" * (-len(page.cursor) % 4))
        written = sealed[_MAC_BYTES:]
        if not equal(sealed[:_MAC_BYTES], _tag(work, page, written)):
            raise CursorInvalid
        kept = msgspec.json.decode(written, type=list[msgspec.Raw])
        pairs = zip(kinds, kept, strict=True)
        return tuple(msgspec.json.decode(raw, type=kind) for kind, raw in pairs)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise CursorInvalid from None


def page_of(
    work: Work,
    page: PageRequest,
    rows: Sequence[Row],
    *,
    keys: Callable[[Row], tuple[Key, ...]],
    show: Callable[[Sequence[Row]], Sequence[T]],
) -> Page[T]:
    """Return the page of ``rows``, of which one more than ``page.limit`` was asked for.

    ``keys`` gives a row's sort keys, which must order rows totally; ``show`` turns exactly the
    rows that are shown into items, so that no other row is opened.
    """
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    following = cursor_after(work, page, keys(shown[-1])) if more else None
    return Page[T](items=list(show(shown)), next=following)


def cursor_after(work: Work, page: PageRequest, keys: tuple[Key, ...]) -> str:
    """Return the cursor of what comes after a row with these sort keys."""
    written = msgspec.json.encode(keys)
    return urlsafe_b64encode(_tag(work, page, written) + written).rstrip(b"=").decode()


def _tag(work: Work, page: PageRequest, written: bytes) -> bytes:
    filtered = page.model_dump_json(exclude={"cursor", "limit"})
    message = frame(Label.CURSOR, work.principal.id, work.place, filtered, written)
    return mac(work.deployment.cursor_key, message)[:_MAC_BYTES]
