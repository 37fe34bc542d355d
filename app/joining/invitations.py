"""Invite somebody: a link, which may go through any chat, and six words, which go by voice.

- An invitation holds for 72 hours and is used once.
- Who has the link alone has five tries at the words, which are one of 2^60.
- The link's secret and the words are shown once, to who invites; kept is a keyed hash of each.

Knows invitations; no keys of the newcomer.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import require_combinable, require_teams
from app.accounts.errors import RoleNeedsRoot
from app.audit.events import EventKind
from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.passwords import random_words
from app.deployment import Deployment
from app.joining.errors import InvitationNotFound
from app.joining.models import Invitation, Invited
from app.permissions import MemberRoles, Role, holds, written_roles
from app.store.authenticated import is_altered, leave_out_altered
from app.text.dates import minute_of
from app.text.passphrases import passphrase_letters
from app.work import Work

HOLDS_FOR = timedelta(hours=72)
MOST_TRIES = 5
_TOKEN_BYTES = 16
_WORDS = 6


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """An invitation with what is shown once: the secret of its link, and its words."""

    invitation: Invitation
    token: str = field(repr=False)
    words: str = field(repr=False)


def ends_at(invitation: Invitation) -> datetime:
    """Return until when an invitation holds if nobody uses or withdraws it."""
    return invitation.made_at + HOLDS_FOR


def invite(
    work: Work, *, roles: MemberRoles, display_name: str, proposed: UUID | None = None
) -> MadeInvitation:
    """Make an invitation.

    Raises ``TeamNotFound``, ``RolesNotCombinable``, ``RoleNeedsRoot``, ``IdTaken``.
    """
    if holds(roles, Role.LEAD) and not work.acts_as(Role.LEAD):
        raise RoleNeedsRoot
    require_teams(work, roles)
    require_combinable(work.deployment.organisation_settings.preset, roles)
    token, words = secrets.token_urlsafe(_TOKEN_BYTES), " ".join(random_words(_WORDS))
    invitation = Invitation(
        id=work.id_for(Invitation, proposed),
        roles=roles,
        made_by=work.principal.id,
        made_at=minute_of(work.now()),
        tries=0,
        link_index=_link_index(work.deployment, token),
        words_proof=_words_proof(work.deployment, token, words),
    )
    work.vault.seal(invitation.invited, Invited(display_name))
    work.session.add(invitation)
    work.session.flush()
    work.trail.record(
        EventKind.INVITATION_MADE, invitation=str(invitation.id), roles=written_roles(roles)
    )
    return MadeInvitation(invitation, token, words)


def list_invitations(work: Work) -> Sequence[Invitation]:
    """Return the invitations that hold, oldest first: there are few."""
    query = select(Invitation).where(
        Invitation.ended_at.is_(None), Invitation.made_at > work.now() - HOLDS_FOR
    )
    found = work.session.scalars(query.order_by(Invitation.sequence, Invitation.id))
    return leave_out_altered(work.session, found)


def withdraw_invitation(work: Work, invitation_id: UUID) -> None:
    """End an invitation that nobody has used; raises ``InvitationNotFound``."""
    invitation = work.session.get(Invitation, invitation_id)
    if invitation is None:
        raise InvitationNotFound
    work.claim(invitation)
    _holding(work, invitation)
    invitation.ended_at = minute_of(work.now())
    work.session.flush()
    work.trail.record(EventKind.INVITATION_WITHDRAWN, invitation=str(invitation.id))


def find_by_link(work: Work, token: str) -> Invitation:
    """Return the invitation of a link, if it holds; raises ``InvitationNotFound``."""
    index = _link_index(work.deployment, token)
    query = select(Invitation).where(Invitation.link_index == index)
    return _holding(work, work.session.scalars(query).one_or_none())


def count_try(work: Work, invitation: Invitation) -> None:
    """Count a try at the words before they are looked at; raises ``InvitationNotFound``."""
    if invitation.tries >= MOST_TRIES:
        raise InvitationNotFound
    invitation.tries += 1
    work.session.flush()
    work.trail.record(
        EventKind.INVITATION_TRIED, invitation=str(invitation.id), tries=invitation.tries
    )


def words_fit(work: Work, invitation: Invitation, token: str, words: str) -> bool:
    """Return whether these are the six words that go with a link, however they are typed."""
    return equal(invitation.words_proof, _words_proof(work.deployment, token, words))


def _holding(work: Work, invitation: Invitation | None) -> Invitation:
    if (
        invitation is None
        or is_altered(work.session, invitation)
        or invitation.ended_at is not None
        or work.now() >= ends_at(invitation)
    ):
        raise InvitationNotFound
    return invitation


def _link_index(deployment: Deployment, token: str) -> bytes:
    return mac(deployment.invitation_key, frame(Label.INVITATION_LINK, token.strip()))


def _words_proof(deployment: Deployment, token: str, words: str) -> bytes:
    said = frame(Label.INVITATION_WORDS, token.strip(), passphrase_letters(words))
    return mac(deployment.invitation_key, said)
