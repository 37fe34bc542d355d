"""Contribute shares of custody, so that another lead can open cases for a day; deal it again."""

from __future__ import annotations

from uuid import UUID

from app.accounts.errors import MemberNotFound
from app.accounts.service import list_members
from app.organisation.leads import DealtCustody, deal_again
from app.organisation.root import OrganisationRoot
from app.permissions import Role
from app.text.passphrases import kit_words
from app.vault.errors import KeyNotCertified
from app.vault.models import CustodyContribution, OrganisationKeyKind
from app.vault.standing import CustodyStanding, custody_standing
from app.work import Work


def deal_custody_again(work: Work, root_words: str) -> DealtCustody:
    """Deal custody to the leads there are now; raises ``RootWordsWrong``, and as ``deal_again``."""
    fingerprint = work.deployment.settings.organisation_root
    return deal_again(work, OrganisationRoot.from_words(root_words, fingerprint))


def read_custody(work: Work) -> CustodyStanding:
    """Return how custody stands; raises ``KeyForged`` where its key was put there by somebody."""
    work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)
    standing = custody_standing(work.session)
    if standing is None:
        raise KeyNotCertified
    return standing


def contribute_share(work: Work, lead_id: UUID) -> CustodyContribution:
    """Seal one's own share to another lead, who opens custody with it once, within a day.

    Raises ``MemberNotFound`` for oneself and where there is no such lead, ``StepUpRequired``.
    """
    others = {lead.id for lead in list_members(work, None, Role.LEAD)} - {work.principal.id}
    if lead_id not in others:
        raise MemberNotFound
    return work.custody.contribute(lead_id)


def contribute_kit_words(work: Work, words: str) -> CustodyContribution:
    """Use a share of the recovery kit in the place of another lead's, once, within a day.

    Raises ``CustodySharesMissing`` where these are no words of this custody, ``StepUpRequired``.
    """
    return work.custody.contribute_kit_words(kit_words(words))
