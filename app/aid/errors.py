"""What aid refuses, as facts. Names no person, no purpose and no sum."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid, NotFound


class AidNotFound(NotFound):
    """No such request, or none that the principal holds a key to: the two look alike."""

    code = "aid.not_found"
    title = "No such request, or it is not yours to see"


class DayTooFar(Invalid):
    """The day lies further ahead than aid is planned."""

    code = "aid.day_too_far"
    title = "Choose a day within a year"

    def __init__(self) -> None:
        super().__init__("not_before")


class NobodyToDecide(Conflict):
    """The team has nobody who could be handed the request."""

    code = "aid.nobody_to_decide"
    title = "Your team has nobody yet who can decide on this; ask a lead"


class AidMoveRefused(Conflict):
    """The request's status does not allow this move."""

    code = "aid.move_out_of_turn"
    title = "This cannot be done with a request of this status; read it again"


class AidMoveNotPermitted(Forbidden):
    """The principal's role does not make this move."""

    code = "aid.move_not_allowed"
    title = "Your role does not make this move"


class SamePerson(Forbidden):
    """The principal took another step of this request, and that bars them from this one."""

    code = "aid.same_person"
    title = "Another person must do this: you already took a step in this request"


class ApprovalMissing(Conflict):
    """Somebody who approved it is not active any more, or the sums have grown since."""

    code = "aid.approval_missing"
    title = "One more person must approve this: somebody who did has left since, or the sum grew"


class PayeeMissing(Invalid):
    """Aid goes to somebody: without a payee nobody sees that two payments go to one."""

    code = "aid.payee_missing"
    title = "Say who receives this; for means in_hand, who takes it into their hands"

    def __init__(self) -> None:
        super().__init__("payee")


class AmountTooLarge(Invalid):
    """What arrived, came back or went as a fee is more than what was paid."""

    code = "aid.amount_too_large"
    title = "This is more than what was paid"


class RequestHeld(Conflict):
    """It is a possible duplicate, and nobody has looked at it and released it yet."""

    code = "aid.held"
    title = "This may be a second payment; someone who may approve must look and release it first"


class NotYetDue(Conflict):
    """The day from which the request may be paid has not come."""

    code = "aid.not_yet_due"
    title = "The day from which this may be paid has not come"


class OtherFund(Conflict):
    """The approvers named different funds."""

    code = "aid.other_fund"
    title = "The first approver named another fund; approve from the same one"


class ReasonMissing(Invalid):
    """The move is not made without a reason."""

    code = "aid.reason_missing"
    title = "Give a reason"

    def __init__(self) -> None:
        super().__init__("reason")


class MemberNotEligible(Conflict):
    """The member is not of the case's team, or their role confirms no aid."""

    code = "aid.member_not_eligible"
    title = "Choose an active member of the case's team who may confirm aid"
