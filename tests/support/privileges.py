"""Takes from root what lets it pass over the modes of files, for as long as a block lasts.

Tests of files that may not be read or written run as root in many places, and would find that
root may. On Linux alone; an ordinary user keeps what it has.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VERSION_3: Final = 0x20080522
_OVERRIDES: Final = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )  # fmt: skip


@contextmanager
def modes_obeyed() -> Iterator[None]:
    """Let modes of files hold for this thread too, root or not."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = _Header(_VERSION_3, 0), (_Data * 2)()
    _call(libc.capget(ctypes.byref(header), data))
    before = data[0].effective
    data[0].effective = before & ~_OVERRIDES
    _call(libc.capset(ctypes.byref(header), data))
    try:
        yield
    finally:
        data[0].effective = before
        _call(libc.capset(ctypes.byref(header), data))


def _call(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "capabilities")
