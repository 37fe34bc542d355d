"""Join by an invitation, and certify who joined by comparing three words aloud.

- Keys and credential are made in the newcomer's own request; nobody else is shown the passphrase.
- A try at the six words is counted in a unit of work of its own, before they are looked at.
- A lead certifies what a voice call compared: three words of the fingerprint of the keys. Two
  leads do where the group's preset says so, as far as there are two.
- One lead alone lets in three within 30 days, so that no lead makes a team of puppets: for the next
  one, another lead must have heard them too.
- *They differ* ends it: somebody else's keys are here.

Knows invitations, members and their keys; no case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import (
    NewAccount,
    Passphrase,
    certify,
    create_account,
    require_combinable,
)
from app.accounts.credentials import Stretching, own_passphrase
from app.accounts.errors import (
    MemberCertified,
    MemberRemoved,
    MemberSuspended,
    RoleNeedsRoot,
)
from app.accounts.logins import check_login
from app.accounts.models import Member, MemberStatus
from app.accounts.service import (
    end_membership,
    find_fingerprint,
    get_visible_member,
    is_first_slot,
    leads_needed,
    list_members,
)
from app.audit.events import EventKind
from app.joining.errors import (
    InvitationWordsWrong,
    MemberConfirmedByYou,
    PassphraseWeak,
    SecondLeadFirst,
    WordsDiffer,
)
from app.joining.invitations import count_try, find_by_link, words_fit
from app.joining.models import Invitation, Invited
from app.organisation.leads import DealtCustody, certify_lead, deal_again
from app.organisation.root import OrganisationRoot
from app.permissions import Role, holds, written_roles
from app.store.authenticated import leave_out_altered
from app.store.queries import in_order
from app.text.dates import minute_of
from app.text.passphrases import passphrase_letters
from app.vault.certificates import confirm_keys
from app.vault.models import MemberKeys
from app.work import Work

FEWEST_LETTERS = 15
FEWEST_DIFFERENT = 8
MOST_ALONE = 3
"""So many members one lead alone lets in within ``ALONE_WITHIN``; a small group has no more."""
ALONE_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a lead compares by voice: the three words, who has, and how many leads must.

    ``is_lead``: it is a lead who waits. ``is_last``: this lead's word certifies them.
    """

    member_id: UUID
    words: str = field(repr=False)
    leads_needed: int
    confirmed_by: UUID | None
    is_lead: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Certified:
    """A member, certified or confirmed by the first of two, and custody where it was dealt."""

    member: Member
    custody: DealtCustody | None


# ---------------------------------------------------------------------- joining


def start_joining(work: Work, token: str, login: str, passphrase: str) -> list[Stretching]:
    """Count a try at an invitation's words, and return how to stretch the chosen passphrase.

    Raises ``InvitationNotFound``, and without counting ``LoginInvalid``, ``PassphraseWeak``.
    """
    check_login(login)
    letters = passphrase_letters(passphrase)
    if len(letters) < FEWEST_LETTERS or len(set(letters)) < FEWEST_DIFFERENT:
        raise PassphraseWeak("passphrase")
    count_try(work, find_by_link(work, token))
    return [own_passphrase(work.deployment, passphrase)]


def join(work: Work, token: str, words: str, login: str, passphrase: Passphrase) -> Member:
    """Make the account of who has an invitation's link and words; the invitation is then used.

    It waits for its certificate. Raises ``InvitationNotFound``, ``InvitationWordsWrong``,
    ``LoginTaken``, ``TeamNotFound``, ``RolesNotCombinable``.
    """
    invitation = find_by_link(work, token)
    if not words_fit(work, invitation, token, words):
        raise InvitationWordsWrong
    require_combinable(work.deployment.organisation_settings.preset, invitation.roles)
    invited: Invited = work.vault.open(invitation.invited)
    account = NewAccount(invitation.roles, login, invited.display_name)
    member = create_account(work, account, passphrase).member
    invitation.member_id = member.id
    invitation.ended_at = minute_of(work.now())
    work.session.flush()
    work.trail.record(
        EventKind.MEMBER_JOINED,
        member=str(member.id),
        invitation=str(invitation.id),
        roles=written_roles(member.roles),
    )
    return member


# ---------------------------------------------------------------------- certifying


def list_waiting(work: Work) -> list[Member]:
    """Return the members who wait for a certificate, in the order in which they joined."""
    query = select(Member).where(Member.status == MemberStatus.INVITED)
    found = leave_out_altered(
        work.session, work.session.scalars(in_order(query, Member.joined_on)).all()
    )
    return [member for member in found if is_first_slot(work, member)]


