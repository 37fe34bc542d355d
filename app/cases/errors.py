"""Errors of cases. Names no person."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound


class CaseNotFound(NotFound):
    """Also raised when the case exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "case.not_found"
    title = "No such case, or it is not yours to see"


class MoveRefused(Conflict):
    """A case cannot go from where it stands to there, or not by this door."""

    code = "case.move_refused"
    title = "The case cannot go from where it stands to there"

    def __init__(self, was: str, to: str) -> None:
        super().__init__(self.code)
        self.was = was
        self.to = to
        self.title = f"A case that is {was} cannot become {to} this way"


class AssigneeNotEligible(Invalid):
    """Cases are assigned to active volunteers of the case's team."""

    code = "assignment.member_unfit"
    title = "Choose a volunteer of this team"


class AssignmentExists(Conflict):
    """The volunteer works on this case already."""

    code = "assignment.exists"
    title = "This volunteer has the case already"


class AssignmentNotFound(NotFound):
    """There is no such assignment on this case, or it has ended."""

    code = "assignment.not_found"
    title = "No such assignment, or it has ended"


class EmergencyNotApplicable(Conflict):
    """Only work on a case that is still being looked at needs an emergency."""

    code = "emergency.needless"
    title = "Work on this case needs no emergency"


class EmergencyDecided(Conflict):
    """This side has decided before; the other side's decision is still open."""

    code = "emergency.decided"
    title = "Your side has decided this; it waits for the other"


class LinkExists(Conflict):
    """The two cases are linked already."""

    code = "link.exists"
    title = "These cases are linked already"


class LinkRefused(Invalid):
    """A case is not linked to itself."""

    code = "link.refused"
    title = "Choose another case"
