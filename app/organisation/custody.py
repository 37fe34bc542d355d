"""Contribute shares of custody, so that another lead can open cases for a day."""

from __future__ import annotations

from uuid import UUID

from app.accounts.errors import MemberNotFound
from app.accounts.service import list_members
from app.permissions import Role
from app.text.passphrases import kit_words
from app.vault.models import CustodyContribution
from app.work import Work


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
