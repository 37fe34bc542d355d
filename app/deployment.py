"""One running deployment: its settings, databases, clock, and the keys derived from its root key.

Built once at start and shared by every request of the process. Between requests nothing else is
kept in memory: no member's key, no case's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.crypto.aead import DataKey
from app.crypto.derive import hkdf, mac
from app.crypto.framing import Part, frame
from app.crypto.passwords import FLOOR, Argon2Cost
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.crypto.stretching import Stretcher
from app.settings import Settings
from app.store.engine import build_engine, checkpoint
from app.store.keystore import Keystore

BOOT_KEY_BYTES = 32
_HOP_THREADS = {"sqlite": 1, "postgresql": 4}


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC: the one place that asks the host's clock."""
    return datetime.now(UTC)  # noqa: TID251 - the injected clock's real source


@dataclass(frozen=True)
class Deployment:
    """What requests, jobs and commands share. ``root`` never leaves the process."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    keystore: Keystore
    root: RootKey
    boot_key: bytes
    stretcher: Stretcher
    clock: Callable[[], datetime] = field(default=utc_now)

    @classmethod
    def build(
        cls,
        settings: Settings,
        root: RootKey,
        *,
        boot_key: bytes | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> Deployment:
        """Open the databases and derive nothing yet; raises what the engines raise.

        Without ``boot_key`` a fresh one is made: sessions then end with this process.
        """
        engine = build_engine(settings.database_url, pool_size=8)
        return cls(
            settings=settings,
            engine=engine,
            sessions=sessionmaker(engine, expire_on_commit=False, autoflush=False),
            keystore=Keystore(build_engine(settings.keystore_url, pool_size=4)),
            root=root,
            boot_key=boot_key or secrets.token_bytes(BOOT_KEY_BYTES),
            stretcher=Stretcher(waiting=settings.sign_in_queue),
            clock=clock,
        )

    def close(self) -> None:
        """End the stretching process, fold both databases into their files, and close them.

        A database that cannot be reached any more does not stop the rest from being closed.
        """
        self.stretcher.close()
        for engine in (self.engine, self.keystore.engine):
            with suppress(SQLAlchemyError):
                checkpoint(engine)
        self.keystore.dispose()
        self.engine.dispose()

    @property
    def organisation(self) -> UUID:
        """The organisation's id: bound into every address and signature."""
        return self.settings.organisation_id

    @property
    def threads(self) -> int:
        """How many requests may be in hand at once in this process."""
        return self.settings.hop_threads or _HOP_THREADS[self.engine.dialect.name]

    @property
    def argon2_cost(self) -> Argon2Cost:
        """The cost of new passphrases; stored ones carry their own."""
        s = self.settings
        return Argon2Cost(s.argon2_memory_kib, s.argon2_iterations, s.argon2_lanes)

    @property
    def argon2_floor(self) -> Argon2Cost:
        """The least cost that is believed when read back; only tests have a lower one."""
        return self.argon2_cost if self.settings.environment == "test" else FLOOR

    @cached_property
    def directory_key(self) -> DataKey:
        """Seals members' working names: read by any process, by no thief without the root key."""
        return DataKey(self.root.derive("directory"))

    @cached_property
    def login_index_key(self) -> bytes:
        """Keys the look-up of sign-in names."""
        return self.root.derive("login-index")

    @cached_property
    def standing_key(self) -> bytes:
        """Keys the check over a member's team, role and status."""
        return self.root.derive("standing")

    @cached_property
    def log_key(self) -> bytes:
        """Mixed into every case's log key; alone, the log key of what belongs to no case."""
        return self.root.derive("log")

    @cached_property
    def log_signing_key(self) -> SigningKey:
        """Signs the log's checkpoints; derived from the root key, so it is in no database."""
        return SigningKey.from_seed(self.root.derive("log-signing"))

    @cached_property
    def search_mix(self) -> bytes:
        """Mixed with the search key, so that neither alone computes an index."""
        return self.root.derive("search")

    @cached_property
    def cursor_key(self) -> bytes:
        """Authenticates paging cursors."""
        return self.root.derive("cursor")

    @cached_property
    def replay_index_key(self) -> bytes:
        """Keys the look-up of idempotency keys."""
        return self.root.derive("replay-index")

    def counter_id(self, purpose: str, *parts: Part) -> UUID:
        """Return the id of a counter: an HMAC over its purpose and what is counted."""
        counted = frame("padauk/counter/1", purpose, *parts)
        return UUID(bytes=mac(self._counter_key, counted)[:16])

    @cached_property
    def _counter_key(self) -> bytes:
        return self.root.derive("counters")

    def case_log_key(self, case_id: UUID, share: bytes) -> bytes:
        """Return the key of a case's log entries: gone as soon as its erasure share is."""
        return hkdf(share, salt=self.log_key, info=b"padauk/log/1" + case_id.bytes)
