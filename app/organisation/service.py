"""Found an organisation: teams, first leads, custody, and the search and reporting keys.

- The root certifies leads and the organisation's keys; its private half is returned as words
  and stored nowhere.
- Custody is split into shares: one for each lead, and as many on paper as are needed to open it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import (
    Admission,
    NewAccount,
    Passphrase,
    activate,
    add_key_copy,
    create_account,
    require_combinable,
)
from app.accounts.models import Team
from app.accounts.service import add_team
from app.audit.events import EventKind
from app.crypto.derive import commit
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.organisation.errors import OrganisationFounded, RootWordsWrong, ThresholdInvalid
from app.organisation.root import OrganisationRoot
from app.permissions import Role, roles_in, written_roles
from app.store.base import ORGANISATION
from app.store.identity import ONLY_ROW, found_keystore
from app.store.models import DeploymentIdentity
from app.store.organisation_settings import OrganisationSettings, settings_row
from app.text.dates import get_zone
from app.vault.canary import make_canary
from app.vault.certificates import certify_member, certify_organisation_key
from app.vault.custody import deal_custody
from app.vault.models import MemberKeys, OrganisationKey, OrganisationKeyKind
from app.vault.scope_rows import FIRST_EPOCH
from app.work import Work

SEARCH_KEY_BYTES = 32
_DEFAULTS = OrganisationSettings()
_COPIED_KINDS = (OrganisationKeyKind.SEARCH, OrganisationKeyKind.REPORTING)


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead, and what else they do."""

    login: str
    display_name: str
    also: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Founding:
    """A founding's result, shown once: teams, leads with passphrases, and the recovery kit."""

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
    chosen: OrganisationSettings = _DEFAULTS,
) -> Founding:
    """Found the organisation of this deployment: once, without a principal, in an empty database.

    Custody opens with ``threshold`` of the leads' shares, or as many of the recovery kit's,
    which must be kept apart. The leads' team is the first. Raises ``OrganisationFounded``,
    ``RootWordsWrong`` where the settings name another root, ``ThresholdInvalid``, ``ZoneUnknown``,
    ``RolesNotCombinable``.
    """
    if root.fingerprint != work.deployment.settings.organisation_root:
        raise RootWordsWrong
    if work.session.scalars(select(OrganisationKey.id).limit(1)).first():
        raise OrganisationFounded
    if not 1 <= threshold <= len(leads) or not teams:
        raise ThresholdInvalid("threshold")
    get_zone(chosen.zone)
    for named in leads:
        require_combinable(chosen.preset, roles_in(ORGANISATION, Role.LEAD, *named.also))
    work.deployment.create_secrets()
    work.session.add(settings_row(chosen))
    _add_identity(work)
    _add_root(work, root)
    founded = [add_team(work, name) for name in teams]
    work.session.flush()
    admitted = [_add_lead(work, root, founded[0].id, lead) for lead in leads]
    kit = _deal_custody(work, root, admitted, threshold)
    for kind, secret, public in (_search_key(work), _reporting_key()):
        _add_organisation_key(work, root, kind, public)
        for lead in admitted:
            _add_copy(work, kind, secret, admitted[0], lead)
    work.trail.record(EventKind.ORGANISATION_FOUNDED, leads=len(leads), threshold=threshold)
    return Founding(founded, admitted, kit, root.words, root.fingerprint)


def admit_lead(work: Work, root: OrganisationRoot, lead: NewLead, team_id: UUID) -> Admission:
    """Admit another lead by the root's words; the acting lead gives them copies of the keys.

    They have no share of custody until it is dealt again. Raises as ``admit_member`` does.
    """
    preset = work.deployment.organisation_settings.preset
    require_combinable(preset, roles_in(team_id, Role.LEAD, *lead.also))
    admission = _add_lead(work, root, team_id, lead)
    signer = work.keyring.secrets.sign
    for kind in _COPIED_KINDS:
        epoch, secret = work.keyring.copy(kind)
        add_key_copy(
            work,
            kind,
            epoch,
            secret,
            to=admission.member.id,
            giver_id=work.principal.id,
            giver=signer,
        )
    work.trail.record(
        EventKind.MEMBER_ADMITTED,
        member=str(admission.member.id),
        roles=written_roles(admission.member.roles),
    )
    return admission


def _add_identity(work: Work) -> None:
    """Let the two databases know each other, and seal the canary that proves it."""
    deployment = work.deployment
    keystore_id = found_keystore(deployment.keystore.engine, deployment.organisation)
    share_id, canary = make_canary(deployment)
    work.session.add(
        DeploymentIdentity(
            id=ONLY_ROW,
            organisation_id=deployment.organisation,
            organisation_root=deployment.settings.organisation_root,
            keystore_id=keystore_id,
            keystore_number=1,
            journal_number=0,
            canary_share_id=share_id,
            canary=canary,
        )
    )


def _add_root(work: Work, root: OrganisationRoot) -> None:
    row = OrganisationKey(
        kind=OrganisationKeyKind.ROOT,
        epoch=FIRST_EPOCH,
        public=root.key.public,
        threshold=1,
        shares=1,
    )
    certify_organisation_key(work.deployment.organisation, row, root.key, None)
    work.session.add(row)


def _add_lead(work: Work, root: OrganisationRoot, team_id: UUID, lead: NewLead) -> Admission:
    account = NewAccount(roles_in(team_id, Role.LEAD, *lead.also), lead.login, lead.display_name)
    admission = create_account(work, account, Passphrase.now(work))
    keys = work.session.get_one(MemberKeys, admission.member.id)
    certify_member(work.deployment.organisation, keys, root.key, None)
    activate(admission.member)
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
        _add_copy(work, OrganisationKeyKind.CUSTODY, words.encode(), leads[0], lead)
    return dealt.words[len(leads) :]


def _search_key(work: Work) -> tuple[OrganisationKeyKind, bytes, bytes]:
    secret = secrets.token_bytes(SEARCH_KEY_BYTES)
    address = frame(Label.SEARCH_KEY, work.deployment.organisation, FIRST_EPOCH)
    return OrganisationKeyKind.SEARCH, secret, commit(secret, address)


def _reporting_key() -> tuple[OrganisationKeyKind, bytes, bytes]:
    pair = PrivateKey.generate()
    return OrganisationKeyKind.REPORTING, pair.seed, pair.public


def _add_organisation_key(
    work: Work, root: OrganisationRoot, kind: OrganisationKeyKind, public: bytes
) -> None:
    row = OrganisationKey(kind=kind, epoch=FIRST_EPOCH, public=public, threshold=1, shares=1)
    certify_organisation_key(work.deployment.organisation, row, root.key, None)
    work.session.add(row)
    work.session.flush()


def _add_copy(
    work: Work, kind: OrganisationKeyKind, secret: bytes, giver: Admission, to: Admission
) -> None:
    add_key_copy(
        work,
        kind,
        FIRST_EPOCH,
        secret,
        to=to.member.id,
        giver_id=giver.member.id,
        giver=giver.keys.sign,
    )
