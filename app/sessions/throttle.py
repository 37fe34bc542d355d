"""Rate limit of passphrase attempts: a delay per account, and a budget a minute for all.

- The more attempts failed lately, the longer the next one waits. A right passphrase still works
  after the wait, so that one person cannot lock another out.
- Unknown names are counted like known ones, under a keyed hash.
- Refusals go on record as one event a minute with their count, whatever a stranger sends.
- Knows no address of a client.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.audit.events import EventKind
from app.sessions.errors import SignInBudgetSpent
from app.store.counters import count_one, reset_count, take_counts
from app.text.dates import minute_of
from app.work import Work

BUDGET_A_MINUTE = 120
FREE_FAILURES = 3
LONGEST_DELAY = 30.0
FORGOTTEN_AFTER = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_EVERYONE = "sign-in/everyone"
_ACCOUNT = "sign-in/account"
_REFUSED = "sign-in/refused"
_RECORDED_WITHIN = timedelta(days=1)
"""A counter that is older was deleted."""


def count_attempt(work: Work, account: bytes) -> float:
    """Count one attempt on an account and on all, and return how many seconds it must wait.

    ``account`` is a keyed hash, of a name that need not exist. Raises ``SignInBudgetSpent``.
    """
    now, session = work.now(), work.session
    minute = minute_of(now)
    everyone = work.deployment.counter_id(_EVERYONE)
    if count_one(session, everyone, at=minute, since=minute) > BUDGET_A_MINUTE:
        raise SignInBudgetSpent(retry_after=60 - now.second)
    attempts = count_one(
        session, _account(work, account), at=minute, since=minute - FORGOTTEN_AFTER
    )
    waiting = attempts - 1 - FREE_FAILURES
    return 0.0 if waiting < 0 else min(2.0 ** min(waiting, 10), LONGEST_DELAY)


def reset_failures(work: Work, account: bytes) -> None:
    """Set an account's count of failures to zero, after its right passphrase."""
    reset_count(work.session, _account(work, account))


def count_refusal(work: Work) -> None:
    """Count one refused sign-in among those of its minute."""
    minute = minute_of(work.now())
    count_one(work.session, _refused(work, minute), at=minute, since=minute)


def record_refusals(work: Work) -> int:
    """Put on record how many sign-ins were refused: one event for each minute that is over.

    Returns how many were refused.
    """
    minute = minute_of(work.now())
    over = range(1, int(_RECORDED_WITHIN / _MINUTE))
    counters = {_refused(work, minute - _MINUTE * number) for number in over}
    counts = take_counts(work.session, counters)
    for count in counts:
        work.trail.record(EventKind.SIGN_INS_REFUSED, count=count)
    return sum(counts)


def _refused(work: Work, minute: datetime) -> UUID:
    return work.deployment.counter_id(_REFUSED, int(minute.timestamp()))


def _account(work: Work, account: bytes) -> UUID:
    return work.deployment.counter_id(_ACCOUNT, account)
