"""The decisions of two vetters, kept apart until both are given. The only module that opens one.

- Within an attempt each vetter sees their own decision, and the other's once both are given.
- Both vetters hold the round's key, because the second decision ends the attempt at once: a key
  that waits for both could be released only by the first vetter, who would have to come back, or
  by the server. The server opens decisions anyway, so the server keeps them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.casework.involvement import active_members
from app.vault.errors import Tampered
from app.vetting.errors import AlreadyDecided
from app.vetting.models import DecisionDetail, Verdict, VettingDecision, VettingRound
from app.work import Work


def list_seen(work: Work, round_: VettingRound) -> list[DecisionDetail]:
    """Return the decisions of the attempts that are over, and the principal's own, oldest first.

    Raises ``NoGrant``, ``Tampered``.
    """
    own = VettingDecision.vetter_id == work.principal.id
    over = VettingDecision.attempt < round_.attempt
    rows = work.session.scalars(
        select(VettingDecision)
        .where(VettingDecision.round_id == round_.id, own | over)
        .order_by(VettingDecision.sequence, VettingDecision.id)
    ).all()
    return [_opened(work, row) for row in rows]


def find_first(work: Work, round_: VettingRound) -> VettingDecision | None:
    """Return the other vetter's decision of this attempt, unopened, or None when there is none yet.

    A decision counts while the vetter who gave it is active. Raises ``AlreadyDecided`` when the
    principal's own is there.
    """
    rows: Sequence[VettingDecision] = work.session.scalars(
        select(VettingDecision).where(
            VettingDecision.round_id == round_.id, VettingDecision.attempt == round_.attempt
        )
    ).all()
    if any(row.vetter_id == work.principal.id for row in rows):
        raise AlreadyDecided
    standing = active_members(work, {row.vetter_id for row in rows})
    return next((row for row in rows if row.vetter_id in standing), None)


def add_decision(
    work: Work, round_: VettingRound, verdict: Verdict, grounds: str, valid_for_days: int
) -> DecisionDetail:
    """Seal the principal's decision in the round's attempt; raises ``NoGrant``."""
    decision = DecisionDetail(
        work.principal.id, round_.attempt, verdict, grounds, valid_for_days, work.now()
    )
    row = VettingDecision(
        case_id=round_.case_id,
        round_id=round_.id,
        attempt=round_.attempt,
        vetter_id=work.principal.id,
    )
    work.vault.seal(row.decision, decision)
    work.session.add(row)
    round_.decided += 1
    return decision


def open_first(work: Work, first: VettingDecision, _second: DecisionDetail) -> DecisionDetail:
    """Return the first decision of an attempt once the second is given. Raises ``Tampered``."""
    return _opened(work, first)


def _opened(work: Work, row: VettingDecision) -> DecisionDetail:
    """Open a decision; ``Tampered`` if its row was given another vetter or attempt."""
    decision = work.vault.open(row.decision)
    if (decision.by, decision.attempt) != (row.vetter_id, row.attempt):
        raise Tampered
    return decision
