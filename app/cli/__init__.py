"""The ``padauk`` command, as it is started.

Exit codes: 0 done, 1 refused (the reason is printed), 2 called wrongly, 3 a check found something.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module


def main() -> None:
    """Run the command that was typed; whatever it writes is for its owner's eyes alone."""
    os.umask(0o077)
    # A script calls this one dozens of times, and it needs nothing of what the others load.
    if sys.argv[1:2] == ["call"]:
        sys.argv[:2] = ["padauk call"]
        import_module("app.cli.call").alone()
        return
    import_module("app.cli.commands").app()
