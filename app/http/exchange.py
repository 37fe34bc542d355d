"""One request from its token to its bytes, in one hop and one unit of work.

Who is it, may they, was this answered before, what do they ask; then the handler, the answer's
bytes, and the commit. What is raised on the way leaves nothing behind; a refusal for want of a
right is put on record afterwards, in a unit of its own. Knows no statuses of failures.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.crypto.passwords import Argon2Cost, Stretched
from app.deployment import Deployment
from app.errors import Conflict, Forbidden, PreconditionMissing, Stale, Unauthenticated
from app.http.answers import JSON, Answer, Raw, RawHeaders
from app.http.errors import NotAllowed, PreconditionInvalid
from app.http.idempotency import Claim
from app.http.reading import Incoming, Reader
from app.permissions import Permission
from app.vault.errors import StepUpRequired
from app.vault.keyring import MemberSecrets
from app.work import NOBODY, Principal, Work, begin_work, unit_of_work

T = TypeVar("T")

Identify: TypeAlias = Callable[[Session, Deployment, str], tuple[Principal, MemberSecrets]]
"""Returns whose token this is, or raises ``Unauthenticated``: ``accounts.sessions``."""

_BEARER: Final = "bearer "
_VERSION = re.compile(r'"([1-9][0-9]{0,9})"')
_JSON_HEADERS: Final[RawHeaders] = ((b"content-type", JSON),)


@dataclass(frozen=True, slots=True)
class Public:
    """An opening in the wall, with the reason it is there."""

    because: str


Needs: TypeAlias = Permission | Public


class StretchTask(Protocol):
    """A passphrase to stretch between two hops, at what cost, and after which wait."""

    @property
    def passphrase(self) -> str:
        """The passphrase as typed."""

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
    def delay(self) -> float:
        """How many seconds it has to wait first, because others have failed lately."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """What a handler takes that needs several passphrases stretched: each task, each result."""

    tasks: list[StretchTask]
    results: list[Stretched] = field(repr=False)


Asked: TypeAlias = StretchTask | list[StretchTask]
"""What ``stretch(work, body)`` returns: one task, or several for a handler of ``Stretches``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one route is carried out: made once, when the application is put together."""

    name: str
    needs: Needs
    creates: bool
    changes: bool
    status: int
    handler: Callable[..., Any]
    reader: Reader
    shape: TypeAdapter[Any] | None
    work_name: str | None
    stretched_name: str | None
    stretch: Callable[..., Asked] | None

    def render(self, result: Any) -> Answer:
        """Return the answer for what the handler returned, with the version as its ``ETag``."""
        if isinstance(result, Raw):
            return Answer(self.status, result.headers, result.content)
        if self.shape is None:
            return Answer(self.status, (), b"")
        headers = _JSON_HEADERS
        version = getattr(result, "version", None)
        if version is not None:
            headers = (*headers, (b"etag", b'"%d"' % version))
        return Answer(self.status, headers, self.shape.dump_json(result, by_alias=True))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to one route, carried out in the thread that calls it."""

    plan: Plan
    deployment: Deployment
    identify: Identify
    incoming: Incoming

    def answer(self, stretched: Stretched | Stretches | None = None) -> Answer:
        """Carry the request out, commit, and return its answer.

        Raises what authentication, gate, reading, handler and commit raise.
        """

        def carry_out(work: Work, claim: Claim | None) -> Answer:
            answer = self.plan.render(self._call(work, stretched))
            if claim is not None:
                claim.keep_answer(work.session, answer, work.today())
            return answer

        return self._at_the_gate(carry_out)

    def ask_stretching(self) -> Asked | Answer:
        """Return what must be stretched first; or the answer, where one was given before."""

        def ask(work: Work, _claim: Claim | None) -> Asked:
            if self.plan.stretch is None:
                raise TypeError(self.plan.name)
            arguments = self.plan.reader.read(self.incoming)
            return self.plan.stretch(work, arguments[self.plan.reader.body_name])

        return self._at_the_gate(ask)

    def _at_the_gate(self, act: Callable[[Work, Claim | None], T]) -> T | Answer:
        session = self.deployment.sessions()
        principal = NOBODY
        try:
            principal, secrets = self._identified(session)
            self._check(principal)
            return self._in_one_unit(session, principal, secrets, act)
        except BaseException as failure:
            session.close()
            if isinstance(failure, Forbidden) and principal is not NOBODY:
                self._note_denial(session, principal, failure)
            raise

    def _identified(self, session: Session) -> tuple[Principal, MemberSecrets | None]:
        if isinstance(self.plan.needs, Public):
            return NOBODY, None
        credentials = self.incoming.header(b"authorization") or ""
        if credentials[: len(_BEARER)].lower() != _BEARER:
            raise Unauthenticated
        return self.identify(session, self.deployment, credentials[len(_BEARER) :])

    def _check(self, principal: Principal) -> None:
        needs = self.plan.needs
        if isinstance(needs, Public):
            return
        if not principal.may(needs):
            raise NotAllowed
        if principal.needs_step_up(needs):
            raise StepUpRequired

    def _in_one_unit(
        self,
        session: Session,
        principal: Principal,
        secrets: MemberSecrets | None,
        act: Callable[[Work, Claim | None], T],
    ) -> T | Answer:
        claim = None
        if self.plan.creates and secrets is not None:
            claim = Claim.of(self.deployment, principal, secrets, self.incoming)
        based_on = self._based_on()
        work = begin_work(session, self.deployment, principal, secrets, based_on=based_on)
        try:
            with unit_of_work(work):
                earlier = claim.find_answer(session) if claim else None
                return earlier or act(work, claim)
        except (Conflict, Stale, DBAPIError):
            # The same request may have been carried out by its twin meanwhile.
            if claim is not None and (winner := self._find_winner(claim)) is not None:
                return winner
            raise

    def _based_on(self) -> int | None:
        if not self.plan.changes:
            return None
        told = self.incoming.header(b"if-match")
        if told is None:
            raise PreconditionMissing
        version = _VERSION.fullmatch(told)
        if version is None:
            raise PreconditionInvalid("If-Match")
        return int(version[1])

    def _find_winner(self, claim: Claim) -> Answer | None:
        with self.deployment.sessions() as session:
            return claim.find_answer(session)

    def _call(self, work: Work, stretched: Stretched | Stretches | None) -> Any:
        plan = self.plan
        arguments = plan.reader.read(self.incoming)
        if plan.work_name is not None:
            arguments[plan.work_name] = work
        if plan.stretched_name is not None:
            arguments[plan.stretched_name] = stretched
        return plan.handler(**arguments)

    def _note_denial(self, session: Session, principal: Principal, refusal: Forbidden) -> None:
        with unit_of_work(begin_work(session, self.deployment, principal)) as work:
            work.trail.record(EventKind.REQUEST_DENIED, operation=self.plan.name, code=refusal.code)
