"""How much one member may write in a day, so that one stolen session cannot fill the disk.

- Each change counts as the bytes of its body, and as ``LEAST_BYTES`` at the least: 20 MB a day are
  2,000 small changes (setting ``daily_megabytes``). What was refused or repeated counts nothing.
- What saves somebody is never refused: ``UNLIMITED``, each with its reason.

Counted last, in the unit of the change itself. Knows permissions and bytes; knows no table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.http.errors import QuotaSpent
from app.permissions import Permission
from app.store.counters import count
from app.text.dates import minute_of
from app.work import Work

_MEGABYTE: Final = 1_000_000
LEAST_BYTES: Final = 10_000
UNLIMITED: Final[Mapping[Permission, str]] = MappingProxyType(
    {
        Permission.LEG_CHECK_IN: "words from the road are heard whatever was written before",
        Permission.LEG_WATCH: "an alarm is taken in hand",
        Permission.PLAN_CHANGE: "a journey under way is led round a danger",
        Permission.CASE_EMERGENCY: "somebody has to leave at once",
        Permission.MEMBER_SUSPEND: "who is a danger is shut out",
        Permission.SELF_CHANGE: "a passphrase is changed, a session is ended",
        Permission.SELF_ENROL: "a second factor is set up, replaced or ended",
        Permission.STEP_UP: "it writes a session and nothing else",
        Permission.HOLD_REQUEST: "what would be destroyed is kept",
    }
)
_READING: Final = frozenset({"GET", "HEAD"})
_COUNTER: Final = "quota/member"


def is_counted(method: str, needs: object) -> bool:
    """Return whether requests to a route count towards what their member may write."""
    return method not in _READING and isinstance(needs, Permission) and needs not in UNLIMITED


def count_written(work: Work, size: int) -> None:
    """Count one change of so many bytes; raises ``QuotaSpent`` where the day's are written."""
    midnight = work.midnight()
    counter = work.deployment.counter_id(_COUNTER, work.principal.id)
    written = count(
        work.session,
        counter,
        at=minute_of(work.now()),
        since=midnight,
        by=max(size, LEAST_BYTES),
    )
    if written > work.deployment.settings.daily_megabytes * _MEGABYTE:
        wait = work.midnight(1) - work.now()
        raise QuotaSpent(retry_after=int(wait.total_seconds()) + 1)
