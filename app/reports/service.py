"""Reports for auditors and coordinators. Opens reporting cells and the log; never a name.

- The report of a finished half-year is computed once, at the first request by a member who has the
  reporting key, and stored. Everyone reads the stored one, so that no two reports can be compared
  to find one person.
- A case counts in the half-year in which it was first accepted; declined and merged ones never do.
- The running half-year is never reported. One that ended is provisional, without a figure, for the
  weeks that the organisation chose; figures that changed meanwhile would tell who was taken out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.service import list_members
from app.audit.events import EventKind
from app.audit.models import AuditCheckpoint, AuditEvent
from app.audit.sequencer import latest_checkpoint
from app.audit.trail import DetailUnreadable, read_detail, subject_tag
from app.cases.models import Case, CaseStatus, RankBand, RegionGroup, Reporting, Standing
from app.casework.consents import consents_to, last_endings
from app.casework.held import holder_of, strategy_for, visible_cases
from app.consents.models import Purpose
from app.ledger.models import EntryKind, Fund, JournalEntry, LedgerAccount, Posting
from app.permissions import Role, names_of
from app.presets import Preset
from app.reports.errors import NothingSigned
from app.reports.models import PublishedReport
from app.reports.suppression import redact
from app.store.base import new_id
from app.text.dates import fixed_on, half_year_of
from app.vault.errors import Tampered
from app.vault.models import ScopeRow
from app.work import Work

_UNCOUNTED = (CaseStatus.ERASED, CaseStatus.MERGED, CaseStatus.DECLINED)
_NO_ROLE = "none"
_DAY = timedelta(days=1)
_JUNE = 6


@dataclass(frozen=True, slots=True)
class Openings:
    """How much one member opened in one month, under a name made up for this report."""

    month: str
    member: str
    role: str
    openings: int
    cases: int


@dataclass(frozen=True, slots=True)
class FundMonth:
    """What was booked in one fund, in one month, by one kind of entry; minor units."""

    fund_id: UUID
    currency: str
    month: str
    kind: EntryKind
    entries: int
    amount: int


@dataclass(frozen=True, slots=True)
class Group:
    """How a group is held to its limits: its preset, its leads and auditors, who has custody."""

    preset: Preset
    leads: int
    auditors: int
    custody_of_one: bool


def describe_group(work: Work) -> Group:
    """Return what every report begins with."""
    held = [names_of(member.roles) for member in list_members(work, None)]
    return Group(
        work.deployment.organisation_settings.preset,
        leads=sum(Role.LEAD in roles for roles in held),
        auditors=sum(Role.AUDITOR in roles for roles in held),
        custody_of_one=work.custody.is_of_one(),
    )


# ---------------------------------------------------------------------- casework


def list_published_reports(work: Work) -> Sequence[PublishedReport]:
    """Return the report of each finished half-year with cases, publishing those still missing.

    Raises ``KeyCopyMissing`` for one without the reporting key, ``Tampered``.
    """
    _publish_missing(work)
    return work.session.scalars(select(PublishedReport).order_by(PublishedReport.half_year)).all()


def list_provisional(work: Work) -> list[tuple[str, date]]:
    """Return the half-years that ended and are not fixed yet, each with the day it will be."""
    weeks, today = work.deployment.organisation_settings.report_weeks, work.today()
    ended = half_year_of(today.replace(month=1 if today.month <= _JUNE else 7, day=1) - _DAY)
    fixed = fixed_on(ended, weeks)
    return [(ended, fixed)] if today < fixed else []


def _publish_missing(work: Work) -> None:
    weeks, today = work.deployment.organisation_settings.report_weeks, work.today()
    published = set(work.session.scalars(select(PublishedReport.half_year)))
    accepted = Case.status.not_in(_UNCOUNTED), Case.accepted_on.is_not(None)
    cases = work.session.scalars(select(Case).where(*accepted)).all()
    ended = last_endings(work.session.scalars(consents_to(Purpose.RESEARCH)))
    by_period: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.accepted_on is not None and case.id not in ended:
            by_period[half_year_of(case.accepted_on)].append(case)
    missing = sorted(p for p in by_period if fixed_on(p, weeks) <= today and p not in published)
    if not missing:
        return
    wanted = [case for period in missing for case in by_period[period]]
    work.vault.unlock_reporting([case.id for case in wanted])
    opened = work.vault.open_listed([case.reporting for case in wanted])
    facts = {case.id: found for case, found in zip(wanted, opened, strict=True)}
    for period in missing:
        counted = [fact for case in by_period[period] if (fact := facts[case.id]) is not None]
        if len(counted) < len(by_period[period]):
            # A report is published once and for all: it is not made from what happens to open.
            raise Tampered
        _publish(work, period, counted)
    work.session.flush()


def _publish(work: Work, period: str, facts: Sequence[Reporting]) -> None:
    tables = {
        "region_group": _count(RegionGroup, (fact.region_group for fact in facts)),
        "rank_band": _count(RankBand, (fact.rank_band for fact in facts)),
        "standing": _count(Standing, (fact.standing for fact in facts)),
    }
    shown = redact(tables)
    work.session.add(
        PublishedReport(
            half_year=period,
            total=None if shown is None else len(facts),
            tables=shown or {},
            made_on=work.today(),
        )
    )
    work.trail.record(EventKind.REPORT_PUBLISHED, half_year=period)


def _count(kinds: Iterable[str], found: Iterable[str]) -> Mapping[str, int]:
    counted = Counter(str(value) for value in found)
    return {str(kind): counted[str(kind)] for kind in kinds}


# ---------------------------------------------------------------------- openings


def list_openings(work: Work) -> tuple[list[Openings], int]:
    """Return who else opened how much in each month before this one, without saying who they are.

    Each under the role of the day on which they opened it. Who asks is left out: they would know
    their own line, and by it others.
    The made-up names are valid within one response only. Returns also how many events do not
    verify: those are on record as shut, and counted for nobody.
    """
    keys = _log_keys(work)
    this_month = f"{work.today():%Y-%m}"
    counted: Counter[tuple[str, UUID, str]] = Counter()
    cases: dict[tuple[str, UUID, str], set[UUID | None]] = defaultdict(set)
    shut = 0
    events = work.session.scalars(
        select(AuditEvent).where(AuditEvent.action == EventKind.CASE_REVEALED)
    )
    for event in events:
        key = keys.get(event.subject_tag)
        month = f"{event.happened_on:%Y-%m}"
        if key is None or month >= this_month:
            continue
        try:
            detail = read_detail(event, key, work.deployment.organisation)
        except DetailUnreadable:
            work.trail.shut(f"{event.__tablename__}/{event.id}")
            shut += 1
            continue
        if detail.actor == work.principal.id:
            continue
        line = (month, detail.actor, detail.role or _NO_ROLE)
        counted[line] += 1
        cases[line].add(detail.case)
    names = {actor: f"member-{new_id().hex[:8]}" for _, actor, _ in counted}
    lines = sorted(
        (
            Openings(month, names[actor], role, count, len(cases[month, actor, role]))
            for (month, actor, role), count in counted.items()
        ),
        key=lambda line: (line.month, line.member, line.role),
    )  # fmt: skip
    return lines, shut


def _log_keys(work: Work) -> dict[bytes, bytes]:
    """Return the log key of every case that still has one, by the tag its events carry."""
    rows = work.session.execute(select(ScopeRow.case_id, ScopeRow.share_id).distinct()).all()
    keys = work.deployment.case_log_keys({row.case_id: row.share_id for row in rows})
    return {subject_tag(key, case_id): key for case_id, key in keys.items()}


# ---------------------------------------------------------------------- ledger and caseload


def list_fund_months(work: Work) -> list[FundMonth]:
    """Return what each fund took in and gave, by month and kind: no payee, no case."""
    rows = work.session.execute(
        select(Fund.id, Fund.currency, JournalEntry.made_on, JournalEntry.kind, Posting.amount)
        .join(LedgerAccount, LedgerAccount.fund_id == Fund.id)
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.amount > 0)
    ).all()
    entries: Counter[tuple[UUID, str, str, EntryKind]] = Counter()
    amounts: Counter[tuple[UUID, str, str, EntryKind]] = Counter()
    for row in rows:
        line = (row.id, row.currency, f"{row.made_on:%Y-%m}", row.kind)
        entries[line] += 1
        amounts[line] += row.amount
    return [FundMonth(*line, entries[line], amounts[line]) for line in sorted(entries)]


def count_caseload(work: Work) -> dict[CaseStatus, int]:
    """Return how many cases are granted to the principal, by status."""
    held = visible_cases(strategy=strategy_for(work), **holder_of(work))
    rows = work.session.execute(
        select(Case.status, func.count().label("cases")).where(held).group_by(Case.status)
    ).all()
    counted = {row.status: row.cases for row in rows}
    return {status: counted.get(status, 0) for status in CaseStatus}


# ---------------------------------------------------------------------- the log


def get_checkpoint(work: Work) -> AuditCheckpoint:
    """Return the newest signed statement of the log's size and root; raises ``NothingSigned``."""
    checkpoint = latest_checkpoint(work.session)
    if checkpoint is None:
        raise NothingSigned
    return checkpoint
