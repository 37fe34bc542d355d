"""Which rows and cells go with a part of a case, and with the whole of it.

- A cell goes with the part that its field names; a row goes with a part where nothing else is left
  to say in it.
- With the case goes every row that names it, in every table. What outlives it is listed here, and
  is cut from it: the hash of a code that still lives, and who asked for, approved and paid aid.
- What other cases say of it goes too.
- A row that somebody altered goes like every other, and stops nothing. Where it stays without its
  cells, it gets no new MAC: verification goes on naming it.

Deletes; destroys no share. The caller records the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from app.aid.models import AidRequest, AidStep, PayeeToken
from app.alerts.models import Alert
from app.audit.events import EventKind
from app.cases.models import Case
from app.intake.models import MatchToken
from app.models import metadata, sealed_models
from app.registration.models import Registration
from app.registration.moves import CODE_ALIVE
from app.retention.models import Destruction, DestructionStep
from app.search.models import IndexedKind, IndexToken
from app.store.authenticated import is_altered, leave_out_altered
from app.store.base import ORGANISATION, Base, CaseRecord
from app.store.journal import WHOLE
from app.store.models import ErasedPart
from app.store.queries import next_number
from app.store.sealed import sealed_fields
from app.work import Work

GO_WITH_PART: Final[Mapping[str, ErasedPart]] = {
    "case_notes": ErasedPart.ACCOUNT,
    "check_ins": ErasedPart.JOURNEY,
    "leg_escalations": ErasedPart.JOURNEY,
    "vetting_checks": ErasedPart.VETTING,
}
"""Tables whose rows go when a part does, because the row says nothing but what was in its cell."""

OUTLIVES_CASE: Final[Mapping[str, str]] = {
    "aid_requests": "who asked, approved and paid other people's money must be provable",
    "aid_steps": "who asked, approved and paid other people's money must be provable",
    "destructions": "that of the case is its tombstone; those of its parts are cut from it",
    "registrations": "the hash of a code that still lives, so that erasure does not void it",
}
"""Tables of which rows stay when a case goes, and why."""

TOKENS_OF: Final[Mapping[ErasedPart, tuple[IndexedKind, ...]]] = {
    ErasedPart.CONTACT: (IndexedKind.PHONE, IndexedKind.HANDLE),
    ErasedPart.HOUSEHOLD: (IndexedKind.RELATIVE, IndexedKind.PERSON),
    ErasedPart.IDENTITY: tuple(IndexedKind),
}
"""Which tokens of the blind index go with a part; those of papers go with the name.

