"""What accounts refuse, as facts. No message says whether an account exists."""

from __future__ import annotations

from app.errors import (
    Conflict,
    Forbidden,
    IntegrityFault,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
)


class SessionEnded(Unauthenticated):
    """The token opens nothing: never given out, over, ended, or from before a restart."""

    code = "session.ended"
    title = "This session is over; sign in again"


class SessionNotFound(NotFound):
    """The principal has no such session."""

    code = "session.not_found"
    title = "You have no such session"


class SignInRefused(Unauthenticated):
    """Name and passphrase do not open an account: which of them is wrong is never said."""

    code = "session.refused"
    title = "Name and passphrase do not match"


class SignInBudgetSpent(TooMany):
    """More attempts to sign in were made, by whomever, than the deployment takes in a minute."""

    code = "session.budget_spent"
    title = "Too many people are signing in; wait a moment and try again"


class PassphraseWrong(Forbidden):
    """The passphrase given again is not the one of this session's account."""

    code = "passphrase.wrong"
    title = "That is not your passphrase"


class CredentialTampered(IntegrityFault):
    """A stored credential was changed by other hands: weakened, moved, or cut."""

    code = "credential.tampered"
    title = "A stored credential failed its check; the leads must look at this"


class MemberNotFound(NotFound):
    """There is no such member, or none that this principal may know of."""

    code = "member.not_found"
    title = "No such member"


class MemberRemoved(Conflict):
    """The member was removed; nothing about them changes any more."""

    code = "member.removed"
    title = "This member was removed"


class MemberCertified(Conflict):
    """The member's keys have been certified already."""

    code = "member.certified"
    title = "This member's keys are certified already"


class LoginTaken(Conflict):
    """Another account is signed in to by this name."""

    code = "member.login_taken"
    title = "This sign-in name is taken"


class LoginInvalid(Invalid):
    """A sign-in name is 3 to 64 lower-case letters, digits, dots and hyphens."""

    code = "member.login_invalid"
    title = "A sign-in name has 3 to 64 plain letters, digits, dots or hyphens"


class RoleNeedsRoot(Conflict):
    """Leads are certified by the organisation root alone, offline, not by one another."""

    code = "member.role_needs_root"
    title = "A lead is made with the organisation's root words, on the command line"


class RoleUnchanged(Conflict):
    """The member has that role already."""

    code = "member.role_unchanged"
    title = "The member has this role already"


class LastLead(Conflict):
    """Without this lead fewer would be left than custody needs."""

    code = "member.last_lead"
    title = "Fewer leads would be left than are needed to open custody"


class TeamNotFound(NotFound):
    """There is no such team."""

    code = "team.not_found"
    title = "No such team"


class RootWordsWrong(Forbidden):
    """The words are not those of this organisation's root."""

    code = "organisation.root_wrong"
    title = "These are not the words of the organisation's root"


class OrganisationFounded(Conflict):
    """The database holds an organisation already."""

    code = "organisation.founded"
    title = "There is an organisation in this database already"


class ThresholdInvalid(Invalid):
    """Custody needs at least one lead and no more than there are; and there must be a team."""

    code = "organisation.threshold_invalid"
    title = "There must be a team, and no more leads may be needed than there are"


class LeadNeeded(Forbidden):
    """Only a lead, behind the second unlock, takes a lead's place apart."""

    code = "member.lead_needed"
    title = "Only another lead can do this, after entering their passphrase again"
