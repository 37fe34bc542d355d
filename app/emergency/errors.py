"""Errors of emergencies. Names no person."""

from __future__ import annotations

from app.errors import Conflict


class EmergencyNotApplicable(Conflict):
    """Only a case whose vetting has not ended needs an emergency."""

    code = "emergency.not_applicable"
    title = "Work on this case needs no emergency"


class EmergencyDecided(Conflict):
    """This side has decided before; the other side's decision is still open."""

    code = "emergency.decided"
    title = "Your side has decided already; now the other side, coordinator or lead, must decide"
