"""Make scope secrets, grant them to members, and end grants: the only way to a key.

- The granter must hold every secret that is granted. The grant is sealed to the holder's
  certified key, signed by the granter, and names no compartment outside
  the holder's roles for its reason.
- Ending a grant deletes its wraps; the row stays as evidence.
- New secrets are sealed to custody as well, so that leads can hand a case over when nobody who
  held it is left.

Example: coordinator Wren assigns a case to volunteer Heron. ``grant`` reads the secrets of summary,
identity, contact and account out of Wren's own grant, signs (who, which case, which scopes and
epochs, why, until when) with Wren's key, and seals the secrets to Heron's public key, bound to
that signature. ``about`` is the id of the assignment: ``end(case, about=assignment)`` ends exactly
what came with it, and not what Heron holds as the escort of a leg of the same case.

Knows no HTTP and decides nothing about who should work on what.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.audit.trail import Trail
from app.crypto.derive import commit
from app.deployment import Deployment
from app.permissions import Compartment
from app.store.authenticated import leave_out_altered
from app.store.base import new_id
from app.store.locks import lock_until_commit
from app.vault.certificates import Certificates
from app.vault.errors import KeyNotCertified, ScopeOutOfReach
from app.vault.holders import reach_of
from app.vault.keyring import Keyring
from app.vault.models import (
    CUSTODY_LOCK,
    Bundle,
    Grant,
    GrantReason,
    MemberKeys,
    OrganisationKeyKind,
    ScopeRow,
)
from app.vault.queries import KeysRow, live_grants, unended_grants
from app.vault.scope_rows import FIRST_EPOCH, SECRET_BYTES, case_key, sign_minted
from app.vault.scopes import SUMMARY, Scope, ScopeEntry, find_entry, pack_entries
from app.vault.statements import (
    bundle_info,
    grant_address,
    grant_statement,
    hpke_wrap_info,
    scope_address,
)

_Minted = list[tuple[ScopeEntry, bytes]]


class Grants:
    """Mints scopes, grants and ends; for one request."""

    def __init__(
        self,
        session: Session,
        deployment: Deployment,
        keyring: Keyring,
        certificates: Certificates,
        trail: Trail,
        member_id: UUID,
        today: Callable[[], date],
    ) -> None:
        self._session = session
        self._deployment = deployment
        self._keyring = keyring
        self._certificates = certificates
        self._trail = trail
        self._member_id = member_id
        self._today = today
        self._new_secrets: dict[UUID, _Minted] = {}
        self._secrets_read: dict[
            tuple[UUID, tuple[Scope, ...]], tuple[list[ScopeEntry], bytes]
        ] = {}

    # ------------------------------------------------------------------ minting

    def begin_case(self, case_id: UUID, compartments: Iterable[Compartment]) -> UUID:
        """Give a new case its erasure share and its first scopes; returns the share's id."""
        share_id, _ = self._deployment.keystore.take(self._today())
        self._mint(case_id, share_id, [Scope(compartment) for compartment in compartments])
        self._keyring.trust_shares(case_id)
        return share_id

    def mint(self, case_id: UUID, scopes: Iterable[Scope]) -> None:
        """Make secrets for new scopes of a case; this request holds them until it ends.

        They reach custody at the commit; each member who needs them must be granted them. Raises
        ``NoGrant`` for who does not hold the case's summary: the case's key comes from it.
        """
        self._mint(case_id, self._keyring.share_id(case_id), scopes)

    def _mint(self, case_id: UUID, share_id: UUID, scopes: Iterable[Scope]) -> None:
        organisation = self._deployment.organisation
        made = {scope: secrets.token_bytes(SECRET_BYTES) for scope in scopes}
        summary = made.get(SUMMARY)
        if summary is None:
            _, summary = self._keyring.secret(case_id, SUMMARY, FIRST_EPOCH)
        rows = []
        for scope, secret in made.items():
            address = scope_address(organisation, case_id, scope, FIRST_EPOCH)
            entry = ScopeEntry(scope, FIRST_EPOCH, commit(secret, address))
            rows.append(
                ScopeRow(
                    case_id=case_id,
                    share_id=share_id,
                    compartment=scope.compartment,
                    part=scope.part,
                    epoch=entry.epoch,
                    commitment=entry.commitment,
                )
            )
            self._keyring.hold(case_id, share_id, entry, secret)
            self._new_secrets.setdefault(case_id, []).append((entry, secret))
        sign_minted(
            organisation,
            rows,
            key=case_key(organisation, case_id, summary),
            minter_id=self._member_id,
            minter=self._keyring.secrets.sign,
            on=self._today(),
        )
        self._session.add_all(rows)

    def seal_new_secrets_to_custody(self) -> None:
        """Seal the secrets that this request made to custody, and reporting's to reporting.

        Called once by ``unit_of_work`` before the flush: one bundle a case, however many scopes.
        """
        if self._new_secrets:
            # Who deals custody again waits until what is sealed to the old key is committed.
            lock_until_commit(self._session, CUSTODY_LOCK, shared=True)
        for case_id, minted in self._new_secrets.items():
            self._bundle(case_id, OrganisationKeyKind.CUSTODY, minted)
            reporting = [
                pair for pair in minted if pair[0].scope.compartment is Compartment.REPORTING
            ]
            if reporting:
                self._bundle(case_id, OrganisationKeyKind.REPORTING, reporting)
        self._new_secrets.clear()

    def _bundle(self, case_id: UUID, recipient: OrganisationKeyKind, minted: _Minted) -> None:
        epoch, key = self._certificates.organisation_sealing_key(recipient)
        bundle = Bundle(
            case_id=case_id,
            recipient=recipient,
            epoch=epoch,
            entries=pack_entries([entry for entry, _ in minted]),
        )
        bundle.sealed = key.seal(
            b"".join(secret for _, secret in minted),
            info=bundle_info(self._deployment.organisation, bundle),
        )
        self._session.add(bundle)

    # ------------------------------------------------------------------ granting

    def grant(
        self,
        case_id: UUID,
        holder_id: UUID,
        scopes: Sequence[Scope],
        *,
        reason: GrantReason,
        about: UUID,
        until: date | None = None,
        grant_id: UUID | None = None,
    ) -> Grant:
        """Grant scopes of a case to a member; the granter must hold every one of them.

        Raises ``NoGrant`` when not, ``ScopeOutOfReach`` where none of the holder's certified roles
        opens a compartment, ``KeyNotCertified`` without a chain to the organisation root.
        """
        holder = self._certificates.member(holder_id)
        may_name = reach_of(holder.roles, reason)
        if any(scope.compartment not in may_name for scope in scopes):
            raise ScopeOutOfReach
        entries, opened = self._secrets_of(case_id, scopes)
        grant = Grant(
            id=grant_id or new_id(),
            case_id=case_id,
            share_id=self._keyring.share_id(case_id),
            holder_id=holder_id,
            granter_id=self._member_id,
            reason=reason,
            about=about,
            entries=pack_entries(entries),
            granted_on=self._today(),
            until=until,
            rests=False,
        )
        self._sign_and_seal(grant, opened, holder)
        self._session.add(grant)
        self._trail.record(
            EventKind.GRANT_GIVEN,
            case_id,
            holder=str(holder_id),
            reason=reason.value,
            about=str(about),
            compartments=sorted({scope.compartment.value for scope in scopes}),
        )
        return grant

    def _sign_and_seal(self, grant: Grant, opened: bytes, certified: MemberKeys | KeysRow) -> None:
        """Sign the grant and wrap its secrets to the holder, or under the granter's own key."""
        organisation = self._deployment.organisation
        statement = grant_statement(organisation, grant)
        grant.signature = self._keyring.secrets.sign.sign(statement)
        address = grant_address(organisation, grant.id, grant.case_id, grant.holder_id)
        if grant.holder_id == self._member_id:
            grant.symmetric_wrap = self._keyring.wrap_granted(grant, opened)
            return
        holder = self._certificates.sealing_key_of(certified)
        grant.hpke_wrap = holder.seal(opened, info=hpke_wrap_info(address, grant.signature))

    def _secrets_of(self, case_id: UUID, scopes: Sequence[Scope]) -> tuple[list[ScopeEntry], bytes]:
        """Return entries and secrets of scopes, read once a request for however many holders."""
        asked = (case_id, tuple(scopes))
        known = self._secrets_read.get(asked)
        if known is None:
            known = self._secrets_read[asked] = self._read_secrets(case_id, scopes)
        return known

    def _read_secrets(
        self, case_id: UUID, scopes: Sequence[Scope]
    ) -> tuple[list[ScopeEntry], bytes]:
        organisation = self._deployment.organisation
        entries: list[ScopeEntry] = []
        opened: list[bytes] = []
        for scope in scopes:
            epoch, secret = self._keyring.secret(case_id, scope)
            address = scope_address(organisation, case_id, scope, epoch)
            entries.append(ScopeEntry(scope, epoch, commit(secret, address)))
            opened.append(secret)
        return entries, b"".join(opened)

    def grant_all(
        self,
        case_id: UUID,
        holder_ids: Iterable[UUID],
        scopes: Sequence[Scope],
        *,
        reason: GrantReason,
        about: UUID,
        until: date | None = None,
    ) -> list[UUID]:
        """Grant to several members, passing over those whose key is not certified yet.

        Returns the ids of those who were granted; raises as ``grant`` does otherwise.
        """
        granted = []
        for holder_id in holder_ids:
            try:
                self.grant(case_id, holder_id, scopes, reason=reason, about=about, until=until)
            except KeyNotCertified as refusal:
                # One bad key must not stop an intake; the log keeps that there was one.
                self._trail.record(
                    EventKind.GRANT_WITHHELD, case_id, holder=str(holder_id), why=refusal.code
                )
                continue
            granted.append(holder_id)
        return granted

    # ------------------------------------------------------------------ ending

    def end(
        self,
        case_id: UUID,
        *,
        holder_id: UUID | None = None,
        about: UUID | None = None,
        reasons: Iterable[GrantReason] | None = None,
    ) -> int:
        """End the live grants of a case that match, destroy their wraps, and return how many."""
        self._session.flush()
        query = select(Grant).where(Grant.case_id == case_id, Grant.ended_on.is_(None))
        if holder_id is not None:
            query = query.where(Grant.holder_id == holder_id)
        if about is not None:
            query = query.where(Grant.about == about)
        if reasons is not None:
            query = query.where(Grant.reason.in_(list(reasons)))
        return self._end(self._session.scalars(query).all())

    def end_all_of(self, holder_id: UUID) -> int:
        """End every live grant of a member, on all cases: removal, duress, compromise."""
        self._session.flush()
        query = select(Grant).where(Grant.holder_id == holder_id, Grant.ended_on.is_(None))
        return self._end(self._session.scalars(query).all())

    def end_each(self, grants: Sequence[Grant]) -> int:
        """End these live grants, destroy their wraps, and return how many."""
        return self._end(grants)

    def end_lapsed(self) -> int:
        """End every grant whose last day is over: its wraps are destroyed, as on any other end."""
        lapsed = select(Grant).where(Grant.ended_on.is_(None), Grant.until < self._today())
        return self._end(leave_out_altered(self._session, self._session.scalars(lapsed)))

    def _end(self, grants: Sequence[Grant]) -> int:
        for grant in grants:
            grant.ended_on = self._today()
            grant.hpke_wrap = None
            grant.symmetric_wrap = None
            self._trail.record(
                EventKind.GRANT_ENDED,
                grant.case_id,
                holder=str(grant.holder_id),
                reason=grant.reason.value,
                about=str(grant.about),
            )
        return len(grants)

    # ------------------------------------------------------------------ resting

    def rest(self, case_id: UUID) -> int:
        """Let every live grant of a case open nothing until ``resume``; returns how many."""
        return self._set_resting(case_id, rests=True)

    def resume(self, case_id: UUID) -> int:
        """Let the grants of a case open again what they opened before; returns how many."""
        return self._set_resting(case_id, rests=False)

    def _set_resting(self, case_id: UUID, *, rests: bool) -> int:
        self._session.flush()
        query = select(Grant).where(
            Grant.case_id == case_id, unended_grants(self._today()), Grant.rests.is_(not rests)
        )
        found = leave_out_altered(self._session, self._session.scalars(query).all())
        for grant in found:
            grant.rests = rests
        self._session.flush()
        return len(found)

    # ------------------------------------------------------------------ looking

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Find the principal's grants on these cases in one query, for a page."""
        self._keyring.load(case_ids)

    def holds(self, case_id: UUID, scope: Scope = SUMMARY) -> bool:
        """Return whether the principal can open this scope now."""
        return self._keyring.holds(case_id, scope)

    def is_named(self, case_id: UUID, scope: Scope = SUMMARY) -> bool:
        """Return whether a live grant names this scope, whether it opens or not: for lists."""
        return self._keyring.is_named(case_id, scope)

    def holders(self, case_id: UUID, scope: Scope = SUMMARY) -> list[UUID]:
        """Return who holds a live grant on a scope, each once, oldest first."""
        self._session.flush()
        found = self._session.scalars(
            select(Grant)
            .where(Grant.case_id == case_id, live_grants(self._today()))
            .order_by(Grant.granted_on)
        )
        rows = leave_out_altered(self._session, found)
        head = scope.head
        return list(
            dict.fromkeys(row.holder_id for row in rows if find_entry(row.entries, head, None))
        )
