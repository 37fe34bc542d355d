"""Copies of a founded organisation: files of SQLite, or databases of PostgreSQL by a template.

Knows how databases are copied and removed; knows nothing of what is in them.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.postgres import drop_database, fresh_database
from tests.support.world import Founded, World, copy_sqlite, open_world

Prepare = Callable[[World], Any]
"""Works in a world, and returns what tests must know of it: no part of that world itself."""

_numbers = count()


class Prepared(NamedTuple):
    """A world that was worked in once, to be copied: files, or the names of databases."""

    at: datetime
    facts: Any
    source: Any


class Copies(ABC):
    """Makes copies for one test, and removes them."""

    @abstractmethod
    def copy(self, source: Any = None) -> World:
        """Return a world over a copy of ``source``, or of what was founded."""

    @abstractmethod
    def keep(self) -> Any:
        """Leave the newest copy in place at the end; return what copies it."""

    @abstractmethod
    def remove(self) -> None:
        """Remove every copy that is not kept."""

    def prepare(self, prepare: Prepare) -> Prepared:
        """Work in a copy, close it, and keep it to be copied."""
        world = self.copy()
        facts = prepare(world)
        world.close()
        return Prepared(world.clock.at, facts, self.keep())


class FileCopies(Copies):
    """Copies of SQLite's files."""

    def __init__(self, founded: Founded, source: Path, base: Path) -> None:
        self._founded, self._source, self._base = founded, source, base
        self._folders: list[Path] = []

    def copy(self, source: Path | None = None) -> World:
        target = self._base / f"world-{next(_numbers)}"
        target.mkdir()
        self._folders.append(target)
        settings = copy_sqlite(self._founded, source or self._source, target)
        return open_world(self._founded, settings, (target,))

    def keep(self) -> Path:
        return self._folders.pop()

    def remove(self) -> None:
        for folder in self._folders:
            shutil.rmtree(folder)


class DatabaseCopies(Copies):
    """Copies of PostgreSQL's databases."""

    def __init__(self, founded: Founded, server: str) -> None:
        self._founded, self._server = founded, server
        self._names: list[tuple[str, str]] = []

    def copy(self, source: tuple[str, str] = ("founded", "founded_keys")) -> World:
        number = next(_numbers)
        names = (f"world_{number}", f"world_{number}_keys")
        self._names.append(names)
        main, keys = (
            fresh_database(self._server, name, template)
            for name, template in zip(names, source, strict=True)
        )
        update = {"database_url": main, "keystore_url": keys}
        return open_world(self._founded, self._founded.settings.model_copy(update=update))

    def keep(self) -> tuple[str, str]:
        return self._names.pop()

    def remove(self) -> None:
        for names in self._names:
            for name in names:
                drop_database(self._server, name)
