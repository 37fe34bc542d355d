"""HTTP face of reports."""

from __future__ import annotations

from dataclasses import asdict

from app.audit.checkpoints import log_verifier
from app.http.routing import Router
from app.permissions import Permission
from app.reports import service
from app.reports.errors import NothingSigned
from app.reports.schemas import (
    Caseload,
    CaseworkReport,
    CheckpointShown,
    FundMonthShown,
    LedgerReport,
    OpeningsReport,
    OpeningsShown,
    ReleaseShown,
)
from app.vault.errors import KeyCopyMissing
from app.work import Work

router = Router(tags=["reports"])


@router.get("/reports/casework", needs=Permission.REPORT_READ, raises=[KeyCopyMissing])
def read_casework_report(work: Work) -> CaseworkReport:
    """Count finished half-years by region group, rank band and standing, small counts hidden."""
    return CaseworkReport(
        items=[
            ReleaseShown(
                half_year=release.half_year,
                withheld=release.total is None,
                total=release.total,
                tables=release.tables,
                made_on=release.made_on,
            )
            for release in service.list_releases(work)
        ]
    )


@router.get("/reports/caseload", needs=Permission.REPORT_READ)
def read_caseload(work: Work) -> Caseload:
    """Count the cases that you hold by where they stand."""
    return Caseload(counts=service.count_caseload(work))


@router.get("/reports/openings", needs=Permission.AUDIT_READ)
def read_openings_report(work: Work) -> OpeningsReport:
    """Show how much each member opened in past months, without saying who they are."""
    return OpeningsReport(
        items=[OpeningsShown(**asdict(line)) for line in service.list_openings(work)]
    )


@router.get("/reports/ledger", needs=Permission.AUDIT_READ)
def read_ledger_report(work: Work) -> LedgerReport:
    """Show what each fund took in and gave, month by month: no payee, no case."""
    return LedgerReport(
        items=[FundMonthShown(**asdict(line)) for line in service.list_fund_months(work)]
    )


@router.get("/log/checkpoint", needs=Permission.LOG_VERIFY, raises=[NothingSigned])
def read_checkpoint(work: Work) -> CheckpointShown:
    """Show the newest signed state of the log, for keeping elsewhere."""
    checkpoint = service.get_checkpoint(work)
    return CheckpointShown(
        size=checkpoint.size,
        made_at=checkpoint.made_at,
        note=checkpoint.note,
        verifier=log_verifier(work.deployment.log_signing_key.public).vkey,
    )
