"""Read files that hold a key: a plain file of ours that nobody else may read.

Its guard is judged on the opened file, so that it cannot be exchanged in between.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from app.crypto.errors import KeyFileRefused

OWNER_ONLY: Final = 0o177
"""The bits that a mode of 0600 lacks."""

NOT_THE_WORLD: Final = 0o007


def read_key_file(
    path: Path, *, name: str, size: int, forbidden: int = OWNER_ONLY, owned: bool = True
) -> bytes:
    """Return what a key's file holds, one byte more than ``size`` at most.

    ``name`` begins the message of ``KeyFileRefused``: for a file that is no plain one, belongs to
    another user where it must be ``owned``, has one of the ``forbidden`` bits, or cannot be read.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        raise KeyFileRefused(f"{name} cannot be read") from None
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            raise KeyFileRefused(f"{name} is not a plain file")
        if owned and about.st_uid != os.geteuid():
            raise KeyFileRefused(f"{name} file belongs to someone else")
        if about.st_mode & forbidden:
            raise KeyFileRefused(f"others may read {name}, its mode must be 0600")
        return os.read(opened, size + 1)
    except OSError:
        raise KeyFileRefused(f"{name} cannot be read") from None
    finally:
        os.close(opened)
