"""The journey that the walls walk leaves a row in every table, or the table says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select
from sqlalchemy.engine import Engine

from app.models import metadata
from app.store.models import KeystoreBase
from app.worker import Worker
from tests.support.journey import walk_once

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_ROWS = {
    "case_links": "a link needs two cases: tests/links/test_links.py",
    "custody_contributions": "leads open custody together: tests/vault/test_custody.py",
    "destructions": "a closed case is destroyed later: tests/retention/test_destruction.py",
    "duplicate_dismissals": "a duplicate needs two cases: tests/intake/test_duplicates.py",
    "duplicate_matches": "a duplicate needs two cases: tests/intake/test_duplicates.py",
    "invitations": "nobody joins on this journey: tests/joining/test_joining.py",
    "erasure_requests": "its case would be gone: tests/retention/test_requests.py",
    "leg_escalations": "nobody is silent on this journey: tests/watch/test_escalation.py",
    "published_reports": "a report counts many cases: tests/reports/test_reports.py",
    "retention_looks": "nobody is refused on this journey: tests/retention/test_looks.py",
    "silence_notices": "nobody is silent on this journey: tests/retention/test_due.py",
    "suspensions": "nobody is suspended on this journey: tests/accounts/test_suspensions.py",
    "travellers": "people travel together: tests/relocation/test_travellers.py",
    "replaced_cells": "nothing is edited on this journey: tests/cases/test_edits.py",
}
"""Tables that the journey leaves empty: why, and the test that makes rows of them."""


def empty_tables(engine: Engine, known: MetaData) -> set[str]:
    with engine.connect() as connection:
        return {
            table.name
            for table in known.sorted_tables
            if not connection.scalar(select(func.count()).select_from(table))
        }


@pytest.mark.parametrize("table", WITHOUT_ROWS)
def test_a_table_that_the_journey_leaves_empty_names_a_test_that_is_there(table):
    why, path = WITHOUT_ROWS[table].rsplit(": ", 1)
    assert why
    assert (ROOT / path).is_file()


@pytest.fixture
def walked(new_world):
    """A world after a whole journey and a turn of the worker."""
    world = new_world(walk_once)
    Worker(world.deployment).run_due()
    return world


def test_the_journey_leaves_a_row_in_every_table(walked):
    deployment = walked.deployment
    empty = empty_tables(deployment.engine, metadata)
    empty |= empty_tables(deployment.keystore.engine, KeystoreBase.metadata)
    silent, idle = empty - set(WITHOUT_ROWS), set(WITHOUT_ROWS) - empty
    assert not silent, (
        f"no rows after the journey: {sorted(silent)}. Make one in tests/support/journey.py, so "
        "that the walls see its rows, or give a reason in WITHOUT_ROWS"
    )
    assert not idle, f"these have rows: remove them from WITHOUT_ROWS: {sorted(idle)}"
