"""The version of this program, as it is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

_FROM_SOURCE = "0+source"


def program_version() -> str:
    """Return the installed version, or ``0+source`` where the program is not installed."""
    try:
        return version("padauk")
    except PackageNotFoundError:
        return _FROM_SOURCE
