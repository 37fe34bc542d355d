"""HTTP routes of custody: leads contribute shares to the one who opens cases."""

from __future__ import annotations

from app.accounts.errors import MemberNotFound
from app.http.routing import Router
from app.organisation import custody
from app.organisation.errors import RootWordsWrong
from app.organisation.schemas import (
    ContributionCreate,
    ContributionRead,
    CustodyDealCreate,
    CustodyDealRead,
    CustodyRead,
    KitWordsCreate,
)
from app.permissions import Permission
from app.vault.errors import CustodySharesMissing
from app.work import Work

router = Router(tags=["custody"])


@router.get("/custody", needs=Permission.CUSTODY_READ)
def read_custody(work: Work) -> CustodyRead:
    """Show how custody was dealt, and whether leads have come or gone since."""
    return CustodyRead.of(custody.read_custody(work))


@router.post(
    "/custody/deals",
    needs=Permission.CUSTODY_DEAL,
    creates=True,
    status_code=201,
    raises=(RootWordsWrong, CustodySharesMissing),
)
def deal_custody(body: CustodyDealCreate, work: Work) -> CustodyDealRead:
    """Deal custody again under a new epoch, with the root's words: after leads came or went."""
    return CustodyDealRead.of(custody.deal_custody_again(work, body.root_words))


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
