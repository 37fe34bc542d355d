"""What retention refuses."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound


class TimeInDoubt(Conflict):
    """The clock was set or disagrees with another: nothing is destroyed by it."""

    code = "retention.time_in_doubt"
    title = "The time is in doubt; nothing is destroyed until somebody has looked at the clock"


class JournalBehind(Conflict):
    """A destruction is on record whose entry the keystore's journal lacks."""

    code = "retention.journal_behind"
    title = "The journal of destroyed shares is older than the records; restore the newest one"


class HoldNotFound(NotFound):
    """There is no such hold, or none on a case that one holds."""

    code = "hold.not_found"
    title = "No such hold"


class HoldOver(Conflict):
    """The hold was agreed already, was ended, or lapsed because nobody agreed in time."""

    code = "hold.over"
    title = "This hold is agreed already, has ended, or nobody agreed in time; ask for a new one"


class HoldTooLong(Invalid):
    """A hold ends between today and 180 days from now."""

    code = "hold.too_long"
    title = "A hold ends within 180 days; ask again before its end if it must go on"


class HoldOnNothing(Invalid):
    """The part has no time of its own, so that a hold on it would keep nothing."""

    code = "hold.on_nothing"
    title = "This part goes with the whole case; hold the whole case instead"


class AskedByYou(Forbidden):
    """Who asked for something that is kept, or goes, does not agree to it as well."""

    code = "retention.same_person"
    title = "You asked for this; another lead must agree"


class RuleUnknown(Invalid):
    """The schedule has no rule of this name."""

    code = "retention.rule_unknown"
    title = "The schedule has no such rule; read it for their names"


class DaysTooMany(Invalid):
    """Longer than ever allowed, or longer than the schedule's most without a second lead."""

    code = "retention.days_too_many"
    title = "Too many days: a second lead must agree beyond the schedule's most; five years at most"


class ChoiceNotFound(NotFound):
    """There are no such days to agree to."""

    code = "retention.choice_not_found"
    title = "No such change of the schedule"


class ChoiceOver(Conflict):
    """The days were agreed already, or lapsed because nobody agreed in time."""

    code = "retention.choice_over"
    title = "This change counts already, or nobody agreed in time; ask for it again"


class ErasureNotPossible(Conflict):
    """An active case is at work: somebody may be on the road, or wait for money."""

    code = "erasure.not_possible"
    title = "Close the case first, with a reason for what stays open; then ask again"


class ErasureNotFound(NotFound):
    """There is no such wish to be erased."""

    code = "erasure.not_found"
    title = "No such request"


class ErasureOver(Conflict):
    """A lead has decided already."""

    code = "erasure.over"
    title = "A lead has decided this already"


class NothingToLookAt(Conflict):
    """Only of somebody whom vetters refused is it asked again whether they must be known."""

    code = "retention.nothing_to_look_at"
    title = "Vetters have not refused this person, or nothing of them is left"


class LookedAlready(Conflict):
    """Two different people look."""

    code = "retention.looked_already"
    title = "You have looked at this already; somebody else must"
