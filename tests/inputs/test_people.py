"""The inputs about people over HTTP: names that show nothing, names of one syllable."""

from __future__ import annotations

import pytest

from tests.inputs.texts import Texts
from tests.support.served import serve
from tests.support.world import World


@pytest.mark.parametrize("name", ["\u200b", "\u2060\u00ad", " \u3164 ", "\u2800", "\U000e0041", ""])
def test_a_name_that_shows_nothing_is_too_short(world: World, name: str):
    with serve(world) as served:
        refused = Texts(served).open(identity={"name": name})
    assert refused.status_code == 422
    errors = [(one["field"], one["code"]) for one in refused.json()["errors"]]
    assert errors == [("identity.name", "too_short")]


@pytest.mark.parametrize("typed", ["Aung", "AUNG.", "Ko Aung", "အောင်", "\u2068Aung\u2069", "ေအာင္"])
def test_a_name_of_one_syllable_finds_who_is_called_so_and_nobody_else(world: World, typed: str):
    with serve(world) as served:
        texts = Texts(served)
        wanted = texts.open(identity={"name": "Aung"}).json()["id"]
        texts.open(identity={"name": "Aung Aung Naing"})
        found = served.ask(
            world.member("coordinator"), "POST", "/searches", {"kind": "name", "value": typed}
        )
    assert [item["id"] for item in found.json()["items"]] == [wanted]
