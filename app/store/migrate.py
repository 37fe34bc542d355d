"""Brings the two databases to the schema that this program expects, and back.

Knows Alembic and where the revisions lie; knows no table. The main database and the keystore have
a line of revisions each, because their dumps never meet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

Line = Literal["main", "keystore"]
_ROOT = Path(__file__).resolve().parents[2] / "migrations"


class SchemaBehind(RuntimeError):
    """The database is not at the revision that this program expects; ``padauk`` can upgrade it."""


def _config(line: Line) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ROOT / line))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, line: Line, revision: str = "head") -> None:
    """Apply the revisions up to one, in one transaction; raises what the database raises."""
    _run(engine, line, command.upgrade, revision)


def downgrade(engine: Engine, line: Line, revision: str) -> None:
    """Take revisions back down to one; ``base`` leaves an empty database."""
    _run(engine, line, command.downgrade, revision)


def _run(engine: Engine, line: Line, step: object, revision: str) -> None:
    config = _config(line)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        step(config, revision)  # type: ignore[operator]


def head(line: Line) -> str:
    """Return the newest revision that this program knows."""
    return ScriptDirectory.from_config(_config(line)).get_current_head() or "base"


def current(engine: Engine, line: Line) -> str:
    """Return the revision that a database is at; ``base`` when it is empty."""
    del line
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or "base"


def require_head(engine: Engine, line: Line) -> None:
    """Raise ``SchemaBehind`` unless the database is exactly at the newest revision."""
    if current(engine, line) != head(line):
        raise SchemaBehind(line)
