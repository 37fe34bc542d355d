"""Attempts to sign in that fail, as the routes carry them out."""

from __future__ import annotations

from app.accounts.logins import login_index
from app.crypto.stretching import Lane
from app.sessions import throttle
from app.sessions.sign_in import start_sign_in
from tests.support.world import World

WRONG = "wrong words wrong words wrong words wrong words"


def fail(
    world: World, login: str, times: int, permit: str | None = None, lane: Lane = Lane.STRANGER
) -> list[float]:
    """Try so often with wrong words; returns the delays that were set."""
    delays = []
    for _ in range(times):
        with world.work_as(None) as work:
            task = start_sign_in(work, login, WRONG, permit)[0]
        assert task.lane is lane
        delays.append(task.delay)
        index = login_index(world.deployment, login)
        throttle.note_failure(world.deployment, index, task.lane, sign_in=True)
    return delays
