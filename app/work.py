"""The unit of work of a request, and the only commit in the program.

``Work`` is what a service gets: who acts, what they can open, and the session.

- ``unit_of_work`` commits at its end. An exception inside it leaves nothing. One in the commit
  leaves nothing either, except where the connection broke: then ``OutcomeUnknown`` says so.
- A row that is not as it was written carries nothing: a unit that loaded one and neither left it
  out nor showed it as shut is refused.
- Every changed row needs an event about its case in the same commit, or the commit is refused.
- What ends, spends or replaces something is marked in the keystore before the commit and confirmed
  after it (``store.marks``): no older version of those rows counts once this is answered.

Example: ``work.vault.seal(case.contact, ...)`` changes a row of case 7. The flush hook notes that
case 7 was written, and the digest of the row's cells. The service says why:
``work.trail.record(EventKind.CASE_CHANGED, case.id)``. At the end of the block new scope secrets
are sealed to custody, everything is flushed, the event is written with the digest, and all of it
is committed at once. Without that ``record``, ``UnauditedWrite`` is raised and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.audit.trail import RowState, Trail, has_event, last_acts_on
from app.deployment import Deployment
from app.errors import (
    Forbidden,
    IdTaken,
    IntegrityFault,
    Invalid,
    OutcomeUnknown,
    PreconditionMissing,
    Stale,
)
from app.permissions import ACROSS_TEAMS, Permission, Role, by_power, names_of
from app.principal import Principal
from app.store.authenticated import altered_rows
from app.store.base import ORGANISATION, Record, Versioned, new_id
from app.store.counters import count_one, read_counts
from app.store.failures import may_have_committed
from app.store.kept_statements import READ_BEFORE_FLUSH
from app.store.mark_reader import Place, Promised
from app.store.sealed import Addressed, sealed_fields
from app.text.dates import minute_of, start_of_day
from app.vault.certificates import Certificates
from app.vault.custody import Custody
from app.vault.grants import Grants
from app.vault.holders import reasons_of
from app.vault.index import BlindIndex
from app.vault.keyring import Keyring, MemberSecrets
from app.vault.queries import NAMED_IN_CASE
from app.vault.vault import Vault

LONGEST_AGO = timedelta(days=10 * 366)
"""Nothing is written down later than this after it happened."""


class DayNotPossible(Invalid):
    """The day on which something happened is still to come, or longer ago than ten years."""

    code = "day.not_possible"
    title = "This day is still to come, or more than ten years ago; look at the year"


class RoleElsewhere(Forbidden):
    """What is asked is allowed by a role in another team only."""

    code = "role.elsewhere"
    title = "Your roles in this team do not allow this; those in another team do"


class UnauditedWrite(RuntimeError):
    """Rows were changed and the trail does not say why. A bug, never a caller's fault."""


