"""Sign the scope rows of a case when they are minted, and verify them before a secret is trusted.

- A row holds the commitment to a scope's secret. It is signed twice: with the case's own key,
  which only a holder of the summary can derive, and by the member who minted it. Somebody without
  the case lacks the first, a stranger the second.
- What was minted in one act is signed at once, over the digests of its rows: two signatures a
  case, verified once a process, and any row of it still verifies when another was destroyed.
- A row of a further epoch is over the commitment before it, and counts only while its minter is a
  member. The first epoch stays good after its minter has left or changed role.
- A row that does not verify is left out: what rests on it is refused, the rest of the case opens.

Example: a bundle in custody names (contact, epoch 2) with a commitment that fits its secret. There
is no verified row of that epoch, so it is refused whatever it was sealed to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto.derive import commit, digest, equal, hkdf
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.signing import SigningKey
from app.store.authenticated import leave_out_altered
from app.vault.certificates import Certificates
from app.vault.errors import KeyNotCertified, Tampered
from app.vault.models import MemberKeys, ScopeRow
from app.vault.queries import KeysRow
from app.vault.scopes import SUMMARY, Scope, ScopeEntry, unpack_entries
from app.vault.statements import minting_statement, scope_address, scope_statement

SECRET_BYTES: Final = 32
FIRST_EPOCH: Final = 1
_DIGEST_BYTES: Final = 32

_NONE_BEFORE: Final[Mapping[Scope, bytes]] = MappingProxyType({})

_Rows: TypeAlias = Mapping[tuple[Scope, int], ScopeRow]


def case_key(organisation: UUID, case_id: UUID, secret: bytes) -> SigningKey:
    """Return the key of a case, from the secret of its summary at the first epoch."""
    address = scope_address(organisation, case_id, SUMMARY, FIRST_EPOCH)
    return SigningKey.from_seed(hkdf(secret, info=frame(Label.CASE_KEY, address)))


def secret_at(secrets: bytes, position: int, address: bytes, commitment: bytes) -> bytes:
    """Return the secret at a position; raises ``Tampered`` unless it opens to its commitment."""
    secret = secrets[position * SECRET_BYTES : (position + 1) * SECRET_BYTES]
    if len(secret) != SECRET_BYTES or not equal(commit(secret, address), commitment):
        raise Tampered
    return secret


def sign_minted(
    organisation: UUID,
    rows: Sequence[ScopeRow],
    *,
    key: SigningKey,
    minter_id: UUID,
    minter: SigningKey,
    on: date,
    before: Mapping[Scope, bytes] = _NONE_BEFORE,
) -> None:
    """Sign rows that are minted in one act, of one case, with the case's and a member's key.

    There is at least one.

    ``before`` has the commitments of the epochs that rows of a further epoch follow.
    """
    digests = b"".join(
        digest(scope_statement(organisation, row, before.get(Scope(row.compartment, row.part))))
        for row in rows
    )
    for row in rows:
        row.case_public, row.minter_id, row.minted_on = key.public, minter_id, on
        row.minted_with = digests
    # The statement names no row: it is signed once for all of them.
    statement = minting_statement(organisation, rows[0])
    by_case, by_minter = key.sign(statement), minter.sign(statement)
    for row in rows:
        row.case_signature, row.signature = by_case, by_minter


class ScopeRows:
    """Finds the scope rows of cases and verifies them, in one request."""

    def __init__(self, session: Session, organisation: UUID, certificates: Certificates) -> None:
        self._session = session
        self._organisation = organisation
        self._certificates = certificates

    def verified(self, case_ids: Iterable[UUID]) -> dict[UUID, _Rows]:
        """Return the rows of cases that verify, by scope and epoch; others are left out."""
        query = select(ScopeRow).where(ScopeRow.case_id.in_(list(case_ids)))
        found: dict[UUID, list[ScopeRow]] = defaultdict(list)
        for row in leave_out_altered(self._session, self._session.scalars(query)):
            found[row.case_id].append(row)
        return {case_id: self._verified(rows) for case_id, rows in found.items()}

    def check(
        self, case_id: UUID, share_id: UUID, packed: bytes, secrets: bytes, rows: _Rows
    ) -> list[ScopeEntry]:
        """Return the entries of a grant or bundle; raises ``Tampered`` unless each is proven.

        Each entry must be that of a verified row, and its secret must open to the commitment. With
        the summary's secret at hand, the case's key must be the one that signed.
        """
        try:
            entries = unpack_entries(packed)
        except ValueError:
            raise Tampered from None
        for position, entry in enumerate(entries):
            row = rows.get((entry.scope, entry.epoch))
            if row is None or row.commitment != entry.commitment or row.share_id != share_id:
                raise Tampered
            address = scope_address(self._organisation, case_id, entry.scope, entry.epoch)
            secret = secret_at(secrets, position, address, entry.commitment)
            if (entry.scope, entry.epoch) == (SUMMARY, FIRST_EPOCH):
                known = case_key(self._organisation, case_id, secret).public
                if not equal(known, row.case_public):
                    raise Tampered
        return entries

    def _verified(self, rows: list[ScopeRow]) -> _Rows:
        by_scope = {(Scope(row.compartment, row.part), row.epoch): row for row in rows}
        first = by_scope.get((SUMMARY, FIRST_EPOCH))
        if first is None:
            return {}
        good: dict[tuple[Scope, int], ScopeRow] = {}
        for (scope, epoch), row in sorted(by_scope.items(), key=lambda item: item[0][1]):
            before = good.get((scope, epoch - 1))
            chained = (before is None) is (epoch == FIRST_EPOCH)
            same_key = equal(row.case_public, first.case_public)
            if chained and same_key and self._is_signed(row, before):
                good[scope, epoch] = row
        return good

    def _is_signed(self, row: ScopeRow, before: ScopeRow | None) -> bool:
        chained_to = None if before is None else before.commitment
        own = digest(scope_statement(self._organisation, row, chained_to))
        together = row.minted_with
        starts = range(0, len(together), _DIGEST_BYTES)
        if own not in {together[at : at + _DIGEST_BYTES] for at in starts}:
            return False
        minter = self._minter(row)
        if minter is None:
            return False
        statement = minting_statement(self._organisation, row)
        try:
            self._certificates.verify_once(row.case_public, row.case_signature, statement)
            self._certificates.verify_once(minter.sign_public, row.signature, statement)
        except CryptoError:
            return False
        return True

    def _minter(self, row: ScopeRow) -> MemberKeys | KeysRow | None:
        try:
            minter = self._certificates.signer_of_old(row.minter_id)
            if row.epoch == FIRST_EPOCH:
                return minter
            minter = self._certificates.member(row.minter_id)
        except KeyNotCertified:
            return None
        return None if minter.revoked_on is not None else minter
