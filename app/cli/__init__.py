"""The ``padauk`` command, as it is started.

Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong usage, 3 a check found something.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from app.totality import RowMissing


def main() -> None:
    """Run a command. Files that it writes can be read by their owner only."""
    os.umask(0o077)
    # Scripts run this command dozens of times, and it needs none of the other imports.
    if sys.argv[1:2] == ["call"]:
        sys.argv[:2] = ["padauk call"]
        import_module("app.cli.call").alone()
        return
    try:
        commands = import_module("app.cli.commands")
    except RowMissing as missing:
        sys.exit(f"Incomplete table: {missing}")
    commands.app()
