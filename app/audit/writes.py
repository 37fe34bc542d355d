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
from app.store.kept_statements import READ_BEFORE_FLUSH
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
    session.info.pop(READ_BEFORE_FLUSH, None)
    touched: set[UUID] = session.info.setdefault("touched", set())
    digests: dict[UUID, dict[str, RowState]] = session.info.setdefault("digests", {})
    number_in_order(session)
    # Each of these is put together whenever it is asked for.
    new, dirty, deleted = session.new, session.dirty, session.deleted
    for record in {*new, *dirty, *deleted}:
        if hasattr(type(record), "__housekeeping__"):
            continue
        if record in dirty and not session.is_modified(record):
            continue
        case_id = getattr(record, "case_id", None) or ORGANISATION
        touched.add(case_id)
        version = _version_after(record, is_new=record in new)
        gone = record in deleted or inspect(record).deleted
        after = None if gone else row_macs(session).write(record)
        if not gone and record not in new:
            _note_mark(session, record, version)
        digests.setdefault(case_id, {})[place_of(record)] = RowState(version, after)


def _note_mark(session: Session, record: Record, version: int) -> None:
    """Note that no version of a row older than the one it gets may count, where that is so."""
    mark = mark_of(type(record))
    if mark is not None and mark.when(record):
        place = (record.__tablename__, record.id.hex)
        promised = Promised(version, bool(mark.for_good(record)))
        session.info.setdefault("marks", {})[place] = promised


def _version_after(record: object, *, is_new: bool) -> int:
    """Return the version that a row has once this flush is done; 0 where it has none.

    The hook runs before SQLAlchemy counts the version up.
    """
    if not isinstance(record, Versioned):
        return 0
    return 1 if is_new else record.version + 1


def _note_statement(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and "housekeeping" not in state.execution_options:
        state.session.info.setdefault("touched", set()).add(ORGANISATION)
