"""The families of failure that a caller can meet.

Knows no HTTP: domain code raises a member of one family, and ``app.http.problems`` alone knows
which status each family earns. ``code`` is the stable name that clients match on. Neither titles
nor arguments ever carry case data, because both may end in a response.
"""

from __future__ import annotations


class DomainError(Exception):
    """Base of every refusal that the caller can understand."""

    code = "error"
    title = "The request could not be completed"


class Unauthenticated(DomainError):
    """Nobody is signed in, or no longer."""

    code = "session.required"
    title = "Sign in first"


class Forbidden(DomainError):
    """The caller is known and may not do this."""


class NotFound(DomainError):
    """There is no such thing, or none that this caller may know of."""


class Gone(DomainError):
    """There was such a thing, and this caller may know that it is no more."""


class Conflict(DomainError):
    """The state of things does not allow this now."""


class Stale(DomainError):
    """The change was based on a version that is no longer the newest."""

    code = "version.stale"
    title = "Someone changed this since you read it; read it again before you change it"

    def __init__(self, *, current: int, changed: tuple[str, ...] = ()) -> None:
        super().__init__(self.code)
        self.current = current
        self.changed = changed


class PreconditionMissing(DomainError):
    """A change was asked for without saying on which version it is based."""

    code = "precondition.missing"
    title = "Say which version you read, in the If-Match header"


class Invalid(DomainError):
    """A well-formed request for something impossible; ``field`` names where."""

    code = "request.invalid"
    title = "Something in the request cannot be right"

    def __init__(self, field: str | None = None) -> None:
        super().__init__(self.code)
        self.field = field


class TooLarge(DomainError):
    """More was sent than is taken."""

    code = "request.too_large"
    title = "The request is larger than is taken here"


class TooMany(DomainError):
    """A budget is spent; ``retry_after`` is in seconds."""

    code = "budget.spent"
    title = "Too many of these; wait a little"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class Busy(DomainError):
    """The deployment has no room for this now; nothing was done. ``retry_after`` in seconds."""

    code = "service.busy"
    title = "Too much at once; nothing was changed, try again shortly"

    def __init__(self, *, retry_after: int = 1) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class OutcomeUnknown(DomainError):
    """The connection to the database broke during the commit: it was done, or it was not.

    ``repeatable``: the request has a key, under which it is carried out once however often it is
    sent.
    """

    code = "outcome.unknown"
    title = "It is not known whether this was done; look before you send it again"
    retry_after = 5

    def __init__(self, *, repeatable: bool = False) -> None:
        super().__init__(self.code)
        if repeatable:
            self.title = (
                "It is not known whether this was done. Send it again with the same Idempotency-Key"
            )


class IntegrityFault(DomainError):
    """Stored data failed authentication. Never the caller's fault."""

    code = "record.tampered"
    title = "A stored value failed its check; the leads must look at this"


class IdTaken(Conflict):
    """The proposed id belongs to something else, or came with other content before."""

    code = "id.taken"
    title = "This id is in use for something else; look at that, or propose another id"
