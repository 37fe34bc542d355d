"""Create accounts: a member, fresh keys, a credential; and certify the keys as a lead.

The private keys go into the credential and nowhere else. Until a lead certifies the keys nothing
can be sealed to them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.accounts.credentials import (
    filler_credential,
    fresh_passphrase,
    new_credential,
    stretch_now,
)
from app.accounts.errors import (
    LoginTaken,
    RolesNotCombinable,
    TeamNotFound,
)
from app.accounts.logins import check_login, login_index
from app.accounts.models import CredentialSlot, Member, MemberStatus, Profile, Team
from app.crypto import hpke, signing
from app.crypto.derive import hkdf
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.crypto.passwords import Argon2Cost, Stretched
from app.crypto.signing import SigningKey
from app.factors.state import new_row
from app.permissions import (
    REPORTING_ROLES,
    SEARCHING_ROLES,
    MemberRoles,
    Role,
    by_power,
    holds,
    names_of,
    roles_in,
)
from app.presets import Preset, find_separated_roles
from app.store.base import new_id
from app.totality import require_rows
from app.vault.certificates import certify_member, prove_possession
from app.vault.custody import seal_copy
from app.vault.errors import KeyForged, KeyNotCertified
from app.vault.keyring import MemberSecrets
from app.vault.models import KeyCopy, MemberKeys, OrganisationKeyKind
from app.work import Work

_INDEX_BYTES = 32

KEY_COPY_ROLES: Mapping[OrganisationKeyKind, frozenset[Role]] = {
    OrganisationKeyKind.SEARCH: SEARCHING_ROLES,
    OrganisationKeyKind.REPORTING: REPORTING_ROLES,
    OrganisationKeyKind.CUSTODY: frozenset(),
    OrganisationKeyKind.ROOT: frozenset(),
}
"""Which roles get a copy of a key of the organisation when they are certified."""

require_rows(
    "KEY_COPY_ROLES", KEY_COPY_ROLES, OrganisationKeyKind, file="app/accounts/admission.py"
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a new account is made from."""

    roles: MemberRoles
    login: str
    display_name: str
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A fresh passphrase, how it was stretched, and what Argon2 made of it."""

    words: str = field(repr=False)
    salt: bytes
    cost: Argon2Cost
    stretched: Stretched = field(repr=False)

    @classmethod
    def now(cls, work: Work) -> Passphrase:
        """Generate one and wait until it is stretched; for commands and the demo."""
        task = fresh_passphrase(work.deployment)
        return cls(task.words, task.salt, task.cost, stretch_now(work.deployment, task))


@dataclass(frozen=True, slots=True)
class Admission:
    """A new account. Passphrase and keys are shown or used once, and kept nowhere."""

    member: Member
    passphrase: str = field(repr=False)
    keys: MemberSecrets = field(repr=False)


def create_account(work: Work, account: NewAccount, passphrase: Passphrase) -> Admission:
    """Add the rows of a new account: for each of its two slots a member, keys and a credential."""
    check_login(account.login)
    require_teams(work, account.roles)
    index = login_index(work.deployment, account.login)
    if work.session.scalars(select(Member.id).where(Member.login_index == index)).first():
        raise LoginTaken
    lead = PrivateKey.generate() if holds(account.roles, Role.LEAD) else None
    keys = MemberSecrets(PrivateKey.generate(), SigningKey.generate(), lead)
    second_id = new_id()
    profile = Profile(account.display_name, second_id, CredentialSlot.FIRST)
    member = add_member(work, account.roles, index, profile, keys, member_id=account.id)
    _add_second(work, member, account.display_name, second_id, keys)
    work.session.add(
        new_credential(
            work.deployment,
            member.id,
            keys,
            passphrase.stretched,
            salt=passphrase.salt,
            cost=passphrase.cost,
        )
    )
    work.session.flush()
    return Admission(member, passphrase.words, keys)


def second_keys(keys: MemberSecrets) -> MemberSecrets:
    """Return the keys of the member of an account's second slot, derived from those of the first.

    Whether that slot is ever used, the member is there with these keys from the beginning.
    """
    seeds = hkdf(
        keys.work.seed, info=frame(Label.SECOND_KEYS), length=hpke.SEED_BYTES + signing.SEED_BYTES
    )
    return MemberSecrets(
        PrivateKey(seeds[: hpke.SEED_BYTES]), SigningKey.from_seed(seeds[hpke.SEED_BYTES :])
    )


def _add_second(
    work: Work, member: Member, display_name: str, second_id: UUID, keys: MemberSecrets
) -> None:
    """Add the member of the second slot, who looks like one who waits for a certificate."""
    add_member(
        work,
        roles_in(member.team_id, Role.VOLUNTEER),
        secrets.token_bytes(_INDEX_BYTES),
        Profile(display_name, member.id, CredentialSlot.SECOND),
        second_keys(keys),
        member_id=second_id,
    )
    work.session.flush()
    work.session.add(filler_credential(work.deployment, second_id))
    public = second_keys(keys).work.public
    for member_id in sorted((member.id, second_id)):
        work.session.add(new_row(work.deployment.organisation, member_id, public))


def require_teams(work: Work, roles: MemberRoles) -> None:
    """Raise ``TeamNotFound`` for a role in a team that is none, or for no role at all."""
    teams = {one.team_id for one in roles}
    if not teams or any(work.session.get(Team, team_id) is None for team_id in teams):
        raise TeamNotFound


def require_combinable(preset: Preset, roles: MemberRoles) -> None:
    """Raise ``RolesNotCombinable`` for two roles that a group of this size keeps apart."""
    if find_separated_roles(preset, names_of(roles)) is not None:
        raise RolesNotCombinable


def own_team(roles: MemberRoles, before: UUID | None) -> UUID:
    """Return a member's own team: the one they had, else that of their least powerful role."""
    teams = [one.team_id for one in by_power(roles)]
    return before if before in teams and before is not None else teams[0]


