"""Destroying a case, or a part of one: the one function, in four steps, each durable.

1. *Begun*: the destruction is on record; a case is shut to everybody. Changes that were based on
   an earlier reading of it are refused as stale.
2. The erasure shares go, each with its entry in the journal. From here on nothing opens it.
3. *Cleared*: rows and cells go, the event is written, and main notes how far the journal came.
4. *Certified*: the certificate is signed.

``finish_begun`` takes each destruction from where it is: killed after any statement, the next run
ends in the same state. One process at a time, by the lock of the worker's job. Nothing is begun or
destroyed while the time is in doubt, but for what the journal says was destroyed before; what was
cleared is certified all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.audit.sequencer import leaf_data
from app.audit.trail import subject_tag
from app.cases.models import Case, CaseStatus
from app.cases.moves import is_erasable, mark_erased
from app.casework.erased import tags_of_readers
from app.crypto.derive import hkdf, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.merkle import leaf_hash
from app.deployment import Deployment
from app.principal import NOBODY
from app.retention.certificates import Certificate
from app.retention.clearing import Cell, clear_cases, clear_part, forget_alerts, read_cells
from app.retention.errors import JournalBehind, TimeInDoubt
from app.retention.models import RESTORED, Destruction, DestructionStep
from app.retention.orders import is_ordered, order_mac
from app.store.authenticated import is_altered
from app.store.engine import checkpoint
from app.store.identity import ONLY_ROW
from app.store.journal import WHOLE, DestructionEntry
from app.store.models import DeploymentIdentity, ErasedPart
from app.text.dates import half_year_of
from app.vault.models import Grant
from app.vault.queries import unended_grants
from app.work import Work, begin_work, unit_of_work

AT_ONCE: Final = 50
"""Cases a transaction."""
_NO_DIGEST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be destroyed, by which rule.

    ``codes_die``: living codes go too, because the person asked for it.
    """

    case_id: UUID
    rule: str
    what: str = WHOLE
    codes_die: bool = False


