"""How fast anybody may try passphrases: by making attempts wait, never by shutting an account.

An account's attempts wait longer the more of them failed lately; a right passphrase still works
after the wait, so nobody can lock another out. All attempts together have a budget a minute.
Names that nobody has are counted like any other, under a keyed hash; no address of a client is
known here.
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
    """Forget the failures of an account whose right passphrase has been given."""
    reset_count(work.session, _account(work, account))


def _account(work: Work, account: bytes) -> UUID:
    return work.deployment.counter_id(_ACCOUNT, account)
