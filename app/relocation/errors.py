"""What relocation refuses, as facts. No refusal says anything of a place, a person or a word."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound


class PlanNotFound(NotFound):
    """There is no such plan, or the principal holds no key to it."""

    code = "plan.not_found"
    title = "No such plan, or it is not yours to see"


class LegNotFound(NotFound):
    """There is no such leg, or the principal holds no key to it; both look the same."""

    code = "leg.not_found"
    title = "No such leg, or it is not yours to see"


class PlanOpenAlready(Conflict):
    """The case has an open plan: reroute or extend that one."""

    code = "plan.open_already"
    title = "There is an open plan already; reroute it, or end it first"


class PlanOver(Conflict):
    """The plan is finished or abandoned."""

    code = "plan.over"
    title = "This plan is over; open a new one"


class LegMoveRefused(Conflict):
    """A leg with this status has no such move; ``/legs/moves`` lists the allowed ones."""

    code = "leg.move_not_allowed"
    title = "A leg with this status cannot be moved there"


class NotPlanner(Forbidden):
    """Only a planner of the journey may do this."""

    code = "plan.not_planner"
    title = "Only a coordinator of the plan can do this"


class LegOver(Conflict):
    """The leg has ended: no contact is expected on it any more."""

    code = "leg.over"
    title = "This leg is over"


class DueOutOfRange(Invalid):
    """A leg is due in the past, or more than a year ahead."""

    code = "leg.due_out_of_range"
    title = "The leg must be due between now and a year from now"


class DueOutOfOrder(Invalid):
    """A leg is due before the one that comes before it."""

    code = "leg.due_out_of_order"
    title = "Each leg must be due after the one before it"


class WordsAlike(Invalid):
    """Safe word and duress word sound alike, or one of them holds no letter at all."""

    code = "plan.words_alike"
    title = "The safe word and the duress word must be clearly different words"


class TooManyLegs(Conflict):
    """A plan holds a bounded number of legs, those that were rerouted included."""

    code = "plan.too_many_legs"
    title = "This plan has too many legs; end it and open a new one"


class EscortUnavailable(Invalid):
    """An escort is an active volunteer of the plan's team."""

    code = "escort.unavailable"
    title = "An escort must be an active volunteer of this team"


class EscortKnowsPerson(Conflict):
    """The volunteer has worked on this case: with a leg as well, one arrest would tell it all."""

    code = "escort.knows_person"
    title = "This volunteer has worked on the case and knows the person; choose another"


class EscortHasLeg(Conflict):
    """The volunteer escorts another leg of this case: an escort knows one leg."""

    code = "escort.has_leg"
    title = "This volunteer is on another leg of the same journey; choose someone else"


class TravellerRefused(Invalid):
    """A case travels along on another's journey of its own team, once."""

    code = "traveller.refused"
    title = "Choose another case of this team; this one travels here already, or is of another team"


class TravellerNotFound(NotFound):
    """There is no such traveller on this journey, or they have left it."""

    code = "traveller.not_found"
    title = "No such traveller on this journey, or they have left it"


class HappenedOutOfOrder(Invalid):
    """An arrival before the departure, or a departure before the arrival on an earlier leg."""

    code = "leg.happened_out_of_order"
    title = "Nobody arrives before they left; ask again when it was"


class LegWalkedLater(Invalid):
    """A leg that was walked already has a day that is past."""

    code = "leg.walked_later"
    title = "This leg was walked already: its day is today or before"


class HappenedOutOfRange(Invalid):
    """What is reported lies in the future, or more than thirty days back."""

    code = "leg.happened_out_of_range"
    title = "Give a time in the last thirty days, not later than now"