def destroy(
    deployment: Deployment,
    orders: Sequence[Order],
    *,
    still_due: Callable[[Work, Sequence[Order]], Sequence[Order]] = lambda _, orders: orders,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Destroy cases and parts for good; returns how many. Calls ``progress`` as it goes.

    ``still_due`` is asked once the cases are locked, and leaves out what must wait after all. What
    is gone, is being destroyed, is at work (an active case), or is not as it was written is passed
    over. Raises ``TimeInDoubt``.
    """
    done = finish_begun(deployment)
    for start in range(0, len(orders), AT_ONCE):
        _begin(deployment, orders[start : start + AT_ONCE], still_due)
        count = finish_begun(deployment)
        done += count
        progress(count)
    return done


def finish_begun(deployment: Deployment) -> int:
    """Finish what was begun, also by a process that was killed; returns how many were certified."""
    while _clear_some(deployment):
        pass
    done = 0
    while count := _certify_some(deployment):
        done += count
    if done:
        checkpoint(deployment.engine)
    return done


def require_time(deployment: Deployment) -> None:
    """Raise ``TimeInDoubt`` unless the present time can be trusted."""
    if _doubts_time(deployment):
        raise TimeInDoubt


def _doubts_time(deployment: Deployment) -> bool:
    return deployment.clock_has_jumped() or deployment.find_time_doubt() is not None


@contextmanager
def own_work(deployment: Deployment) -> Iterator[Work]:
    """Yield a unit of work of nobody, committed at its end."""
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            yield work


# ---------------------------------------------------------------------- begun


def _begin(
    deployment: Deployment,
    orders: Sequence[Order],
    still_due: Callable[[Work, Sequence[Order]], Sequence[Order]],
) -> None:
    if any(order.rule != RESTORED for order in orders):
        require_time(deployment)
    with own_work(deployment) as work:
        ids = sorted({order.case_id for order in orders})
        cases = {
            case.id: case
            for case in work.session.scalars(
                select(Case).where(Case.id.in_(ids)).order_by(Case.id).with_for_update()
            )
        }
        wanted = [
            (cases[order.case_id], order)
            for order in still_due(work, orders)
            if order.case_id in cases and _may_begin(work, cases[order.case_id], order)
        ]
        for what in sorted({order.what for _, order in wanted}):
            _begin_some(work, [pair for pair in wanted if pair[1].what == what], what)


def _may_begin(work: Work, case: Case, order: Order) -> bool:
    if is_altered(work.session, case) and order.rule != RESTORED:
        return False  # its status and its days prove nothing: verification names it
    if case.status is CaseStatus.ERASED:
        return False
    return order.what != WHOLE or order.rule == RESTORED or is_erasable(case)


def _begin_some(work: Work, wanted: Sequence[tuple[Case, Order]], what: str) -> None:
    part = None if what == WHOLE else ErasedPart(what)
    cells = read_cells(work.session, [case.id for case, _ in wanted], part)
    shares = work.deployment.keystore.find({case.share_id for case, _ in wanted})
    log_keys = work.deployment.case_log_keys({case.id: case.share_id for case, _ in wanted})
    for case, order in wanted:
        found, row = cells[case.id], shares.get(case.share_id)
        if part is not None and not found:
            continue
        if part is not None and is_altered(work.session, case):
            pass  # it gets no new MAC
        elif part is not None:
            flag_modified(case, "moved_on")  # the version rises: earlier readings are stale
        elif order.rule == RESTORED:
            case.status = CaseStatus.ERASED
        else:
            mark_erased(work, case)
        one = Destruction(
            what=what, case_id=case.id, share_id=case.share_id, rule=order.rule,
            step=DestructionStep.BEGUN, made_on=work.today(), codes_die=order.codes_die,
            half_year=half_year_of(case.opened_on), cells=len(found), rows=0,
            event_id=None, subject_tag=None, readers=None, certificate=None,
        )  # fmt: skip
        share = None if row is None else row.log if part is None else row.part(part)
        one.digest_before = _digest_of(one.id, found, share)
        one.order_mac = order_mac(work.deployment, one)
        if part is None and case.id in log_keys:
            one.subject_tag = subject_tag(log_keys[case.id], case.id)
        work.session.add(one)
        work.trail.record(
            EventKind.CASE_ERASURE_BEGUN, case.id, what=what, rule=order.rule, number=str(one.id)
        )


def _digest_of(number: UUID, cells: Sequence[Cell], share: bytes | None) -> bytes:
    """Return the HMAC of what will go, under a key that goes with it; zeros without a share."""
    if share is None:
        return _NO_DIGEST
    key = hkdf(share, info=frame(Label.DESTRUCTION_DIGEST_KEY, number))
    return mac(key, frame(Label.DESTRUCTION_ROWS, *(part for cell in cells for part in cell)))


# ---------------------------------------------------------------------- shares, then rows


def _clear_some(deployment: Deployment) -> bool:
    """Destroy the shares of some destructions that were begun, then their rows.

    While the time is in doubt only what the journal has already: no clock decided that.
    """
    query = select(Destruction)
    if _doubts_time(deployment):
        query = query.where(Destruction.rule == RESTORED)
    with deployment.sessions() as session:
        begun = _ordered(session, deployment, query, DestructionStep.BEGUN)
    if not begun:
        return False
    for what in sorted({row.what for row in begun}):
        ids = [row.share_id for row in begun if row.what == what and row.share_id]
        deployment.keystore.destroy(ids, None if what == WHOLE else [ErasedPart(what)])
    entries = _entries_of(deployment, [row.share_id for row in begun if row.share_id])
    with own_work(deployment) as work:
        some = work.session.scalars(
            select(Destruction)
            .where(Destruction.id.in_([row.id for row in begun]))
            .order_by(Destruction.id)
            .with_for_update()
        ).all()
        _clear(work, some)
        newest = max(entry.number for entry in entries.values())
        work.session.execute(
            update(DeploymentIdentity)
            .where(DeploymentIdentity.id == ONLY_ROW, DeploymentIdentity.journal_number < newest)
            .values(journal_number=newest),
            execution_options={"housekeeping": "how far the journal was applied"},
        )
    return True


def _ordered(
    session: Session, deployment: Deployment, query: Select[Destruction], step: DestructionStep
) -> list[Destruction]:
    """Return some destructions at a step, without those that somebody else wrote there."""
    rows = session.scalars(query.where(Destruction.step == step).order_by(Destruction.id))
    return list(islice((one for one in rows if is_ordered(deployment, one)), AT_ONCE))


def _clear(work: Work, some: Sequence[Destruction]) -> None:
    for what in sorted({one.what for one in some} - {WHOLE}):
        part = ErasedPart(what)
        mine = [one for one in some if one.what == what]
        rows = clear_part(work, [one.case_id for one in mine if one.case_id], part)
        for one in mine:
            one.step, one.rows = DestructionStep.CLEARED, rows[one.case_id] if one.case_id else 0
            one.event_id = work.trail.record(
                EventKind.CASE_PART_ERASED, one.case_id, part=what, number=str(one.id)
            )
    whole = [one for one in some if one.what == WHOLE]
    if not whole:
        return
    ids = [one.case_id for one in whole if one.case_id]
    forget_alerts(work, ids)
    for one in whole:
        if one.case_id is not None:
            holders = work.session.scalars(
                select(Grant.holder_id).where(
                    Grant.case_id == one.case_id, unended_grants(work.today())
                )
            )
            one.readers = tags_of_readers(work.deployment, one.case_id, holders)
        one.step = DestructionStep.CLEARED
        one.event_id = work.trail.record(EventKind.CASE_ERASED, rule=one.rule, number=str(one.id))
    rows = clear_cases(work, whole, work.today())
    for one in whole:
        if one.case_id is not None:
            _note_rows(work, one.id, rows[one.case_id])


def _note_rows(work: Work, destruction_id: UUID, rows: int) -> None:
    work.session.execute(
        update(Destruction).where(Destruction.id == destruction_id).values(rows=rows),
        execution_options={"housekeeping": "case:erased names it"},
    )


# ---------------------------------------------------------------------- certificates


def _entries_of(
    deployment: Deployment, share_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], DestructionEntry]:
    """Return the newest journal entry of each share and part."""
    return {
        (UUID(bytes=entry.subject), entry.part): entry
        for entry in deployment.keystore.journal.find(share_ids)
        if entry.part is not None
    }


def _certify_some(deployment: Deployment) -> int:
    """Sign the certificates of some destructions that were cleared; returns how many."""
    with own_work(deployment) as work:
        some = _ordered(work.session, deployment, select(Destruction), DestructionStep.CLEARED)
        if not some:
            return 0
        entries = _entries_of(deployment, [one.share_id for one in some if one.share_id])
        events = {
            event.id: event
            for event in work.session.scalars(
                select(AuditEvent).where(AuditEvent.id.in_([one.event_id for one in some]))
            )
        }
        for one in some:
            entry = None if one.share_id is None else entries.get((one.share_id, one.what))
            if entry is None or one.event_id is None:
                raise JournalBehind
            certificate = Certificate(
                one.id, one.what, one.rule, one.made_on, one.cells, one.rows, one.digest_before,
                entry.number, entry.running_hash, leaf_hash(leaf_data(events[one.event_id])),
            )  # fmt: skip
            one.certificate = certificate.sign(deployment.log_signing_key)
            one.step = DestructionStep.CERTIFIED
            if one.what != WHOLE and not _is_there(work.session, one.case_id):
                one.case_id = one.share_id = None
        work.trail.record(EventKind.DESTRUCTIONS_CERTIFIED, count=len(some))
        return len(some)


def _is_there(session: Session, case_id: UUID | None) -> bool:
    return session.scalar(select(Case.id).where(Case.id == case_id)) is not None
