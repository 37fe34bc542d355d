"""Cases that may be the same person, proposed to those who may search and to nobody else."""

from __future__ import annotations

from app.intake.models import Case
from app.work import Work


def refuse_open_duplicates(work: Work, case: Case) -> None:
    """Raise ``DuplicateOpen`` where a likely duplicate is neither merged nor dismissed."""
    del work, case
