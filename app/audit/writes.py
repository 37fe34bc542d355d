"""Note which rows a unit of work writes: their cases, their digests, and what is to be marked.

- A MAC is written with each row (``store.authenticated``), and a digest of it is kept for the log.
- A row whose older versions must not count any more is noted for the keystore (``store.marks``).
- Housekeeping is left out: a model says so in ``__housekeeping__``, a statement in its options.

What is noted lies in the session's ``info``, and is read at the end of the unit (``app.work``).
"""

from __future__ import annotations

from uuid import UUID
from weakref import WeakSet

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from app.audit.trail import RowState
from app.store.authenticated import mark_of, place_of, row_macs
from app.store.base import ORGANISATION, Record, Versioned, number_in_order
from app.store.mark_reader import Promised


def note_writes(sessions: sessionmaker[Session]) -> None:
    """Note on each session which cases were written to. Calling it twice changes nothing.

    A model whose rows are housekeeping (sessions, counters) says so in ``__housekeeping__``, a
    statement in its execution option ``housekeeping``: each names its reason.
    """
    # Not ``event.contains``: it goes by the maker's id, which a later maker may have again.
    if sessions in _NOTED:
        return
    _NOTED.add(sessions)
    event.listen(sessions, "before_flush", _note_flush)
    event.listen(sessions, "do_orm_execute", _note_statement)


_NOTED: WeakSet[sessionmaker[Session]] = WeakSet()


def _note_flush(session: Session, *_: object) -> None:
    touched: set[UUID] = session.info.setdefault("touched", set())
    digests: dict[UUID, dict[str, RowState]] = session.info.setdefault("digests", {})
    number_in_order(session)
    for record in {*session.new, *session.dirty, *session.deleted}:
        if hasattr(type(record), "__housekeeping__"):
            continue
        if record in session.dirty and not session.is_modified(record):
            continue
        case_id = getattr(record, "case_id", None) or ORGANISATION
        touched.add(case_id)
        macs = row_macs(session)
        gone = inspect(record).deleted or record in session.deleted
        if not gone:
            macs.write(record)
            _note_mark(session, record)
        digests.setdefault(case_id, {})[place_of(record)] = RowState(
            _version_after(session, record),
            None if gone else macs.digest_of(record, after_flush=True),
        )


def _note_mark(session: Session, record: Record) -> None:
    """Note that no older version of a row may count, where that is so."""
    mark = mark_of(type(record))
    if mark is None or record in session.new or not mark.when(record):
        return
    place = (record.__tablename__, record.id.hex)
    promised = Promised(_version_after(session, record), bool(mark.for_good(record)))
    session.info.setdefault("marks", {})[place] = promised


def _version_after(session: Session, record: object) -> int:
    """Return the version that a row has once this flush is done; 0 where it has none.

    The hook runs before SQLAlchemy counts the version up.
    """
    if not isinstance(record, Versioned):
        return 0
    return 1 if record in session.new else record.version + 1


def _note_statement(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and "housekeeping" not in state.execution_options:
        state.session.info.setdefault("touched", set()).add(ORGANISATION)
