"""What other rooms may ask of accounts: who somebody is, and who is in a team."""

from __future__ import annotations

from app.accounts.admission import Admission, Passphrase, admit_member
from app.accounts.duress import forget_alerts, list_alerts, settle_alerts
from app.accounts.members import (
    called,
    certify_keys,
    change_role,
    get_member,
    list_members,
    remove_member,
)
from app.accounts.organisation import (
    Founding,
    NewLead,
    OrganisationRoot,
    admit_lead,
    found_organisation,
)
from app.accounts.passphrases import (
    begin_again,
    begin_renewal,
    change_passphrase,
    set_second_passphrase,
    step_up,
)
from app.accounts.sessions import (
    end_session,
    end_sessions,
    forget_ended,
    list_sessions,
    open_session,
    principal_of,
)
from app.accounts.sign_in import begin_sign_in, sign_in
from app.accounts.teams import create_team, get_team, list_teams
from app.accounts.throttle import forget_counters

__all__ = [
    "Admission",
    "Founding",
    "NewLead",
    "OrganisationRoot",
    "Passphrase",
    "admit_lead",
    "admit_member",
    "begin_again",
    "begin_renewal",
    "begin_sign_in",
    "called",
    "certify_keys",
    "change_passphrase",
    "change_role",
    "create_team",
    "end_session",
    "end_sessions",
    "forget_alerts",
    "forget_counters",
    "forget_ended",
    "found_organisation",
    "get_member",
    "get_team",
    "list_alerts",
    "list_members",
    "list_sessions",
    "list_teams",
    "open_session",
    "principal_of",
    "remove_member",
    "set_second_passphrase",
    "settle_alerts",
    "sign_in",
    "step_up",
]
