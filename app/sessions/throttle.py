"""Rate limit of passphrase attempts: a delay per account, and a budget a minute for all.

- The more attempts failed lately, the longer the next one waits. A right passphrase still works
  after the wait, so that one person cannot lock another out.
- Unknown names are counted like known ones, under a keyed hash.
- Knows no address of a client.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.sessions.errors import SignInBudgetSpent
from app.store.counters import count_one, reset_count
from app.text.dates import minute_of
from app.work import Work

BUDGET_A_MINUTE = 120
FREE_FAILURES = 3
LONGEST_DELAY = 30.0
FORGOTTEN_AFTER = timedelta(hours=1)
_EVERYONE = "sign-in/everyone"
_ACCOUNT = "sign-in/account"


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


def _account(work: Work, account: bytes) -> UUID:
    return work.deployment.counter_id(_ACCOUNT, account)
