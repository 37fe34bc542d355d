"""Argon2id (RFC 9106, version 0x13) by argon2-cffi, and the bounds of what it may cost.

Imports nothing but that library and the errors of this package: it is all that the stretching
process loads. Knows figures and bytes; no text and no purpose.
"""

from __future__ import annotations

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from app.crypto.errors import WeakParameters

STRETCHED_BYTES = 64
_MOST_MEMORY_KIB = 2 * 1024 * 1024
_MOST_ITERATIONS = 32
_MOST_LANES = 16
_LEAST_MEMORY_A_LANE_KIB = 8

Figures = tuple[int, int, int]
"""Memory in KiB, passes over it, parallel lanes."""


def check_figures(figures: Figures, floor: Figures) -> None:
    """Raise WeakParameters under the floor, or beyond 2 GiB, 32 passes or 16 lanes."""
    memory, iterations, lanes = figures
    least_memory = max(floor[0], _LEAST_MEMORY_A_LANE_KIB * lanes)
    if not (
        least_memory <= memory <= _MOST_MEMORY_KIB
        and max(floor[1], 1) <= iterations <= _MOST_ITERATIONS
        and max(floor[2], 1) <= lanes <= _MOST_LANES
    ):
        raise WeakParameters("the stretching cost is outside what is allowed")


def argon2id(secret: bytes, *, salt: bytes, figures: Figures) -> bytes:
    """The 64 bytes of a stretched secret. The figures have been checked."""
    memory, iterations, lanes = figures
    return hash_secret_raw(
        secret, salt, iterations, memory, lanes, STRETCHED_BYTES, Type.ID, ARGON2_VERSION
    )
