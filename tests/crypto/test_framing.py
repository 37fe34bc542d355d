import re
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.errors import FrameRefused
from app.crypto.framing import frame, frame_parts, int64, template
from app.crypto.labels import Label
from tests.crypto.laws import law

PARTS = st.one_of(
    st.none(),
    st.binary(max_size=12),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.uuids(),
    st.dates(),
)
LABELS = st.sampled_from(Label)
LISTS = st.tuples(LABELS, st.lists(PARTS, max_size=4))


X = Label.CELL


class Colour(StrEnum):
    RED = "red"


def shape(listed):
    label, parts = listed
    return label, [(type(part), part) for part in parts]


def read(data):
    """Read a frame back, tag by tag: what can be read in one way was written in one way."""
    tags = {
        b"n": lambda body: None,
        b"b": bytes,
        b"s": bytes.decode,
        b"i": lambda body: int.from_bytes(body, "big", signed=True),
        b"u": lambda body: UUID(bytes=body),
        b"d": lambda body: date.fromordinal(int.from_bytes(body, "big")),
    }
    size = int.from_bytes(data[:4], "big")
    label, at, parts = data[4 : 4 + size].decode(), 4 + size, []
    while at < len(data):
        tag, size = data[at : at + 1], int.from_bytes(data[at + 1 : at + 5], "big")
        body = data[at + 5 : at + 5 + size]
        assert len(body) == size
        parts.append(tags[tag](body))
        at += 5 + size
    return label, parts


@law
@given(LISTS)
def test_a_frame_says_exactly_what_was_put_in(listed):
    label, parts = listed
    assert shape(read(frame(label, *parts))) == shape(listed)


@law
@given(LISTS, LISTS)
def test_two_lists_give_the_same_bytes_only_if_they_are_the_same(one, other):
    same = frame(one[0], *one[1]) == frame(other[0], *other[1])
    assert same == (shape(one) == shape(other))


def test_the_bytes_of_a_frame_are_fixed():
    parts = (b"\xff", "က", -2, UUID(int=1), date(1, 1, 2), None)
    assert frame(Label.CELL, *parts).hex() == (
        "0000000d70616461756b2f63656c6c2f31"
        "6200000001ff"
        "7300000003e18080"
        "6900000008fffffffffffffffe"
        "750000001000000000000000000000000000000001"
        "640000000400000002"
        "6e00000000"
    )


def test_what_could_be_split_in_two_ways_is_not_confused():
    assert len({frame(X, "ab", "c"), frame(X, "a", "bc"), frame(X, "abc")}) == 3


def test_nothing_and_the_empty_texts_are_three_things():
    assert len({frame(X), frame(X, None), frame(X, b""), frame(X, "")}) == 4


def test_a_member_of_an_enumeration_is_written_as_its_text():
    assert frame(X, Colour.RED) == frame(X, "red")


@pytest.mark.parametrize(
    "part",
    [True, 1.5, datetime(2030, 1, 2, tzinfo=UTC), [b"x"], 2**63, -(2**63) - 1, "\ud800"],
    ids=["bool", "float", "moment", "list", "too-high", "too-low", "surrogate"],
)
def test_what_has_no_canonical_form_is_refused(part):
    with pytest.raises(FrameRefused):
        frame(X, part)


@law
@given(LABELS, st.lists(PARTS, max_size=3), st.lists(PARTS, max_size=3))
def test_a_frame_may_be_written_in_two_steps(label, first, last):
    assert frame(label, *first) + frame_parts(*last) == frame(label, *first, *last)


@law
@given(LABELS, st.lists(PARTS, max_size=3), st.uuids(), st.integers(-(2**63), 2**63 - 1))
def test_a_template_makes_the_frame_of_its_parts(label, first, key, number):
    made = template(frame(label, *first), UUID, int) % (key.bytes, int64(number))
    assert made == frame(label, *first, key, number)


def test_a_label_as_text_is_refused():
    with pytest.raises(AttributeError):
        frame("padauk/cell/1")


def test_every_label_is_versioned_and_its_own():
    assert all(re.fullmatch(r"padauk/[a-z/-]+/[1-9]", label) for label in Label)
    assert len({label.value for label in Label}) == len(Label.__members__)
