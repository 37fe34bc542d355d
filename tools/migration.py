"""Writes a revision from what differs between the models and the newest revision.

`make migration m="Add a language to cases"` compares both databases and writes a revision for each
that differs; `line=main` or `line=keystore` writes one for that database, empty where it does not
differ. The comparison is with an empty SQLite brought to the newest revision. Read what is written
before it is committed: Alembic sees a renamed column as one dropped and one added.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.store.migrate import Line

ROOT = Path(__file__).resolve().parents[1]


def write_revisions(message: str, lines: tuple[Line, ...], *, ini: Path) -> Iterator[Path]:
    """Write one revision for each line that differs from its models; yields their paths.

    A line that is asked for alone gets a revision even where nothing differs.
    """
    for line in lines:
        config = Config(str(ini), ini_section=line)
        config.attributes["even_empty"] = len(lines) == 1
        newest = ScriptDirectory.from_config(config).get_current_head() or "0000"
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            number = f"{int(newest) + 1:04d}"
            written = command.revision(config, message, autogenerate=True, rev_id=number)
            scripts = written if isinstance(written, list) else [written]
            yield from (Path(script.path) for script in scripts if script is not None)


def main() -> None:
    """Write the revisions and print their paths."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("message")
    arguments.add_argument("--line", choices=get_args(Line))
    given = arguments.parse_args()
    lines = (given.line,) if given.line else get_args(Line)
    written = list(write_revisions(given.message, lines, ini=ROOT / "alembic.ini"))
    for path in written:
        print(f"wrote {path.relative_to(ROOT)}: read it, then make fmt, make test T=tests/walls")
    if not written:
        print("nothing differs between the models and the newest revisions", file=sys.stderr)


if __name__ == "__main__":
    main()
