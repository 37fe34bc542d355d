"""What casework refuses: work on a case that is not ready for it."""

from __future__ import annotations

from app.errors import Conflict


class CaseNotReady(Conflict):
    """The status of the case does not allow this work. The title says what has to come first."""

    code = "case.not_ready"
    title = "This case is not ready for that; look at its status first"

    def __init__(self, title: str | None = None) -> None:
        super().__init__(self.code)
        if title is not None:
            self.title = title


class NotCleared(Conflict):
    """The work needs a clearance by two vetters, and none holds today."""

    code = "case.not_cleared"
    title = "Two vetters must verify this person first, or verify them again"


class ComparisonDue(Conflict):
    """Name or numbers changed since likely duplicates were looked for, and this member cannot."""

    code = "case.comparison_due"
    title = "A name or number changed: a coordinator must look at the likely duplicates first"


class FullCodeElsewhere(Conflict):
    """A case that was merged into this one, or is likely the same person, has a full code."""

    code = "case.full_code_elsewhere"
    title = "This person has a full code on another case; revoke it or dismiss the duplicate first"


class DuplicateOpen(Conflict):
    """A likely duplicate was neither merged nor dismissed."""

    code = "case.duplicate_open"
    title = "Another case looks like the same person; merge them or say why not, then go on"


class VetsCase(Conflict):
    """Who vets a case has nothing else to do with it, before or afterwards."""

    code = "case.vetter_apart"
    title = "Who vets a case does not follow or plan it; choose somebody else"


class CustodyOfOne(Conflict):
    """One lead has the only share of custody, and as many cases are active as that allows."""

    code = "custody.of_one"
    title = "One lead alone holds custody, so ten cases are active at most: let a second lead join"
