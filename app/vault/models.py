"""Tables of keys: public keys, wraps, commitments, signatures. No secret is stored unwrapped."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment, MemberRoles
from app.store.base import Mark, Record, Versioned, always, choice, key_column, plain


class GrantReason(StrEnum):
    """For which work a grant was made."""

    INTAKE = "intake"
    TRIAGE = "triage"
    ASSIGNMENT = "assignment"
    VETTING = "vetting"
    REGISTRATION = "registration"
    AID = "aid"
    ESCORT = "escort"
    WORDS = "words"
    LEAD = "lead"


OF_A_JOURNEY = frozenset({GrantReason.ESCORT, GrantReason.WORDS})
"""Grants that show no case: one leg of a journey, or its words and check-ins."""


CUSTODY_LOCK: Final = "custody key"
"""Shared by who seals to the newest key of custody; alone by who replaces it."""


class OrganisationKeyKind(StrEnum):
    """The keys that the organisation as a whole has."""

    ROOT = "root"
    CUSTODY = "custody"
    REPORTING = "reporting"
    SEARCH = "search"


class MemberKeys(Record, Versioned):
    """A member's public keys and the certificate over them. ``id`` is the member's id."""

    __tablename__ = "member_keys"
    __mark__ = Mark(
        because="keys that were revoked or replaced, or roles that were lost, are certified again",
        when=always,
        for_good=always,
    )

    roles: Mapped[MemberRoles] = plain("certified with the keys; bounds what a grant may name")
    work_public: Mapped[bytes] = key_column("X-Wing public key; grants are sealed to it")
    sign_public: Mapped[bytes] = key_column("Ed25519 public key; grants are signed with it")
    lead_public: Mapped[bytes | None] = key_column("X-Wing public key of a lead's second pair")
    certified_by: Mapped[UUID | None] = plain("the lead who certified; none: the organisation root")
    certificate: Mapped[bytes | None] = key_column("Ed25519 signature over roles and keys")
    confirmed_by: Mapped[UUID | None] = plain("the first of two leads who compared the words")
    confirmation: Mapped[bytes | None] = key_column("Ed25519 signature of that lead over the same")
    possession: Mapped[bytes] = key_column("Ed25519 by these keys over themselves and the member")
    revoked_on: Mapped[date | None] = plain("from then on nothing is sealed to these keys")


class OrganisationKey(Record):
    """A public key (or a commitment, for the search key) of the organisation, at an epoch."""

    __tablename__ = "organisation_keys"
    __table_args__ = (UniqueConstraint("kind", "epoch"),)

    kind: Mapped[OrganisationKeyKind] = plain("which key this is", choice(OrganisationKeyKind))
    epoch: Mapped[int] = plain("counts rotations")
    public: Mapped[bytes] = key_column("public key, or the commitment to a secret")
    threshold: Mapped[int] = plain("how many leads open custody")
    shares: Mapped[int] = plain("how many shares were dealt")
    leads: Mapped[int] = plain("how many of them to leads; the others are on paper")
    certified_by: Mapped[UUID | None] = plain("the lead who certified; none: the organisation root")
    certificate: Mapped[bytes] = key_column("Ed25519 signature over kind, epoch and key")


class KeyCopy(Record, Versioned):
    """A secret of the organisation, sealed to one member: search key, reporting key, share."""

    __tablename__ = "key_copies"
    __unmarked__ = "an older copy is of the same secret and opens with the same member's keys"
    __table_args__ = (UniqueConstraint("kind", "epoch", "member_id"),)

    kind: Mapped[OrganisationKeyKind] = plain("which key this copies", choice(OrganisationKeyKind))
    epoch: Mapped[int] = plain("the epoch of the key")
    member_id: Mapped[UUID] = plain("whose copy it is; follows from the member's roles", index=True)
    giver_id: Mapped[UUID] = plain("who sealed it; the signature is checked against their key")
    sealed: Mapped[bytes] = key_column("HPKE to the member's work key, or to a lead's second key")
    symmetric_wrap: Mapped[bytes | None] = key_column("AES-256-GCM under the member's own key")
    signature: Mapped[bytes] = key_column("Ed25519 by the giver")


class ScopeRow(Record):
    """One scope of a case at an epoch: a commitment, not the secret, signed as it was minted."""

    __tablename__ = "scopes"
    __table_args__ = (UniqueConstraint("case_id", "compartment", "part", "epoch"),)

    case_id: Mapped[UUID] = plain("random; the case")
    share_id: Mapped[UUID] = plain("random; names the erasure share in the keystore")
    compartment: Mapped[Compartment] = plain(
        "which compartment exists says how far the work has come, as the status does",
        choice(Compartment),
    )
    part: Mapped[UUID] = plain("random; a leg or request with a secret of its own")
    epoch: Mapped[int] = plain("counts rotations")
    commitment: Mapped[bytes] = key_column("binds the secret; reveals nothing of it")
    minter_id: Mapped[UUID] = plain("random; who minted it, whose signature is checked")
    minted_on: Mapped[date] = plain("the day, which the log has as well")
    minted_with: Mapped[bytes] = key_column("digests of the scopes that were minted in one act")
    case_public: Mapped[bytes] = key_column("Ed25519 public key of the case, from its summary")
    case_signature: Mapped[bytes] = key_column("Ed25519 by the case's key over all of the above")
    signature: Mapped[bytes] = key_column("Ed25519 by the minter over the same")


class Bundle(Record):
    """A case's scope secrets sealed to custody, or its reporting secret to the reporting key."""

    __tablename__ = "bundles"

    case_id: Mapped[UUID] = plain("random; the case", index=True)
    recipient: Mapped[OrganisationKeyKind] = plain(
        "to which key it is sealed", choice(OrganisationKeyKind)
    )
    epoch: Mapped[int] = plain("the recipient key's epoch; rotation re-seals what is behind")
    entries: Mapped[bytes] = key_column("which scopes, with their commitments")
    sealed: Mapped[bytes] = key_column("HPKE")


