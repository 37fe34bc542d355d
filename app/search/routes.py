"""HTTP routes of searches."""

from __future__ import annotations

from app.cases.schemas import CaseSummary
from app.casework import held
from app.http.routing import Router
from app.permissions import Permission
from app.search import service as search
from app.search.errors import SearchBudgetSpent, SearchValueInvalid
from app.search.schemas import SearchCreate, SearchRead
from app.vault.errors import KeyCopyMissing
from app.work import Work

router = Router(tags=["search"])


@router.post(
    "/searches",
    needs=Permission.CASE_SEARCH,
    raises=[SearchValueInvalid, SearchBudgetSpent, KeyCopyMissing],
)
def search_cases(body: SearchCreate, work: Work) -> SearchRead:
    """Look for a person among the cases that one holds. Counted and capped per day."""
    found = search.search(work, body.kind, body.value)
    summaries = held.list_summaries(work, found.rows)
    items = list(map(CaseSummary.of, found.rows, summaries))
    return SearchRead(items=items, complete=found.complete, looked_through=found.looked_through)
