"""Hand over a member's running work: every case, assignment, registration, request and round.

- By a colleague of the same role as far as they hold it themselves, by a coordinator for
  volunteers, or by leads, who open the cases by the custody key behind the second unlock.
- The work of a removed member is what they held on the day of the removal.
- An assignment moves to the new member, and so does a round in which no vetter has decided. Other
  work is shared: who held it keeps it, unless removed.
- A second call hands over what is left and nothing twice. A dry run writes nothing.

Example: coordinator Wren joins a team with 900 cases. Coordinator Heron asks with ``dry_run`` what
of Heron's own work would go to Wren, and then without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select

from app.accounts.models import Member, MemberStatus
from app.accounts.service import get_visible_member
from app.audit.events import EventKind
from app.cases.models import OPEN_STATUSES, Assignment, Case
from app.cases.moves import end_assignment
from app.casework.involvement import involved_members
from app.handovers.errors import HandoverNotYours, HeirNotEligible
from app.permissions import Role, by_power
from app.store.authenticated import leave_out_altered
from app.store.base import new_id
from app.store.queries import in_order
from app.vault.holders import may_hold
from app.vault.models import OF_A_JOURNEY, Grant, GrantReason
from app.vault.queries import live_grants, unended_grants
from app.vault.scopes import Scope, unpack_entries
from app.vetting.models import VettingRound
from app.work import Work

MOST_A_CALL = 500
_STAYS = frozenset({GrantReason.INTAKE, GrantReason.ESCORT})


class Outcome(StrEnum):
    """What comes of one piece of work, in a dry run too."""

    HANDED_OVER = "handed_over"
    HELD_ALREADY = "held_already"
    OUT_OF_REACH = "out_of_reach"
    STAYS = "stays"
    INVOLVED = "involved"
    ERASURE_ASKED = "erasure_asked"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work, by its case, what it is for, and what comes of it."""

    case_id: UUID
    reason: GrantReason
    about: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Holding:
    """An open case, and the active members who hold it."""

    case: Case
    holders: list[UUID]


def hand_over_work(work: Work, from_id: UUID, to_id: UUID, *, dry_run: bool) -> list[Piece]:
    """Hand over the running work of one member to another, at most ``MOST_A_CALL`` pieces.

    Raises ``MemberNotFound``, ``HandoverNotYours``, ``HeirNotEligible``; without ``dry_run`` by a
    lead also ``StepUpRequired``, ``CustodySharesMissing``.
    """
    giver, heir = get_visible_member(work, from_id), get_visible_member(work, to_id)
    _require_may_hand_over(work, giver)
    if (
        not heir.roles & giver.roles
        or heir.status is not MemberStatus.ACTIVE
        or heir.id == giver.id
    ):
        raise HeirNotEligible("to_id")
    grants = _work_of(work, giver)
    by_lead = work.acts_as(Role.LEAD)
    if not by_lead:
        work.grants.load({grant.case_id for grant in grants})
    pieces = _judge(work, giver, heir, grants)
    if dry_run:
        return pieces
    chosen = [
        grant
        for grant, piece in zip(grants, pieces, strict=True)
        if piece.outcome is Outcome.HANDED_OVER
    ]
    if by_lead and chosen:
        work.custody.open_cases(sorted({grant.case_id for grant in chosen}))
    _hand_over(work, heir, chosen)
    work.trail.record(
        EventKind.WORK_HANDED_OVER, member=str(giver.id), to=str(heir.id), count=len(chosen)
    )
    return pieces


def _require_may_hand_over(work: Work, giver: Member) -> None:
    shared = by_power(giver.roles & work.principal.acting)
    if work.acts_as(Role.LEAD) or any(work.acts_as(*one) for one in shared):
        return
    followed = [one.team_id for one in giver.roles if one.role is Role.VOLUNTEER]
    if not any(work.acts_as(Role.COORDINATOR, team_id) for team_id in followed):
        raise HandoverNotYours


def _work_of(work: Work, giver: Member) -> list[Grant]:
    """Return what a member holds, or held until removed: assignments first, then by case."""
    ended = Grant.ended_on == giver.removed_on
    query = select(Grant).where(
        Grant.holder_id == giver.id,
        or_(unended_grants(work.today()), ended)
        if giver.removed_on
        else unended_grants(work.today()),
    )
    found = leave_out_altered(work.session, work.session.scalars(query))
    return sorted(
        found, key=lambda one: (one.reason is not GrantReason.ASSIGNMENT, one.case_id, one.id)
    )


def _judge(work: Work, giver: Member, heir: Member, grants: list[Grant]) -> list[Piece]:
    held = _held_by(work, heir)
    pieces, count = [], 0
    for grant in grants:
        outcome = _outcome(work, giver, heir, grant, held)
        if outcome is Outcome.HANDED_OVER:
            count += 1
            outcome = outcome if count <= MOST_A_CALL else Outcome.LEFT
        pieces.append(Piece(grant.case_id, grant.reason, grant.about, outcome))
    return pieces


