"""Errors of intake. Names no person."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import Conflict, Forbidden, Invalid, NotFound


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


class SurvivorShut(Conflict):
    """The case that would go on is closed or declined."""

    code = "case.merge_shut"
    title = "That case is closed or declined; set `reopen`, or merge it into this one instead"


class MergeLeavesWork(Conflict):
    """Somebody is on the road, or aid or a code is open, on the case that would end."""

    code = "case.merge_leaves_work"
    title = "Settle what is open on this case first, or merge the other case into this one"

    def __init__(self, kinds: Sequence[str] = ()) -> None:
        super().__init__(self.code)
        if kinds:
            self.title = f"{self.title}: {', '.join(sorted(set(kinds)))}"


class DuplicateNotFound(NotFound):
    """The other case is not among the proposed duplicates."""

    code = "duplicate.not_found"
    title = "That case is not among the likely duplicates"


class DismissalExists(Conflict):
    """The duplicate is dismissed already, from this case or from the other."""

    code = "duplicate.dismissed"
    title = "This duplicate was dismissed already"
