"""What one principal can unwrap, for one request. Keys enter here and leave with the request.

Grants are found, collected to the shelf and opened here; data keys are derived once per scope.
Nothing is decided by role: what no live grant wraps to this member does not open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, null, or_, select, update
from sqlalchemy.orm import Session

from app.crypto.aead import DataKey, WrapKey
from app.crypto.derive import commit, equal, hkdf
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.store.base import ORGANISATION
from app.store.keystore import CaseShares
from app.vault.certificates import Certificates
from app.vault.errors import CaseErased, KeyCopyMissing, NoGrant, PartErased, Tampered
from app.vault.models import Bundle, Grant, KeyCopy, OrganisationKeyKind, ScopeRow
from app.vault.scopes import Entry, Scope, find_entry, unpack_entries
from app.vault.statements import (
    bundle_info,
    copy_info,
    copy_statement,
    grant_address,
    grant_statement,
    hpke_wrap_info,
    scope_address,
)

SECRET_BYTES = 32
FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True)
class MemberSecrets:
    """A member's private keys, as a session opens them. ``lead`` only after a step-up."""

    work: PrivateKey
    sign: SigningKey
    lead: PrivateKey | None = None

    def own_key(self, label: Label) -> bytes:
        """Return a symmetric key of the member's, derived from the work key."""
        return hkdf(self.work.seed, info=frame(label))


@dataclass(slots=True)
class _Shelf:
    """One live grant as loaded: entries in the clear, secrets still wrapped."""

    grant_id: UUID
    entries: bytes
    wrapped: bytes
    secrets: bytes | None = None


@dataclass(slots=True)
class _CaseKeys:
    share_id: UUID
    shares: CaseShares | None
    shelves: list[_Shelf] = field(default_factory=list)
    held: dict[tuple[bytes, int], bytes] = field(default_factory=dict)


