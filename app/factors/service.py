"""Open, check and keep a member's second factor.

- The same factor counts for both slots of an account, and everything is alike for both: which
  statements run, which rows are written, what is answered.
- A code is accepted once: the newest step that was used is kept, and no older one counts. The row
  is marked in the keystore, so that an older one put back does not count either.
- Both rows of an account are written whenever one is, whether anything in them changed or not.

Knows rows and keys; no HTTP, no session.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from app.accounts.admission import second_keys
from app.accounts.models import CredentialSlot, Member, Profile
from app.crypto.hpke import PrivateKey
from app.crypto.totp import find_step
from app.factors.codes import code_letters, hash_of, is_of_authenticator
from app.factors.errors import CodeNeeded, CodeWrong, FactorTampered
from app.factors.models import SecondFactor
from app.factors.state import FactorState, open_state, seal_state
from app.permissions import Role, names_of
from app.store.authenticated import is_altered, leave_out_altered
from app.vault.keyring import MemberSecrets
from app.work import Work

NEEDING_ROLES = frozenset({Role.LEAD, Role.ADMINISTRATOR})
"""Who must have a second factor, unless the deployment asks it of everyone."""


@dataclass(frozen=True, slots=True)
class OpenedFactor:
    """A member's second factor, with what it is sealed under."""

    member: Member
    profile: Profile
    key: PrivateKey = field(repr=False)
    state: FactorState

    @property
    def account_id(self) -> UUID:
        """The member of the account's first slot: of whom leads and the throttle know."""
        first = self.profile.slot is CredentialSlot.FIRST
        return self.member.id if first else self.profile.pair


@dataclass(frozen=True, slots=True)
class TakenCode:
    """The state after a code was used, and whether it was a recovery code."""

    state: FactorState
    is_recovery: bool = False


def open_factor(work: Work, member: Member, keys: MemberSecrets) -> OpenedFactor:
    """Return a member's second factor, opened with their own keys; raises ``FactorTampered``."""
    profile = work.vault.open(member.profile)
    is_second = profile.slot is CredentialSlot.SECOND
    key = keys.work if is_second else second_keys(keys).work
    row = work.session.get(SecondFactor, member.id)
    # A row that was deleted must not mean that there is no second factor.
    if row is None or is_altered(work.session, row):
        raise FactorTampered
    state = open_state(work.deployment.organisation, row, key)
    return OpenedFactor(member, profile, key, state)


def take_code(
    work: Work, factor: OpenedFactor, typed: str | None, *, is_resting: bool = False
) -> TakenCode:
    """Use a code; the caller keeps the state. Without a second factor none is asked for.

    ``is_resting``: too many were wrong, so that recovery codes alone count. Raises ``CodeNeeded``,
    ``CodeWrong``.
    """
    state = factor.state
    if state.secret is None:
        return TakenCode(state)
    if typed is None:
        raise CodeNeeded
    letters = code_letters(typed)
    if is_of_authenticator(letters):
        step = None if is_resting else find_step(state.secret, letters, work.now())
        if step is None or step <= state.last_step:
            raise CodeWrong
        return TakenCode(replace(state, last_step=step))
    used = hash_of(work.deployment.recovery_code_key, letters)
    if used not in state.hashes:
        raise CodeWrong
    left = tuple(one for one in state.hashes if one != used)
    return TakenCode(replace(state, hashes=left), is_recovery=True)


def keep_state(work: Work, factor: OpenedFactor, state: FactorState) -> None:
    """Write a state for both members of an account; the caller's event says why."""
    write_state(work, (factor.member.id, factor.profile.pair), state, factor.key.public)


def write_state(
    work: Work, member_ids: tuple[UUID, UUID], state: FactorState, public: bytes
) -> None:
    """Write a state into the rows of both members of an account, sealed to the second's key."""
    for member_id in sorted(member_ids):
        row = work.session.get(SecondFactor, member_id)
        if row is not None:
            seal_state(work.deployment.organisation, row, state, public)


def is_needed(work: Work, factor: OpenedFactor) -> bool:
    """Return whether the account must have a second factor: alike for both of its members."""
    policy = work.deployment.settings.second_factor_for
    pair = work.session.get(Member, factor.profile.pair)
    both = [factor.member, *leave_out_altered(work.session, [pair] if pair else [])]
    roles = {role for member in both for role in names_of(member.roles)}
    return policy == "everyone" or (policy == "leads" and not roles.isdisjoint(NEEDING_ROLES))
