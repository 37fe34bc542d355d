"""Delete what belongs to no case, or outlives its use on one, when its days are over.

- Contributions to custody after 72 hours, invitations after 30 days, tokens of payees 90 days after
  payment, ended grants after 13 months.
- The name of a removed member becomes "a former member" after 90 days: colleagues then know that
  somebody did it, and not who.
- A row that somebody altered is left out: another day in it shortens no time.

A job of the worker. Some hundred rows a turn, so that no writer waits for it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, select

from app.accounts.models import Member, MemberStatus, Profile
from app.aid.models import AidRequest, PayeeToken
from app.audit.events import EventKind
from app.joining.models import Invitation
from app.retention.schedule import (
    CONTRIBUTION_DAYS,
    FORMER_MEMBER_DAYS,
    GRANT_DAYS,
    INVITATION_DAYS,
    PAYEE_TOKEN_DAYS,
)
from app.store.authenticated import leave_out_altered
from app.store.base import Record, new_id
from app.vault.models import CustodyContribution, Grant
from app.work import Work

FORMER_MEMBER: Final = "A former member"
A_TURN: Final = 500
R = TypeVar("R", bound=Record)


def forget_old_rows(work: Work) -> int:
    """Delete rows whose days are over; returns how many. A job of the worker."""
    today = work.today()
    contributions = select(CustodyContribution).where(
        CustodyContribution.given_on <= today - timedelta(days=CONTRIBUTION_DAYS)
    )
    gone = len(_delete(work, contributions))
    invitations = select(Invitation).where(
        Invitation.made_at <= work.now() - timedelta(days=INVITATION_DAYS)
    )
    gone += len(_delete(work, invitations))
    paid = select(AidRequest.id).where(
        AidRequest.paid_on <= today - timedelta(days=PAYEE_TOKEN_DAYS)
    )
    tokens = select(PayeeToken).where(PayeeToken.request_id.in_(paid))
    gone += len(_delete(work, tokens)) + _forget_names(work)
    if gone:
        work.trail.record(EventKind.OLD_ROWS_ERASED, count=gone)
    ended = select(Grant).where(Grant.ended_on <= today - timedelta(days=GRANT_DAYS))
    by_case: Counter[UUID] = Counter(grant.case_id for grant in _delete(work, ended))
    for case_id, count in by_case.items():
        work.trail.record(EventKind.CASE_GRANTS_ERASED, case_id, count=count)
    return gone + by_case.total()


def _delete(work: Work, query: Select[R]) -> list[R]:
    rows = work.session.scalars(query.limit(A_TURN)).all()
    kept = leave_out_altered(work.session, rows)
    for row in kept:
        work.session.delete(row)
    return kept


def _forget_names(work: Work) -> int:
    """Give removed members a profile that says nothing; returns how many."""
    query = select(Member).where(
        Member.status == MemberStatus.REMOVED,
        Member.removed_on <= work.today() - timedelta(days=FORMER_MEMBER_DAYS),
    )
    count = 0
    for member in leave_out_altered(work.session, work.session.scalars(query).all()):
        profile = work.vault.find(member.profile)
        if profile is None or profile.display_name == FORMER_MEMBER:
            continue
        work.vault.seal(member.profile, Profile(FORMER_MEMBER, new_id(), profile.slot))
        count += 1
    return count
