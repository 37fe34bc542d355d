"""Errors of duties. Names nobody."""

from __future__ import annotations

from app.errors import Conflict, Forbidden


class DutyNotYours(Forbidden):
    """Only who is on duty gives the duty to somebody."""

    code = "duty.not_yours"
    title = "You are not on duty in this team"


class DutyNotOffered(Conflict):
    """Nobody who is on duty offered it to the one who accepts."""

    code = "duty.not_offered"
    title = "The duty of this team is not offered to you"


class DutyNotEligible(Conflict):
    """On duty is an active coordinator of the team, with certified keys."""

    code = "duty.not_eligible"
    title = "Only an active coordinator of the team can be on duty"
