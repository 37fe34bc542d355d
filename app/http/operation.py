"""Run one request, from its token to its response, in one thread and one unit of work.

- Who asks (401) and may they (403) come before anything is judged of what they ask (422).
- The response is rendered before the commit, and the commit comes before the response is sent.
- A unit that gave way to another in the database is run again, from its token on.
- A failure leaves nothing behind; a refusal for want of a right is recorded afterwards, in a unit
  of its own. So is a duress word that came with what was refused.

An ``Operation`` is a route's endpoint; ``GatedRoute`` calls it. Knows no statuses of failures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import Final, TypeAlias
from uuid import UUID

from fastapi import Request, Response
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.casework.readiness import Task
from app.crypto.passwords import Stretched
from app.deployment import Deployment
from app.errors import (
    Conflict,
    DomainError,
    Forbidden,
    OutcomeUnknown,
    Stale,
    Unauthenticated,
)
from app.factors.errors import FactorRequired
from app.http.errors import DatabaseUnavailable, NotAllowed
from app.http.idempotency import Claim
from app.http.needs import Needs, NotHeard, Public, Readiness
from app.http.proposed_ids import proposed_ids
from app.http.quotas import count_written, is_counted
from app.http.request_pool import RequestPool, StillRunning
from app.http.requests import Incoming, Refused, refusal_of, role_asked
from app.http.responses import json_response
from app.http.signature import HandlerSignature
from app.http.stretching import Stretches, Tasks, stretch_all
from app.http.texts import texts_in
from app.permissions import Permission
from app.principal import NOBODY, Principal
from app.store.failures import run_again
from app.vault.errors import StepUpRequired
from app.vault.keyring import MemberSecrets
from app.work import Work, begin_work, unit_of_work

_OK: Final = 200
_NO_CONTENT: Final = 204
_RETRY_SECONDS: Final = 5

JudgeTexts: TypeAlias = Callable[[Work, Mapping[str, UUID], Sequence[str]], None]
"""Lets a duress word in texts alarm; takes the ids of the address by name: ``watch.texts``."""

Identify: TypeAlias = Callable[[Session, Deployment, str], tuple[Principal, MemberSecrets]]
"""Returns whose token this is, or raises ``Unauthenticated``: ``sessions.service``."""


@dataclass(frozen=True, slots=True)
class RouteContext:
    """What every route of one application works with: ``app.state.context``.

    ``report_shut`` tells the leads of listed rows that did not open; ``judge_texts`` hears a duress
    word in what came with an act.
    """

    deployment: Deployment
    pool: RequestPool
    identify: Identify
    report_shut: Callable[[Work], None]
    judge_texts: JudgeTexts


@dataclass(frozen=True, slots=True)
class Declared:
    """What the decorator of a route says about it."""

    needs: Needs
    creates: bool = False
    always_heard: bool = False
    not_heard: NotHeard | None = None
    changes: bool = False
    stretch: Callable[..., Tasks] | None = None
    readiness: Readiness | None = None
    status_code: int | None = None
    raises: Sequence[type[DomainError]] = ()


class Operation:
    """One route: its handler, what it needs, and how a request to it is carried out."""

    def __init__(self, handler: Callable[..., object], declared: Declared) -> None:
        self.handler = handler
        self.declared = declared
        self.name = self.__name__ = handler.__name__
        self.__doc__ = handler.__doc__ or ""
        self.known_query: Mapping[str, bool] = {}
        is_public = isinstance(declared.needs, Public)
        if declared.creates and is_public:
            raise TypeError(f"{self.name}: requests without a member cannot be told apart")
        self.takes = HandlerSignature(
            handler,
            open_to_all=is_public,
            creates=declared.creates,
            changes=declared.changes,
            always_heard=declared.always_heard,
        )
        self.__signature__ = self.takes.shown
        if (declared.stretch is None) is not (self.takes.stretched is None):
            raise TypeError(f"{self.name}: stretch= and a Stretched argument go together")
        returns = self.takes.returns
        is_response = isinstance(returns, type) and issubclass(returns, Response)
        self.shape = None if is_response or returns is NoneType else TypeAdapter(returns)
        self.status = declared.status_code or (_NO_CONTENT if returns is NoneType else _OK)
        # A page that needs no database and no key is served on the event loop.
        self._needs_thread = not is_public or self.takes.work is not None

    async def __call__(
        self,
        request: Request,
        values: dict[str, object],
        body: bytes = b"",
        errors: Sequence[Refused] = (),
    ) -> Response:
        """Carry a request out: in one thread, or in two with Argon2 between them.

        ``values`` is what FastAPI has read of path, query and headers, ``errors`` what it refuses
        about them; the gate speaks first.
        """
        context: RouteContext = request.app.state.context
        refusal = refusal_of(request, self.known_query, errors)
        incoming = self.takes.incoming(request, values, body, refusal)
        if not self._needs_thread:
            return self._respond_on_loop(incoming)
        response = await self._in_thread(context, incoming)
        if isinstance(response, Response):
            return response
        stretched = await stretch_all(context.deployment.stretchers, response)
        response = await self._in_thread(context, incoming, stretched)
        if not isinstance(response, Response):
            raise TypeError(self.name)
        return response

    async def _in_thread(
        self,
        context: RouteContext,
        incoming: Incoming,
        stretched: Stretched | Stretches | None = None,
    ) -> Response | Tasks:
        # What gave way to another request is run again with a session of its own; what Argon2 has
        # stretched is kept.
        once = partial(self.run_request, context, incoming, stretched)
        try:
            return await context.pool.run(run_again, once)
        except (StillRunning, OutcomeUnknown) as failure:
            raise _without_outcome(incoming) from failure.__cause__

    async def require_access(self, request: Request) -> None:
        """Let the gate speak before dependencies of the route's own run: 401, 403."""
        context: RouteContext = request.app.state.context
        try:
            await context.pool.run(self._require_access, context, Incoming.of(request))
        except StillRunning:
            raise DatabaseUnavailable(retry_after=_RETRY_SECONDS) from None

    def run_request(
        self,
        context: RouteContext,
        incoming: Incoming,
        stretched: Stretched | Stretches | None = None,
    ) -> Response | Tasks:
        """Carry a request out and return its response, committed; or what Argon2 must do first."""
        with context.deployment.sessions() as session:
            principal, secrets = self._admit(context, session, incoming)
            try:
                return self._carry_out(context, session, principal, secrets, incoming, stretched)
            except DomainError as refusal:
                if isinstance(refusal, Forbidden):
                    self._record_denial(context, session, principal, refusal)
                if texts := self._texts_of(incoming):
                    with unit_of_work(
                        begin_work(session, context.deployment, principal, secrets)
                    ) as work:
                        context.judge_texts(work, _ids_of(incoming), texts)
                raise

    def _carry_out(
        self,
        context: RouteContext,
        session: Session,
        principal: Principal,
        secrets: MemberSecrets | None,
        incoming: Incoming,
        stretched: Stretched | Stretches | None,
    ) -> Response | Tasks:
        if incoming.refusal is not None:
            raise incoming.refusal
        claims = list(self._claims(context, principal, secrets, incoming))
        work = begin_work(
            session, context.deployment, principal, secrets,
            based_on=incoming.versions, place=incoming.path,
        )  # fmt: skip
        try:
            with unit_of_work(work):
                if earlier := _find_response(claims, session):
                    return earlier
                arguments = self.takes.arguments(incoming, work, stretched)
                named = list(self._claims_of_ids(context, principal, secrets, incoming, arguments))
                claims += named
                if earlier := _find_response(named, session):
                    return earlier
                if self.declared.stretch is not None and stretched is None:
                    return self.declared.stretch(work, arguments[self.takes.body or ""])
                response = self._render(self.handler(**arguments))
                self._check_readiness(work)
                if is_counted(incoming.method, self.declared.needs):
                    count_written(work, len(incoming.body))
                self._judge_texts(context, work, incoming)
                context.report_shut(work)
                for claim in claims:
                    claim.keep_response(session, response, work.today())
            return response
        except (Conflict, Stale, OutcomeUnknown, SQLAlchemyError):
            if earlier := _find_kept(claims, session):
                return earlier
            raise

    def _judge_texts(self, context: RouteContext, work: Work, incoming: Incoming) -> None:
        """Hear a duress word in what was written, after the response is rendered.

        What was said at a check-in is heard by its own service, unless the check-in is refused.
        """
        texts = () if self.declared.always_heard else self._texts_of(incoming)
        if texts:
            work.session.flush()
            context.judge_texts(work, _ids_of(incoming), texts)

    def _texts_of(self, incoming: Incoming) -> tuple[str, ...]:
        """Return the texts of a change that is about something, unless none are heard in it."""
        if self.declared.not_heard is not None or not _ids_of(incoming):
            return ()
        return texts_in(incoming.body, self.takes.fields)

    def _admit(
        self, context: RouteContext, session: Session, incoming: Incoming
    ) -> tuple[Principal, MemberSecrets | None]:
        """Return who asks.

        Raises ``Unauthenticated``, ``NotAllowed``, ``FactorRequired``, ``StepUpRequired``.
        """
        needs = self.declared.needs
        if isinstance(needs, Public):
            return NOBODY, None
        if incoming.token is None:
            raise Unauthenticated
        principal, secrets = context.identify(session, context.deployment, incoming.token)
        acting = principal.acting_for(needs, *role_asked(incoming.headers))
        refusal = _refusal_to(acting, needs)
        if refusal is None:
            return acting, secrets
        session.close()
        self._record_denial(context, session, principal, refusal)
        raise refusal

    def _require_access(self, context: RouteContext, incoming: Incoming) -> None:
        with context.deployment.sessions() as session:
            self._admit(context, session, incoming)

    def _claims(
        self,
        context: RouteContext,
        principal: Principal,
        secrets: MemberSecrets | None,
        incoming: Incoming,
    ) -> Iterator[Claim]:
        """Yield the claim of the request's Idempotency-Key, where it has one."""
        by_content = self.declared.always_heard
        keyless = by_content and incoming.idempotency_key is None
        if self.declared.creates and secrets is not None and not keyless:
            yield Claim.of(context.deployment, principal, secrets, incoming, by_content=by_content)

    def _claims_of_ids(
        self,
        context: RouteContext,
        principal: Principal,
        secrets: MemberSecrets | None,
        incoming: Incoming,
        arguments: Mapping[str, object],
    ) -> Iterator[Claim]:
        """Yield the claim of the first id that the body proposes, where it proposes one."""
        body = arguments.get(self.takes.body or "")
        first = next(proposed_ids(body), None) if self.takes.takes_id else None
        if first is None or secrets is None or self.takes.shape is None:
            return
        yield Claim.of_proposed_id(
            context.deployment, principal, secrets, incoming,
            operation=self.name,
            proposed=first,
            content=self.takes.shape.dump_json(body, exclude_defaults=True),
            by_content=self.declared.always_heard,
        )  # fmt: skip

    def _check_readiness(self, work: Work) -> None:
        task = self.declared.readiness
        if isinstance(task, Task) and task.value not in work.asked_ready:
            raise RuntimeError(f"{self.name} declares {task!r} and did not call require_ready")

    def _render(self, result: object) -> Response:
        if isinstance(result, Response):
            return result
        if self.shape is None:
            return Response(status_code=self.status)
        return json_response(result, self.shape, self.status)

    def _respond_on_loop(self, incoming: Incoming) -> Response:
        if incoming.refusal is not None:
            raise incoming.refusal
        return self._render(self.handler(**self.takes.arguments(incoming, None, None)))

    def _record_denial(
        self, context: RouteContext, session: Session, principal: Principal, refusal: Forbidden
    ) -> None:
        if principal is NOBODY:
            return
        with unit_of_work(begin_work(session, context.deployment, principal)) as work:
            work.trail.record(EventKind.REQUEST_DENIED, operation=self.name, code=refusal.code)


