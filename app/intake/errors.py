"""What intake refuses, as facts."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class CaseNotFound(NotFound):
    """Also raised when the case exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "case.not_found"
    title = "No such case, or it is not yours to see"


class CaseExists(Conflict):
    """The id that the client proposed belongs to a case already."""

    code = "case.exists"
    title = "A case with this id was opened before; look at it instead of sending it again"


class MemberUncertified(Forbidden):
    """No lead has certified the member's keys: nobody could trust what they grant."""

    code = "member.uncertified"
    title = "A lead must certify your keys before you can log an intake"


class MoveRefused(Conflict):
    """A case cannot go from where it stands to there, or not by this door."""

    code = "case.move_refused"
    title = "The case cannot go from where it stands to there"

    def __init__(self, was: str, to: str) -> None:
        super().__init__(self.code)
        self.was = was
        self.to = to
        self.title = f"A case that is {was} cannot become {to} this way"


class DuplicateOpen(Conflict):
    """A likely duplicate was neither merged nor dismissed."""

    code = "case.duplicate_open"
    title = "Another case looks like the same person; merge them or say why not, then go on"


class TriageDone(Conflict):
    """The case was accepted before, or has left triage."""

    code = "case.triage_done"
    title = "Triage of this case is done"


class CaseNotOpen(Conflict):
    """The case has ended, and nobody is given work on it."""

    code = "case.not_open"
    title = "This case has ended; reopen it first"


class MergeRefused(Invalid):
    """A case is merged into another one that goes on, never into itself or an ended one."""

    code = "case.merge_refused"
    title = "Choose another case that is still open"


class MemberUnfit(Invalid):
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


class EmergencyNeedless(Conflict):
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


class DuplicateNotFound(NotFound):
    """The other case is not among the proposed duplicates."""

    code = "duplicate.not_found"
    title = "That case is not among the likely duplicates"


class DismissalExists(Conflict):
    """Somebody has dismissed this duplicate already."""

    code = "duplicate.dismissed"
    title = "This duplicate was dismissed already"


class SearchValueInvalid(Invalid):
    """Nothing of the value is left that could be looked for."""

    code = "search.value_invalid"
    title = "That does not look like something of this kind"

    def __init__(self) -> None:
        super().__init__("value")


class SearchBudgetSpent(TooMany):
    """The member has searched as often as is allowed in a day."""

    code = "search.budget_spent"
    title = "You have used today's searches"
