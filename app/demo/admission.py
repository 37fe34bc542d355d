"""Admit members at once, for a demo and for tests: no invitation, no voice call.

Nobody comes into a real organisation so: there a newcomer joins by ``app/joining``.
Knows accounts.
"""

from __future__ import annotations

from app.accounts.admission import (
    Admission,
    NewAccount,
    Passphrase,
    certify,
    create_account,
    require_combinable,
)
from app.audit.events import EventKind
from app.permissions import MemberRoles, written_roles
from app.work import Work


def admit_member(work: Work, *, roles: MemberRoles, login: str, display_name: str) -> Admission:
    """Make an account with a generated passphrase, certified by the lead who acts.

    Raises as ``create_account`` does, and ``RolesNotCombinable``.
    """
    require_combinable(work.deployment.organisation_settings.preset, roles)
    admission = create_account(work, NewAccount(roles, login, display_name), Passphrase.now(work))
    certify(work, admission.member)
    work.trail.record(
        EventKind.MEMBER_ADMITTED, member=str(admission.member.id), roles=written_roles(roles)
    )
    return admission
