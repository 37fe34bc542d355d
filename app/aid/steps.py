"""The steps of a request: what members did with it, each signed over the step before.

- A step is signed by the member who took it, over the request's sealed items, its sum, its due day
  and the digest of the step before: none can be added, altered, moved or left out between others.
- Approving names the fund as well. An approval counts only over the items, the sum and the fund
  that the request has now.
- A step by a member whose key is not certified now bars that member from a second duty, and counts
  for nothing else.

Knows the steps of one request; decides no move.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy import select

from app.aid.models import AidAct, AidNote, AidRequest, AidStep
from app.crypto.derive import digest
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.store.authenticated import is_altered
from app.store.base import ORGANISATION
from app.vault.errors import KeyNotCertified, Tampered
from app.work import Work


def add_step(work: Work, request: AidRequest, act: AidAct, note: AidNote | None) -> None:
    """Record and sign what the principal did with a request, with a sealed note if there is one.

    Raises as ``list_steps``.
    """
    before = list_steps(work, request)
    step = AidStep(
        case_id=request.case_id,
        request_id=request.id,
        act=act,
        member_id=work.principal.id,
        taken_on=work.today(),
    )
    if note is not None:
        work.vault.seal(step.note, note)
    statement = _statement(work, request, step, before[-1] if before else None)
    step.signature = work.keyring.secrets.sign.sign(statement)
    work.session.add(step)


def list_steps(work: Work, request: AidRequest) -> Sequence[AidStep]:
    """Return the steps of a request, in the order in which they were taken.

    Raises ``Tampered`` where one is not as it was written, or is missing between others.
    """
    steps = _load(work, request.id)
    if any(is_altered(work.session, step) for step in steps):
        raise Tampered
    for _ in _proven(work, request, steps):
        pass
    return steps


def has_taken(work: Work, request: AidRequest, acts: Collection[str]) -> bool:
    """Return whether the principal has done one of these with a request; as ``list_steps``."""
    return any(
        step.member_id == work.principal.id and step.act in acts
        for step in list_steps(work, request)
    )


def approvers(work: Work, request: AidRequest) -> frozenset[UUID]:
    """Return who has approved a request as it is now, and released no hold of it.

    Whether they are still members is for the caller. Raises as ``list_steps``.
    """
    steps = list_steps(work, request)
    released = {step.member_id for step in steps if step.act is AidAct.RELEASE}
    proven = _proven(work, request, steps)
    approved = {step.member_id for step in proven if step.act is AidAct.APPROVE}
    return frozenset(approved - released)


def find_unproven(work: Work, requests: Sequence[AidRequest]) -> Iterator[UUID]:
    """Yield the requests whose steps are not signed as they must be; not those of erased cases."""
    for request in requests:
        if request.case_id == ORGANISATION:
            continue
        steps = _load(work, request.id)
        if not steps:
            yield request.id
            continue
        try:
            for _ in _proven(work, request, steps):
                pass
        except Tampered:
            yield request.id


def _load(work: Work, request_id: UUID) -> Sequence[AidStep]:
    # By the sequence alone: a clock that was put back must not change the order.
    query = select(AidStep).where(AidStep.request_id == request_id)
    return work.session.scalars(query.order_by(AidStep.sequence, AidStep.id)).all()


def _proven(work: Work, request: AidRequest, steps: Sequence[AidStep]) -> Iterator[AidStep]:
    """Yield the steps that were signed by a certified key; raises ``Tampered`` at a wrong one."""
    before = None
    for step in steps:
        statement = _statement(work, request, step, before)
        try:
            work.certificates.verify_by(step.member_id, step.signature, statement)
            yield step
        except KeyNotCertified:
            pass
        before = step


def _statement(work: Work, request: AidRequest, step: AidStep, before: AidStep | None) -> bytes:
    return frame(
        Label.AID_STEP,
        work.deployment.organisation,
        step.id,
        step.request_id,
        step.act.value,
        step.member_id,
        step.taken_on,
        digest(step.note.envelope or b""),
        digest(request.detail.envelope or b""),
        request.currency,
        request.total,
        request.due_on,
        request.fund_id if step.act is AidAct.APPROVE else None,
        None if before is None else digest(before.signature),
    )
