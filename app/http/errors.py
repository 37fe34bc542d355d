"""What the HTTP layer itself refuses, as facts of the same families as everyone else's.

Knows nothing of statuses: ``problems`` gives each class its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import Busy, Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany

MOST_FAULTS = 50
"""How many faults one response tells: a body of nothing but faults must not come back as more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: where it is and of what kind. Never the value."""

    where: tuple[str | int, ...]
    kind: str
    limits: Mapping[str, object] = field(default_factory=dict)


class NotAllowed(Forbidden):
    """The role has no such permission."""

    code = "permission.denied"
    title = "Your role does not allow this"


class QuotaSpent(TooMany):
    """This member has written today what one member may write in a day."""

    code = "quota.spent"
    title = (
        "You have written as much today as one member may. It goes on tomorrow; check-ins,"
        " emergencies and journeys go on now"
    )


class FieldsInvalid(Invalid):
    """Parameters or fields are not what they have to be; ``faults`` says which."""

    code = "request.invalid"
    title = "Some fields need another look"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.faults = faults[:MOST_FAULTS]


class BodyMalformed(Invalid):
    """The body is no JSON at all, or is nested beyond reason."""

    code = "request.malformed"
    title = "The request could not be read; nothing was changed"


class MediaTypeUnsupported(Invalid):
    """The body is not sent as plain ``application/json``."""

    code = "request.media_type"
    title = "Send this as application/json, without compression"


class BodyTooSlow(DomainError):
    """The body did not arrive in time."""

    code = "request.too_slow"
    title = "The request did not arrive in time; nothing was changed, send it again"


class ReplayKeyMissing(Invalid):
    """What creates needs a key, so that sending it twice creates it once."""

    code = "idempotency.key_missing"
    title = "Give this request a random Idempotency-Key, so that it can be repeated safely"


class ReplayKeyInvalid(Invalid):
    """The key is not 8 to 128 visible ASCII characters."""

    code = "idempotency.key_invalid"
    title = "An Idempotency-Key is 8 to 128 letters, digits or dashes"


class ReplayKeyReused(Invalid):
    """The key has already stood on another request."""

    code = "idempotency.key_reused"
    title = "This Idempotency-Key belongs to another request; make a fresh one"


class ReplayLost(Conflict):
    """The request was carried out before, but its response does not open any more."""

    code = "idempotency.response_lost"
    title = "This was already done; look at the result instead of repeating it"


class PreconditionInvalid(Invalid):
    """``If-Match`` is not one version in quotes."""

    code = "precondition.invalid"
    title = 'If-Match takes the version that you read, in quotes, such as "7"'


class RouteNotFound(NotFound):
    """No such address."""

    code = "route.not_found"
    title = "There is nothing at this address"


class MethodNotAllowed(DomainError):
    """The address exists and does not take this method."""

    code = "method.not_allowed"
    title = "This address does not take that method"


class RetryConflict(Conflict):
    """Two changes met in the database and this one gave way."""

    code = "conflict.retry"
    title = "Someone did the same at the same moment; look again, then repeat it if it is needed"


class DatabaseUnavailable(Busy):
    """The database does not respond."""

    code = "database.unavailable"
    title = "The records cannot be reached at the moment; nothing was changed, try again shortly"


class Incident(DomainError):
    """A fault of ours. The log has it under the number that the response gives."""

    code = "internal.error"
    title = "Something went wrong on our side; nothing was changed. Tell us the incident number"
