"""Keep what is in memory out of files: no core, and no other process of the user that reads it."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_PR_GET_DUMPABLE: Final = 3


def forbid_dumps() -> None:
    """Let this process leave no core, and be traced by root alone. For good.

    The limit comes first: it holds where the kernel is not Linux as well. A child that is started
    by fork keeps both; one that runs another program keeps the limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_dumpable() -> bool:
    """Return whether the kernel would still write this process to a core."""
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))