class Grant(Record, Versioned):
    """Some scopes of a case, handed to one member by another, signed, until ended."""

    __tablename__ = "grants"
    __mark__ = Mark(
        because="a grant that was ended, or that rests, opens the case again",
        when=lambda grant: grant.ended_on is not None or grant.rests,
        for_good=lambda grant: grant.ended_on is not None,
    )
    __changing__ = frozenset({"ended_on", "rests", "version", "hpke_wrap", "symmetric_wrap"})
    __table_args__ = (
        Index("ix_grants_live", "holder_id", "case_id", "ended_on"),
        Index("ix_grants_case", "case_id", "about"),
    )

    case_id: Mapped[UUID] = plain("random; the case")
    share_id: Mapped[UUID] = plain("random; names the erasure share in the keystore")
    holder_id: Mapped[UUID] = plain("random; who may open: the server must find a member's grants")
    granter_id: Mapped[UUID] = plain("random; whose signature is checked")
    reason: Mapped[GrantReason] = plain(
        "the kind of handing-over, which the compartments say as well", choice(GrantReason)
    )
    about: Mapped[UUID] = plain("random; the record that the grant serves")
    entries: Mapped[bytes] = key_column("which scopes, with their commitments")
    granted_on: Mapped[date] = plain("the day, for the exposure report")
    until: Mapped[date | None] = plain("the last day on which it opens anything")
    ended_on: Mapped[date | None] = plain("the day it was ended; its wraps are deleted")
    rests: Mapped[bool] = plain("opens nothing while its person's erasure is decided")
    hpke_wrap: Mapped[bytes | None] = key_column("HPKE to the holder, until first opened")
    symmetric_wrap: Mapped[bytes | None] = key_column("AES-256-GCM under the holder's own key")
    signature: Mapped[bytes] = key_column("Ed25519 by the granter over all of the above")


class CustodyContribution(Record):
    """A lead's share, opened in their step-up and sealed to the lead who requested it."""

    __tablename__ = "custody_contributions"

    epoch: Mapped[int] = plain("the custody key's epoch")
    asked_by: Mapped[UUID] = plain("the lead it is sealed to", index=True)
    given_by: Mapped[UUID] = plain("the lead whose share it is")
    given_on: Mapped[date] = plain("a contribution lapses after a day")
    from_kit: Mapped[bool] = plain("a share on paper that the lead who asked has typed")
    sealed: Mapped[bytes] = key_column("HPKE to the requesting lead's second key")
    signature: Mapped[bytes] = key_column("Ed25519 by the giving lead")