def compare(work: Work, member_id: UUID) -> Comparison:
    """Return what is compared with a member who waits; raises as ``certify_member`` does."""
    member = _waiting(get_visible_member(work, member_id))
    keys = work.session.get_one(MemberKeys, member.id)
    needed = _leads_needed(work, member)
    return Comparison(
        member.id,
        find_fingerprint(work, member) or "",
        needed,
        keys.confirmed_by,
        is_lead=holds(member.roles, Role.LEAD),
        is_last=needed == 1 or _is_confirmed_by_another(work, keys),
    )


def certify_member(
    work: Work, member_id: UUID, heard: str, *, root_words: str | None = None
) -> Certified:
    """Certify a member's keys, given the three words that they read aloud.

    Where two leads must, the first one's signature is kept and the member waits on. A lead is
    certified by the root, whose words are typed; the second lead ends custody of one. Raises
    ``MemberNotFound``, ``MemberRemoved``, ``MemberSuspended``, ``MemberCertified``,
    ``WordsDiffer``, ``RolesNotCombinable``, ``MemberConfirmedByYou``, ``SecondLeadFirst``,
    ``RoleNeedsRoot``, ``RootWordsWrong``.
    """
    member = _claimed(work, member_id)
    keys = work.session.get_one(MemberKeys, member.id)
    if passphrase_letters(heard) != passphrase_letters(find_fingerprint(work, member) or ""):
        raise WordsDiffer
    require_combinable(work.deployment.organisation_settings.preset, member.roles)
    if _leads_needed(work, member) > 1 and not _is_confirmed_by_another(work, keys):
        if len(list_members(work, None, Role.LEAD)) == 1:
            raise SecondLeadFirst
        return Certified(_confirm(work, member, keys), None)
    dealt = None
    if holds(member.roles, Role.LEAD):
        dealt = _certify_lead(work, member, root_words)
    else:
        certify(work, member)
    work.trail.record(
        EventKind.MEMBER_CERTIFIED,
        member=str(member.id),
        roles=written_roles(member.roles),
        confirmed_by=str(keys.confirmed_by or ""),
    )
    return Certified(member, dealt)


def _certify_lead(work: Work, member: Member, root_words: str | None) -> DealtCustody | None:
    if root_words is None:
        raise RoleNeedsRoot
    fingerprint = work.deployment.settings.organisation_root
    root = OrganisationRoot.from_words(root_words, fingerprint)
    alone = work.custody.is_of_one()
    certify_lead(work, root, member)
    return deal_again(work, root) if alone else None


def refuse_member(work: Work, member_id: UUID) -> None:
    """End the account of who waits, because the words differ: no key of it is ever sealed to.

    Raises as ``certify_member`` does.
    """
    member = _claimed(work, member_id)
    end_membership(work, member)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_WORDS_DIFFERED, member=str(member.id))


def _claimed(work: Work, member_id: UUID) -> Member:
    member = get_visible_member(work, member_id)
    work.claim(member)
    return _waiting(member)


def _waiting(member: Member) -> Member:
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    if member.status is MemberStatus.SUSPENDED:
        raise MemberSuspended
    if member.status is MemberStatus.ACTIVE:
        raise MemberCertified
    return member


def _confirm(work: Work, member: Member, keys: MemberKeys) -> Member:
    if keys.confirmed_by == work.principal.id:
        raise MemberConfirmedByYou
    confirm_keys(work.deployment.organisation, keys, work.keyring.secrets.sign, work.principal.id)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_CONFIRMED, member=str(member.id))
    return member


def _is_confirmed_by_another(work: Work, keys: MemberKeys) -> bool:
    """Return whether a lead who still is one has compared the words of these keys and roles."""
    if keys.confirmed_by in {None, work.principal.id}:
        return False
    leads = {lead.id for lead in list_members(work, None, Role.LEAD)}
    return keys.confirmed_by in leads and work.certificates.is_confirmed(keys)


def _leads_needed(work: Work, member: Member) -> int:
    """Return how many leads must compare the words of a member who waits.

    As the preset says; and two for who would be one more whom this lead alone has let in.
    """
    needed = leads_needed(work, member.roles)
    if needed == 1 and not holds(member.roles, Role.LEAD) and _has_certified_enough(work):
        return 2
    return needed


def _has_certified_enough(work: Work) -> bool:
    """Return whether this lead has let in as many within 30 days as one lead does alone."""
    came = select(Invitation.member_id).where(
        Invitation.member_id.is_not(None), Invitation.made_at > work.now() - ALONE_WITHIN
    )
    alone = select(MemberKeys.id).where(
        MemberKeys.id.in_(came),
        MemberKeys.certified_by == work.principal.id,
        MemberKeys.confirmed_by.is_(None),
    )
    return len(work.session.scalars(alone.limit(MOST_ALONE)).all()) >= MOST_ALONE
