"""Whatever somebody who can write to the database changes in a row is named by verification.

Generated from the models: a table or column that is added tomorrow is tried. One round changes one
column of one row of every table at once, then verifies once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.models import authenticated_models
from app.permissions import Role, roles_in
from app.store import authenticated
from app.store.base import RolesText, new_id
from tests.insider.scene import ONE_ROW_BY_DESIGN, live
from tests.retention.steps import verify_all

MODELS = authenticated_models()
TABLES = {model.__tablename__: model.__table__ for model in MODELS}


@pytest.fixture
def lived_in(new_world):
    """An organisation in which two teams have brought somebody all the way."""
    return new_world(live)


def columns_of(table: Any) -> list[Column[Any]]:
    return [column for column in table.c if not column.primary_key]


def changed(column: Column[Any], value: Any) -> Any:
    """Another value that the column takes."""
    fresh = {UUID: new_id(), date: date(2026, 1, 2), bool: True, int: 7, str: "x", bytes: b"x"}
    if isinstance(column.type, RolesText):
        return value ^ roles_in(new_id(), Role.LEAD)
    kind = column.type.python_type
    if value is None or kind is UUID:
        return fresh.get(kind, value)
    if issubclass(kind, Enum):
        return next((member for member in kind if member is not value), None)
    steps = {bool: lambda: not value, int: lambda: value + 1, bytes: lambda: flipped(value)}
    if isinstance(value, date):
        return value + timedelta(days=1)
    return steps.get(kind, lambda: f"{value}x")()


def flipped(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"


def is_tried(column: Column[Any]) -> bool:
    return not column.info.get("unproved") or column.name == "row_mac"


def places(verdict) -> set[str]:
    return {finding.where for finding in verdict.findings}


KEYS_COME_FROM = "scopes"
"""Without its scopes a case's log does not open, and then its other rows are not compared."""


def rounds() -> Iterator[dict[str, str]]:
    """Yield, for each round, which column of each table is changed."""
    waiting = {name: [c.name for c in columns_of(t) if is_tried(c)] for name, t in TABLES.items()}
    for column in waiting.pop(KEYS_COME_FROM):
        yield {KEYS_COME_FROM: column}
    while any(waiting.values()):
        yield {name: columns.pop() for name, columns in waiting.items() if columns}


def row_of(connection, table: Any, number: int = 0) -> Any:
    key = next(iter(table.primary_key.columns))
    rows = connection.execute(select(table).order_by(key)).mappings().all()
    return rows[number] if len(rows) > number else None


def write(world, statement: Any) -> bool:
    """Run a statement as the database's owner would: no key and no constraint is in the way.

    Returns False where the database itself refuses the value.
    """
    with world.deployment.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = 0")
        try:
            with connection.begin():
                connection.execute(statement)
        except IntegrityError:
            return False
        finally:
            driver.execute("PRAGMA foreign_keys = 1")
    return True


def test_every_table_has_rows_to_try(lived_in):
    """Two rows in every table, or the table says why it has none: add an act to live_twice."""
    with lived_in.deployment.engine.connect() as connection:
        short = {name for name, table in TABLES.items() if row_of(connection, table, 1) is None}
    more, fewer = short - set(ONE_ROW_BY_DESIGN), set(ONE_ROW_BY_DESIGN) - short
    assert not more, f"make two rows of each in tests/insider/scene.py: {sorted(more)}"
    assert not fewer, f"take them out of ONE_ROW_BY_DESIGN: {sorted(fewer)}"


def test_an_organisation_that_nobody_altered_is_sound(lived_in):
    assert verify_all(lived_in).findings == []
    assert verify_all(lived_in).sound


def test_each_changed_column_is_named_by_verification(lived_in):
    tried = 0
    for columns in rounds():
        expected, before = {}, []
        with lived_in.deployment.engine.connect() as connection:
            rows = {name: row_of(connection, TABLES[name]) for name in columns}
        for name, column in columns.items():
            row = rows[name]
            if row is None:
                continue
            table = TABLES[name]
            key = next(iter(table.primary_key.columns))
            at = update(table).where(key == row[key.name])
            value = changed(table.c[column], row[column])
            if value == row[column] or not write(lived_in, at.values({column: value})):
                continue
            expected[f"{name}/{row[key.name]}"] = column
            before.append(at.values({column: row[column]}))
        found = places(verify_all(lived_in))
        for statement in before:
            assert write(lived_in, statement)
        missed = {place: column for place, column in expected.items() if place not in found}
        assert not missed, sorted((p.partition("/")[0], c) for p, c in missed.items())
        tried += len(expected)
    assert verify_all(lived_in).sound
    assert tried > 250


def test_each_deleted_row_is_named(lived_in):
    expected = []
    for name, table in TABLES.items():
        with lived_in.deployment.engine.connect() as connection:
            row = row_of(connection, table)
        if row is None or name == KEYS_COME_FROM:
            continue
        key = next(iter(table.primary_key.columns))
        if write(lived_in, delete(table).where(key == row[key.name])):
            expected.append(f"{name}/{row[key.name]}")
    missed = set(expected) - places(verify_all(lived_in))
    assert not missed


def test_two_rows_that_change_places_are_both_named(lived_in):
    expected = []
    for name, table in TABLES.items():
        with lived_in.deployment.engine.connect() as connection:
            pair = [row_of(connection, table, number) for number in (0, 1)]
        if None in pair:
            continue
        key = next(iter(table.primary_key.columns))
        # Unique columns stay: the database itself refuses two rows with the same.
        mine = {c.name for c in columns_of(table) if not (c.unique or _in_unique(table, c))}
        values = [{name: row[name] for name in mine} for row in pair]
        if values[0] == values[1]:
            continue
        for row, other in zip(pair, values[::-1], strict=True):
            if write(lived_in, update(table).where(key == row[key.name]).values(other)):
                expected.append(f"{name}/{row[key.name]}")
    missed = set(expected) - places(verify_all(lived_in))
    assert not missed


def _in_unique(table: Any, column: Column[Any]) -> bool:
    unique = [one for one in table.constraints if type(one).__name__ == "UniqueConstraint"]
    unique += [one for one in table.indexes if one.unique]
    return any(column in one.columns.values() for one in unique)


def test_with_the_row_check_off_a_changed_row_carries(lived_in, monkeypatch):
    """The control of this file: what it finds is found by the check and by nothing else."""
    monkeypatch.setattr(authenticated.RowMacs, "holds", lambda *_: True)
    monkeypatch.setattr(
        authenticated.RowMacs, "digest_of", lambda *_, **__: pytest.fail("asked for a digest")
    )
    with pytest.raises(pytest.fail.Exception):
        verify_all(lived_in)