def _held_by(work: Work, heir: Member) -> set[tuple[UUID, GrantReason, UUID, bytes]]:
    live = select(Grant).where(Grant.holder_id == heir.id, unended_grants(work.today()))
    return {
        key
        for grant in leave_out_altered(work.session, work.session.scalars(live))
        for key in (
            (grant.case_id, grant.reason, grant.about, grant.entries),
            (grant.case_id, grant.reason, _ANY, b""),
        )
    }


_ANY = UUID(int=0)


def _outcome(
    work: Work,
    giver: Member,
    heir: Member,
    grant: Grant,
    held: set[tuple[UUID, GrantReason, UUID, bytes]],
) -> Outcome:
    moves = grant.reason in {GrantReason.ASSIGNMENT, GrantReason.VETTING}
    alike = (_ANY, b"") if moves else (grant.about, grant.entries)
    case = work.session.get_one(Case, grant.case_id)
    stays = grant.reason in _STAYS or (moves and not _can_move(work, giver, grant))
    if stays or not may_hold(heir.roles, grant.reason, case.team_id):
        return Outcome.STAYS
    if (grant.case_id, grant.reason, *alike) in held:
        return Outcome.HELD_ALREADY
    if grant.rests:
        return Outcome.ERASURE_ASKED
    if grant.reason is GrantReason.VETTING and heir.id in involved_members(work, case):
        return Outcome.INVOLVED
    lead = work.principal.acts_as(Role.LEAD)
    if not lead and not all(work.grants.holds(grant.case_id, one) for one in _scopes(grant)):
        return Outcome.OUT_OF_REACH
    return Outcome.HANDED_OVER


def _can_move(work: Work, giver: Member, grant: Grant) -> bool:
    """Return whether the assignment still runs, or the round waits for its first decision."""
    if grant.reason is GrantReason.VETTING:
        round_ = work.session.get(VettingRound, grant.about)
        return round_ is not None and round_.ended_on is None and round_.decided == 0
    assignment = work.session.get(Assignment, grant.about)
    case = work.session.get(Case, grant.case_id)
    return (
        assignment is not None
        and assignment.ended_on in {None, giver.removed_on}
        and case is not None
        and case.status in OPEN_STATUSES
    )


def _scopes(grant: Grant) -> list[Scope]:
    return [entry.scope for entry in unpack_entries(grant.entries)]


def _hand_over(work: Work, heir: Member, grants: Iterable[Grant]) -> None:
    moved: dict[UUID, UUID] = {}
    for grant in grants:
        about = moved.get(grant.about, grant.about)
        if grant.reason is GrantReason.ASSIGNMENT:
            about = moved[grant.about] = _move_assignment(work, heir, grant)
        work.grants.grant(
            grant.case_id, heir.id, _scopes(grant),
            reason=grant.reason, about=about, until=grant.until,
        )  # fmt: skip
        if grant.reason is GrantReason.VETTING:
            work.grants.end(grant.case_id, holder_id=grant.holder_id, about=grant.about)
    for before in moved:
        assignment = work.session.get_one(Assignment, before)
        work.grants.end(assignment.case_id, about=before)


def _move_assignment(work: Work, heir: Member, grant: Grant) -> UUID:
    before = work.session.get_one(Assignment, grant.about)
    if before.ended_on is None:
        end_assignment(work, before)
    after = Assignment(
        id=new_id(),
        case_id=before.case_id,
        member_id=heir.id,
        assigned_by=work.principal.id,
        assigned_on=work.today(),
    )
    work.session.add(after)
    work.trail.record(
        EventKind.CASE_ASSIGNED, after.case_id, assignment=str(after.id), member=str(heir.id)
    )
    return after.id


# ---------------------------------------------------------------------- who holds what


def list_holdings(
    work: Work,
    *,
    team_id: UUID | None,
    unheld: bool,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Holding]:
    """Return open cases with the active members who hold them, oldest first; for leads.

    ``unheld``: only those that no active member holds. Nothing of a case is opened.
    """
    query = select(Case).where(Case.status.in_(OPEN_STATUSES))
    if team_id is not None:
        query = query.where(Case.team_id == team_id)
    held = (
        select(Grant.case_id)
        .join(Member, Member.id == Grant.holder_id)
        .where(
            Member.status == MemberStatus.ACTIVE,
            Grant.reason.not_in(OF_A_JOURNEY),
            live_grants(work.today()),
        )
    )
    if unheld:
        query = query.where(Case.id.not_in(held))
    query = in_order(query, Case.opened_on, after=after, limit=limit)
    cases = leave_out_altered(work.session, work.session.scalars(query))
    pairs = work.session.execute(
        held.add_columns(Grant.holder_id)
        .where(Grant.case_id.in_([case.id for case in cases]))
        .distinct()
    ).all()
    holders: dict[UUID, list[UUID]] = {case.id: [] for case in cases}
    for case_id, holder_id in pairs:
        holders[case_id].append(holder_id)
    return [Holding(case, sorted(holders[case.id])) for case in cases]
