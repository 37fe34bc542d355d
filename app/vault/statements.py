"""Write the exact bytes that are signed, and those that wraps are bound to.

- Each is a frame: a label with its version, the organisation, and the parts in a fixed order.
- A change of the parts is a new label, never another meaning of the old one.
"""

from __future__ import annotations

from uuid import UUID

from app.crypto.framing import frame, int64, template
from app.crypto.labels import Label
from app.permissions import written_roles
from app.vault.models import Bundle, Grant, KeyCopy, MemberKeys, OrganisationKey, ScopeRow
from app.vault.queries import KeysRow
from app.vault.scopes import CODES, Scope

_GRANT = template(frame(Label.GRANT), UUID, UUID, UUID, UUID)
_SCOPE = template(frame(Label.SCOPE), UUID, UUID, int, UUID, int)


def member_statement(organisation: UUID, keys: MemberKeys | KeysRow) -> bytes:
    """Return what a member's certificate signs: who, which roles, which keys, who vouches."""
    return frame(
        Label.MEMBER,
        organisation,
        keys.id,
        written_roles(keys.roles),
        keys.work_public,
        keys.sign_public,
        keys.lead_public,
        keys.certified_by,
    )


def confirmation_statement(organisation: UUID, keys: MemberKeys) -> bytes:
    """Return what the first of two leads signs, who compared the words of these keys."""
    return frame(
        Label.CONFIRMATION,
        organisation,
        keys.id,
        written_roles(keys.roles),
        keys.work_public,
        keys.sign_public,
        keys.lead_public,
        keys.confirmed_by,
    )


def fingerprint_statement(organisation: UUID, keys: MemberKeys) -> bytes:
    """Return what the words are of that a member and a lead read to one another."""
    return frame(
        Label.FINGERPRINT,
        organisation,
        keys.id,
        keys.work_public,
        keys.sign_public,
        keys.lead_public,
    )


def possession_statement(organisation: UUID, keys: MemberKeys) -> bytes:
    """Return what new keys sign to show that their owner has the private half."""
    return frame(
        Label.KEY_POSSESSION,
        organisation,
        keys.id,
        keys.work_public,
        keys.sign_public,
    )


def organisation_statement(organisation: UUID, key: OrganisationKey) -> bytes:
    """Return what the certificate of an organisation key signs."""
    return frame(
        Label.ORGANISATION_KEY,
        organisation,
        key.kind.value,
        key.epoch,
        key.public,
        key.threshold,
        key.shares,
        key.leads,
        key.certified_by,
    )


def grant_address(organisation: UUID, grant_id: UUID, case_id: UUID, holder_id: UUID) -> bytes:
    """Return what a grant's wraps are bound to; the symmetric one to ``fixed_columns`` as well."""
    return _GRANT % (organisation.bytes, grant_id.bytes, case_id.bytes, holder_id.bytes)


def hpke_wrap_info(address: bytes, signature: bytes) -> bytes:
    """Return what the HPKE wrap of a grant is bound to: its address and the granter's signature."""
    return frame(Label.GRANT_HPKE_WRAP, address, signature)


def grant_statement(organisation: UUID, grant: Grant) -> bytes:
    """Return what the granter signs: everything that the grant says."""
    return frame(
        Label.GRANT_STATEMENT,
        organisation,
        grant.id,
        grant.case_id,
        grant.share_id,
        grant.holder_id,
        grant.granter_id,
        grant.reason.value,
        grant.about,
        grant.entries,
        grant.granted_on,
        grant.until,
    )


def scope_address(organisation: UUID, case_id: UUID, scope: Scope, epoch: int) -> bytes:
    """Return what a scope secret's commitment and data key are bound to."""
    code = int64(CODES[scope.compartment])
    return _SCOPE % (organisation.bytes, case_id.bytes, code, scope.part.bytes, int64(epoch))


def scope_statement(organisation: UUID, row: ScopeRow, before: bytes | None) -> bytes:
    """Return what is signed of a scope: where it is, its commitment, and the one ``before`` it."""
    return frame(
        Label.SCOPE_ROW,
        organisation,
        row.case_id,
        row.share_id,
        row.compartment.value,
        row.part,
        row.epoch,
        row.commitment,
        before,
    )


def minting_statement(organisation: UUID, row: ScopeRow) -> bytes:
    """Return what is signed of all scopes that were minted in one act with this one."""
    return frame(
        Label.SCOPES_MINTED,
        organisation,
        row.case_id,
        row.case_public,
        row.minter_id,
        row.minted_on,
        row.minted_with,
    )


def bundle_info(organisation: UUID, bundle: Bundle) -> bytes:
    """Return what a bundle to custody or reporting is bound to."""
    return frame(
        Label.BUNDLE,
        organisation,
        bundle.id,
        bundle.case_id,
        bundle.recipient.value,
        bundle.epoch,
        bundle.entries,
    )


def copy_info(organisation: UUID, copy: KeyCopy) -> bytes:
    """Return what a copy of an organisation's secret is bound to."""
    return frame(
        Label.KEY_COPY,
        organisation,
        copy.id,
        copy.kind.value,
        copy.epoch,
        copy.member_id,
        copy.giver_id,
    )


def copy_statement(info: bytes, sealed: bytes) -> bytes:
    """Return what the giver of a copy signs: what it is bound to, and the sealed secret."""
    return frame(Label.KEY_COPY_SIGNATURE, info, sealed)
