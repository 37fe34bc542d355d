"""Found an organisation: teams, its first lead, custody, and the search and reporting keys.

- The root certifies leads and the organisation's keys; its private half is returned as words
  and stored nowhere.
- There is one lead, who is shown one passphrase, their own, and has the only share of custody. When
  a second lead joins, custody is dealt again (``app.organisation.leads``).
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
from app.organisation.errors import OrganisationFounded, RootWordsWrong, TeamMissing
from app.organisation.root import OrganisationRoot
from app.permissions import Role, roles_in
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


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead, and what else they do."""

    login: str
    display_name: str
    also: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Founding:
    """A founding's result, shown once: teams, the lead and their passphrase, the recovery kit."""

    teams: list[Team]
    lead: Admission
    recovery_kit: list[str] = field(repr=False)
    root_words: str = field(repr=False)
    fingerprint: str


def found_organisation(
    work: Work,
    root: OrganisationRoot,
    *,
    teams: Sequence[str],
    lead: NewLead,
    chosen: OrganisationSettings = _DEFAULTS,
    spare_shares: int = 0,
) -> Founding:
    """Found the organisation of this deployment: once, without a principal, in an empty database.

    The lead's team is the first. ``spare_shares``: further shares of custody, each of which opens
    it, for the demo. Raises ``OrganisationFounded``, ``RootWordsWrong`` where the settings name
    another root, ``TeamMissing``, ``ZoneUnknown``, ``RolesNotCombinable``.
    """
    if root.fingerprint != work.deployment.settings.organisation_root:
        raise RootWordsWrong
    if work.session.scalars(select(OrganisationKey.id).limit(1)).first():
        raise OrganisationFounded
    if not teams:
        raise TeamMissing("teams")
    get_zone(chosen.zone)
    require_combinable(chosen.preset, roles_in(ORGANISATION, Role.LEAD, *lead.also))
    work.deployment.create_secrets()
    work.session.add(settings_row(chosen))
    _add_identity(work)
    _add_root(work, root)
    founded = [add_team(work, name) for name in teams]
    work.session.flush()
    admitted = _add_lead(work, root, founded[0].id, lead)
    kit = _deal_custody(work, root, admitted, spare_shares)
    for kind, secret, public in (_search_key(work), _reporting_key()):
        _add_organisation_key(work, root, kind, public)
        _add_copy(work, kind, secret, admitted)
    work.trail.record(EventKind.ORGANISATION_FOUNDED, lead=str(admitted.member.id))
    return Founding(founded, admitted, kit, root.words, root.fingerprint)


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
        leads=0,
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
    work: Work, root: OrganisationRoot, lead: Admission, spare_shares: int
) -> list[str]:
    """Deal the one share to the lead, and return it and what is spare, on paper."""
    dealt = deal_custody(
        work.deployment.organisation,
        FIRST_EPOCH,
        threshold=1,
        count=1 + spare_shares,
        leads=1,
        signer=root.key,
        signer_id=None,
    )
    work.session.add(dealt.key)
    _add_copy(work, OrganisationKeyKind.CUSTODY, dealt.words[0].encode(), lead)
    return dealt.words[spare_shares:]


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
    row = OrganisationKey(
        kind=kind, epoch=FIRST_EPOCH, public=public, threshold=1, shares=1, leads=0
    )
    certify_organisation_key(work.deployment.organisation, row, root.key, None)
    work.session.add(row)
    work.session.flush()


def _add_copy(work: Work, kind: OrganisationKeyKind, secret: bytes, lead: Admission) -> None:
    add_key_copy(
        work,
        kind,
        FIRST_EPOCH,
        secret,
        to=lead.member.id,
        giver_id=lead.member.id,
        giver=lead.keys.sign,
    )
