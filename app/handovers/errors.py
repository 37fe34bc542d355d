"""Errors of handing work over."""

from __future__ import annotations

from app.errors import Forbidden, Invalid


class HeirNotEligible(Invalid):
    """Work goes to an active member of the same role and team."""

    code = "handover.not_eligible"
    title = "Choose an active member of the same role and team"


class HandoverNotYours(Forbidden):
    """A colleague of the same role, a coordinator for volunteers, or a lead hands work over."""

    code = "handover.not_yours"
    title = "A colleague of the same role, or a lead, hands this work over"
