"""Which formats are written, still read, or refused.

Every sealed value begins with ``version 1 | suite 1``. A table names the suites that its module
knows; what is not in it, or is marked retired, is refused and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from app.crypto.errors import KeyMalformed, SealBroken, UnknownSuite

HEAD_BYTES = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Suite(Generic[T]):
    """One way of sealing: its head on the wire, its name, and what does the work."""

    version: int
    number: int
    name: str
    engine: T
    retired: bool = False

    @property
    def head(self) -> bytes:
        """The two bytes that every value of this suite begins with."""
        return bytes((self.version, self.number))


class SuiteTable(Generic[T]):
    """The suites of one kind of sealed value; the last one listed is written.

    ``live`` maps the head of each suite that may be opened to its engine.
    """

    __slots__ = ("_retired", "current", "live")

    def __init__(self, *suites: Suite[T]) -> None:
        self.current = suites[-1]
        if self.current.retired:
            raise KeyMalformed("the suite to be written is retired")
        self.live = {suite.head: suite.engine for suite in suites if not suite.retired}
        self._retired = {suite.head: suite.name for suite in suites if suite.retired}

    def refusal(self, sealed: bytes) -> UnknownSuite | SealBroken:
        """The error that says why the head of a sealed value is not live."""
        head = sealed[:HEAD_BYTES]
        if len(head) < HEAD_BYTES:
            return SealBroken("too short to name its suite")
        if name := self._retired.get(head):
            return UnknownSuite(f"suite {name} is retired")
        return UnknownSuite("version or suite is unknown")
