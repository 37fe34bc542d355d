"""HTTP routes of reports, and of the log's newest checkpoint."""

from __future__ import annotations

from app.audit.checkpoints import log_verifier
from app.http.routing import Router
from app.permissions import Permission
from app.reports import service
from app.reports.errors import NothingSigned
from app.reports.schemas import (
    CaseloadRead,
    CaseworkReportRead,
    CheckpointRead,
    LedgerReportRead,
    OpeningsReportRead,
)
from app.vault.errors import KeyCopyMissing
from app.work import Work

router = Router(tags=["reports"])


@router.get("/reports/casework", needs=Permission.REPORT_READ, raises=[KeyCopyMissing])
def read_casework_report(work: Work) -> CaseworkReportRead:
    """Count finished half-years by region group, rank band and standing, small counts hidden."""
    return CaseworkReportRead.of(
        service.describe_group(work),
        service.list_published_reports(work),
        service.list_provisional(work),
    )


@router.get("/reports/caseload", needs=Permission.CASE_LIST)
def read_caseload(work: Work) -> CaseloadRead:
    """Count the cases that are granted to you, by status."""
    return CaseloadRead.of(service.count_caseload(work))


@router.get("/reports/openings", needs=Permission.AUDIT_READ)
def read_openings_report(work: Work) -> OpeningsReportRead:
    """Show how much each member opened in past months, without saying who they are."""
    return OpeningsReportRead.of(service.describe_group(work), *service.list_openings(work))


@router.get("/reports/ledger", needs=Permission.AUDIT_READ)
def read_ledger_report(work: Work) -> LedgerReportRead:
    """Show what each fund took in and gave, month by month: no payee, no case."""
    return LedgerReportRead.of(service.describe_group(work), service.list_fund_months(work))


@router.get("/log/checkpoint", needs=Permission.LOG_VERIFY, raises=[NothingSigned])
def read_checkpoint(work: Work) -> CheckpointRead:
    """Show the newest signed state of the log, for keeping elsewhere."""
    verifier = log_verifier(work.deployment.log_signing_key.public).vkey
    return CheckpointRead.of(service.get_checkpoint(work), verifier)
