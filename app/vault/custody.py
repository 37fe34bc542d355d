"""Split the custody key among leads, and combine it while enough of them agree.

- Every scope secret is sealed to custody when it is made, so that a case can be handed over when
  nobody who held it is left.
- The private half exists only as shares: one sealed to each lead's second key, and some on paper
  for people outside, never as many as are needed. One lead alone has the only one.
- When a lead comes or goes a new key is dealt under a new epoch, and what was sealed to the old
  one is sealed to it.
- A lead who has stepped up contributes their share to another lead, for a day. A contribution is
  used once.

Knows leads by id and certified key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.audit.trail import Trail
from app.crypto import shares
from app.crypto.derive import equal
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey, PublicKey, private_from_secret
from app.crypto.labels import Label
from app.crypto.signing import SigningKey
from app.store.authenticated import is_altered
from app.store.base import new_id
from app.store.locks import lock_until_commit
from app.vault.certificates import Certificates, certify_organisation_key
from app.vault.errors import CustodySharesMissing, StepUpRequired, Tampered
from app.vault.keyring import Keyring, MemberSecrets
from app.vault.models import (
    CUSTODY_LOCK,
    Bundle,
    CustodyContribution,
    KeyCopy,
    OrganisationKey,
    OrganisationKeyKind,
)
from app.vault.statements import bundle_info, copy_info, copy_statement

_SECRET_BYTES = 32
CONTRIBUTION_DAYS = 1


@dataclass(frozen=True, slots=True)
class NewCustody:
    """A fresh custody key: its row, and the shares as words, in the order of the leads."""

    key: OrganisationKey
    words: list[str] = field(repr=False)


def deal_custody(
    organisation: UUID,
    epoch: int,
    *,
    threshold: int,
    count: int,
    leads: int,
    signer: SigningKey,
    signer_id: UUID | None,
) -> NewCustody:
    """Make a custody key and split it ``threshold`` of ``count``, the first ``leads`` for leads.

    The secret is then forgotten.
    """
    secret = secrets.token_bytes(_SECRET_BYTES)
    row = OrganisationKey(
        kind=OrganisationKeyKind.CUSTODY,
        epoch=epoch,
        public=private_from_secret(secret).public,
        threshold=threshold,
        shares=count,
        leads=leads,
    )
    certify_organisation_key(organisation, row, signer, signer_id)
    return NewCustody(row, shares.split(secret, threshold, count))


def seal_copy(
    organisation: UUID,
    certificates: Certificates,
    *,
    kind: OrganisationKeyKind,
    epoch: int,
    secret: bytes,
    member_id: UUID,
    giver_id: UUID,
    giver: SigningKey,
) -> KeyCopy:
    """Seal an organisation's secret to a member's certified key, signed by the giver.

    Shares of custody go to the lead's second key, everything else to the work key. Raises
    ``KeyNotCertified``.
    """
    copy = KeyCopy(id=new_id(), kind=kind, epoch=epoch, member_id=member_id, giver_id=giver_id)
    info = copy_info(organisation, copy)
    if kind is OrganisationKeyKind.CUSTODY:
        recipient = certificates.lead_key(member_id)
    else:
        recipient = certificates.sealing_key(member_id)
    copy.sealed = recipient.seal(secret, info=info)
    copy.signature = giver.sign(copy_statement(info, copy.sealed))
    return copy


class Custody:
    """Contributes shares and puts them together, for a lead who has stepped up."""

    def __init__(
        self,
        session: Session,
        organisation: UUID,
        keyring: Keyring,
        certificates: Certificates,
        trail: Trail,
        member_id: UUID,
        today: Callable[[], date],
    ) -> None:
        self._session = session
        self._organisation = organisation
        self._keyring = keyring
        self._certificates = certificates
        self._trail = trail
        self._member_id = member_id
        self._today = today

    def is_of_one(self) -> bool:
        """Return whether one lead has the only share."""
        key = self._certificates.organisation_key(OrganisationKeyKind.CUSTODY)
        return key.shares == 1

    def contribute(self, asked_by: UUID) -> CustodyContribution:
        """Open one's own share and seal it to another lead, for a day.

        Raises ``StepUpRequired``, ``KeyNotCertified`` when the other is no lead.
        """
        self._lead_secrets()
        epoch, share = self._keyring.copy(OrganisationKeyKind.CUSTODY)
        return self._contribute(asked_by, epoch, share, from_kit=False)

    def contribute_kit_words(self, words: str) -> CustodyContribution:
        """Take a share on paper for a contribution to oneself, for a day.

        Raises ``StepUpRequired``, ``CustodySharesMissing`` for words that are no share of this
        custody key, or one's own share.
        """
        self._lead_secrets()
        epoch, own = self._keyring.copy(OrganisationKeyKind.CUSTODY)
        try:
            fits = shares.belong_together(own.decode(), words)
        except CryptoError:
            fits = False
        if not fits:
            raise CustodySharesMissing
        return self._contribute(self._member_id, epoch, words.encode(), from_kit=True)

    def _contribute(
        self, asked_by: UUID, epoch: int, share: bytes, *, from_kit: bool
    ) -> CustodyContribution:
        contribution = CustodyContribution(
            epoch=epoch,
            asked_by=asked_by,
            given_by=self._member_id,
            given_on=self._today(),
            from_kit=from_kit,
        )
        info = self._info(contribution)
        contribution.sealed = self._certificates.lead_key(asked_by).seal(share, info=info)
        contribution.signature = self._keyring.secrets.sign.sign(
            _statement(info, contribution.sealed)
        )
        self._session.add(contribution)
        self._trail.record(EventKind.CUSTODY_CONTRIBUTED, asked_by=str(asked_by), epoch=epoch)
        return contribution

    def open_cases(self, case_ids: Iterable[UUID]) -> None:
        """Hold every scope of these cases for the rest of this request, by the custody key.

        One's own share and the contributions of other leads are combined; contributions are
        deleted. Raises ``StepUpRequired``, ``CustodySharesMissing``, ``Tampered``.
        """
        wanted = list(case_ids)
        private = self._private_key()
        self._keyring.unlock(private, OrganisationKeyKind.CUSTODY, wanted)
        for case_id in wanted:
            self._trail.record(EventKind.CUSTODY_OPENED, case_id)

    def open_to_replace(self) -> PrivateKey:
        """Return the custody key that is about to be replaced; nobody seals to it meanwhile.

        Raises as ``open_cases`` does.
        """
        lock_until_commit(self._session, CUSTODY_LOCK, shared=False)
        return self._private_key()

    def reseal(self, private: PrivateKey, to: OrganisationKey) -> int:
        """Seal what was sealed to a replaced key to a new one; returns of how many cases.

        A bundle that was altered, or is not of this key, stays as it is and opens nothing: the
        event of its case says so.
        """
        recipient = PublicKey(to.public)
        cases: dict[UUID, int] = {}
        query = select(Bundle).where(
            Bundle.recipient == OrganisationKeyKind.CUSTODY, Bundle.epoch != to.epoch
        )
        for bundle in self._session.scalars(query).all():
            cases.setdefault(bundle.case_id, 0)
            opened = self._open_bundle(private, bundle)
            if opened is None:
                cases[bundle.case_id] += 1
                continue
            fresh = Bundle(
                case_id=bundle.case_id,
                recipient=bundle.recipient,
                epoch=to.epoch,
                entries=bundle.entries,
            )
            info = bundle_info(self._organisation, fresh)
            fresh.sealed = recipient.seal(opened, info=info)
            self._session.add(fresh)
            self._session.delete(bundle)
        for case_id, left in cases.items():
            self._trail.record(EventKind.CUSTODY_RESEALED, case_id, epoch=to.epoch, left=left)
        return len(cases)

    def _open_bundle(self, private: PrivateKey, bundle: Bundle) -> bytes | None:
        if is_altered(self._session, bundle):
            return None
        try:
            return private.open(bundle.sealed, info=bundle_info(self._organisation, bundle))
        except CryptoError:
            return None

    def _private_key(self) -> PrivateKey:
        lead = self._lead_secrets().lead
        key = self._certificates.organisation_key(OrganisationKeyKind.CUSTODY)
        _, own = self._keyring.copy(OrganisationKeyKind.CUSTODY, epoch=key.epoch)
        words = [own.decode()]
        contributions = self._contributions(key.epoch)
        for contribution in contributions:
            if len(words) == key.threshold:
                break
            info = self._info(contribution)
            self._certificates.verify_by(
                contribution.given_by, contribution.signature, _statement(info, contribution.sealed)
            )
            try:
                share = lead.open(contribution.sealed, info=info).decode() if lead else ""
            except CryptoError:
                raise Tampered from None
            if share not in words:
                words.append(share)
        if len(words) < key.threshold:
            raise CustodySharesMissing
        private = combine_custody(words, key)
        for contribution in contributions:
            self._session.delete(contribution)
        if contributions:
            self._trail.record(EventKind.CUSTODY_OPENED, contributions=len(contributions))
        return private

    def _contributions(self, epoch: int) -> Sequence[CustodyContribution]:
        """One from each other lead, and each share on paper; none older than a day."""
        oldest = self._today() - timedelta(days=CONTRIBUTION_DAYS)
        rows = self._session.scalars(
            select(CustodyContribution).where(
                CustodyContribution.asked_by == self._member_id,
                or_(
                    CustodyContribution.given_by != self._member_id,
                    CustodyContribution.from_kit.is_(True),
                ),
                CustodyContribution.epoch == epoch,
                CustodyContribution.given_on >= oldest,
            )
        ).all()
        return list({row.id if row.from_kit else row.given_by: row for row in rows}.values())

    def _lead_secrets(self) -> MemberSecrets:
        own = self._keyring.secrets
        if own.lead is None:
            raise StepUpRequired
        return own

    def _info(self, contribution: CustodyContribution) -> bytes:
        return frame(
            Label.CUSTODY_CONTRIBUTION,
            self._organisation,
            contribution.id,
            contribution.epoch,
            contribution.asked_by,
            contribution.given_by,
            contribution.given_on,
            int(contribution.from_kit),
        )


def _statement(info: bytes, sealed: bytes) -> bytes:
    """What a contributing lead signs: what the share is bound to, and the sealed share."""
    return frame(Label.CUSTODY_CONTRIBUTION_SIGNATURE, info, sealed)


def combine_custody(words: list[str], key: OrganisationKey) -> PrivateKey:
    """Combine shares and check the result against the certified public key.

    Raises ``CustodySharesMissing`` when they are too few or do not belong together.
    """
    try:
        private = private_from_secret(shares.combine(words))
    except CryptoError:
        raise CustodySharesMissing from None
    if not equal(private.public, key.public):
        raise CustodySharesMissing
    return private