@dataclass(slots=True)
class Work:
    """What one request works with. Made by ``begin_work``, ended by ``unit_of_work``."""

    session: Session
    deployment: Deployment
    principal: Principal
    keyring: Keyring
    certificates: Certificates
    vault: Vault
    grants: Grants
    custody: Custody
    index: BlindIndex
    trail: Trail
    started_at: datetime
    _today: date
    based_on: frozenset[int] | None = None
    """The versions of which the caller has seen one; None where the request names none."""
    place: str = ""
    """The address that was asked, to which the cursors of its pages are bound."""
    asked_ready: set[str] = field(default_factory=set)
    proposed_ids: set[UUID] = field(default_factory=set)
    """Those that new rows of this request have."""

    def acts_as(self, role: Role, team_id: UUID | None = None) -> bool:
        """Return whether the principal acts as this role, here or in any team.

        What this unit of work puts on record is then done by that role.
        """
        if not self.principal.acts_as(role, team_id):
            return False
        self.trail.role = role
        return True

    def require_role_in(self, team_id: UUID) -> None:
        """Raise ``RoleElsewhere`` where what is asked is allowed by a role in another team only.

        Who has no role at all in this team came by a grant of a lead's, and acts by their own.
        """
        principal = self.principal
        here = {one for one in principal.roles if one.team_id == team_id}
        if here and not (here & principal.acting or names_of(principal.acting) & ACROSS_TEAMS):
            raise RoleElsewhere

    def may(self, permission: Permission, team_id: UUID) -> bool:
        """Return whether a role of the principal's allows this in a team.

        What this unit of work puts on record is then done by that role.
        """
        principal = self.principal
        elsewhere = all(one.team_id != team_id for one in principal.roles)
        allowing = [
            one
            for one in by_power(principal.acting_for(permission).acting)
            if elsewhere or one.team_id == team_id or one.role in ACROSS_TEAMS
        ]
        if not allowing:
            return False
        self.trail.role = allowing[0].role
        return True

    def now(self) -> datetime:
        """Return when this request began: one moment for all that it writes."""
        return self.started_at

    def today(self) -> date:
        """Return the day on which this request began, in the organisation's zone."""
        return self._today

    def midnight(self, after: int = 0) -> datetime:
        """Return the moment at which today began, or the day ``after`` so many."""
        zone = self.deployment.organisation_settings.zone
        return start_of_day(self.today() + timedelta(days=after), zone)

    def day_said(self, day: date | None, field: str = "on") -> date:
        """Return the day on which something happened: as was said, else today.

        Raises ``DayNotPossible`` for one to come, and for one longer ago than anything on record.
        """
        if day is None:
            return self.today()
        if not self.today() - LONGEST_AGO <= day <= self.today():
            raise DayNotPossible(field)
        return day

    def id_for(
        self, kind: type[Record], proposed: UUID | None, *, case_id: UUID | None = None
    ) -> UUID:
        """Return the id of a new row: as the client proposed, else a random one.

        Ids name scopes and what grants are about, so that one is free only where no row of the
        table, no scope and no grant of the case has it. Raises ``IdTaken``.
        """
        if proposed is None:
            return new_id()
        used = proposed in self.proposed_ids or proposed in {ORGANISATION, case_id}
        if used or self.session.get(kind, proposed) is not None:
            raise IdTaken
        place = {"case": case_id, "named": proposed}
        if case_id is not None and self.session.execute(NAMED_IN_CASE, place).first() is not None:
            raise IdTaken
        self.proposed_ids.add(proposed)
        return proposed

    def claim(self, record: Versioned) -> None:
        """Check that the caller saw the newest version of a record that is about to change.

        Raises ``PreconditionMissing`` without ``If-Match``, ``Stale`` where someone was faster.
        Work that began inside the program (a job, the demo) says ``based_on=ANY_VERSION``.
        """
        if self.based_on is None:
            raise PreconditionMissing
        if self.based_on.isdisjoint({record.version, ANY_VERSION}):
            raise Stale(current=record.version, changed=self._changes_of(record))

    def _changes_of(self, record: Versioned) -> tuple[str, ...]:
        """What was done to a record since the version that the caller read, as far as is logged."""
        behind = record.version - max(self.based_on or (0,))
        if behind < 1 or not sealed_fields(type(record)):
            return ()
        sealed = cast("Addressed", record)
        return last_acts_on(
            self.session,
            sealed,
            behind,
            log_key=self.keyring.log_key(sealed.case_id),
            organisation=self.deployment.organisation,
        )


ANY_VERSION = -1


def begin_work(
    session: Session,
    deployment: Deployment,
    principal: Principal,
    secrets: MemberSecrets | None = None,
    *,
    based_on: int | frozenset[int] | None = None,
    place: str = "",
) -> Work:
    """Assemble the work of one request around an open session."""
    at = deployment.clock()
    organisation = deployment.organisation
    today = deployment.day_of(at)

    def day() -> date:
        return today

    trail = Trail(principal.id, organisation, role=principal.role)
    certificates = Certificates(session, organisation, deployment.settings.organisation_root)
    reasons = reasons_of(principal.acting)
    keyring = Keyring(session, deployment, certificates, principal.id, secrets, today, reasons)
    vault = Vault(organisation, keyring, trail, altered_rows(session))
    grants = Grants(session, deployment, keyring, certificates, trail, principal.id, day)
    custody = Custody(session, organisation, keyring, certificates, trail, principal.id, day)
    index = BlindIndex(deployment, keyring)
    versions = frozenset({based_on}) if isinstance(based_on, int) else based_on
    return Work(
        session, deployment, principal, keyring, certificates, vault, grants, custody, index,
        trail, at, today, versions, place,
    )  # fmt: skip