def _refusal_to(acting: Principal, needs: Permission) -> Forbidden | None:
    """Return why a principal may not do this, or None."""
    if not acting.acting:
        return NotAllowed()
    if acting.must_enrol(needs):
        return FactorRequired()
    return StepUpRequired() if acting.needs_step_up(needs) else None


def _ids_of(incoming: Incoming) -> dict[str, UUID]:
    """Return the ids of the address by name: what a request is about."""
    return {name: id_ for name, id_ in incoming.arguments.items() if isinstance(id_, UUID)}


def _find_response(claims: Sequence[Claim], session: Session) -> Response | None:
    """Return the response that was given before under one of these claims, or None."""
    found = (claim.find_response(session) for claim in claims)
    return next((earlier for earlier in found if earlier is not None), None)


def _find_kept(claims: Sequence[Claim], session: Session) -> Response | None:
    """Return the response to the same request that was kept although this one failed, or None.

    - Sent twice at once, it may have been carried out by the other.
    - A commit of unknown outcome may have been done: finding its response proves it. Finding
      nothing proves nothing, since it may still be on its way.
    """
    with suppress(SQLAlchemyError):
        return _find_response(claims, session)
    return None


def _without_outcome(incoming: Incoming) -> DomainError:
    """Return what a caller gets who was given up, or whose commit broke: a GET changes nothing."""
    if incoming.method == "GET":
        return DatabaseUnavailable(retry_after=_RETRY_SECONDS)
    return OutcomeUnknown(repeatable=incoming.idempotency_key is not None)
