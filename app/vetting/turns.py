"""Two vetters decide apart. The only module that opens a decision, and so the one that keeps
them apart: within a turn each vetter sees their own, and the other's only once both are given.

Both hold the round's key, because the second decision settles the outcome at once: a key that
waits until both have decided could be released only by the first vetter's coming back, or by
the server. The server is what opens decisions anyway, so it is the server that waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.vault.errors import Tampered
from app.vetting.errors import AlreadyDecided
from app.vetting.models import Decision, Verdict, VettingDecision, VettingRound
from app.work import Work


def list_seen(work: Work, round_: VettingRound) -> list[Decision]:
    """Return the decisions of the turns that are over, and the principal's own, oldest first.

    Raises ``NoGrant``, ``Tampered``.
    """
    own = VettingDecision.vetter_id == work.principal.id
    over = VettingDecision.turn < round_.turn
    rows = work.session.scalars(
        select(VettingDecision).where(VettingDecision.round_id == round_.id, own | over)
    ).all()
    return sorted((_opened(work, row) for row in rows), key=lambda decision: decision.made_at)


def find_first(work: Work, round_: VettingRound) -> VettingDecision | None:
    """Return the other vetter's decision of this turn, unopened, or None when there is none yet.

    Raises ``AlreadyDecided`` when the principal's own is there.
    """
    rows: Sequence[VettingDecision] = work.session.scalars(
        select(VettingDecision).where(
            VettingDecision.round_id == round_.id, VettingDecision.turn == round_.turn
        )
    ).all()
    if any(row.vetter_id == work.principal.id for row in rows):
        raise AlreadyDecided
    return rows[0] if rows else None


def add_decision(
    work: Work, round_: VettingRound, verdict: Verdict, grounds: str, valid_for_days: int
) -> Decision:
    """Seal the principal's decision in the round's turn; raises ``NoGrant``."""
    decision = Decision(
        work.principal.id, round_.turn, verdict, grounds, valid_for_days, work.now()
    )
    row = VettingDecision(
        case_id=round_.case_id,
        round_id=round_.id,
        turn=round_.turn,
        vetter_id=work.principal.id,
    )
    work.vault.seal(row.decision, decision)
    work.session.add(row)
    round_.decided += 1
    return decision


def open_first(work: Work, first: VettingDecision, _second: Decision) -> Decision:
    """Return the first decision of a turn, now that the second is given. Raises ``Tampered``."""
    return _opened(work, first)


def _opened(work: Work, row: VettingDecision) -> Decision:
    """One vetter's decision, moved to another's name or turn, would be a second key to a case."""
    decision = work.vault.open(row.decision)
    if (decision.by, decision.turn) != (row.vetter_id, row.turn):
        raise Tampered
    return decision