@contextmanager
def unit_of_work(work: Work) -> Iterator[Work]:
    """Commit what was done, with its trail, or leave nothing of it.

    Raises ``UnauditedWrite`` where rows changed without an event on their case, ``OutcomeUnknown``
    where the connection broke during the commit, and SQLAlchemy's ``StaleDataError`` where another
    change of the same row was faster: the work is then run again (``store/failures``).
    """
    session = work.session
    try:
        yield work
        _refuse_altered(work)
        first = _write_trail(work)
        _commit(work, first)
    except BaseException:
        session.rollback()
        raise
    finally:
        for noted in ("touched", "digests", "altered", "sequences", "marks", READ_BEFORE_FLUSH):
            session.info.pop(noted, None)
        session.close()


def _refuse_altered(work: Work) -> None:
    """Raise where an altered row was loaded, and neither left out nor shown as shut.

    Nothing is committed or answered on its word.
    """
    altered = altered_rows(work.session)
    for place in work.trail.shut_rows:
        altered.leave_out(place)
    if altered.in_use:
        raise IntegrityFault


def _commit(work: Work, first_event: UUID | None) -> None:
    """Commit, with what the unit ends, spends or replaces marked in the keystore around it."""
    session, marks = work.session, work.deployment.marks
    session.flush()  # what fails here was certainly not committed
    promised: dict[Place, Promised] = session.info.get("marks", {})
    if not promised or first_event is None:  # a row that changed has an event, see _write_trail
        _commit_main(session)
        return
    try:
        marks.promise(session.connection(), first_event, promised, has_event)
        _commit_main(session)
    except OutcomeUnknown:
        raise  # who comes next settles it
    except BaseException:
        session.rollback()
        with suppress(SQLAlchemyError):
            marks.withdraw(first_event)
        raise
    try:
        marks.confirm(first_event)
    except SQLAlchemyError as failure:
        raise OutcomeUnknown from failure


def _commit_main(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as failure:
        if may_have_committed(failure):
            raise OutcomeUnknown from failure
        raise


def _write_trail(work: Work) -> UUID | None:
    """Flush everything, check that each touched case has an event, and write the events.

    Returns the id of the first event, which is the unit's name in the keystore.
    """
    session = work.session
    work.grants.seal_new_secrets_to_custody()
    session.flush()
    for case_id in work.keyring.rewrapped:
        work.trail.record(EventKind.GRANT_REWRAPPED, case_id)
    work.trail.drop_repeated(lambda key: _is_on_record(work, key))
    touched: set[UUID] = session.info.get("touched", set())
    unexplained = touched - {case_id or ORGANISATION for case_id in work.trail.cases}
    if unexplained:
        raise UnauditedWrite(sorted(map(str, unexplained)))
    rows: dict[UUID, dict[str, RowState]] = session.info.get("digests", {})
    return work.trail.append_to(
        session, at=work.now(), day=work.today(), log_keys=work.keyring.log_key, rows=rows
    )


def _is_on_record(work: Work, key: bytes) -> bool:
    """Return whether this session has done the same in this quarter of an hour, and note it."""
    session_id = work.principal.session_id
    if session_id is None:
        return False
    now = minute_of(work.now())
    quarter = now.replace(minute=now.minute - now.minute % 15)
    counter = work.deployment.counter_id("on record", session_id, quarter.isoformat(), key)
    if read_counts(work.session, [counter], since=quarter):
        return True
    count_one(work.session, counter, at=now, since=quarter)
    return False
