"""A migration on SQLite may rebuild a table, and leaves no foreign key that leads nowhere."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Team
from app.store.engine import ForeignKeysBroken, begin_migration


def test_a_migration_that_breaks_a_foreign_key_is_rolled_back(world):
    engine = world.deployment.engine
    with pytest.raises(ForeignKeysBroken), begin_migration(engine) as connection:
        connection.execute(delete(Team.__table__))
    with engine.connect() as connection:
        kept = connection.scalar(select(func.count()).select_from(Team.__table__))
    assert kept == len(world.founded.teams)


def test_foreign_keys_are_checked_again_after_a_migration(world):
    engine = world.deployment.engine
    with begin_migration(engine):
        pass
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(delete(Team.__table__))
