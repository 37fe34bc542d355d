"""How fast anybody may try passphrases: by making attempts wait, never by shutting an account.

An account's attempts wait longer the more of them failed lately; a right passphrase still works
after the wait, so nobody can lock another out. All attempts together have a budget a minute.
Names that nobody has are counted like any other, under a keyed hash; no address of a client is
known here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from app.crypto.derive import mac
from app.crypto.framing import frame
from app.sessions.errors import SignInBudgetSpent
from app.sessions.models import SignInCounter
from app.text.dates import minute_of
from app.work import Work

BUDGET_A_MINUTE = 120
FREE_FAILURES = 3
LONGEST_DELAY = 30.0
FORGOTTEN_AFTER = timedelta(hours=1)
_HOUSEKEEPING = {"housekeeping": "counts attempts, each of which stands in the trail"}


def count_attempt(work: Work, account: bytes) -> float:
    """Count one attempt on an account and on all, and return how many seconds it must wait.

    ``account`` is a keyed hash, of a name that need not exist. Raises ``SignInBudgetSpent``.
    """
    now = work.now()
    minute = minute_of(now)
    if _count(work, _counter_id(work, b"everyone"), minute, oldest=minute) > BUDGET_A_MINUTE:
        raise SignInBudgetSpent(retry_after=60 - now.second)
    counter = _counter_id(work, account)
    waiting = _count(work, counter, minute, oldest=minute - FORGOTTEN_AFTER) - 1 - FREE_FAILURES
    return 0.0 if waiting < 0 else min(2.0 ** min(waiting, 10), LONGEST_DELAY)


def forgive(work: Work, account: bytes) -> None:
    """Forget the failures of an account whose right passphrase has been given."""
    work.session.execute(
        update(SignInCounter)
        .where(SignInCounter.id == _counter_id(work, account))
        .values(failures=0),
        execution_options=_HOUSEKEEPING,
    )


def forget_counters(work: Work) -> int:
    """Delete counters that no longer make anyone wait; returns how many. A job of the worker."""
    gone = work.session.execute(
        delete(SignInCounter).where(SignInCounter.last_at < work.now() - FORGOTTEN_AFTER),
        execution_options=_HOUSEKEEPING,
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _count(work: Work, counter: UUID, minute: datetime, *, oldest: datetime) -> int:
    """Add one in one statement and return the sum; what is older than ``oldest`` is forgotten."""
    insert: postgresql.Insert | sqlite.Insert
    if work.deployment.settings.is_sqlite:
        insert = sqlite.insert(SignInCounter)
    else:
        insert = postgresql.insert(SignInCounter)
    counted = work.session.scalars(
        insert.values(id=counter, failures=1, last_at=minute)
        .on_conflict_do_update(
            index_elements=[SignInCounter.id],
            set_={
                "failures": case(
                    (SignInCounter.last_at < oldest, 1), else_=SignInCounter.failures + 1
                ),
                "last_at": minute,
            },
        )
        .returning(SignInCounter.failures),
        execution_options=_HOUSEKEEPING,
    )
    return int(counted.one())


def _counter_id(work: Work, account: bytes) -> UUID:
    key = work.deployment.login_index_key
    return UUID(bytes=mac(key, frame("padauk/sign-in-counter/1", account))[:16])
