"""Duress at sign-in: the second passphrase opens a harmless account and raises an alert.

- Each sign-in writes one alert of one size and runs the same statements, whichever slot opened.
- The sessions of the real account end at once; its grants end when alerts are settled.
- No case is deleted, and no column, event or log line names what this module is for.
"""

from __future__ import annotations

from uuid import UUID

from app.accounts.credentials import SECOND, Unlocked
from app.accounts.models import Member
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.sessions.ending import end_sessions
from app.store.base import new_id
from app.work import Work


def raise_sign_in_alert(work: Work, unlocked: Unlocked) -> None:
    """Write the alert of a sign-in, and end the sessions of the account it names, if any."""
    forced = unlocked.slot == SECOND
    own = work.session.get_one(Member, unlocked.member_id)
    other = _pair(work, own)
    member_id = other if forced else new_id()
    kind = AlertKind.DURESS_AT_SIGN_IN if forced else AlertKind.NOTHING
    raise_alert(work, kind, member_id=member_id, team_id=own.team_id)
    end_sessions(work, member_id)


def _pair(work: Work, member: Member) -> UUID:
    return work.vault.open(member.profile).pair
