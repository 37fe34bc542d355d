"""Open what one member was granted, and derive data keys; for one request, then dropped.

- What no live grant wraps to this member does not open. Nothing is decided by role.
- Grants are loaded for a page at once; a data key is derived once a scope and request.

From a grant to a cell, for a coordinator who opens the contact of a case:

1. ``load`` finds the grant. Its entries say in the clear what it wraps: (contact, epoch 1), ...
2. The first request that meets it opens the *HPKE wrap* with the work key, checks the granter's
   signature and the entries against signed scope rows, and stores the secrets again under the
   member's own symmetric key, bound to all that the grant says. Every later request opens that
   *symmetric wrap*: microseconds, where HPKE takes 60 a case.
3. ``secret`` takes the contact's 32 bytes from the opened wrap and checks their commitment.
4. ``data_key`` is HKDF(secret + erasure share of the contact + the deployment's secret of data).
   Any of the three alone is worth nothing: a grant that ended, a share that was destroyed and a
   database stolen without the root key each keep the cell shut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto.aead import DataKey, WrapKey
from app.crypto.derive import hkdf
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.store.authenticated import fixed_columns_of, is_altered
from app.store.base import ORGANISATION
from app.store.kept_statements import connection_of
from app.store.keystore import Part
from app.vault.case_keys import CaseKeys, LoadedGrant
from app.vault.certificates import Certificates
from app.vault.errors import (
    CaseErased,
    KeyCopyMissing,
    KeyNotCertified,
    NoGrant,
    Tampered,
)
from app.vault.holders import reach_of
from app.vault.models import Bundle, Grant, GrantReason, OrganisationKeyKind, ScopeRow
from app.vault.queries import COPIES_OF_MEMBER, LIVE_ON_CASES, GrantRow
from app.vault.resting import are_resting
from app.vault.scope_rows import SECRET_BYTES, ScopeRows, secret_at
from app.vault.scopes import Scope, ScopeEntry
from app.vault.statements import (
    bundle_info,
    copy_info,
    copy_statement,
    grant_address,
    grant_statement,
    hpke_wrap_info,
    scope_address,
)


@dataclass(frozen=True, slots=True)
class MemberSecrets:
    """A member's private keys, as a session opens them. ``lead`` only after a step-up."""

    work: PrivateKey
    sign: SigningKey
    lead: PrivateKey | None = None

    def own_key(self, label: Label) -> bytes:
        """Return a symmetric key of the member's, derived from the work key."""
        return hkdf(self.work.seed, info=frame(label))


