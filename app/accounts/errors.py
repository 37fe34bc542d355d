"""Errors of accounts. No message says whether an account exists."""

from __future__ import annotations

from app.errors import (
    Conflict,
    Forbidden,
    IntegrityFault,
    Invalid,
    NotFound,
)


class CredentialTampered(IntegrityFault):
    """A stored credential was changed outside the application: weakened, moved, or cut."""

    code = "credential.tampered"
    title = "A stored credential failed its check; the leads must look at this"


class MemberNotFound(NotFound):
    """There is no such member, or none that this principal may know of."""

    code = "member.not_found"
    title = "No such member"


class MemberRemoved(Conflict):
    """The member was removed and cannot be changed."""

    code = "member.removed"
    title = "This member was removed"


class MemberCertified(Conflict):
    """The member's keys have been certified already."""

    code = "member.certified"
    title = "This member's keys are certified already"


class MemberSuspended(Conflict):
    """The member is suspended: only an undone suspension or a removal changes that."""

    code = "member.suspended"
    title = "This member is suspended; another lead can undo that first"


class MemberNotSuspended(Conflict):
    """There is no suspension to undo."""

    code = "member.not_suspended"
    title = "This member is not suspended"


class SuspensionNotYours(Forbidden):
    """Who suspended a member does not undo it, nor does the member."""

    code = "member.suspension_not_yours"
    title = "Another lead must undo this suspension"


class SuspensionFinal(Conflict):
    """Seventy-two hours are over: nobody undid the suspension."""

    code = "member.suspension_final"
    title = "The 72 hours to undo this are over; remove the member, who can join by a new name"


class SecondLeadNeeded(Conflict):
    """This removal needs two people: a suspension by another one, or by anyone 72 hours ago."""

    code = "member.second_lead_needed"
    title = "Two were removed today; suspend this one for another lead to remove, or wait 72 hours"


class LoginTaken(Conflict):
    """Another account has this sign-in name."""

    code = "member.login_taken"
    title = "This sign-in name is taken"


class LoginInvalid(Invalid):
    """A sign-in name is 3 to 64 lower-case letters, digits, dots and hyphens."""

    code = "member.login_invalid"
    title = "A sign-in name has 3 to 64 plain letters, digits, dots or hyphens"


class RoleNeedsRoot(Conflict):
    """Leads are certified by the organisation root alone, not by one another."""

    code = "member.role_needs_root"
    title = "A lead is invited by a lead, and certified with the words of the organisation's root"


class RoleUnchanged(Conflict):
    """The member has those roles already."""

    code = "member.role_unchanged"
    title = "The member has these roles already"


class RolesNotCombinable(Conflict):
    """The group's preset keeps two of these roles apart."""

    code = "member.roles_apart"
    title = "One person does not have these two roles in a group of this size; see docs/presets.md"


class RolesYourOwn(Conflict):
    """Nobody changes their own roles."""

    code = "member.roles_your_own"
    title = "Nobody changes their own roles; ask a lead or another administrator"


class LastLead(Conflict):
    """Without this lead fewer shares would be left than custody needs, or no lead."""

    code = "member.last_lead"
    title = "Fewer leads and shares on paper would be left than are needed to open custody"


class TeamNotFound(NotFound):
    """There is no such team."""

    code = "team.not_found"
    title = "No such team"


class LeadNeeded(Forbidden):
    """Only a lead who has stepped up changes or removes another lead."""

    code = "member.lead_needed"
    title = "Only another lead can do this, after entering their passphrase again"
