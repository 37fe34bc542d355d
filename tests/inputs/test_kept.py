"""What was typed in Zawgyi stays readable as it came, in every free text of a case."""

from __future__ import annotations

import json

from burmesenlp import uni2zg

from tests.inputs.road import Road
from tests.inputs.texts import Texts
from tests.support.served import Served, serve
from tests.support.world import World

SENT: str = uni2zg("နို့ဗူးတစ်ဘူးပဲ ကျန်တော့တယ်")


def intake_in_zawgyi(served: Served) -> str:
    """A case with the text in every field of its record; returns its id."""
    made = Texts(served).open(
        identity={"name": SENT},
        papers={"unit": SENT, "service": SENT},
        household={"relatives": [{"relation": SENT, "name": SENT}]},
        contact={"safe_times": SENT, "contacted_by": SENT},
        account={"says": SENT, "needs": [SENT], "risks": [SENT], "health": SENT},
    )
    return str(made.json()["id"])


def test_every_original_of_the_record_outlives_an_edit_that_does_not_touch_it(world: World):
    with serve(world) as served:
        volunteer = world.member("volunteer")
        path = f"/cases/{intake_in_zawgyi(served)}"
        for changes in (
            {"contact": {"channel": "friend"}},
            {"papers": {"age": 30}},
            {"urgent": True},
        ):
            version = served.get(volunteer, path)["version"]
            served.ask(volunteer, "PATCH", path, changes, based_on=version)
        shown = served.get(volunteer, path)
        assert shown["identity"]["name_as_written"] == SENT
        assert shown["account"]["says_as_written"] == SENT
        kept = {
            (part, one["field"]): one["text"]
            for part in ("papers", "household", "contact", "account")
            for one in shown[part]["as_written"]
        }
        assert set(kept.values()) == {SENT}
        assert {field for _, field in kept} == {
            "unit", "service", "relation", "name", "safe_times", "contacted_by", "needs",
            "risks", "health",
        }  # fmt: skip


def test_notes_consents_legs_reasons_and_payees_are_read_as_they_were_typed(world: World):
    with serve(world) as served:
        road = Road(served)
        path = f"/cases/{road.case_id}"
        served.post(road.planner, f"{path}/notes", {"text": SENT})
        served.post(road.planner, f"{path}/consents", {"purpose": "research", "how": SENT})
        leg = {**road.leg(20), "place": SENT, "instructions": SENT}
        road.plan()
        added = served.post(road.planner, f"/plans/{road.plan_id}/legs", {"legs": [leg]})
        aid = {
            "currency": "MMK", "items": [{"category": "food", "amount": 9_000, "note": SENT}],
            "payee": {"name": SENT, "account": SENT}, "note": SENT,
        }  # fmt: skip
        asked = served.post(road.planner, f"{path}/aid-requests", aid)["items"][0]
        version = served.get(road.planner, path)["version"]
        body = {"decision": "accept", "reason": SENT}
        served.post(road.planner, f"{path}/triage", body, based_on=version)
        (leg_id,) = (one["id"] for one in added["items"])
        read = {
            f"{path}/notes": 1, f"{path}/moves": 1, f"{path}/consents": 1, f"/legs/{leg_id}": 2,
            f"/aid-requests/{asked['id']}": 4,
        }  # fmt: skip
        for address, times in read.items():
            shown = json.dumps(served.get(road.planner, address), ensure_ascii=False)
            assert shown.count(SENT) == times, address
