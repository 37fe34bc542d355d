"""What a figure was measured on: a rate carries over to no other machine without it."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

_SYNCS: Final = 50
_LIBRARIES: Final = ("fastapi", "sqlalchemy", "pydantic", "psycopg", "cryptography", "uvicorn")


def machine() -> dict[str, str]:
    """Return the facts of this machine and of the libraries, as text."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "cpu": _cpu(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in _LIBRARIES},
        "fdatasync": f"{_fdatasync_us():.0f} us",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fdatasync_us() -> float:
    """Return the median time of writing 4 KiB and waiting for the disk, where databases lie."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(_SYNCS):
            os.pwrite(file.fileno(), bytes(4096), 0)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken) * 1e6
