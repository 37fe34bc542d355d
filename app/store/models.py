"""Tables that belong to no domain: jobs, kept responses, counters, and all of the keystore."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped

from app.permissions import Compartment
from app.store.base import (
    NAMING,
    Base,
    Housekeeping,
    Mark,
    Record,
    Versioned,
    always,
    choice,
    index_column,
    key_column,
    never,
    plain,
)
from app.totality import require_rows


class OrganisationSettingsRow(Record, Versioned):
    """What the organisation chose at its founding. One row."""

    __tablename__ = "organisation_settings"
    __mark__ = Mark(because="what was chosen before counts again", when=always, for_good=never)

    zone: Mapped[str] = plain("the time zone whose days count", String(64))
    makes_codes: Mapped[bool] = plain("whether registration codes are made here")
    report_weeks: Mapped[int] = plain("how many weeks a half-year stays provisional")
    preset: Mapped[str] = plain(
        "which limits count: for a small, a dozen, a large group", String(10)
    )
    small_sums: Mapped[str] = plain("the currencies, and a small sum in each", String(400))


class JobRun(Base):
    """When a job last began, succeeded and failed. A lock says which process runs it."""

    __tablename__ = "job_runs"
    __housekeeping__ = Housekeeping(
        because="says when a job ran, nothing of anyone",
        written="UPDATE: a job is held back while it seems to have run",
        bounded=(
            "the log's unsequenced events and the watch's late legs show on the health page "
            "by their own rows"
        ),
    )

    name: Mapped[str] = plain("the job", String(40), primary_key=True)
    began_at: Mapped[datetime] = plain("when it was last begun; it is due again some time later")
    succeeded_at: Mapped[datetime | None] = plain("health and doctor compare it with the time")
    failed_at: Mapped[datetime | None] = plain("when it last failed")
    failures: Mapped[int] = plain("how often it failed since it last succeeded")
    failure: Mapped[str | None] = plain("the kind of the last error, no message", String(80))


DAYS_KEPT = 21
"""How long a response can be repeated: a volunteer without a line for two weeks sends again."""


class Replay(Base):
    """One request that was carried out, and its sealed answer."""

    __tablename__ = "idempotency_keys"
    __housekeeping__ = Housekeeping(
        because="the unit that wrote it has the events of what was done",
        written="UPDATE: nothing opens; DELETE: a request sent twice is carried out twice",
        bounded="acts have versions and states of their own; money a state that pays once",
    )

    id: Mapped[bytes] = index_column(
        "HMAC of member, route and key, under a deployment secret",
        LargeBinary(32),
        primary_key=True,
    )
    response: Mapped[bytes] = key_column(
        "the response, sealed under a key of the member's own", LargeBinary
    )
    created_on: Mapped[date] = plain(f"kept for {DAYS_KEPT} days", index=True)


class Counter(Base):
    """How often something was counted within its window of time. ``id`` is an HMAC."""

    __tablename__ = "counters"
    __housekeeping__ = Housekeeping(
        because="counts attempts, each of which is in the trail",
        written="DELETE: a guesser is not slowed down, a quota begins again",
        bounded="Argon2 and the queue of strangers; each read and write is in the log",
    )

    id: Mapped[UUID] = index_column("HMAC of what is counted", primary_key=True)
    count: Mapped[int] = plain("a limit or a delay follows from it")
    last_at: Mapped[datetime] = plain("when it was last raised; to the minute", index=True)


class KeystoreBase(DeclarativeBase):
    """The keystore's own metadata: it never shares a file or a dump with the main database."""

    metadata = MetaData(naming_convention=NAMING)


SHARED_COMPARTMENTS = tuple(c for c in Compartment if c is not Compartment.DIRECTORY)
"""The compartments of a case: each has an erasure share of its own."""


class ErasedPart(StrEnum):
    """What can be destroyed of a case by itself: a compartment, or cells that outlive theirs.

    The journey is how a journey went: it is kept for longer than where it went.
    """

    SUMMARY = Compartment.SUMMARY.value
    IDENTITY = Compartment.IDENTITY.value
    PAPERS = Compartment.PAPERS.value
    HOUSEHOLD = Compartment.HOUSEHOLD.value
    CONTACT = Compartment.CONTACT.value
    ACCOUNT = Compartment.ACCOUNT.value
    VETTING = Compartment.VETTING.value
    ROUTE = Compartment.ROUTE.value
    WORDS = Compartment.WORDS.value
    REGISTRATION = Compartment.REGISTRATION.value
    AID = Compartment.AID.value
    REPORTING = Compartment.REPORTING.value
    JOURNEY = "journey"


require_rows(
    "ErasedPart",
    list(ErasedPart),
    SHARED_COMPARTMENTS,
    file="app/store/models.py",
)