class Keyring:
    """Finds and opens what its member was granted. Made for one request, then dropped."""

    def __init__(
        self,
        session: Session,
        deployment: Deployment,
        certificates: Certificates,
        member_id: UUID,
        secrets: MemberSecrets | None,
        today: date,
    ) -> None:
        self._session = session
        self._deployment = deployment
        self._certificates = certificates
        self._member_id = member_id
        self._secrets = secrets
        self._today = today
        self._cases: dict[UUID, _CaseKeys] = {}
        self._data_keys: dict[tuple[UUID, bytes, int], DataKey] = {}
        self._log_keys: dict[UUID, bytes] = {}
        self.collected: set[UUID] = set()

    @property
    def secrets(self) -> MemberSecrets:
        """The member's private keys; raises ``NoGrant`` for one who is not signed in."""
        if self._secrets is None:
            raise NoGrant
        return self._secrets

    def own_key(self, label: Label) -> bytes:
        """Return a symmetric key of the member's own; raises ``NoGrant`` when nobody is."""
        return self.secrets.own_key(label)

    @cached_property
    def _shelf_key(self) -> WrapKey:
        return WrapKey(self.own_key(Label.OWN_SYMMETRIC_WRAP))

    def shelve(self, secrets: bytes, address: bytes) -> bytes:
        """Return secrets wrapped under the member's own shelf key."""
        return self._shelf_key.wrap(secrets, address=address)

    # ------------------------------------------------------------------ finding grants

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Find the member's live grants on these cases: one query, and the shares' look-up."""
        wanted = [case_id for case_id in case_ids if case_id not in self._cases]
        if not wanted:
            return
        asked = {"cases": wanted, "holder": self._member_id, "today": self._today}
        rows = self._session.connection().execute(_LIVE_ON_CASES, asked).all()
        shares = self._deployment.keystore.find({row.share_id for row in rows})
        for row in rows:
            keys = self._cases.get(row.case_id)
            if keys is None:
                keys = _CaseKeys(row.share_id, shares.get(row.share_id))
                self._cases[row.case_id] = keys
            if keys.shares is not None:
                keys.shelves.append(self._on_shelf(row))

    def holds(self, case_id: UUID, scope: Scope) -> bool:
        """Return whether a live grant or a fresh secret of this request opens the scope."""
        self.load((case_id,))
        keys = self._cases.get(case_id)
        if keys is None or keys.shares is None or keys.shares.part(scope.compartment) is None:
            return False
        head = scope.head
        return any(held[0] == head for held in keys.held) or any(
            find_entry(shelf.entries, head, None) for shelf in keys.shelves
        )

    def _on_shelf(self, row: Any) -> _Shelf:
        if row.shelf is not None:
            return _Shelf(row.id, row.entries, row.shelf)
        return self._collect(row.id)

    def _collect(self, grant_id: UUID) -> _Shelf:
        """Open a grant that has just arrived, check it, and re-wrap it under the shelf key.

        From here on the shelf's own authentication stands for the signature.
        """
        grant = self._session.get_one(Grant, grant_id)
        if grant.shelf is not None:
            # Another request of the member's met the grant at the same moment and was faster.
            return _Shelf(grant.id, grant.entries, grant.shelf)
        organisation = self._deployment.organisation
        self._certificates.verify_by(
            grant.granter_id, grant.signature, grant_statement(organisation, grant)
        )
        address = grant_address(organisation, grant.id, grant.case_id, grant.holder_id)
        try:
            opened = self.secrets.work.open(
                grant.arrival or b"", info=hpke_wrap_info(address, grant.signature)
            )
        except CryptoError:
            raise Tampered from None
        self._check_commitments(grant, opened)
        wrapped = self.shelve(opened, address)
        self._session.execute(
            update(Grant).where(Grant.id == grant.id).values(shelf=wrapped, arrival=null()),
            execution_options={"housekeeping": "the unit of work records grant:collected"},
        )
        self.collected.add(grant.case_id)
        return _Shelf(grant.id, grant.entries, wrapped, opened)

    def _check_commitments(self, grant: Grant, secrets: bytes) -> None:
        rows = self._session.execute(
            select(ScopeRow.compartment, ScopeRow.part, ScopeRow.epoch, ScopeRow.commitment).where(
                ScopeRow.case_id == grant.case_id
            )
        ).all()
        known = {(Scope(r.compartment, r.part), r.epoch): r.commitment for r in rows}
        for position, entry in enumerate(unpack_entries(grant.entries)):
            self._secret_at(grant.case_id, entry, secrets, position)
            if known.get((entry.scope, entry.epoch)) != entry.commitment:
                raise Tampered

    def _secret_at(self, case_id: UUID, entry: Entry, secrets: bytes, position: int) -> bytes:
        secret = secrets[position * SECRET_BYTES : (position + 1) * SECRET_BYTES]
        address = scope_address(self._deployment.organisation, case_id, entry.scope, entry.epoch)
        if len(secret) != SECRET_BYTES or not equal(commit(secret, address), entry.commitment):
            raise Tampered
        return secret

    # ------------------------------------------------------------------ secrets and data keys

    def hold(self, case_id: UUID, share_id: UUID, entry: Entry, secret: bytes) -> None:
        """Keep a secret for the rest of this request: one just minted, or opened by custody."""
        keys = self._cases.get(case_id)
        if keys is None:
            shares = self._deployment.keystore.find((share_id,)).get(share_id)
            keys = self._cases[case_id] = _CaseKeys(share_id, shares)
        keys.held[entry.scope.head, entry.epoch] = secret

    def secret(self, case_id: UUID, scope: Scope, epoch: int | None = None) -> tuple[int, bytes]:
        """Return (epoch, secret) of a scope, the newest unless told; raises ``NoGrant``."""
        self.load((case_id,))
        keys = self._cases.get(case_id)
        if keys is None:
            raise NoGrant
        head = scope.head
        held = [
            found
            for found in keys.held
            if found[0] == head and (epoch is None or found[1] == epoch)
        ]
        if held:
            newest = max(held, key=lambda found: found[1])
            return newest[1], keys.held[newest]
        for shelf in keys.shelves:
            entry = find_entry(shelf.entries, head, epoch)
            if entry is not None:
                position, found, commitment = entry
                if shelf.secrets is None:
                    shelf.secrets = self._unshelve(case_id, shelf)
                exact = Entry(scope, found, commitment)
                return found, self._secret_at(case_id, exact, shelf.secrets, position)
        raise NoGrant

    def _unshelve(self, case_id: UUID, shelf: _Shelf) -> bytes:
        address = grant_address(
            self._deployment.organisation, shelf.grant_id, case_id, self._member_id
        )
        return self._unwrap(shelf.wrapped, address)

    def _unwrap(self, wrapped: bytes, address: bytes) -> bytes:
        try:
            return self._shelf_key.unwrap(wrapped, address=address)
        except CryptoError:
            raise Tampered from None

    def data_key(self, case_id: UUID, scope: Scope, epoch: int | None) -> tuple[int, DataKey]:
        """Return (epoch, data key) of a scope.

        Derived from the scope's secret, the erasure share of its compartment and the deployment's
        secret. Raises ``NoGrant``, ``Tampered``, ``CaseErased`` or ``PartErased`` without a share.
        """
        head = scope.head
        if epoch is not None:
            known = self._data_keys.get((case_id, head, epoch))
            if known is not None:
                return epoch, known
        found, secret = self.secret(case_id, scope, epoch)
        known = self._data_keys.get((case_id, head, found))
        if known is None:
            address = scope_address(self._deployment.organisation, case_id, scope, found)
            parts = (secret, self._share(case_id, scope), self._deployment.data_secret)
            known = DataKey(hkdf(b"".join(parts), info=frame(Label.DATA_KEY, address)))
            self._data_keys[case_id, head, found] = known
        return found, known

    def _share(self, case_id: UUID, scope: Scope) -> bytes:
        shares = self._cases[case_id].shares
        if shares is None:
            raise CaseErased
        share = shares.part(scope.compartment)
        if share is None:
            raise PartErased(scope.compartment)
        return share

    def organisation_key(self) -> DataKey:
        """Return the key of the directory: from a deployment secret, for every process."""
        return self._deployment.directory_key

    # ------------------------------------------------------------------ shares and log keys

    def share_id(self, case_id: UUID) -> UUID:
        """Return the id of a case's erasure share; raises ``CaseErased`` when none is known."""
        keys = self._cases.get(case_id)
        if keys is not None:
            return keys.share_id
        found = self._session.scalars(
            select(ScopeRow.share_id).where(ScopeRow.case_id == case_id).limit(1)
        ).first()
        if found is None:
            raise CaseErased
        return found

    def log_key(self, case_id: UUID | None) -> bytes:
        """Return the key of a case's log entries, or of the organisation's own for None.

        An erased case has none any more: what is still said of it goes under the organisation's.
        """
        if case_id is None or case_id == ORGANISATION:
            return self._deployment.log_key
        known = self._log_keys.get(case_id)
        if known is None:
            try:
                share_ids = {case_id: self.share_id(case_id)}
            except CaseErased:
                return self._deployment.log_key
            known = self._deployment.case_log_keys(share_ids).get(case_id)
            if known is None:
                return self._deployment.log_key
            self._log_keys[case_id] = known
        return known

    # ------------------------------------------------------------------ keys of the organisation

    def copy(self, kind: OrganisationKeyKind, *, epoch: int | None = None) -> tuple[int, bytes]:
        """Return (epoch, secret) of the member's copy of an organisation's key.

        Shares of custody open only after a step-up. Raises ``KeyCopyMissing``, ``Tampered``.
        """
        query = select(KeyCopy).where(KeyCopy.kind == kind, KeyCopy.member_id == self._member_id)
        if epoch is not None:
            query = query.where(KeyCopy.epoch == epoch)
        copy = self._session.scalars(query.order_by(KeyCopy.epoch.desc()).limit(1)).first()
        if copy is None:
            raise KeyCopyMissing
        info = copy_info(self._deployment.organisation, copy)
        if copy.shelf is not None:
            return copy.epoch, self._unwrap(copy.shelf, info)
        self._certificates.verify_by(
            copy.giver_id, copy.signature, copy_statement(info, copy.sealed)
        )
        key = self.secrets.work
        if kind is OrganisationKeyKind.CUSTODY:
            if self.secrets.lead is None:
                raise NoGrant
            key = self.secrets.lead
        try:
            secret = key.open(copy.sealed, info=info)
        except CryptoError:
            raise Tampered from None
        if kind is not OrganisationKeyKind.CUSTODY:
            # Collected as grants are. A share of custody is not: it waits for the second unlock.
            self._session.execute(
                update(KeyCopy)
                .where(KeyCopy.id == copy.id)
                .values(shelf=self.shelve(secret, info)),
                execution_options={"housekeeping": "says nothing that the copy did not"},
            )
        return copy.epoch, secret

    def unlock(
        self, private: PrivateKey, kind: OrganisationKeyKind, case_ids: Iterable[UUID]
    ) -> None:
        """Open the bundles sealed to custody or reporting, and hold their secrets.

        Raises ``Tampered`` where a bundle is not what was sealed.
        """
        bundles = self._session.scalars(
            select(Bundle).where(Bundle.case_id.in_(list(case_ids)), Bundle.recipient == kind)
        ).all()
        for bundle in bundles:
            try:
                opened = private.open(
                    bundle.sealed, info=bundle_info(self._deployment.organisation, bundle)
                )
            except CryptoError:
                raise Tampered from None
            share_id = self.share_id(bundle.case_id)
            for position, entry in enumerate(unpack_entries(bundle.entries)):
                secret = self._secret_at(bundle.case_id, entry, opened, position)
                self.hold(bundle.case_id, share_id, entry, secret)

    def unlock_reporting(self, case_ids: Iterable[UUID]) -> None:
        """Hold the reporting secrets of these cases, by the member's copy of the reporting key."""
        _, seed = self.copy(OrganisationKeyKind.REPORTING)
        self.unlock(PrivateKey.from_seed(seed), OrganisationKeyKind.REPORTING, case_ids)


# Put together once: composing the statement costs more than running it.
_GRANTS = Grant.__table__.c
_LIVE_ON_CASES = select(
    _GRANTS.id, _GRANTS.case_id, _GRANTS.share_id, _GRANTS.entries, _GRANTS.shelf, _GRANTS.arrival
).where(
    _GRANTS.case_id.in_(bindparam("cases", expanding=True)),
    _GRANTS.holder_id == bindparam("holder"),
    _GRANTS.ended_on.is_(None),
    or_(_GRANTS.until.is_(None), _GRANTS.until >= bindparam("today")),
)
