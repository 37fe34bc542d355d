"""The worker's pass over every case, once a day, a few hundred cases a turn.

- A turn looks at the next cases, destroys what is due and what edits replaced long ago, gives
  notice of silence, closes what stayed silent, and counts. No request does any of this.
- A pass that was interrupted goes on after the last case that was looked at; what was begun is
  finished first.
- After a run the journal is written to its second place, and the keystore's pages are rewritten.
- What requests show of all cases are the counts of the last pass.

Nothing here runs while the time is in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.cases.models import OPEN_STATUSES, Case, CaseStatus
from app.cases.moves import move_case
from app.deployment import Deployment
from app.retention.destruction import Order, destroy, finish_begun, own_work, require_time
from app.retention.due import CaseFacts, Due, list_due, read_facts
from app.retention.holds import look_after_holds
from app.retention.models import RetentionPass, SilenceNotice
from app.retention.replaced import destroy_replaced
from app.retention.requests import list_agreed_orders, remind_leads
from app.retention.restored import destroy_again
from app.retention.schedule import (
    NOTICE_DAYS,
    SILENCE_DAYS,
    SILENCE_IN_SERVICE_DAYS,
    UNREAD_DAYS,
    TriggerEvent,
)
from app.store.engine import checkpoint, rewrite_tables
from app.store.models import ErasedPart, ErasureShare, KeystoreIdentity
from app.work import Work

A_TURN: Final = 200
"""Cases that a turn looks at."""
SOON: Final = timedelta(days=30)
UNREAD: Final = "not read by anybody"
FIGURES: Final = "figures of its half-year"
MOST_WAITING: Final = 500
_ONLY_ROW: Final = 1


def take_turn(work: Work) -> int:
    """Do the next turn of today's pass; returns how much was destroyed. A job of the worker."""
    deployment = work.deployment
    done = finish_begun(deployment)
    done += destroy_again(deployment)
    done += destroy_asked(deployment)
    orders = _look_at_next(deployment)
    done += destroy(deployment, orders, still_due=still_due)
    if done:
        after_run(deployment)
    return done


def run_pass(deployment: Deployment, progress: Callable[[int], None] = lambda _: None) -> int:
    """Do a whole pass at once, whether or not there was one today; returns how much went."""
    require_time(deployment)
    done = finish_begun(deployment)
    done += destroy_again(deployment)
    done += destroy_asked(deployment)
    with own_work(deployment) as work:
        row = find_pass(work.session)
        if row is not None:
            work.session.delete(row)
    while not _is_over(deployment):
        done += destroy(
            deployment, _look_at_next(deployment), still_due=still_due, progress=progress
        )
    after_run(deployment)
    return done


def destroy_asked(deployment: Deployment) -> int:
    """Destroy what people asked to be erased and a lead agreed to; returns how much went."""
    done = 0
    with own_work(deployment) as work:
        orders = list_agreed_orders(work, A_TURN)
        remind_leads(work)
    if orders:
        done = destroy(deployment, orders, still_due=_still_agreed)
    return done


def _still_agreed(work: Work, orders: Sequence[Order]) -> list[Order]:
    agreed = set(list_agreed_orders(work, A_TURN))
    return [order for order in orders if order in agreed]


def after_run(deployment: Deployment) -> None:
    """Write the journal to its second place, and rewrite the keystore's pages."""
    rewrite_tables(deployment.keystore.engine, [ErasureShare.__tablename__])
    write_journal(deployment)


def write_journal(deployment: Deployment) -> Path | None:
    """Bring the journal's second place up to date; returns the file, None without such a place."""
    folder = deployment.settings.journal_dir
    if folder is None:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / journal_name(deployment)
    deployment.keystore.journal.write(file)
    return file


def journal_name(deployment: Deployment) -> str:
    """Return the name of a journal's file: it says which keystore it is of."""
    with Session(deployment.keystore.engine) as session:
        keystore_id = session.scalars(select(KeystoreIdentity.keystore_id)).one()
    return f"padauk-journal-{keystore_id.hex}.txt"


def find_pass(session: Session) -> RetentionPass | None:
    """Return how far the pass has come, None before the first."""
    return session.get(RetentionPass, _ONLY_ROW)


def orders_of(dues: Sequence[Due], work: Work) -> list[Order]:
    """Return what is to be destroyed now: whole cases rather than their parts."""
    today = work.today()
    ready = [due for due in dues if due.on <= today and not due.stops]
    whole = {due.case_id for due in ready if due.rule.part is None}
    orders = [
        Order(due.case_id, due.rule.name, due.what)
        for due in ready
        if due.rule.part is None or due.case_id not in whole
    ]
    # The name does not wait for the figures of the half-year; only the rest of the case does.
    orders += [
        Order(due.case_id, due.rule.name, ErasedPart.IDENTITY.value)
        for due in dues
        if due.on <= today and due.rule.part is None and due.named and due.stops == (FIGURES,)
    ]
    return list({(order.case_id, order.what): order for order in orders}.values())


