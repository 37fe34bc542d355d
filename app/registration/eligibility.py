"""Which kind of code is for whom: a pre code for who is in service, a full one for who has left."""

from __future__ import annotations

from app.cases.models import Case, Standing
from app.casework.readiness import require_only_full_code
from app.registration.errors import FullFits, NoCodeFits, PreFits
from app.registration.models import CodeKind
from app.work import Work


def require_eligible(work: Work, case: Case, kind: CodeKind) -> None:
    """Raise ``PreFits``, ``FullFits`` or ``NoCodeFits`` unless this kind of code fits this person.

    Raises ``FullCodeElsewhere`` where a full one would not be the person's only one.
    """
    standing = work.vault.open(case.summary).standing
    if standing is Standing.FAMILY_MEMBER:
        raise NoCodeFits
    if kind is CodeKind.FULL and standing is not Standing.LEFT:
        raise PreFits
    if kind is CodeKind.PRE and standing is Standing.LEFT:
        raise FullFits
    if kind is CodeKind.FULL:
        require_only_full_code(work, case)
