"""Every input of text, and as many of our own, over HTTP: names, numbers, words, births, codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.inputs.texts import INPUTS, RIGHT, Texts, wrapped
from tests.support.journey import Journey
from tests.support.served import serve
from tests.support.world import World

KINDS = sorted({one["kind"] for one in INPUTS})


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "code"])
def test_every_input_of_a_kind_comes_out_right(world: World, kind: str):
    wrong = {}
    with serve(world) as served:
        texts = Texts(served)
        for one in INPUTS:
            if one["kind"] == kind:
                outcome = texts.outcome(kind, one["texts"])
                if outcome != RIGHT[kind]:
                    wrong[tuple(one["texts"])] = outcome
    assert wrong == {}


def register_once(world: World) -> str:
    """A full code in the hands of its person; for ``new_world``."""
    with serve(world) as served:
        journey = Journey(served)
        journey.log_intake()
        journey.triage_and_assign()
        journey.vet()
        return journey.ask_for_code()


@pytest.mark.parametrize("form", [one["texts"][0] for one in INPUTS if one["kind"] == "code"])
def test_a_valid_code_is_valid_however_it_arrives(new_world: Callable[..., World], form: str):
    world = new_world(register_once)
    with serve(world) as served:
        body = {"code": wrapped(form, world.facts)}
        verifier = world.member("volunteer", 2)
        found = served.ask(verifier, "POST", "/registrations/redemptions", body)
        assert (found.status_code, found.json()["valid"]) == (200, True)


def test_every_kind_has_as_many_inputs_of_our_own_as_were_met_in_use():
    for kind in KINDS:
        sources = [one["source"] for one in INPUTS if one["kind"] == kind]
        assert sources.count("own") >= sources.count("shared"), kind
