"""Founding an organisation: its root, teams, first leads, and the keys that it has as a whole.

The root signs leads and nothing else; its private half leaves this module as words and is kept
by no one but the people who wrote them down. Custody is dealt among the leads, and once more to
paper. Knows how the parts fit together; each part is made where it belongs.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import (
    Admission,
    Newcomer,
    Passphrase,
    activate,
    create_account,
    give_copy,
)
from app.accounts.models import Team
from app.accounts.teams import add_team
from app.audit.events import EventKind
from app.crypto import shares
from app.crypto.derive import commit, digest, equal
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.signing import SigningKey
from app.organisation.errors import OrganisationFounded, RootWordsWrong, ThresholdInvalid
from app.permissions import Role
from app.vault.certificates import certify_member, certify_organisation_key
from app.vault.custody import deal_custody
from app.vault.keyring import FIRST_EPOCH
from app.vault.models import MemberKeys, OrganisationKey, OrganisationKeyKind
from app.work import Work

SEARCH_KEY_BYTES = 32
_HANDED_ON = (OrganisationKeyKind.SEARCH, OrganisationKeyKind.REPORTING)


@dataclass(frozen=True, slots=True)
class OrganisationRoot:
    """The key that certifies leads. Made before the settings, which hold its fingerprint."""

    key: SigningKey = field(repr=False)

    @classmethod
    def generate(cls) -> OrganisationRoot:
        """Make a root that nobody has yet."""
        return cls(SigningKey.generate())

    @classmethod
    def from_words(cls, words: str, fingerprint: str) -> OrganisationRoot:
        """Return the root that these words stand for; raises ``RootWordsWrong``."""
        try:
            root = cls(SigningKey.from_seed(shares.combine([words])))
        except CryptoError:
            raise RootWordsWrong from None
        if not equal(root.fingerprint.encode(), fingerprint.encode()):
            raise RootWordsWrong
        return root

    @property
    def words(self) -> str:
        """The private half as 33 SLIP-39 words, to be written down and locked away."""
        return shares.split(self.key.seed, 1, 1)[0]

    @property
    def fingerprint(self) -> str:
        """What ``settings.organisation_root`` holds: SHA-256 of the public half, in hex."""
        return digest(self.key.public).hex()


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead at the founding."""

    login: str
    called: str


@dataclass(frozen=True, slots=True)
class Founding:
    """What a founding leaves behind, to be shown once: leads with passphrases, and the kit."""

    teams: list[Team]
    leads: list[Admission]
    recovery_kit: list[str] = field(repr=False)
    root_words: str = field(repr=False)
    fingerprint: str


def found_organisation(
    work: Work,
    root: OrganisationRoot,
    *,
    teams: Sequence[str],
    leads: Sequence[NewLead],
    threshold: int,
) -> Founding:
    """Found the organisation of this deployment: once, by nobody, into an empty database.

    Custody opens with ``threshold`` of the leads' shares, or as many words of the recovery kit,
    to be kept apart. Leads stand in the first team. Raises ``OrganisationFounded``,
    ``RootWordsWrong`` where the settings name another root, ``ThresholdInvalid``.
    """
    if root.fingerprint != work.deployment.settings.organisation_root:
        raise RootWordsWrong
    if work.session.scalars(select(OrganisationKey.id).limit(1)).first():
        raise OrganisationFounded
    if not 1 <= threshold <= len(leads) or not teams:
        raise ThresholdInvalid("threshold")
    _root_row(work, root)
    founded = [add_team(work, name) for name in teams]
    work.session.flush()
    admitted = [_lead(work, root, founded[0].id, lead) for lead in leads]
    kit = _deal_custody(work, root, admitted, threshold)
    for kind, secret, public, bits in (
        _search_key(work),
        _reporting_key(),
    ):
        _organisation_key(work, root, kind, public, bits)
        for lead in admitted:
            _give(work, kind, secret, admitted[0], lead)
    work.trail.record(EventKind.ORGANISATION_FOUNDED, leads=len(leads), threshold=threshold)
    return Founding(founded, admitted, kit, root.words, root.fingerprint)


def admit_lead(work: Work, root: OrganisationRoot, newcomer: NewLead, team_id: UUID) -> Admission:
    """Make a lead later on, with the root's words at hand, by a lead who hands on the keys.

    Their share of custody comes with the next dealing. Raises as ``admit_member`` does.
    """
    admission = _lead(work, root, team_id, newcomer)
    signer = work.keyring.secrets.sign
    for kind in _HANDED_ON:
        epoch, secret = work.keyring.copy(kind)
        give_copy(
            work,
            kind,
            epoch,
            secret,
            to=admission.member.id,
            giver_id=work.principal.id,
            giver=signer,
        )
    work.trail.record(
        EventKind.MEMBER_ADMITTED, member=str(admission.member.id), role=Role.LEAD.value
    )
    return admission


def _root_row(work: Work, root: OrganisationRoot) -> None:
    row = OrganisationKey(
        kind=OrganisationKeyKind.ROOT,
        epoch=FIRST_EPOCH,
        public=root.key.public,
        threshold=1,
        shares=1,
    )
    certify_organisation_key(work.deployment.organisation, row, root.key, None)
    work.session.add(row)


def _lead(work: Work, root: OrganisationRoot, team_id: UUID, lead: NewLead) -> Admission:
    newcomer = Newcomer(team_id, Role.LEAD, lead.login, lead.called)
    admission = create_account(work, newcomer, Passphrase.now(work))
    keys = work.session.get_one(MemberKeys, admission.member.id)
    certify_member(work.deployment.organisation, keys, root.key, None)
    activate(work, admission.member)
    work.session.flush()
    return admission


def _deal_custody(
    work: Work, root: OrganisationRoot, leads: Sequence[Admission], threshold: int
) -> list[str]:
    """Deal one share to each lead, and return as many on paper as are needed."""
    dealt = deal_custody(
        work.deployment.organisation,
        FIRST_EPOCH,
        threshold=threshold,
        count=len(leads) + threshold,
        signer=root.key,
        signer_id=None,
    )
    work.session.add(dealt.key)
    for lead, words in zip(leads, dealt.words, strict=False):
        _give(work, OrganisationKeyKind.CUSTODY, words.encode(), leads[0], lead)
    return dealt.words[len(leads) :]


def _search_key(work: Work) -> tuple[OrganisationKeyKind, bytes, bytes, int]:
    secret = secrets.token_bytes(SEARCH_KEY_BYTES)
    address = frame("padauk/search-key/1", work.deployment.organisation, FIRST_EPOCH)
    bits = work.deployment.settings.index_bits
    return OrganisationKeyKind.SEARCH, secret, commit(secret, address), bits


def _reporting_key() -> tuple[OrganisationKeyKind, bytes, bytes, int]:
    pair = PrivateKey.generate()
    return OrganisationKeyKind.REPORTING, pair.seed, pair.public, 1


def _organisation_key(
    work: Work, root: OrganisationRoot, kind: OrganisationKeyKind, public: bytes, threshold: int
) -> None:
    row = OrganisationKey(
        kind=kind, epoch=FIRST_EPOCH, public=public, threshold=threshold, shares=1
    )
    certify_organisation_key(work.deployment.organisation, row, root.key, None)
    work.session.add(row)
    work.session.flush()


def _give(
    work: Work, kind: OrganisationKeyKind, secret: bytes, giver: Admission, to: Admission
) -> None:
    give_copy(
        work,
        kind,
        FIRST_EPOCH,
        secret,
        to=to.member.id,
        giver_id=giver.member.id,
        giver=giver.keys.sign,
    )
