"""Erasure on request: one member takes a person's wish down, a lead agrees.

- From the asking on the case is shut to everybody: every grant on it rests. Only leads read the
  reason and the summary, until they have decided.
- A lead who has not taken the wish down themselves agrees behind the second unlock; the worker
  destroys it within a minute, holds or not. Every lead learns that it was agreed, and by whom.
- A lead opens the case again where the wish was a mistake. Three days without either, all leads are
  told again.
- Nobody is forgotten on the road. What else is open is settled first, or left open with a reason
  when the case is closed, so that nothing is owed unseen to somebody who is forgotten.

What stays, and why, is ``REMAINS``: it is said to the person before they decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.errors import CaseHasOpenWork
from app.cases.models import Case, CaseStatus, FreeText, Summary
from app.cases.moves import is_erasable
from app.casework.open_work import OpenKind, list_open_work
from app.permissions import Compartment
from app.retention.destruction import Order
from app.retention.errors import (
    AskedByYou,
    ErasureNotFound,
    ErasureNotPossible,
    ErasureOver,
)
from app.retention.holds import show_to_leads
from app.retention.models import ASKED, ErasureRequest
from app.store.authenticated import leave_out_altered
from app.store.queries import in_order
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.work import Work

REMAINS: Final[tuple[str, ...]] = (
    "that a case with a random number began in this half-year and was erased on this day",
    "amounts of aid and which members asked, approved and paid, without the case or a word",
    "the check value of a code that is still valid, without the case, unless it is to die as well",
    "leaves of the log, which nobody can read any more",
    "counts in reports that were published, which name nobody",
    "sealed backups, until they are deleted; what is restored from one is erased again",
)
"""What stays of an erased case, and is said before it is asked for."""

_ON_THE_ROAD: Final = frozenset({OpenKind.DEPARTED_LEG, OpenKind.TRAVELS_ALONG})
TOLD_AGAIN: Final = timedelta(days=3)
_WAITING = and_(ErasureRequest.agreed_on.is_(None), ErasureRequest.refused_on.is_(None))


def ask_for_erasure(
    work: Work, case_id: UUID, reason: str, *, codes_die: bool, proposed: UUID | None = None
) -> ErasureRequest:
    """Take down a person's wish to be erased, and shut their case to everybody at once.

    Raises ``CaseNotFound``, ``ErasureNotPossible`` for an active case, ``CaseHasOpenWork``,
    ``IdTaken``.
    """
    case = cases.get_case(work, case_id)
    if not is_erasable(case):
        raise ErasureNotPossible
    found = [one.kind for one in list_open_work(work, case) if _must_be_settled(case, one.kind)]
    if found:
        raise CaseHasOpenWork(kind.value for kind in found)
    request = ErasureRequest(
        id=work.id_for(ErasureRequest, proposed, case_id=case.id),
        case_id=case.id,
        asked_by=work.principal.id,
        asked_on=work.today(),
        codes_die=codes_die,
    )
    own = Scope(Compartment.SUMMARY, request.id)
    work.grants.mint(case.id, [own])
    work.vault.seal(request.reason, FreeText(reason))
    work.session.add(request)
    work.grants.rest(case.id)
    show_to_leads(work, case, own, until=None)
    raise_alert(work, AlertKind.ERASURE_ASKED, team_id=case.team_id, case_id=case.id)
    work.trail.record(
        EventKind.CASE_ERASURE_ASKED, case.id, request=str(request.id), codes_die=codes_die
    )
    work.session.flush()
    return request


def _must_be_settled(case: Case, kind: OpenKind) -> bool:
    """Return whether something open stands against an erasure: what a closed case has, but for
    people on the road, was left open with a reason.
    """
    return kind in _ON_THE_ROAD or case.status is not CaseStatus.CLOSED


def agree_to_erasure(work: Work, request_id: UUID) -> ErasureRequest:
    """Agree, as a lead who did not take the wish down: the worker destroys the case next.

    Raises ``ErasureNotFound``, ``ErasureOver``, ``AskedByYou``, and as ``Work.claim`` does.
    """
    request = _claim_waiting(work, request_id)
    if request.asked_by == work.principal.id:
        raise AskedByYou
    request.agreed_by, request.agreed_on = work.principal.id, work.today()
    raise_alert(work, AlertKind.ERASURE_AGREED, member_id=work.principal.id)
    work.trail.record(EventKind.CASE_ERASURE_AGREED, request.case_id, request=str(request.id))
    work.session.flush()
    return request


def refuse_erasure(work: Work, request_id: UUID) -> ErasureRequest:
    """Open a case again, as a lead: the wish was a mistake, or is one no more.

    Raises ``ErasureNotFound``, ``ErasureOver``, and as ``Work.claim`` does.
    """
    request = _claim_waiting(work, request_id)
    request.refused_by, request.refused_on = work.principal.id, work.today()
    work.grants.end(request.case_id, about=request.id, reasons=[GrantReason.LEAD])
    work.grants.resume(request.case_id)
    work.trail.record(EventKind.CASE_ERASURE_REFUSED, request.case_id, request=str(request.id))
    work.session.flush()
    return request


def list_erasures(
    work: Work, *, after: tuple[date, UUID] | None = None, limit: int
) -> Sequence[ErasureRequest]:
    """Return a page of the wishes that wait for a lead, oldest first."""
    query = select(ErasureRequest).where(_WAITING)
    page = in_order(query, ErasureRequest.asked_on, after=after, limit=limit)
    return work.session.scalars(page).all()


def open_erasures(
    work: Work, requests: Sequence[ErasureRequest]
) -> list[tuple[ErasureRequest, Summary | None, FreeText | None]]:
    """Open the reasons of wishes and the summaries of their cases, None for each that is shut."""
    found = select(Case).where(Case.id.in_({request.case_id for request in requests}))
    of_case = {case.id: case for case in work.session.scalars(found)}
    summaries = work.vault.open_listed([of_case[one.case_id].summary for one in requests])
    reasons = work.vault.open_listed([one.reason for one in requests])
    return list(zip(requests, summaries, reasons, strict=True))


def list_agreed_orders(work: Work, limit: int) -> list[Order]:
    """Return what is to be destroyed because its person asked for it and a lead agreed."""
    query = select(ErasureRequest).where(ErasureRequest.agreed_on.is_not(None)).limit(limit)
    agreed = leave_out_altered(work.session, work.session.scalars(query).all())
    return [Order(one.case_id, ASKED, codes_die=one.codes_die) for one in agreed]


def remind_leads(work: Work) -> None:
    """Tell all leads, once, of wishes that nobody decided in three days. A step of the worker."""
    query = select(ErasureRequest).where(
        _WAITING,
        ErasureRequest.reminded_on.is_(None),
        ErasureRequest.asked_on <= work.today() - TOLD_AGAIN,
    )
    for request in leave_out_altered(work.session, work.session.scalars(query).all()):
        request.reminded_on = work.today()
        raise_alert(work, AlertKind.ERASURE_ASKED, case_id=request.case_id)
        work.trail.record(EventKind.CASE_ERASURE_ASKED, request.case_id, request=str(request.id))


def _claim_waiting(work: Work, request_id: UUID) -> ErasureRequest:
    request = work.session.get(ErasureRequest, request_id)
    if request is None:
        raise ErasureNotFound
    work.claim(request)
    if request.agreed_on is not None or request.refused_on is not None:
        raise ErasureOver
    return request