Without its household a case is indexed again by the next search, from what is left of it.
"""

Cell = tuple[str, UUID, str, bytes]
"""A sealed cell: table, row, field and envelope."""

_QUIET: Final = {"synchronize_session": False, "housekeeping": "the destruction records it"}
_HALF_YEAR: Final = 7


def read_cells(
    session: Session, case_ids: Sequence[UUID], part: ErasedPart | None
) -> dict[UUID, list[Cell]]:
    """Return the sealed cells of a part, or all, by case."""
    found: dict[UUID, list[Cell]] = {one: [] for one in case_ids}
    for model in models_of_cases():
        wanted = [f for f in sealed_fields(model).values() if part in {None, f.part}]
        if not wanted:
            continue
        columns = [getattr(model, field.slot) for field in wanted]
        rows = session.execute(
            select(model.case_id, model.id, *columns)
            .where(model.case_id.in_(case_ids))
            .order_by(model.id)
        )
        for case_id, row_id, *envelopes in rows:
            found[case_id] += [
                (str(model.__tablename__), row_id, field.name, envelope)
                for field, envelope in zip(wanted, envelopes, strict=True)
                if envelope is not None
            ]
    return found


def clear_part(work: Work, case_ids: Sequence[UUID], part: ErasedPart) -> Counter[UUID]:
    """Empty the cells of a part, and delete the rows that go with it; returns rows by case."""
    changed: Counter[UUID] = Counter()
    for model in models_of_cases():
        fields = [field for field in sealed_fields(model).values() if field.part == part]
        if not fields:
            continue
        goes = GO_WITH_PART.get(str(model.__tablename__)) is part
        for record in work.session.scalars(select(model).where(model.case_id.in_(case_ids))).all():
            filled = [field for field in fields if getattr(record, field.slot) is not None]
            altered = is_altered(work.session, record)
            if goes:
                work.session.delete(record)
            elif filled:
                _rewrite(work.session, record, {f.slot: None for f in filled}, altered=altered)
            changed[record.case_id] += bool(filled) or goes
    if part in TOKENS_OF:
        work.session.execute(
            delete(IndexToken).where(
                IndexToken.case_id.in_(case_ids), IndexToken.kind.in_(TOKENS_OF[part])
            ),
            execution_options=_QUIET,
        )
        if part is ErasedPart.HOUSEHOLD:
            work.session.execute(
                update(Case).where(Case.id.in_(case_ids)).values(indexed_version=0),
                execution_options=_QUIET,
            )
        # Which kind a tag is of does not show: the next look for duplicates makes them again.
        work.session.execute(
            delete(MatchToken).where(MatchToken.case_id.in_(case_ids)), execution_options=_QUIET
        )
    work.session.flush()
    return changed


def clear_cases(work: Work, destructions: Sequence[Destruction], today: date) -> Counter[UUID]:
    """Delete every row that names these cases, but for what outlives them; returns rows by case."""
    ids = [one.case_id for one in destructions if one.case_id is not None]
    with_codes = [one.case_id for one in destructions if one.codes_die]
    _cut_codes(work, ids, with_codes, today)
    _cut_aid(work, ids)
    _clear_mentions(work, ids)
    work.session.flush()
    work.session.execute(
        update(Destruction)
        .where(
            Destruction.case_id.in_(ids),
            Destruction.what != WHOLE,
            Destruction.step == DestructionStep.CERTIFIED,
        )
        .values(case_id=None, share_id=None),
        execution_options=_QUIET,
    )
    gone: Counter[UUID] = Counter()
    for table in reversed(metadata.sorted_tables):
        if "case_id" not in table.c or table.name == Destruction.__tablename__:
            continue
        _count_rows(work.session, table, ids, gone)
        mine = delete(table).where(table.c.case_id.in_(ids))
        work.session.execute(mine, execution_options=_QUIET)
    work.session.expunge_all()
    return gone


def forget_alerts(work: Work, case_ids: Iterable[UUID]) -> None:
    """Delete the alerts about these cases; which those are only opening them shows."""
    wanted = set(case_ids)
    alerts = work.session.scalars(select(Alert)).all()
    if not alerts:
        return
    notices = work.vault.open_listed([alert.notice for alert in alerts])
    for alert, notice in zip(alerts, notices, strict=True):
        if notice is not None and notice.case_id in wanted:
            work.session.delete(alert)


def _cut_codes(
    work: Work, ids: Sequence[UUID], with_codes: Sequence[UUID | None], today: date
) -> None:
    """Keep what a living code needs to be redeemed, without its case; registrations else go."""
    living = work.session.scalars(
        select(Registration).where(
            Registration.case_id.in_(ids),
            Registration.case_id.not_in(with_codes),
            Registration.status.in_(CODE_ALIVE),
            Registration.expires_on >= today,
            Registration.proof.is_not(None),
        )
    ).all()
    number = next_number(work.session, Registration.number, Registration.case_id == ORGANISATION)
    for place, code in enumerate(leave_out_altered(work.session, living)):
        code.case_id, code.number = ORGANISATION, number + place
        code.requested_by = ORGANISATION
        code.requested_on = code.moved_on = half_year_began(code.requested_on)
        setattr(code, Registration.notes.slot, None)


def _cut_aid(work: Work, ids: Sequence[UUID]) -> None:
    """Keep who asked, approved and paid, without the case and without words."""
    requests = select(AidRequest.id).where(AidRequest.case_id.in_(ids))
    work.session.execute(
        delete(PayeeToken).where(PayeeToken.request_id.in_(requests)), execution_options=_QUIET
    )
    for model in (AidRequest, AidStep):
        for record in work.session.scalars(select(model).where(model.case_id.in_(ids))).all():
            emptied: dict[str, object] = {f.slot: None for f in sealed_fields(model).values()}
            if isinstance(record, AidRequest):
                emptied["payee_version"] = None
            altered = is_altered(work.session, record)
            _rewrite(work.session, record, {"case_id": ORGANISATION, **emptied}, altered=altered)


def _rewrite(
    session: Session, record: CaseRecord, values: Mapping[str, object], *, altered: bool
) -> None:
    """Give a row new values; what is not as it was written keeps the MAC that shows it."""
    if not altered:
        for name, value in values.items():
            setattr(record, name, value)
        return
    mine = type(record).__table__.c.id == record.id
    session.execute(update(type(record)).where(mine).values(**values), execution_options=_QUIET)


def _clear_mentions(work: Work, ids: Sequence[UUID]) -> None:
    """Delete what other cases say of these: links, dismissals, where one was merged into."""
    told: set[UUID] = set()
    for model in models_of_cases(sealed=False):
        other_id = model.__table__.c.get("other_id")
        if other_id is None:
            continue
        mentions = other_id.in_(ids) & model.case_id.not_in(ids)
        for record in work.session.scalars(select(model).where(mentions)).all():
            is_altered(work.session, record)  # it goes, whatever somebody made of it
            work.session.delete(record)
            told.add(record.case_id)
    for case in work.session.scalars(
        select(Case).where(Case.merged_into.in_(ids), Case.id.not_in(ids))
    ).all():
        altered = is_altered(work.session, case)
        _rewrite(work.session, case, {"merged_into": None}, altered=altered)
        told.add(case.id)
    for case_id in sorted(told):
        work.trail.record(EventKind.CASE_OTHER_ERASED, case_id)


def half_year_began(day: date) -> date:
    """Return the first day of a day's half-year."""
    return date(day.year, 1 if day.month < _HALF_YEAR else _HALF_YEAR, 1)


def _count_rows(session: Session, table: Table, ids: Sequence[UUID], counts: Counter[UUID]) -> None:
    column = table.c.case_id
    rows = session.execute(select(column, func.count()).where(column.in_(ids)).group_by(column))
    for case_id, count in rows:
        counts[case_id] += count


def models_of_cases(*, sealed: bool = True) -> Iterator[type[CaseRecord]]:
    """Yield the models whose rows belong to a case: those with sealed cells, or all."""
    models: Iterable[type[Base]] = (
        sealed_models() if sealed else [mapper.class_ for mapper in CaseRecord.registry.mappers]
    )
    for model in models:
        if "case_id" in model.__table__.c and issubclass(model, CaseRecord):
            yield model
