"""News of a leg by who holds it no more: heard, kept as it came, shown to planners."""

from __future__ import annotations

from app.relocation.models import LegStatus


def test_what_an_escort_reports_of_a_leg_that_news_has_closed_is_kept_and_shown(api, journey):
    legs = journey.open_plan(journey.leg("bus", 6, 1), journey.leg("arrival", 20, 2))
    first, planner = journey.volunteer(2), journey.coordinator
    journey.escort(legs[0], first)
    journey.move(legs[0], "ready")
    asked = api.get(first, f"/legs/{legs[0]}").json()["version"]
    journey.move(legs[1], "departed")
    body = {"to": "departed", "reason": "The bus left at last."}
    said_at = journey.world.clock.at.isoformat()
    heard = api.post(first, f"/legs/{legs[0]}/moves", {**body, "at": said_at}, version=asked)
    assert heard.status_code == 200
    assert heard.json()["understood"] is False
    assert journey.statuses()[legs[0]] is LegStatus.ABORTED
    (row,) = [
        row
        for row in api.get(planner, "/legs/watch").json()["items"]
        if row["leg_id"] == str(legs[1])
    ]
    assert row["not_understood"] == 1
    (kept,) = api.get(planner, f"/legs/{legs[1]}").json()["progress"]["check_ins"]
    assert (kept["said"], kept["note"]) == ("departed", "The bus left at last.")
    stranger = journey.volunteer(3)
    refused = api.post(stranger, f"/legs/{legs[0]}/moves", body, version=asked)
    assert refused.status_code == 404
