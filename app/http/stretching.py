"""Argon2 between the two units of work of a request: outside the request threads, in its process.

A route with ``stretch=`` first says in one unit of work which passphrases are to be stretched;
its handler then gets the results in a second one. While Argon2 works, or a delay is waited for,
the request holds no thread and no transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from app.crypto.errors import PassphraseRefused, QueueFull, StretcherClosed, StretcherLost
from app.crypto.passwords import LONGEST_PASSPHRASE, Argon2Cost, Stretched
from app.crypto.stretching import Lane, Stretcher, Stretchers
from app.errors import Busy
from app.http.errors import Fault, FieldsInvalid

_RETRY_SECONDS: Final = 5


class StretchTask(Protocol):
    """A passphrase to stretch, at what cost, and after which delay."""

    @property
    def words(self) -> str:
        """The passphrase as typed or generated."""

    @property
    def passphrase(self) -> str:
        """What counts of it, and is stretched."""

    @property
    def salt(self) -> bytes:
        """The credential's salt, or one that looks like it."""

    @property
    def cost(self) -> Argon2Cost:
        """The credential's cost."""

    @property
    def floor(self) -> Argon2Cost:
        """The least cost that this deployment accepts."""

    @property
    def lane(self) -> Lane:
        """Among whom it waits."""

    @property
    def delay(self) -> float:
        """How many seconds to wait first, because attempts have failed lately."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """What a handler takes that needs several passphrases stretched: each task, each result."""

    tasks: Sequence[StretchTask]
    results: Sequence[Stretched] = field(repr=False)


Tasks: TypeAlias = StretchTask | Sequence[StretchTask]
"""What ``stretch(work, body)`` returns: one task, or several for a handler of ``Stretches``."""


async def stretch_all(stretchers: Stretchers, tasks: Tasks) -> Stretched | Stretches:
    """Return the results of all tasks; raises ``FieldsInvalid``, ``Busy``."""
    every = tasks if isinstance(tasks, Sequence) else [tasks]
    if delay := max(task.delay for task in every):
        await asyncio.sleep(delay)
    # Queued together, so that a request waits once for its turn and not for each passphrase.
    running = [asyncio.ensure_future(_stretch(stretchers.of(task.lane), task)) for task in every]
    try:
        results = await asyncio.gather(*running)
    finally:
        for one in running:
            one.cancel()
    return Stretches(every, results) if isinstance(tasks, Sequence) else results[0]


async def _stretch(stretcher: Stretcher, task: StretchTask) -> Stretched:
    try:
        return await stretcher.stretch(
            task.passphrase, salt=task.salt, cost=task.cost, floor=task.floor, lane=task.lane
        )
    except PassphraseRefused:
        limits = {"max_length": LONGEST_PASSPHRASE}
        raise FieldsInvalid([Fault(("body",), "string_too_long", limits)]) from None
    except (QueueFull, StretcherLost, StretcherClosed):
        raise Busy(retry_after=_RETRY_SECONDS) from None
