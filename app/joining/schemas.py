"""Requests and responses of joining. A link's secret and the words go out once, to who invited."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.models import Member
from app.accounts.schemas import MemberRead, MemberRole, Roles
from app.http.proposed_ids import ProposedId
from app.http.schema import Code, Name, Schema, Secret, Shut, Version, record_shut
from app.joining.invitations import MadeInvitation, ends_at
from app.joining.models import Invitation, Invited
from app.joining.service import Certified, Comparison
from app.organisation.schemas import CustodyDealRead

ThreeWords = Annotated[Code, Field(examples=["alpha garlic velvet"])]


class InvitationCreate(Schema):
    """Who is invited, by the name that colleagues will see, and what they will be."""

    id: ProposedId = None
    roles: Roles
    display_name: Annotated[Name, Field(examples=["Thiri"])]


class InvitationRead(Schema):
    """An invitation, shown once: the link may go through any chat, the words go by voice."""

    id: UUID
    roles: list[MemberRole]
    ends_at: datetime
    token: Annotated[str, Field(description="The secret of the link", repr=False)]
    link: Annotated[str, Field(description="What follows the address of this server", repr=False)]
    words: Annotated[str, Field(description="Six words, to be read to the newcomer", repr=False)]
    version: Version

    @classmethod
    def of(cls, made: MadeInvitation) -> InvitationRead:
        """Return an invitation with its secrets."""
        return cls(
            id=made.invitation.id,
            roles=MemberRole.all_of(made.invitation.roles),
            ends_at=ends_at(made.invitation),
            token=made.token,
            link=f"/join#{made.token}",
            words=made.words,
            version=made.invitation.version,
        )


class InvitationSummary(Schema):
    """An invitation that holds, without its secrets; no name where the row does not open."""

    id: UUID
    display_name: str | None
    roles: list[MemberRole]
    made_by: UUID
    ends_at: datetime
    tries: int
    version: Version
    shut: Shut = None

    @classmethod
    def of(cls, row: Invitation, invited: Invited | None) -> InvitationSummary:
        """Return an invitation for a list."""
        return cls(
            id=row.id,
            display_name=None if invited is None else invited.display_name,
            roles=MemberRole.all_of(row.roles),
            made_by=row.made_by,
            ends_at=ends_at(row),
            tries=row.tries,
            version=row.version,
            shut=record_shut(invited),
        )


class InvitationListRead(Schema):
    """The invitations that hold, oldest first: there are few."""

    items: list[InvitationSummary]


class JoiningCreate(Schema):
    """What a newcomer sends: link and words, and a name and passphrase that only they know."""

    token: Annotated[Secret, Field(examples=["what follows # in the link"])]
    words: Annotated[Secret, Field(examples=["six words, as heard"])]
    login: Annotated[Code, Field(examples=["thiri"])]
    passphrase: Secret


class JoiningRead(Schema):
    """A new account, which waits for a lead. Both read the three words aloud."""

    member_id: UUID
    fingerprint: ThreeWords

    @classmethod
    def of(cls, member: Member, fingerprint: str) -> JoiningRead:
        """Return who joined, and the words."""
        return cls(member_id=member.id, fingerprint=fingerprint)


class ComparisonRead(Schema):
    """The three words that the member reads aloud too, if the keys here are theirs."""

    member_id: UUID
    fingerprint: ThreeWords
    leads_needed: int
    confirmed_by: UUID | None

    @classmethod
    def of(cls, found: Comparison) -> ComparisonRead:
        """Return what a lead compares."""
        return cls(
            member_id=found.member_id,
            fingerprint=found.words,
            leads_needed=found.leads_needed,
            confirmed_by=found.confirmed_by,
        )


class CertificateCreate(Schema):
    """The three words as the member read them aloud."""

    heard: ThreeWords
    root_words: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1024,
            repr=False,
            description="The words of the organisation's root, which certifies a lead",
        ),
    ] = None


class CertificateRead(MemberRead):
    """A member as certified, and custody where a second lead ended custody of one."""

    custody: CustodyDealRead | None = None

    @classmethod
    def after(cls, done: Certified, display_name: str) -> CertificateRead:
        """Return a member and, once, the shares on paper."""
        shown = MemberRead.of(done.member, display_name).model_dump()
        dealt = None if done.custody is None else CustodyDealRead.of(done.custody)
        return cls(**shown, custody=dealt)