def still_due(work: Work, orders: Sequence[Order]) -> list[Order]:
    """Return those orders that hold for their cases as they are at this moment."""
    ids = sorted({order.case_id for order in orders})
    cases = work.session.scalars(select(Case).where(Case.id.in_(ids))).all()
    now = set(orders_of(list_due(work, cases), work))
    return [order for order in orders if order in now]


def _is_over(deployment: Deployment) -> bool:
    with deployment.sessions() as session:
        row = find_pass(session)
    return row is not None and row.done


def _look_at_next(deployment: Deployment) -> list[Order]:
    require_time(deployment)
    with own_work(deployment) as work:
        row = find_pass(work.session)
        if row is None:
            row = RetentionPass(id=_ONLY_ROW, begun_on=work.today(), after=None, done=False,
                                counting={}, counted_on=None, counts={}, waiting=[])  # fmt: skip
            work.session.add(row)
        elif row.done and row.begun_on == work.today():
            return []
        elif row.done:
            row.begun_on, row.after, row.done, row.counting, row.waiting = (
                work.today(), None, False, {}, [],
            )  # fmt: skip
        page = select(Case).order_by(Case.id).limit(A_TURN)
        if row.after is not None:
            page = page.where(Case.id > row.after)
        cases = work.session.scalars(page).all()
        dues = list_due(work, cases)
        _close_silent(work, read_facts(work, cases))
        look_after_holds(work, [case.id for case in cases])
        destroy_replaced(work, [case.id for case in cases])
        _count(row, dues, work)
        if cases:
            row.after = cases[-1].id
        if len(cases) < A_TURN:
            row.done, row.counted_on, row.counts = True, work.today(), row.counting
        orders, is_over = orders_of(dues, work), row.done
    if is_over:  # what was deleted of holds and edits must leave SQLite's log as well
        checkpoint(deployment.engine)
    return orders


def _count(row: RetentionPass, dues: Sequence[Due], work: Work) -> None:
    today = work.today()
    counts: Counter[str] = Counter(row.counting)
    waiting = list(row.waiting)
    for due in dues:
        name = due.rule.name
        if due.on <= today:
            for stop in due.stops or ("due",):
                counts[f"{name}: {stop}"] += 1
        elif due.on <= today + SOON:
            counts[f"{name}: within 30 days"] += 1
        else:
            counts[f"{name}: later"] += 1
        unread = UNREAD in due.stops and due.on + timedelta(days=UNREAD_DAYS) <= today
        half_time = due.rule.trigger is TriggerEvent.REFUSED and due.rule.part is None
        half_time &= due.on - timedelta(days=due.rule.days // 2) <= today and not due.looked_at
        if (unread or half_time) and len(waiting) < MOST_WAITING:
            waiting.append(f"{due.case_id} {name}: {UNREAD if unread else 'look at it again'}")
    row.counting, row.waiting = dict(counts), waiting


def silence_of(facts: CaseFacts) -> int:
    """Return the days without a word after which a case gets notice of its closing."""
    return SILENCE_IN_SERVICE_DAYS if facts.in_service else SILENCE_DAYS


def _close_silent(work: Work, facts: dict[UUID, CaseFacts]) -> None:
    """Give notice of cases without word, work or duty; close those that stayed silent since."""
    ids = [one.case.id for one in facts.values()]
    notices = {
        notice.case_id: notice
        for notice in work.session.scalars(
            select(SilenceNotice).where(SilenceNotice.case_id.in_(ids))
        )
    }
    today = work.today()
    for one in facts.values():
        case, notice = one.case, notices.get(one.case.id)
        read = one.read_on is not None and one.read_on >= one.last_word_on
        silent = one.last_word_on + timedelta(days=silence_of(one)) <= today and read
        if case.status not in OPEN_STATUSES or not silent or one.stops:
            if notice is not None:
                work.session.delete(notice)
        elif notice is None:
            work.session.add(SilenceNotice(case_id=case.id, noticed_on=today))
            raise_alert(work, AlertKind.CASE_SILENT, team_id=case.team_id, case_id=case.id)
        elif notice.noticed_on + timedelta(days=NOTICE_DAYS) <= today:
            move_case(work, case, CaseStatus.CLOSED)
            work.session.delete(notice)