def add_member(
    work: Work,
    roles: MemberRoles,
    index: bytes,
    profile: Profile,
    keys: MemberSecrets,
    *,
    member_id: UUID | None = None,
) -> Member:
    """Add an invited member with uncertified public keys."""
    member = Member(
        id=member_id or new_id(),
        team_id=own_team(roles, None),
        roles=roles,
        status=MemberStatus.INVITED,
        joined_on=work.today(),
        login_index=index,
    )
    work.vault.seal(member.profile, profile)
    public = MemberKeys(
        id=member.id,
        roles=roles,
        work_public=keys.work.public,
        sign_public=keys.sign.public,
        lead_public=keys.lead.public if keys.lead else None,
    )
    prove_possession(work.deployment.organisation, public, keys.sign)
    work.session.add_all([member, public])
    return member


# ---------------------------------------------------------------------- certifying


def may_certify(work: Work) -> bool:
    """Return whether the principal is a lead behind the second unlock."""
    return work.acts_as(Role.LEAD) and work.principal.stepped_up


def is_certified(work: Work, member: Member) -> bool:
    """Return whether an active member's certificate counts; raises ``KeyForged``."""
    if member.status is not MemberStatus.ACTIVE:
        return False
    try:
        work.certificates.member(member.id)
    except KeyForged:
        raise
    except KeyNotCertified:
        return False
    return True


def certify(work: Work, member: Member) -> None:
    """Sign a member's roles and keys as the lead who acts, and give them their copies of keys.

    A lead cannot certify another lead: the chain would not end at the root.
    """
    keys = work.session.get_one(MemberKeys, member.id)
    work.certificates.require_possession(keys)
    keys.roles = member.roles
    signer = work.keyring.secrets.sign
    certify_member(work.deployment.organisation, keys, signer, work.principal.id)
    activate(member)
    work.session.flush()
    for kind, roles in KEY_COPY_ROLES.items():
        if names_of(member.roles) & roles:
            epoch, secret = work.keyring.copy(kind)
            add_key_copy(
                work, kind, epoch, secret, to=member.id, giver_id=work.principal.id, giver=signer
            )


def activate(member: Member) -> None:
    """Set a certified member's status to active."""
    member.status = MemberStatus.ACTIVE


def add_key_copy(
    work: Work,
    kind: OrganisationKeyKind,
    epoch: int,
    secret: bytes,
    *,
    to: UUID,
    giver_id: UUID,
    giver: SigningKey,
) -> None:
    """Seal a key of the organisation to a certified member, signed by a lead."""
    work.session.add(
        seal_copy(
            work.deployment.organisation,
            work.certificates,
            kind=kind,
            epoch=epoch,
            secret=secret,
            member_id=to,
            giver_id=giver_id,
            giver=giver,
        )
    )


def delete_key_copies(work: Work, member_id: UUID) -> None:
    """Delete a member's copies of the organisation's keys."""
    for copy in work.session.scalars(select(KeyCopy).where(KeyCopy.member_id == member_id)):
        work.session.delete(copy)
