"""One running deployment: its settings, databases, clock, and the keys of its own secrets.

Built once at start and shared by every request of the process. Between requests nothing else is
kept in memory: no member's key, no case's key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from secrets import token_bytes
from uuid import UUID

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.clock import Clock, TrustedClock, shifted_clock, utc_now
from app.crypto.aead import DataKey
from app.crypto.derive import hkdf, mac
from app.crypto.framing import Part, frame
from app.crypto.labels import Label
from app.crypto.passwords import FLOOR, Argon2Cost
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.crypto.stretching import Stretchers
from app.settings import Settings
from app.store.authenticated import RowMacs, open_checked, session_info
from app.store.deployment_secrets import DeploymentSecrets
from app.store.engine import build_engine, checkpoint, read_snapshot
from app.store.journal import Journal
from app.store.keystore import Keystore
from app.store.marks import Marks
from app.store.models import SecretPurpose
from app.store.organisation_settings import (
    DEFAULT_ZONE,
    OrganisationSettings,
    find_organisation_settings,
)
from app.text.dates import day_of

BOOT_KEY_BYTES = 32
_REQUEST_THREADS = {"sqlite": 1, "postgresql": 4}

_LEAST_IN_TESTS = Argon2Cost(8, 1, 1)


@dataclass(frozen=True)
class Deployment:
    """What requests, jobs and commands share."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    keystore: Keystore
    secrets: DeploymentSecrets
    row_macs: RowMacs
    marks: Marks
    boot_key: bytes = field(repr=False)
    stretchers: Stretchers
    clock: Clock = field(default=utc_now)
    host_clock: TrustedClock | None = None

    @classmethod
    def build(
        cls,
        settings: Settings,
        root: RootKey,
        *,
        boot_key: bytes | None = None,
        clock: Clock = utc_now,
        create: bool = True,
    ) -> Deployment:
        """Open the databases and read nothing yet; raises what the engines raise.

        Without ``boot_key`` a fresh one is made: sessions then end with this process.
        """
        host_clock = None
        if clock is utc_now:
            clock = utc_now if settings.clock_file is None else shifted_clock(settings.clock_file)
            host_clock = TrustedClock(clock)
        pooled = {"behind_pgbouncer": settings.behind_pgbouncer, "create": create}
        engine = build_engine(settings.database_url, pool_size=8, **pooled)
        keys = build_engine(settings.keystore_url, pool_size=5, **pooled)
        secrets = DeploymentSecrets(keys, root, settings.organisation_id)
        journal = Journal(keys, lambda: secrets.derive(SecretPurpose.MARKS, Label.JOURNAL_KEY))
        marks = Marks(keys, journal, lambda: secrets.derive(SecretPurpose.MARKS, Label.MARK_KEY))
        macs = RowMacs(
            lambda: secrets.derive(SecretPurpose.ROWS, Label.ROW_KEY),
            settings.organisation_id,
            marks,
        )
        return cls(
            settings=settings,
            engine=engine,
            sessions=_sessions(engine, macs, marks),
            row_macs=macs,
            marks=marks,
            keystore=Keystore(keys, journal),
            secrets=secrets,
            boot_key=boot_key or token_bytes(BOOT_KEY_BYTES),
            stretchers=Stretchers(waiting=settings.sign_in_queue),
            clock=clock,
            host_clock=host_clock,
        )

    def close(self) -> None:
        """End the stretching process, fold both databases into their files, and close them.

        A database that cannot be reached any more does not stop the rest from being closed.
        """
        self.stretchers.close()
        self.marks.close()
        for engine in (self.engine, self.keystore.engine):
            with suppress(SQLAlchemyError, sqlite3.Error):
                checkpoint(engine)
        self.keystore.dispose()
        self.engine.dispose()

    @contextmanager
    def open_snapshot(self) -> Iterator[Session]:
        """Yield a session that reads and checks one state of both databases; writes nothing.

        The keystore's is the older: what is marked there was committed in the main database.
        """
        with read_snapshot(self.keystore.engine) as keys, read_snapshot(self.engine) as connection:
            macs = self.row_macs.against(self.marks.reader_on(keys))
            with open_checked(connection, macs) as session:
                yield session

    def find_time_doubt(self) -> str | None:
        """Return why the present time cannot be trusted, or None; see ``app.clock``."""
        return None if self.host_clock is None else self.host_clock.find_doubt(self.engine)

    def clock_has_jumped(self) -> bool:
        """Return whether the host's clock was set since this process began; asks no database."""
        return self.host_clock is not None and self.host_clock.has_jumped()

    def time_span(self) -> tuple[datetime, datetime]:
        """Return the earliest and the latest present time that any clock says; mostly the same."""
        if self.host_clock is None:
            now = self.clock()
            return now, now
        return self.host_clock.span(self.engine)

    def day_of(self, at: datetime) -> date:
        """Return the day that a moment lies in, in the organisation's zone."""
        return day_of(at, self.organisation_settings.zone)

    def today(self) -> date:
        """Return the present day in the organisation's zone."""
        return self.day_of(self.clock())

    @property
    def organisation_settings(self) -> OrganisationSettings:
        """What the organisation chose, read once a process; the defaults before its founding.

        Raises ``OrganisationSettingsTampered``.
        """
        chosen: OrganisationSettings | None = self.__dict__.get("_chosen")
        if chosen is None:
            chosen = find_organisation_settings(self.engine, self.row_macs)
            if chosen is None:
                return OrganisationSettings()
            self.__dict__["_chosen"] = chosen
        return chosen

    @property
    def organisation(self) -> UUID:
        """The organisation's id: bound into every address and signature."""
        return self.settings.organisation_id

    @property
    def threads(self) -> int:
        """How many requests may be in hand at once in this process."""
        return self.settings.request_threads or _REQUEST_THREADS[self.engine.dialect.name]

    @property
    def argon2_cost(self) -> Argon2Cost:
        """The cost of new passphrases; stored ones carry their own."""
        s = self.settings
        return Argon2Cost(s.argon2_memory_kib, s.argon2_iterations, s.argon2_lanes)

    @property
    def argon2_floor(self) -> Argon2Cost:
        """The least cost that is believed when read back; only tests have a lower one."""
        return _LEAST_IN_TESTS if self.settings.environment == "test" else FLOOR

    # ------------------------------------------------------------------ keys

    def create_secrets(self) -> None:
        """Make the deployment's secrets, once, at the founding."""
        self.secrets.create(day_of(self.clock(), DEFAULT_ZONE))

    @cached_property
    def data_secret(self) -> bytes:
        """Takes part in the data key of every scope."""
        return self.secrets.secret(SecretPurpose.DATA)

    @cached_property
    def directory_key(self) -> DataKey:
        """Seals members' display names: read by every process of the deployment."""
        return DataKey(self.secrets.derive(SecretPurpose.DATA, Label.DIRECTORY_KEY))

    @cached_property
    def login_index_key(self) -> bytes:
        """Keys the look-up of sign-in names."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.LOGIN_INDEX_KEY)

    @cached_property
    def search_mix(self) -> bytes:
        """Mixed with the search key, so that neither alone computes an index."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.SEARCH_MIX)

    @cached_property
    def replay_index_key(self) -> bytes:
        """Keys the look-up of idempotency keys."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.REPLAY_INDEX_KEY)

    @cached_property
    def code_locator_key(self) -> bytes:
        """Keys the look-up of registration codes."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.CODE_LOCATOR_KEY)

    @cached_property
    def code_proof_key(self) -> bytes:
        """Keys the hash that proves a registration code."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.CODE_PROOF_KEY)

    @cached_property
    def invitation_key(self) -> bytes:
        """Keys the hashes of an invitation's link and words."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.INVITATION_KEY)

    @cached_property
    def word_mark_key(self) -> bytes:
        """Keys the marks of the words of journeys."""
        return self.secrets.derive(SecretPurpose.INDEXES, Label.WORD_MARK_KEY)

    @cached_property
    def erased_reader_key(self) -> bytes:
        """Keys the tags of those who could see a case that was erased."""
        return self.secrets.derive(SecretPurpose.ROWS, Label.ERASED_READER_KEY)

    @cached_property
    def destruction_key(self) -> bytes:
        """Authenticates what is to be destroyed."""
        return self.secrets.derive(SecretPurpose.MARKS, Label.DESTRUCTION_ORDER_KEY)

    @cached_property
    def grace_key(self) -> bytes:
        """Draws the days of grace of the retention schedule."""
        return self.secrets.derive(SecretPurpose.MARKS, Label.GRACE_KEY)

    @cached_property
    def cursor_key(self) -> bytes:
        """Authenticates paging cursors."""
        return self.secrets.derive(SecretPurpose.ROWS, Label.CURSOR_KEY)

    @cached_property
    def permit_key(self) -> bytes:
        """Seals the permits of devices."""
        return self.secrets.derive(SecretPurpose.ROWS, Label.DEVICE_PERMIT_KEY)

    @cached_property
    def recovery_code_key(self) -> bytes:
        """Keys the hashes of recovery codes."""
        return self.secrets.derive(SecretPurpose.PEPPER, Label.RECOVERY_CODE_KEY)

    @cached_property
    def unknown_name_key(self) -> bytes:
        """Makes the salt of a sign-in name that nobody has."""
        return self.secrets.derive(SecretPurpose.PEPPER, Label.UNKNOWN_NAME_KEY)

    def pepper_key(self, pepper_id: int) -> bytes:
        """Return the key of the outer layer of credentials; its id is the secret's epoch."""
        return self.secrets.derive(SecretPurpose.PEPPER, Label.PEPPER_KEY, epoch=pepper_id)

    @cached_property
    def log_key(self) -> bytes:
        """Takes part in every case's log key; alone, the log key of what belongs to no case."""
        return self.secrets.derive(SecretPurpose.LOG, Label.LOG_KEY)

    @cached_property
    def log_signing_key(self) -> SigningKey:
        """Signs the log's checkpoints."""
        return SigningKey.from_seed(self.secrets.derive(SecretPurpose.LOG, Label.LOG_SIGNING_KEY))

    def counter_id(self, purpose: str, *parts: Part) -> UUID:
        """Return the id of a counter: an HMAC over its purpose and what is counted."""
        return UUID(bytes=mac(self._counter_key, frame(Label.COUNTER, purpose, *parts))[:16])

    @cached_property
    def _counter_key(self) -> bytes:
        return self.secrets.derive(SecretPurpose.INDEXES, Label.COUNTER_KEY)

    def case_log_key(self, case_id: UUID, log_share: bytes) -> bytes:
        """Return the key of a case's log entries: gone as soon as the share of its log is."""
        info = frame(Label.CASE_LOG_KEY, self.organisation, case_id)
        return hkdf(log_share + self.log_key, info=info)

    def case_log_keys(self, share_ids: Mapping[UUID, UUID]) -> dict[UUID, bytes]:
        """Return log keys by case id, from the ids of shares; erased ones are missing."""
        found = self.keystore.find(set(share_ids.values()))
        return {
            case_id: self.case_log_key(case_id, shares.log)
            for case_id, share_id in share_ids.items()
            if (shares := found.get(share_id)) is not None and shares.log is not None
        }


def _sessions(engine: Engine, macs: RowMacs, marks: Marks) -> sessionmaker[Session]:
    """Return what makes sessions that check rows, by the marks as they are when each begins."""
    made = sessionmaker(engine, expire_on_commit=False, autoflush=False, info=session_info(macs))
    event.listen(made, "after_begin", lambda *_: marks.refresh())
    return made
