"""Verify that a public key is certified by a lead, and the lead by the organisation root.

- The root's fingerprint is in the settings, not in the database: somebody who can write to the
  database cannot make the application seal to a key of theirs.
- A certificate counts while the lead who signed it is a member; the lead who removes another signs
  again what that one has certified.
- What was verified once is remembered by digest for the life of the process; it is no secret.

Knows signatures; opens nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from app.crypto.derive import digest, equal
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PublicKey
from app.crypto.labels import Label
from app.crypto.passwords import words_of
from app.crypto.signing import SigningKey, verify
from app.permissions import Role, holds
from app.store.authenticated import altered_rows, is_altered, row_macs
from app.store.kept_statements import READ_BEFORE_FLUSH, connection_of
from app.vault.errors import KeyForged, KeyNotCertified, Tampered
from app.vault.models import MemberKeys, OrganisationKey, OrganisationKeyKind
from app.vault.queries import KEYS_OF_MEMBERS, ORGANISATION_KEYS, ROOT_PUBLIC, KeysRow
from app.vault.statements import (
    confirmation_statement,
    fingerprint_statement,
    member_statement,
    organisation_statement,
    possession_statement,
)

_REMEMBERED = 16384
FINGERPRINT_WORDS = 3


class Verified:
    """Digests of chains already verified, and parsed public keys; shared by all requests."""

    def __init__(self) -> None:
        self._chains: set[bytes] = set()
        self._public: dict[bytes, PublicKey] = {}

    def has(self, chain: bytes) -> bool:
        """Return whether this very chain was verified before."""
        return chain in self._chains

    def add(self, chain: bytes) -> None:
        """Remember a verified chain."""
        if len(self._chains) >= _REMEMBERED:
            self._chains.clear()
        self._chains.add(chain)

    def public_key(self, encoded: bytes) -> PublicKey:
        """Return the parsed key: parsing costs as much as sealing does."""
        known = self._public.get(encoded)
        if known is None:
            if len(self._public) >= _REMEMBERED:
                self._public.clear()
            known = self._public[encoded] = PublicKey(encoded)
        return known


_VERIFIED = Verified()


def certify_member(
    organisation: UUID, keys: MemberKeys, signer: SigningKey, signer_id: UUID | None
) -> None:
    """Sign a member's roles and keys, as a lead or (``signer_id`` None) as the root."""
    keys.certified_by = signer_id
    keys.certificate = signer.sign(member_statement(organisation, keys))


def prove_possession(organisation: UUID, keys: MemberKeys, own: SigningKey) -> None:
    """Sign new keys by themselves: who requires a certificate has their private half."""
    keys.possession = own.sign(possession_statement(organisation, keys))


def confirm_keys(organisation: UUID, keys: MemberKeys, signer: SigningKey, lead_id: UUID) -> None:
    """Sign a member's roles and keys as the first of two leads; the other certifies them."""
    keys.confirmed_by = lead_id
    keys.confirmation = signer.sign(confirmation_statement(organisation, keys))


def fingerprint_words(organisation: UUID, keys: MemberKeys) -> str:
    """Return the three words by which a voice call compares keys: 30 bits."""
    return words_of(digest(fingerprint_statement(organisation, keys)), FINGERPRINT_WORDS)


def certify_organisation_key(
    organisation: UUID, key: OrganisationKey, signer: SigningKey, signer_id: UUID | None
) -> None:
    """Sign a key of the organisation, as a lead or (``signer_id`` None) as the root."""
    key.certified_by = signer_id
    key.certificate = signer.sign(organisation_statement(organisation, key))


