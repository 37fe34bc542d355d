"""What vetting refuses, as facts. No refusal gives away the other vetter's decision."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound


class RoundNotFound(NotFound):
    """Also raised when the round exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "vetting.not_found"
    title = "No such vetting, or it is not yours to see"


class VettingInProgress(Conflict):
    """Two vetters are at work on this case already."""

    code = "vetting.in_progress"
    title = "This case is being vetted already"


class RoundEnded(Conflict):
    """The round has its outcome, or was withdrawn; nothing is added to it any more."""

    code = "vetting.ended"
    title = "This vetting is over"


class CaseMovedOn(Conflict):
    """The case neither waits for vetting nor is active: an outcome would change nothing."""

    code = "vetting.case_moved_on"
    title = "This case has moved on and is not being vetted any more"


class CannotBeVetted(Conflict):
    """Only submitted, declined and active cases, and those sent back to vetting, are vetted."""

    code = "vetting.not_now"
    title = "A case with this status cannot be sent to vetting"

    def __init__(self, status: str) -> None:
        super().__init__(self.code)
        self.title = f"A case with status {status} cannot be sent to vetting"


class AlreadyDecided(Conflict):
    """This vetter has decided in this attempt and cannot take it back."""

    code = "vetting.already_decided"
    title = "You have decided already; wait for the second vetter"


class TooFewSources(Conflict):
    """A round ends as verified only on two independent, consistent, fresh sources."""

    code = "vetting.too_few_sources"
    title = "Two independent sources must agree, and both must be newer than the days you gave"


class VettersInvalid(Invalid):
    """A round takes exactly two different active members of role vetter."""

    code = "vetting.vetters_invalid"
    title = "Choose two different vetters"


class VetterInvolved(Conflict):
    """Who logged, followed, coordinated or escorted a person does not vet them."""

    code = "vetting.vetter_involved"
    title = "A vetter has had to do with this person; choose vetters who have not"


class VoucherMissing(Invalid):
    """A voucher without a name cannot be distinguished from another."""

    code = "vetting.voucher_missing"
    title = "Say who vouches"


class LinkUnknown(Invalid):
    """Links lead from one voucher of a round to another of the same round."""

    code = "vetting.link_unknown"
    title = "A voucher can only be linked to another voucher of this vetting"
