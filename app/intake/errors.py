"""Errors of intake. Names no person."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound


class CaseExists(Conflict):
    """The id that the client proposed belongs to a case already."""

    code = "case.exists"
    title = "A case with this id was opened before; look at it instead of sending it again"


class MemberUncertified(Forbidden):
    """No lead has certified the member's keys, so grants by them would not be accepted."""

    code = "member.uncertified"
    title = "A lead must certify your keys before you can log an intake"


class TriageDone(Conflict):
    """The case was accepted before, or has left triage."""

    code = "case.triage_done"
    title = "Triage of this case is done"


class MergeRefused(Invalid):
    """A case is merged into another one that goes on, never into itself or an ended one."""

    code = "case.merge_refused"
    title = "Choose another case that is still open"


class DuplicateNotFound(NotFound):
    """The other case is not among the proposed duplicates."""

    code = "duplicate.not_found"
    title = "That case is not among the likely duplicates"


class DismissalExists(Conflict):
    """The duplicate is dismissed already, from this case or from the other."""

    code = "duplicate.dismissed"
    title = "This duplicate was dismissed already"
