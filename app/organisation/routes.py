"""HTTP routes of custody: leads contribute shares to the one who opens cases."""

from __future__ import annotations

from app.accounts.errors import MemberNotFound
from app.http.routing import Router
from app.organisation import custody
from app.organisation.schemas import ContributionCreate, ContributionRead, KitWordsCreate
from app.permissions import Permission
from app.vault.errors import CustodySharesMissing
from app.work import Work

router = Router(tags=["custody"])


@router.post(
    "/custody/contributions", needs=Permission.CUSTODY_CONTRIBUTE, raises=(MemberNotFound,)
)
def contribute_share(body: ContributionCreate, work: Work) -> ContributionRead:
    """Seal one's own share of custody to another lead, who can open cases with it for a day."""
    return ContributionRead.of(custody.contribute_share(work, body.lead_id))


@router.post(
    "/custody/kit-words", needs=Permission.CUSTODY_CONTRIBUTE, raises=(CustodySharesMissing,)
)
def contribute_kit_words(body: KitWordsCreate, work: Work) -> ContributionRead:
    """Type a share of the recovery kit, to open cases with it in the place of another lead's."""
    return ContributionRead.of(custody.contribute_kit_words(work, body.words))
