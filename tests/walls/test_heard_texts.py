"""Every text that somebody may write about a journey or its case is heard, or says why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.http.routing import ServedRoute, declared_needs
from app.http.texts import fields_of
from app.main import OF_CASES, create_app
from tests.support.world import Founded, copy_sqlite, open_world

OF_NO_CASE = {"member_id", "team_id", "fund_id"}
"""Ids of addresses that name no row of a case."""


@pytest.fixture(scope="module")
def app(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("heard")))
    yield create_app(world.deployment)
    world.close()


def texts_of(route: ServedRoute) -> set[str]:
    """The fields of a route's body in which somebody can type a text."""
    shape = route.takes and route.takes.shape
    if not shape:
        return set()
    return {name for name, no_text in fields_of(shape).items() if no_text is None}


def taking_texts(app: FastAPI) -> dict[str, set[str]]:
    """The fields for texts of each address that names something."""
    found = {f"{one.method} {one.path}": texts_of(one) for one in declared_needs(app)}
    return {route: fields for route, fields in found.items() if fields and "{" in route}


def test_an_address_of_a_text_names_the_case_or_a_row_of_one_or_is_of_no_case(app: FastAPI):
    known = {"case_id", *OF_CASES, *OF_NO_CASE}
    deaf = [
        f"{route}: add its id to OF_CASES in app/main.py, so that a duress word in its texts "
        "alarms; or to OF_NO_CASE here"
        for route in taking_texts(app)
        if known.isdisjoint(re.findall(r"\{(\w+)\}", route))
    ]
    assert not deaf, "\n".join(deaf)


def test_reasons_notes_and_every_field_of_the_record_and_of_money_are_texts(app: FastAPI):
    found = taking_texts(app)
    assert len(found) >= 30
    assert found["POST /api/legs/{leg_id}/moves"] == {"reason"}
    assert found["POST /api/aid-requests/{request_id}/payments"] >= {"reference"}
    record = found["PATCH /api/cases/{case_id}"]
    assert record >= {"says", "unit", "needs", "phones", "safe_times", "relation", "name"}
    assert record.isdisjoint({"standing", "urgent", "household", "contact", "language"})


def test_nothing_is_heard_only_where_the_words_themselves_are_agreed(app: FastAPI):
    silent = {one.name for one in declared_needs(app) if one.not_heard is not None}
    assert silent == {"open_plan", "tell_words"}
