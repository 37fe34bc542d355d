"""Certify leads by the organisation root, and deal custody again when leads come or go.

- The root's words are typed for each of both; nobody signs for a lead without them.
- Custody is dealt by a lead who has opened it: with as many contributions as the old key needs. The
  new key is under a new epoch, and what was sealed to the old one is sealed to it at once.
- Shares go to the leads' second keys. What is on paper is returned once, for people outside.

Knows members and keys; no case but by what was sealed of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from app.accounts.admission import activate, add_key_copy
from app.accounts.models import Member
from app.accounts.service import list_members
from app.audit.events import EventKind
from app.organisation.root import OrganisationRoot
from app.permissions import Role
from app.presets import custody_split
from app.vault.certificates import certify_member
from app.vault.custody import deal_custody
from app.vault.models import (
    CustodyContribution,
    KeyCopy,
    MemberKeys,
    OrganisationKey,
    OrganisationKeyKind,
)
from app.work import Work

_COPIED_KINDS = (OrganisationKeyKind.SEARCH, OrganisationKeyKind.REPORTING)


@dataclass(frozen=True, slots=True)
class DealtCustody:
    """A new custody key: how it was dealt, for how many cases, and the shares on paper."""

    key: OrganisationKey
    cases: int
    paper: list[str] = field(repr=False)


def certify_lead(work: Work, root: OrganisationRoot, member: Member) -> None:
    """Certify a lead's keys by the root, and give them copies of keys as the lead who acts.

    They have no share of custody until it is dealt again. Raises ``KeyForged``.
    """
    keys = work.session.get_one(MemberKeys, member.id)
    work.certificates.require_possession(keys)
    keys.roles = member.roles
    certify_member(work.deployment.organisation, keys, root.key, None)
    activate(member)
    work.session.flush()
    signer, giver_id = work.keyring.secrets.sign, work.principal.id
    for kind in _COPIED_KINDS:
        epoch, secret = work.keyring.copy(kind)
        add_key_copy(work, kind, epoch, secret, to=member.id, giver_id=giver_id, giver=signer)


def deal_again(work: Work, root: OrganisationRoot) -> DealtCustody:
    """Deal custody to the leads there are now, as the preset says, under a new epoch.

    Raises ``StepUpRequired``, ``CustodySharesMissing``, ``Tampered``.
    """
    private = work.custody.open_to_replace()
    before = work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)
    leads = list_members(work, None, Role.LEAD)
    preset = work.deployment.organisation_settings.preset
    threshold, shares = custody_split(preset, len(leads))
    epoch = before.epoch + 1
    dealt = deal_custody(
        work.deployment.organisation,
        epoch,
        threshold=threshold,
        count=shares,
        leads=len(leads),
        signer=root.key,
        signer_id=None,
    )
    work.session.add(dealt.key)
    work.session.flush()
    cases = work.custody.reseal(private, dealt.key)
    _delete_old_shares(work)
    signer, giver_id = work.keyring.secrets.sign, work.principal.id
    for lead, words in zip(leads, dealt.words, strict=False):
        add_key_copy(
            work,
            OrganisationKeyKind.CUSTODY,
            epoch,
            words.encode(),
            to=lead.id,
            giver_id=giver_id,
            giver=signer,
        )
    work.session.flush()
    work.trail.record(
        EventKind.CUSTODY_DEALT, epoch=epoch, threshold=threshold, shares=shares, leads=len(leads)
    )
    # A lead who is alone writes their own share down, as at the founding.
    paper = dealt.words if shares == 1 else dealt.words[len(leads) :]
    return DealtCustody(dealt.key, cases, paper)


def _delete_old_shares(work: Work) -> None:
    """Delete the shares of keys that are replaced: they open nothing that is kept here."""
    shares = select(KeyCopy).where(KeyCopy.kind == OrganisationKeyKind.CUSTODY)
    for copy in work.session.scalars(shares).all():
        work.session.delete(copy)
    for contribution in work.session.scalars(select(CustodyContribution)).all():
        work.session.delete(contribution)
    work.session.flush()
