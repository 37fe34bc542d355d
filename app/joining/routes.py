"""HTTP routes of joining: invitations, the newcomer's own request, certificates."""

from __future__ import annotations

from uuid import UUID

from app.accounts import service as accounts
from app.accounts.errors import (
    LoginInvalid,
    LoginTaken,
    MemberCertified,
    MemberNotFound,
    MemberRemoved,
    MemberSuspended,
    RoleNeedsRoot,
    RolesNotCombinable,
    TeamNotFound,
)
from app.accounts.schemas import roles_given, stretched_passphrase
from app.http.needs import Public
from app.http.routing import Router
from app.http.stretching import Stretches, StretchTask
from app.joining import invitations, service
from app.joining.errors import (
    InvitationNotFound,
    InvitationWordsWrong,
    MemberConfirmedByYou,
    PassphraseWeak,
    SecondLeadFirst,
    WordsDiffer,
)
from app.joining.schemas import (
    CertificateCreate,
    CertificateRead,
    ComparisonRead,
    InvitationCreate,
    InvitationListRead,
    InvitationRead,
    InvitationSummary,
    JoiningCreate,
    JoiningRead,
)
from app.organisation.errors import RootWordsWrong
from app.permissions import Permission
from app.work import Work

router = Router(tags=["joining"])


@router.post(
    "/invitations",
    needs=Permission.MEMBER_ADMIT,
    creates=True,
    status_code=201,
    raises=(TeamNotFound, RoleNeedsRoot, RolesNotCombinable),
)
def invite(body: InvitationCreate, work: Work) -> InvitationRead:
    """Invite somebody: a link for any chat, and six words to be read to them, for 72 hours."""
    made = invitations.invite(
        work, roles=roles_given(body.roles), display_name=body.display_name, proposed=body.id
    )
    return InvitationRead.of(made)


@router.get("/invitations", needs=Permission.MEMBER_ADMIT)
def list_invitations(work: Work) -> InvitationListRead:
    """List the invitations that hold."""
    rows = invitations.list_invitations(work)
    invited = work.vault.open_listed([row.invited for row in rows])
    return InvitationListRead(items=list(map(InvitationSummary.of, rows, invited)))


@router.delete(
    "/invitations/{invitation_id}",
    needs=Permission.MEMBER_ADMIT,
    changes=True,
    raises=(InvitationNotFound,),
)
def withdraw_invitation(invitation_id: UUID, work: Work) -> None:
    """Withdraw an invitation that nobody has used."""
    invitations.withdraw_invitation(work, invitation_id)


def _start_joining(work: Work, body: JoiningCreate) -> list[StretchTask]:
    return list(service.start_joining(work, body.token, body.login, body.passphrase))


@router.post(
    "/joinings",
    needs=Public("who is invited has no account yet"),
    stretch=_start_joining,
    status_code=201,
    raises=(
        InvitationNotFound,
        InvitationWordsWrong,
        LoginInvalid,
        LoginTaken,
        PassphraseWeak,
        TeamNotFound,
        RolesNotCombinable,
    ),
)
def join(body: JoiningCreate, work: Work, stretched: Stretches) -> JoiningRead:
    """Join by a link and its words. Nobody else is shown the passphrase; a lead certifies."""
    passphrase = stretched_passphrase(stretched, 0)
    member = service.join(work, body.token, body.words, body.login, passphrase)
    return JoiningRead.of(member, accounts.find_fingerprint(work, member) or "")


@router.get(
    "/members/{member_id}/certificate",
    needs=Permission.MEMBER_CERTIFY,
    raises=(MemberNotFound, MemberRemoved, MemberSuspended, MemberCertified),
)
def read_comparison(member_id: UUID, work: Work) -> ComparisonRead:
    """Show the three words to read to a member who waits, and to hear from them."""
    return ComparisonRead.of(service.compare(work, member_id))


@router.post(
    "/members/{member_id}/certificate",
    needs=Permission.MEMBER_CERTIFY,
    changes=True,
    raises=(
        MemberNotFound,
        MemberRemoved,
        MemberSuspended,
        MemberCertified,
        MemberConfirmedByYou,
        SecondLeadFirst,
        WordsDiffer,
        RolesNotCombinable,
        RoleNeedsRoot,
        RootWordsWrong,
    ),
)
def certify_member(member_id: UUID, body: CertificateCreate, work: Work) -> CertificateRead:
    """Certify a member whose three words agree; where two leads must, after both have."""
    done = service.certify_member(work, member_id, body.heard, root_words=body.root_words)
    return CertificateRead.after(done, accounts.display_name_of(work, done.member))


@router.delete(
    "/members/{member_id}/certificate",
    needs=Permission.MEMBER_CERTIFY,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, MemberSuspended, MemberCertified),
)
def refuse_member(member_id: UUID, work: Work) -> None:
    """Say that the words differ: the account ends, and with it the joining."""
    service.refuse_member(work, member_id)