class Certificates:
    """Finds public keys and verifies their chain, in one request."""

    def __init__(self, session: Session, organisation: UUID, root_fingerprint: str) -> None:
        self._session = session
        self._organisation = organisation
        self._root_fingerprint = bytes.fromhex(root_fingerprint)
        self._root: bytes | None = None

    def load(self, member_ids: Collection[UUID]) -> None:
        """Read the keys of one member or more, and of who certified them, in one query."""
        if any(isinstance(record, MemberKeys) for record in self._session.new):
            self._session.flush()
        connection, macs = connection_of(self._session), row_macs(self._session)
        rows = KEYS_OF_MEMBERS.all(connection, macs, {"members": list(member_ids)})
        self._read.update({keys.id: (keys, authentic) for keys, authentic in rows})

    @property
    def _read(self) -> dict[UUID, tuple[KeysRow, bool]]:
        kept = self._session.info.setdefault(READ_BEFORE_FLUSH, {})
        read: dict[UUID, tuple[KeysRow, bool]] = kept.setdefault(KeysRow, {})
        return read

    def _find(self, member_id: UUID) -> MemberKeys | KeysRow | None:
        """Return a member's keys as this session has them; raises ``KeyForged`` where altered."""
        loaded = self._session.identity_map.get((MemberKeys, (member_id,), None))
        if loaded is not None:
            if is_altered(self._session, loaded):
                raise KeyForged
            return loaded
        if member_id not in self._read:
            self.load((member_id,))
        keys, authentic = self._read.get(member_id, (None, True))
        if not authentic:
            altered_rows(self._session).leave_out(f"{MemberKeys.__tablename__}/{member_id}")
            raise KeyForged
        return keys

    def member(self, member_id: UUID) -> MemberKeys | KeysRow:
        """Return a member's certified keys; raises ``KeyNotCertified``."""
        keys = self._find(member_id)
        if keys is None or keys.certificate is None:
            raise KeyNotCertified
        statement = member_statement(self._organisation, keys)
        issuer = self._issuer(keys.certified_by, certifies_lead=holds(keys.roles, Role.LEAD))
        self._check(issuer, keys.certificate, statement)
        return keys

    def sealing_key(self, member_id: UUID) -> PublicKey:
        """Return the key that grants to a member are sealed to; raises ``KeyNotCertified``."""
        return self.sealing_key_of(self.member(member_id))

    def sealing_key_of(self, certified: MemberKeys | KeysRow) -> PublicKey:
        """Return the key of keys that ``member`` has returned; raises ``KeyNotCertified``.

        What a removed member once signed still verifies; nothing new is sealed to them.
        """
        if certified.revoked_on is not None:
            raise KeyNotCertified
        return _VERIFIED.public_key(certified.work_public)

    def lead_key(self, member_id: UUID) -> PublicKey:
        """Return the second key of a lead; raises ``KeyNotCertified``."""
        keys = self.member(member_id)
        if not holds(keys.roles, Role.LEAD) or keys.lead_public is None:
            raise KeyNotCertified
        if keys.revoked_on is not None:
            raise KeyNotCertified
        return _VERIFIED.public_key(keys.lead_public)

    def organisation_key(
        self, kind: OrganisationKeyKind, epoch: int | None = None
    ) -> OrganisationKey:
        """Return a certified key of the organisation, the newest by default."""
        asked = {"kind": kind, "epoch": epoch}
        key = self._session.scalars(ORGANISATION_KEYS, asked).first()
        if key is None:
            raise KeyNotCertified
        if is_altered(self._session, key):
            raise KeyForged
        issuer = self._issuer(key.certified_by, certifies_lead=key.certified_by is None)
        self._check(issuer, key.certificate, organisation_statement(self._organisation, key))
        return key

    def organisation_sealing_key(self, kind: OrganisationKeyKind) -> tuple[int, PublicKey]:
        """Return the epoch and the public key of custody or reporting."""
        key = self.organisation_key(kind)
        return key.epoch, _VERIFIED.public_key(key.public)

    def verify_by(self, member_id: UUID, signature: bytes, message: bytes) -> None:
        """Check a member's signature with their certified key; raises ``Tampered``."""
        try:
            verify(self.member(member_id).sign_public, signature, message)
        except CryptoError:
            raise Tampered from None

    def signer_of_old(self, member_id: UUID) -> MemberKeys | KeysRow:
        """Return the keys of who signed something once, also where no lead certifies them now.

        For what proves itself besides: a first scope, by the case's key. Raises ``KeyForged``.
        """
        try:
            return self.member(member_id)
        except KeyForged:
            raise
        except KeyNotCertified:
            keys = self._find(member_id)
            if keys is None:
                raise KeyForged from None
            return keys

    def is_confirmed(self, keys: MemberKeys) -> bool:
        """Return whether a lead has signed these very keys and roles as the first of two."""
        if keys.confirmed_by is None or keys.confirmation is None:
            return False
        statement = confirmation_statement(self._organisation, keys)
        try:
            self.verify_by(keys.confirmed_by, keys.confirmation, statement)
        except (KeyNotCertified, Tampered):
            return False
        return True

    def require_possession(self, keys: MemberKeys) -> None:
        """Raise ``KeyForged`` unless keys were signed by themselves for this very member."""
        statement = possession_statement(self._organisation, keys)
        try:
            verify(keys.sign_public, keys.possession, statement)
        except CryptoError:
            raise KeyForged from None

    def verify_once(self, public: bytes, signature: bytes, message: bytes) -> None:
        """Check a signature, once a process for the same; raises ``SignatureInvalid``."""
        chain = digest(frame(Label.VERIFIED_CERTIFICATE, public, signature, message))
        if not _VERIFIED.has(chain):
            verify(public, signature, message)
            _VERIFIED.add(chain)

    def _issuer(self, certified_by: UUID | None, *, certifies_lead: bool) -> bytes:
        """Leads are certified by the root alone, others by a lead: no longer chains."""
        if certified_by is None and certifies_lead:
            return self._root_public()
        if certified_by is None or certifies_lead:
            raise KeyForged
        issuer = self.member(certified_by)
        if not holds(issuer.roles, Role.LEAD):
            raise KeyForged
        if issuer.revoked_on is not None:
            raise KeyNotCertified  # a certificate counts while its issuer is a member
        return issuer.sign_public

    def _root_public(self) -> bytes:
        if self._root is None:
            rows = ROOT_PUBLIC.rows(connection_of(self._session), {})
            public = cast("bytes", rows[0][0]) if rows else b""
            if not equal(digest(public), self._root_fingerprint):
                raise KeyForged
            self._root = public
        return self._root

    def _check(self, issuer: bytes, certificate: bytes, statement: bytes) -> None:
        try:
            self.verify_once(issuer, certificate, statement)
        except CryptoError:
            raise KeyForged from None
