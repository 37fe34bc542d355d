"""The suite stays lean: few tests run on both databases, and each says what differs there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import DIFFERENCES

CEILING = 350
REASON = re.compile(rf"[Oo]n (?:both databases|PostgreSQL): (?:{'|'.join(DIFFERENCES)})\b")


@pytest.fixture
def on_a_named_database(request):
    """Every collected test whose database is a parameter."""
    return [
        item
        for item in request.session.items
        if "backend" in getattr(getattr(item, "callspec", None), "params", {})
    ]


def test_few_items_run_on_both_databases(on_a_named_database):
    assert len(on_a_named_database) <= CEILING, (
        f"{len(on_a_named_database)} items name their database; at most {CEILING} may. Request "
        "`world` instead of `world_on_both` where nothing differs between the databases."
    )


def test_each_of_them_says_what_differs_between_the_databases(on_a_named_database):
    silent = {
        item.nodeid.split("[")[0]
        for item in on_a_named_database
        if not REASON.search(f"{item.function.__doc__} {item.module.__doc__}")
    }
    assert sorted(silent) == [], (
        f"Write `On both databases: {' | '.join(DIFFERENCES)}.` into the docstring of each of "
        "these tests or of its module, or request `world`."
    )
