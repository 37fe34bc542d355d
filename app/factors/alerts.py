"""What leads are told of second factors. In either slot the account's first member is named."""

from __future__ import annotations

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.factors.service import OpenedFactor
from app.work import Work


def note_recovery_code(work: Work, factor: OpenedFactor) -> None:
    """Put on record, and tell leads, that a recovery code was used."""
    _raise(work, factor, AlertKind.RECOVERY_CODE_USED)
    work.trail.record(EventKind.FACTOR_CODE_USED, member=str(factor.member.id))


def raise_codes_refused(work: Work, factor: OpenedFactor) -> None:
    """Tell leads that somebody who has the passphrase sent many wrong codes."""
    _raise(work, factor, AlertKind.CODES_REFUSED)


def raise_factor_ended(work: Work, factor: OpenedFactor) -> None:
    """Tell leads that a member ended their own second factor."""
    _raise(work, factor, AlertKind.FACTOR_ENDED)


def _raise(work: Work, factor: OpenedFactor, kind: AlertKind) -> None:
    raise_alert(work, kind, member_id=factor.account_id, team_id=factor.member.team_id)
