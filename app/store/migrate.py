"""Brings the two databases to the schema that this program expects, and back.

Knows Alembic and where the revisions are; knows no table. The main database and the keystore have
a line of revisions each, because their dumps never meet. In a checkout the revisions are in
`migrations/` at the root; a wheel carries them as `app/_migrations` (`tools/wheel.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from alembic import command, context
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations.ops import MigrationScript
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, MetaData

from app.store.base import Moment
from app.store.engine import begin_migration, begin_read

Line = Literal["main", "keystore"]
_APP = Path(__file__).resolve().parents[1]


class SchemaBehind(RuntimeError):
    """The database is not at the revision that this program expects; ``padauk`` can upgrade it."""


def revisions_folder() -> Path:
    """Return the folder with one folder of revisions for each line."""
    installed = _APP / "_migrations"
    return installed if installed.is_dir() else _APP.parent / "migrations"


def render_item(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name into a revision; leave the rest to Alembic."""
    if kind == "type" and isinstance(item, Moment):
        context.imports.add("from app.store.base import Moment")
        return "Moment()"
    return False


def _config(line: Line) -> Config:
    config = Config()
    config.set_main_option("script_location", str(revisions_folder() / line))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, line: Line, revision: str = "head") -> None:
    """Apply the revisions up to one, in one transaction; raises what the database raises."""
    _run(engine, line, command.upgrade, revision)


def downgrade(engine: Engine, line: Line, revision: str) -> None:
    """Take revisions back down to one; ``base`` leaves an empty database."""
    _run(engine, line, command.downgrade, revision)


def _run(engine: Engine, line: Line, step: Callable[[Config, str], object], revision: str) -> None:
    config = _config(line)
    with begin_migration(engine) as connection:
        config.attributes["connection"] = connection
        step(config, revision)


def run_revisions(wanted: MetaData) -> None:
    """Carry out Alembic's command on the connection in its configuration; for `env.py` alone.

    Raises ``CommandError`` where there is none: the `alembic` command connects to no database.
    """
    given = context.config.attributes
    if "connection" not in given:
        raise CommandError("run `padauk doctor --upgrade`, or `make migration` for a new revision")
    context.configure(
        connection=given["connection"],
        target_metadata=wanted,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        process_revision_directives=None if given.get("even_empty") else _drop_empty,
    )
    with context.begin_transaction():
        context.run_migrations()


def _drop_empty(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """Write no revision where nothing differs."""
    scripts[:] = [script for script in scripts if not _is_empty(script)]


def _is_empty(script: MigrationScript) -> bool:
    return script.upgrade_ops is not None and script.upgrade_ops.is_empty()


def head(line: Line) -> str:
    """Return the newest revision that this program knows."""
    return ScriptDirectory.from_config(_config(line)).get_current_head() or "base"


def known(line: Line) -> frozenset[str]:
    """Return every revision that this program knows of."""
    script = ScriptDirectory.from_config(_config(line))
    return frozenset(revision.revision for revision in script.walk_revisions())


def current(engine: Engine, line: Line) -> str:
    """Return the revision that a database is at; ``base`` when it is empty."""
    del line
    with begin_read(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision() or "base"


def require_head(engine: Engine, line: Line) -> None:
    """Raise ``SchemaBehind`` unless the database is exactly at the newest revision."""
    if current(engine, line) != head(line):
        raise SchemaBehind(line)
