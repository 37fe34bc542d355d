"""The texts of a body, in whatever field and form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from app.http.texts import fields_of, texts_in
from app.relocation.models import LegKind
from app.store.base import new_id
from tests.support.served import serve


class Inner(BaseModel):
    kind: LegKind
    place: str


class Body(BaseModel):
    id: str = Field(json_schema_extra={"format": "uuid"})
    language: str = Field(pattern="^[a-z]{2}$")
    notes: list[str]
    inner: Inner
    maybe: str | None = None


def test_ids_choices_and_codes_of_a_language_are_no_texts_and_what_lies_below_them_may_be():
    fields = fields_of(TypeAdapter(Body))
    without = {name for name, no_text in fields.items() if no_text is not None}
    assert without == {"id", "language", "kind", "inner"}
    body = {
        "id": str(new_id()),
        "language": "my",
        "notes": ["one", "two"],
        "inner": {"kind": "boat", "place": "three"},
        "maybe": [{"notes": "four"}],
    }
    assert texts_in(json.dumps(body).encode(), fields) == ("one", "two", "three", "four")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"id": "river stone"}', ["river stone"]),
        ('{"id": "cafe"}', ["cafe"]),
        ('{"kind": "monsoon", "language": "stone"}', ["monsoon", "stone"]),
        ('{"kind": "boat", "language": "my"}', []),
        ('{"kind": ["boat", "monsoon"]}', ["monsoon"]),
        ('{"river stone": "one"}', ["river stone", "one"]),
        ('{"notes": {"river stone": 1}}', ["river stone"]),
        ('{"maybe": "one", "maybe": "two"}', ["one", "two"]),
        ('{"id": "5b1d6c0e-9a47-4f2b-8c33-0d6e7f1a2b94"}', []),
    ],
)
def test_what_a_field_does_not_hold_by_its_schema_is_a_text_and_nothing_hides_another(body, found):
    assert list(texts_in(body.encode(), fields_of(TypeAdapter(Body)))) == found


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(TEXTS, st.sampled_from([[], ["x"], ["x", 0], [0, "y", 0, "z"]]))
def test_a_text_is_found_however_deep_and_in_what_is_no_json_as_it_came(text, way):
    value = text
    for step in reversed(way):
        value = {step: value} if isinstance(step, str) else [value]
    body = json.dumps(value).encode()
    assert texts_in(body) == (text,)
    assert texts_in(b"\xef\xbb\xbf" + body) == (text,)
    assert texts_in(body[:-1] + b",") == (body[:-1].decode() + ",",)


@given(st.sampled_from([b"[", b'{"a":']), st.sampled_from([10, 900, 5_000, 100_000]))
def test_a_body_that_is_nested_beyond_reason_is_one_text(opening, depth):
    body = opening * depth
    assert texts_in(body) == (body.decode(),)


def test_a_text_nested_beyond_reason_is_refused_as_a_body_that_is_no_json(world):
    case_id = world.open_case()
    with serve(world) as served:
        token = served.sign_in(world.member("coordinator"))
        answer = served.client.post(
            f"/api/cases/{case_id}/notes",
            content=b"[" * 50_000,
            headers={
                "authorization": f"Bearer {token}",
                "content-type": "application/json",
                "idempotency-key": "nested-notes",
            },
        )
    assert answer.status_code == 400
