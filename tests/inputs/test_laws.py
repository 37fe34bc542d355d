"""Laws over HTTP: what is sent again changes nothing; what was typed survives every edit."""

from __future__ import annotations

from typing import Any

from burmesenlp import uni2zg
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.models import metadata
from app.text.characters import clean
from app.text.encoding import to_unicode
from tests.inputs.road import Road
from tests.inputs.texts import Texts, nobody
from tests.support.served import Served, serve
from tests.support.world import Person, World

Act = tuple[Person, str, dict[str, Any]]
ACTS = 8


def acts_of(road: Road, fund_id: str) -> list[Act]:
    """One act of each kind that adds something, on one case."""
    member, case, leg = road.served.world.member, f"/cases/{road.case_id}", road.legs[0]
    other = Texts(road.served).open().json()["id"]
    aid = {
        "currency": "MMK",
        "items": [{"category": "food", "amount": 9_000}],
        "payee": {"name": nobody()},
    }
    found: list[Act] = [
        (road.planner, f"{case}/notes", {"text": "Called back."}),
        (road.planner, f"/legs/{leg}/check-ins", {"word": "mango tree"}),
        (road.planner, f"{case}/check-ins", {"word": "the river stone, she said"}),
        (road.planner, f"{case}/aid-requests", aid),
        (road.planner, f"{case}/links", {"other_id": other, "kind": "family"}),
        (road.planner, f"{case}/consents", {"purpose": "research", "how": "by phone"}),
        (member("treasurer"), f"/funds/{fund_id}/deposits", {"amount": 500, "source": "events"}),
        (member("volunteer"), "/cases", an_intake()),
    ]
    assert len(found) == ACTS
    return found


def an_intake() -> dict[str, Any]:
    return {
        "standing": "left", "identity": {"name": nobody()},
        "contact": {"channel": "phone"}, "account": {"says": "Called."},
    }  # fmt: skip


def counted(world: World) -> dict[str, int]:
    """How many rows each table has, but for the log of what was asked."""
    with world.deployment.sessions() as session:
        return {
            table.name: session.scalars(select(func.count()).select_from(table)).one()
            for table in metadata.sorted_tables
            if not table.name.startswith("audit_")
        }


def test_sending_any_act_again_in_any_order_changes_nothing(world: World):
    with serve(world) as served:
        fund = served.post(
            world.member("treasurer"), "/funds", {"name": "Lotus", "currency": "MMK"}
        )
        runs = iter(range(1_000))

        @settings(max_examples=8, deadline=None)
        @given(st.lists(st.integers(0, ACTS - 1), min_size=4, max_size=16))
        def law(order: list[int]) -> None:
            road, run = Road(served), next(runs)
            road.plan()
            acts, first = acts_of(road, fund["id"]), {}
            for number in order:
                who, path, body = acts[number]
                before = counted(world)
                turned = dict(reversed(body.items())) if number in first else body
                answer = served.ask(who, "POST", path, turned, key=f"the-act-{run}-{number}")
                assert answer.status_code == 201, answer.text
                if number in first:
                    assert answer.content == first[number]
                    assert counted(world) == before
                first[number] = answer.content

        law()


NAMES = ("မျိုးထက်ပိုင်", "နို့ဗူးတစ်ဘူး", "သူ့ဖုန်း", "မသန္တာ", "ကိုဥက္ကာ", "ရွှေဝါမြို့")
TYPED = st.sampled_from([*NAMES, *map(uni2zg, NAMES), "by the river", "\u2068sheds\u2069", "ခဏ ok"])
FIELDS = {
    "unit": "papers",
    "service": "papers",
    "safe_times": "contact",
    "contacted_by": "contact",
    "health": "account",
    "says": "account",
}
"""Free texts of a case that is edited by field, and the part that each is in."""


def original_of(shown: dict[str, Any], part: str, name: str) -> str | None:
    """The text as it came, where it was converted."""
    if name == "says":
        said: str | None = shown[part]["says_as_written"]
        return said
    kept = {one["field"]: one["text"] for one in shown[part]["as_written"]}
    return kept.get(name)


def edit(served: Served, case_id: str, changes: dict[str, str]) -> None:
    volunteer, path = served.world.member("volunteer"), f"/cases/{case_id}"
    body: dict[str, dict[str, str]] = {}
    for name, text in changes.items():
        body.setdefault(FIELDS[name], {})[name] = text
    version = served.get(volunteer, path)["version"]
    answer = served.ask(volunteer, "PATCH", path, body, based_on=version)
    assert answer.status_code == 200, answer.text


def test_what_was_typed_survives_every_edit_of_other_texts(world: World):
    with serve(world) as served:

        @settings(max_examples=10, deadline=None)
        @given(
            st.lists(
                st.dictionaries(st.sampled_from(sorted(FIELDS)), TYPED | st.none(), min_size=1),
                min_size=1,
                max_size=6,
            )
        )
        def law(edits: list[dict[str, str | None]]) -> None:
            volunteer = world.member("volunteer")
            case_id = Texts(served).open().json()["id"]
            typed = {"says": "Called."}
            for changes in edits:
                shown = served.get(volunteer, f"/cases/{case_id}")
                # None stands for a client that sends back what it was shown.
                sent = {
                    name: shown[FIELDS[name]][name] if text is None else text
                    for name, text in changes.items()
                }
                edit(served, case_id, {name: text for name, text in sent.items() if text})
                typed |= {
                    name: text
                    for name, text in sent.items()
                    if text and text != shown[FIELDS[name]][name]
                }
            shown = served.get(volunteer, f"/cases/{case_id}")
            for name, text in typed.items():
                part, kept = FIELDS[name], to_unicode(text)
                assert shown[part][name] == kept
                wanted = None if kept == clean(text) else clean(text)
                assert original_of(shown, part, name) == wanted

        law()