class Keyring:
    """Finds and opens what its member was granted, in one request.

    ``reasons``: only grants for these count, by the roles in which the member acts.
    """

    def __init__(
        self,
        session: Session,
        deployment: Deployment,
        certificates: Certificates,
        member_id: UUID,
        secrets: MemberSecrets | None,
        today: date,
        reasons: frozenset[GrantReason],
    ) -> None:
        self._session = session
        self._deployment = deployment
        self._certificates = certificates
        self._member_id = member_id
        self._secrets = secrets
        self._today = today
        self._scope_rows = ScopeRows(session, deployment.organisation, certificates)
        self._reasons = reasons
        self._cases: dict[UUID, CaseKeys] = {}
        self._log_keys: dict[UUID, bytes] = {}
        self.rewrapped: set[UUID | None] = set()

    @property
    def secrets(self) -> MemberSecrets:
        """The member's private keys; raises ``NoGrant`` without a signed-in member."""
        if self._secrets is None:
            raise NoGrant
        return self._secrets

    def own_key(self, label: Label) -> bytes:
        """Return a symmetric key of the member's own; raises ``NoGrant`` without one."""
        return self.secrets.own_key(label)

    @cached_property
    def _symmetric_key(self) -> WrapKey:
        return WrapKey(self.own_key(Label.OWN_SYMMETRIC_WRAP))

    def wrap_for_self(self, secrets: bytes, address: bytes) -> bytes:
        """Return secrets wrapped under the member's own symmetric key."""
        return self._symmetric_key.wrap(secrets, address=address)

    # ------------------------------------------------------------------ finding grants

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Load the member's live grants on these cases and the cases' shares: a query each."""
        wanted = [case_id for case_id in case_ids if case_id not in self._cases]
        if not wanted:
            return
        asked = {"cases": wanted, "holder": self._member_id, "today": self._today}
        macs = self._deployment.row_macs
        live = LIVE_ON_CASES.all(connection_of(self._session), macs, asked)
        if are_resting(self._deployment, self._member_id):
            return
        rows = [(row, authentic) for row, authentic in live if row.reason in self._reasons]
        shares = self._deployment.keystore.find({row.share_id for row, _ in rows})
        for row, authentic in rows:
            keys = self._cases.get(row.case_id)
            if keys is None:
                keys = CaseKeys(row.share_id, shares.get(row.share_id))
                self._cases[row.case_id] = keys
            if keys.shares is None:
                keys.grants.append(LoadedGrant(row.id, row.entries, b"", broken=NoGrant()))
            else:
                keys.grants.append(self._loaded(row, authentic=authentic))

    def _keys(self, case_id: UUID) -> CaseKeys:
        if case_id not in self._cases:
            self.load((case_id,))
            if case_id not in self._cases:
                raise NoGrant
        return self._cases[case_id]

    def holds(self, case_id: UUID, scope: Scope) -> bool:
        """Return whether a live grant or a new secret of this request opens the scope."""
        self.load((case_id,))
        keys = self._cases.get(case_id)
        if keys is None or keys.shares is None or keys.shares.part(scope.compartment) is None:
            return False
        return keys.opens(scope.head)

    def is_named(self, case_id: UUID, scope: Scope) -> bool:
        """Return whether a live grant names the scope, whether it opens or not: for lists.

        What is named and does not open is shown as shut, and not left out.
        """
        self.load((case_id,))
        keys = self._cases.get(case_id)
        return keys is not None and keys.names(scope.head)

    def _loaded(self, row: GrantRow, *, authentic: bool) -> LoadedGrant:
        if not authentic:
            return LoadedGrant(row.id, row.entries, b"", broken=Tampered())
        if row.symmetric_wrap is not None:
            address = self._wrap_address(row.id, row.case_id, row.fixed)
            return LoadedGrant(row.id, row.entries, row.symmetric_wrap, address)
        try:
            return self._rewrap(row.id)
        except (Tampered, KeyNotCertified) as failure:
            # One broken grant must not take the page that it is on.
            return LoadedGrant(row.id, row.entries, b"", broken=failure)

    def _rewrap(self, grant_id: UUID) -> LoadedGrant:
        """Open a grant's HPKE wrap, check it, and wrap its secrets under the member's own key.

        The signature is checked here only: from here on the symmetric wrap authenticates itself.
        """
        grant = self._session.get_one(Grant, grant_id)
        own_address = self._wrap_address(grant.id, grant.case_id, fixed_columns_of(grant))
        if grant.symmetric_wrap is not None:
            # Another request of the member's met the grant at the same moment and was faster.
            return LoadedGrant(grant.id, grant.entries, grant.symmetric_wrap, own_address)
        organisation = self._deployment.organisation
        self._certificates.verify_by(
            grant.granter_id, grant.signature, grant_statement(organisation, grant)
        )
        address = grant_address(organisation, grant.id, grant.case_id, grant.holder_id)
        info = hpke_wrap_info(address, grant.signature)
        opened = _open(self.secrets.work, grant.hpke_wrap or b"", info)
        self._check_entries(grant, opened)
        wrapped = self.wrap_for_self(opened, own_address)
        grant.symmetric_wrap, grant.hpke_wrap = wrapped, None
        self.rewrapped.add(grant.case_id)
        return LoadedGrant(grant.id, grant.entries, wrapped, own_address, opened)

    def _check_entries(self, grant: Grant, secrets: bytes) -> None:
        """Raise ``Tampered`` unless a grant is of authentic scopes that its holder may open."""
        rows = self._scope_rows.verified([grant.case_id]).get(grant.case_id, {})
        entries = self._scope_rows.check(
            grant.case_id, grant.share_id, grant.entries, secrets, rows
        )
        reach = reach_of(self._certificates.member(self._member_id).roles, grant.reason)
        if any(entry.scope.compartment not in reach for entry in entries):
            raise Tampered

    def _wrap_address(self, grant_id: UUID, case_id: UUID, fixed: bytes) -> bytes:
        """Return what a grant's symmetric wrap is bound to: its place and all that it says."""
        organisation = self._deployment.organisation
        return grant_address(organisation, grant_id, case_id, self._member_id) + fixed

    def wrap_granted(self, grant: Grant, secrets: bytes) -> bytes:
        """Return the secrets of a signed grant to oneself, wrapped under one's own key."""
        address = self._wrap_address(grant.id, grant.case_id, fixed_columns_of(grant))
        return self.wrap_for_self(secrets, address)

    def _scope_address(self, case_id: UUID, scope: Scope, epoch: int) -> bytes:
        return scope_address(self._deployment.organisation, case_id, scope, epoch)

    # ------------------------------------------------------------------ secrets and data keys

    def hold(self, case_id: UUID, share_id: UUID, entry: ScopeEntry, secret: bytes) -> None:
        """Keep a secret for the rest of this request: one just minted, or opened by custody."""
        keys = self._cases.get(case_id)
        if keys is None:
            shares = self._deployment.keystore.find((share_id,)).get(share_id)
            keys = self._cases[case_id] = CaseKeys(share_id, shares)
        keys.held[entry.scope.head, entry.epoch] = secret

    def secret(self, case_id: UUID, scope: Scope, epoch: int | None = None) -> tuple[int, bytes]:
        """Return (epoch, secret) of a scope, the newest by default; raises ``NoGrant``."""
        return self._secret(self._keys(case_id), case_id, scope, epoch)[:2]

    def _secret(
        self, keys: CaseKeys, case_id: UUID, scope: Scope, epoch: int | None
    ) -> tuple[int, bytes, bytes]:
        """Return epoch, secret and address of a scope; raises ``NoGrant``, ``Tampered``."""
        head = scope.head
        made = keys.find_held(head, epoch)
        if made is not None:
            return *made, self._scope_address(case_id, scope, made[0])
        grant, (position, found, commitment) = keys.find_grant(head, epoch)
        if grant.secrets is None:
            grant.secrets = self._unwrap(grant.wrapped, grant.address)
        address = self._scope_address(case_id, scope, found)
        return found, secret_at(grant.secrets, position, address, commitment), address

    def _unwrap(self, wrapped: bytes, address: bytes) -> bytes:
        try:
            return self._symmetric_key.unwrap(wrapped, address=address)
        except CryptoError:
            raise Tampered from None

    def data_key(
        self, case_id: UUID, scope: Scope, epoch: int | None, part: Part | None = None
    ) -> tuple[int, DataKey]:
        """Return (epoch, data key) of a scope, for the cells of a part: by default all of it.

        From the scope's secret, the part's share and the deployment's secret. Raises ``NoGrant``,
        ``Tampered``, ``CaseErased`` or ``PartErased`` without a share.
        """
        keys = self._keys(case_id)
        part, head = part or scope.compartment, scope.head
        name = part.value
        if epoch is not None and (known := keys.data_keys.get((head, epoch, name))) is not None:
            return epoch, known
        found, secret, address = self._secret(keys, case_id, scope, epoch)
        known = keys.data_keys.get((head, found, name))
        if known is None:
            parts = (secret, keys.share(part), self._deployment.data_secret)
            known = DataKey(hkdf(b"".join(parts), info=frame(Label.DATA_KEY, address)))
            keys.data_keys[head, found, name] = known
        return found, known

    def require_share(self, case_id: UUID, part: Part) -> None:
        """See that a part can be sealed; asks the keystore once a case and request."""
        keys = self._keys(case_id)
        if not keys.fresh or (keys.shares and keys.shares.part(part) is None):
            keys.refresh(self._deployment.keystore.require(keys.share_id, part))

    def trust_shares(self, case_id: UUID) -> None:
        """Note that this request itself took the shares."""
        self._cases[case_id].fresh = True

    def organisation_key(self) -> DataKey:
        """Return the key of the directory: from a deployment secret, for every process."""
        return self._deployment.directory_key

    # ------------------------------------------------------------------ shares and log keys

    def share_id(self, case_id: UUID) -> UUID:
        """Return the id of a case's erasure share; raises ``CaseErased`` when none is known."""
        keys = self._cases.get(case_id)
        if keys is not None:
            return keys.share_id
        scopes = self._session.scalars(
            select(ScopeRow).where(ScopeRow.case_id == case_id).limit(1)
        ).all()
        if not scopes:
            raise CaseErased
        if is_altered(self._session, scopes[0]):
            raise Tampered
        return scopes[0].share_id

    def log_key(self, case_id: UUID | None) -> bytes:
        """Return the key of a case's log entries, or of the organisation's own for None.

        An erased case has none any more: later events about it use the organisation's.
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
        asked = {"kind": kind, "epoch": epoch, "member": self._member_id}
        copy = self._session.scalars(COPIES_OF_MEMBER, asked).first()
        if copy is None or are_resting(self._deployment, self._member_id):
            raise KeyCopyMissing
        info = copy_info(self._deployment.organisation, copy)
        if copy.symmetric_wrap is not None:
            return copy.epoch, self._unwrap(copy.symmetric_wrap, info)
        self._certificates.verify_by(
            copy.giver_id, copy.signature, copy_statement(info, copy.sealed)
        )
        key = self.secrets.work
        if kind is OrganisationKeyKind.CUSTODY:
            if self.secrets.lead is None:
                raise NoGrant
            key = self.secrets.lead
        secret = _open(key, copy.sealed, info)
        if kind is not OrganisationKeyKind.CUSTODY:
            # Wrapped again as grants are. A share of custody is not: it needs the step-up.
            copy.symmetric_wrap = self.wrap_for_self(secret, info)
            self.rewrapped.add(None)
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
        scopes = self._scope_rows.verified({bundle.case_id for bundle in bundles})
        for bundle in bundles:
            info = bundle_info(self._deployment.organisation, bundle)
            opened = _open(private, bundle.sealed, info)
            share_id, rows = self.share_id(bundle.case_id), scopes.get(bundle.case_id, {})
            checked = self._scope_rows.check(bundle.case_id, share_id, bundle.entries, opened, rows)
            for position, entry in enumerate(checked):
                secret = opened[position * SECRET_BYTES : (position + 1) * SECRET_BYTES]
                self.hold(bundle.case_id, share_id, entry, secret)

    def unlock_reporting(self, case_ids: Iterable[UUID]) -> None:
        """Hold the reporting secrets of these cases, by the member's copy of the reporting key."""
        _, seed = self.copy(OrganisationKeyKind.REPORTING)
        self.unlock(PrivateKey.from_seed(seed), OrganisationKeyKind.REPORTING, case_ids)


def _open(key: PrivateKey, sealed: bytes, info: bytes) -> bytes:
    try:
        return key.open(sealed, info=info)
    except CryptoError:
        raise Tampered from None
