"""The ``padauk`` command, as it is started.

Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong usage, 3 a check found something.
"""

from __future__ import annotations

import os
import sys

from app.cli.commands import build_app
from app.totality import RowMissing


def main() -> None:
    """Run a command. Files that it writes can be read by their owner only."""
    os.umask(0o077)
    try:
        app = build_app(*sys.argv[1:2])
    except RowMissing as missing:
        sys.exit(f"Incomplete table: {missing}")
    app()
