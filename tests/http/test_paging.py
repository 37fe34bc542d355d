"""Pages by cursor."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.paging import CursorInvalid, PageRequest, cursor_after, page_of, position
from app.permissions import Role
from app.work import Work
from tests.http.conftest import Served


def a_work(member: int = 1, key: bytes = bytes(32), place: str = "/api/toys") -> Work:
    return cast(
        "Work",
        SimpleNamespace(
            principal=SimpleNamespace(id=UUID(int=member)),
            deployment=SimpleNamespace(cursor_key=key),
            place=place,
        ),
    )


KEYS = st.tuples(
    st.dates(),
    st.uuids(),
    st.integers(-(2**62), 2**62),
    st.text(max_size=40),
    st.datetimes(timezones=st.just(UTC)),
)


@given(keys=KEYS)
def test_a_cursor_gives_back_the_keys_that_it_was_made_of(keys):
    cursor = cursor_after(a_work(), PageRequest(), keys)
    assert position(a_work(), PageRequest(cursor=cursor[:400]), date, UUID, int, str, datetime) in (
        (keys,) if len(cursor) <= 400 else ()
    )


def test_the_first_page_has_no_position():
    assert position(a_work(), PageRequest(), UUID) is None


@given(place=st.integers(0, 400), flip=st.integers(1, 255))
def test_a_cursor_with_any_byte_changed_is_refused(place: int, flip: int):
    cursor = cursor_after(a_work(), PageRequest(), (date(2026, 3, 2), UUID(int=7)))
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[place % len(raw)] ^= flip
    changed = urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(CursorInvalid):
        position(a_work(), PageRequest(cursor=changed), date, UUID)


@pytest.mark.parametrize("cursor", ["", "A", "AAAA", "not base64!", "A" * 400, "\u1000" * 8])
def test_what_was_never_a_cursor_is_refused(cursor: str):
    with pytest.raises(CursorInvalid):
        position(a_work(), PageRequest(cursor=cursor), UUID)


def test_a_cursor_is_of_no_use_to_another_member_list_or_deployment():
    cursor = PageRequest(cursor=cursor_after(a_work(), PageRequest(), (UUID(int=7),)))
    assert position(a_work(), cursor, UUID) == (UUID(int=7),)
    for work, kinds in (
        (a_work(member=2), [UUID]),
        (a_work(key=bytes(31) + b"x"), [UUID]),
        (a_work(place="/api/teams"), [UUID]),
        (a_work(), [int]),
        (a_work(), [UUID, UUID]),
        (a_work(), []),
    ):
        with pytest.raises(CursorInvalid):
            position(work, cursor, *kinds)


@pytest.mark.parametrize(("rows", "shown", "more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_only_the_rows_of_the_page_are_opened(rows: int, shown: int, more: bool):
    opened: list[int] = []

    def show(given):
        opened.extend(given)
        return given

    page = page_of(
        a_work(), PageRequest(limit=2), list(range(rows)), keys=lambda row: (row,), show=show
    )
    assert (opened, page.items, page.next is not None) == (
        list(range(shown)),
        list(range(shown)),
        more,
    )


@pytest.mark.usefixtures("world_on_both")
def test_pages_together_hold_every_row_once(served: Served):
    """On both databases: paging."""
    for number in range(4):
        headers = {"idempotency-key": f"a-random-key-{number}"}
        served.ask(Role.ADMINISTRATOR, "POST", "/api/toys", json={"name": "Oak"}, headers=headers)
    seen, following = [], {}
    while True:
        response = served.ask(
            Role.AUDITOR, "GET", "/api/toys", params={"limit": 2, **following}
        ).json()
        seen += response["items"]
        if response["next"] is None:
            break
        following = {"cursor": response["next"]}
    assert len(seen) == len(set(seen)) == served.count()


def test_a_cursor_of_another_member_is_a_clear_problem(served: Served):
    page = served.ask(Role.AUDITOR, "GET", "/api/toys?limit=1").json()
    response = served.ask(Role.VETTER, "GET", "/api/toys", params={"cursor": page["next"]})
    assert (response.status_code, response.json()["code"]) == (422, "cursor.invalid")
    assert response.json()["errors"][0]["field"] == "cursor"
