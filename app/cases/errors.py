"""Errors of cases. Names no person."""

from __future__ import annotations

from collections.abc import Iterable

from app.errors import Conflict, Invalid, NotFound


class CaseNotFound(NotFound):
    """Also raised when the case exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "case.not_found"
    title = "No such case, or it is not yours to see"


class CaseMoveRefused(Conflict):
    """The status of the case does not allow this move, or another act makes it."""

    code = "case.move_refused"
    title = "A case with this status cannot be moved there"

    def __init__(self, was: str, to: str) -> None:
        super().__init__(self.code)
        self.was = was
        self.to = to
        self.title = f"A case with status {was} cannot become {to} this way"


class CaseHasOpenWork(Conflict):
    """Something is open on the case that would close, and no reason was given for it."""

    code = "case.open_work"
    title = "Settle what is open on this case, or say for each why it may stay open"

    def __init__(self, kinds: Iterable[str] = ()) -> None:
        super().__init__(self.code)
        named = sorted(set(kinds))
        if named:
            self.title = f"{self.title}: {', '.join(named)}"


class AssigneeNotEligible(Invalid):
    """Cases are assigned to active volunteers of the case's team."""

    code = "assignment.not_eligible"
    title = "Choose a volunteer of this team"


class AssignmentExists(Conflict):
    """The volunteer works on this case already."""

    code = "assignment.exists"
    title = "This volunteer has the case already"


class AssignmentNotFound(NotFound):
    """There is no such assignment on this case, or it has ended."""

    code = "assignment.not_found"
    title = "No such assignment, or it has ended"
