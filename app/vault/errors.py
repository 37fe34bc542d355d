"""What the vault refuses, as facts. Knows no HTTP and never names a value."""

from __future__ import annotations

from uuid import UUID

from app.errors import Conflict, Forbidden, Gone, IntegrityFault, NotFound
from app.store.keystore import Part


class NoGrant(Forbidden):
    """The principal holds no key to this scope."""

    code = "case.no_grant"
    title = "You hold no key to this part of the case"


class NothingSealed(NotFound):
    """The cell is empty: nothing was ever sealed there."""

    code = "record.empty"
    title = "Nothing has been written there"


class Tampered(IntegrityFault):
    """A stored value, its address, its key or its signature is not what was written."""

    code = "record.tampered"
    title = "A stored value failed its check; the leads must look at this"


class KeyNotCertified(Conflict):
    """No lead has certified these keys, or their owner was removed: nothing is sealed to them."""

    code = "key.not_certified"
    title = "A member's key is not certified; a lead must certify it first"


class KeyForged(IntegrityFault, KeyNotCertified):
    """A certificate that leads to no organisation root."""

    code = "key.forged"
    title = "A member's key failed its check; the leads must look at this"


class ScopeOutOfReach(Forbidden):
    """A grant would name a compartment outside the holder's role."""

    code = "grant.out_of_reach"
    title = "That member's role may not open this part of a case"


class ErasureAsked(Conflict):
    """The person asked to be erased: nothing of the case opens until a lead has decided."""

    code = "case.erasure_asked"
    title = "This person asked to be erased; the case is shut until a lead has decided"


class CaseErased(Gone):
    """The case was destroyed: no key opens it again. ``certificate`` is the number of the proof."""

    code = "case.erased"
    title = "This case was erased; nothing of it is left"

    def __init__(self, certificate: UUID | None = None) -> None:
        super().__init__(self.code)
        self.certificate = certificate


class PartErased(NotFound):
    """The erasure share of one part is destroyed: no key opens what was in it again."""

    code = "case.part_erased"
    title = "This part of the case was erased"

    def __init__(self, part: Part) -> None:
        super().__init__(self.code)
        self.field = part.value


class StepUpRequired(Forbidden):
    """The act requires the lead's second unlock."""

    code = "session.step_up_required"
    title = "Enter your passphrase again first"


class CustodySharesMissing(Conflict):
    """Fewer leads have opened their shares than custody needs."""

    code = "custody.shares_missing"
    title = "More leads must agree before this can be opened"


class KeyCopyMissing(Forbidden):
    """The member's role should hold a copy of this key, and none was sealed to them yet."""

    code = "key.copy_missing"
    title = "You have not been given the key for this yet; ask a lead"