class ErasureShare(KeystoreBase):
    """The erasure shares of one case: one for its log, one for each part that is erased by itself.

    A part's data keys cannot be derived without its share. NULL is a share that was
    destroyed; a row that is missing is a case that was erased.
    """

    __tablename__ = "erasure_shares"

    id: Mapped[UUID] = plain("random; a case names it", primary_key=True)
    made_on: Mapped[date] = plain("finds shares that no case ever took")
    log: Mapped[bytes | None] = key_column("useless without the deployment's secret of the log")


for _part in ErasedPart:
    # By a loop, so that a new part cannot be without a share.
    setattr(
        ErasureShare,
        _part.value,
        key_column("useless without a scope secret", LargeBinary, nullable=True),
    )


class DestroyedShare(KeystoreBase):
    """An entry of the journal: what must never come back, whatever is restored. Only added to."""

    __tablename__ = "journal"

    number: Mapped[int] = plain("the order of the entries", primary_key=True, autoincrement=False)
    kind: Mapped[str] = plain(
        "what was destroyed: a case's shares, or those of a part; or that a mark was made",
        String(32),
    )
    subject: Mapped[bytes] = plain(
        "the random id of a row of shares, or a mark's tag and version", LargeBinary(32), index=True
    )
    running_hash: Mapped[bytes] = key_column(
        "HMAC over this entry and the hash before, under a deployment secret", LargeBinary(32)
    )


class RowMark(KeystoreBase):
    """From which version on one row of the main database counts, whatever is put back there.

    ``pending`` and ``unit``: a version that a unit of work is about to commit, or has just
    committed. Which row it is can only be told by who has the row and the deployment's secret.
    """

    __tablename__ = "marks"

    tag: Mapped[bytes] = key_column(
        "keyed BLAKE2b over table and id, under a deployment secret",
        LargeBinary(16),
        primary_key=True,
    )
    least: Mapped[int] = plain("the least version that counts; 0 before the first commit")
    for_good: Mapped[bool] = plain("whether a restore may not take it back; it is in the journal")
    number: Mapped[int] = plain("the keystore's number when it was last written", index=True)
    proof: Mapped[bytes] = key_column("keyed BLAKE2b over tag, version and the last of these")
    pending: Mapped[int | None] = plain("the version that a unit is committing")
    pending_for_good: Mapped[bool | None] = plain("as above, of that version")
    unit: Mapped[UUID | None] = plain("random; the first event of that unit", index=True)
    transaction: Mapped[int | None] = plain("PostgreSQL's number of that transaction", BigInteger)


class SecretPurpose(StrEnum):
    """What a deployment secret takes part in."""

    DATA = "data"
    ROWS = "rows"
    MARKS = "marks"
    LOG = "log"
    INDEXES = "indexes"
    PEPPER = "pepper"


class DeploymentSecret(KeystoreBase):
    """A random secret of the deployment, wrapped by the root key."""

    __tablename__ = "deployment_secrets"
    __table_args__ = (UniqueConstraint("purpose", "epoch"),)

    id: Mapped[UUID] = plain("random; the wrap is bound to it", primary_key=True)
    purpose: Mapped[SecretPurpose] = plain("what it takes part in", choice(SecretPurpose))
    epoch: Mapped[int] = plain("counts the secrets of a purpose; what was made under one names it")
    root_key_id: Mapped[bytes] = key_column("names the root key that wraps it", LargeBinary)
    wrapped: Mapped[bytes] = key_column("AES-256-GCM under a key of the root key", LargeBinary)
    made_on: Mapped[date] = plain("the day of founding, or of its replacement")


class KeystoreIdentity(KeystoreBase):
    """Which keystore this is, and how often it was written to. One row."""

    __tablename__ = "keystore"

    id: Mapped[int] = plain("always 1", primary_key=True, autoincrement=False)
    keystore_id: Mapped[UUID] = plain("random; the main database names it")
    organisation_id: Mapped[UUID] = plain("random; the settings name it")
    number: Mapped[int] = plain("counts writes: shows an older keystore from a newer one")


class DeploymentIdentity(Base):
    """Which deployment this database belongs to, and how far its keystore has come. One row."""

    __tablename__ = "deployment"
    __housekeeping__ = Housekeeping(
        because="says which parts belong together, nothing of anyone",
        written="UPDATE: the server refuses to start, or takes an older keystore",
        bounded="`padauk restore`; the keystore has numbers of its own",
    )

    id: Mapped[int] = plain("always 1", primary_key=True, autoincrement=False)
    organisation_id: Mapped[UUID] = plain("random; the settings name it")
    organisation_root: Mapped[str] = plain("fingerprint of the organisation root", String(64))
    keystore_id: Mapped[UUID] = plain("random; the keystore of this database")
    keystore_number: Mapped[int] = plain("the newest number of the keystore that was seen")
    journal_number: Mapped[int] = plain("the newest entry of the journal that was applied here")
    canary_share_id: Mapped[UUID] = plain("random; the share of the canary, which is of no case")
    canary: Mapped[bytes] = key_column("a fixed text, sealed as a case's cells are")
