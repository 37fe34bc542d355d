"""A case on its way, over HTTP: what members send, and what the leads are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.inputs.texts import Texts
from tests.support.served import Served
from tests.support.world import Person


@dataclass
class Road:
    """One case with an emergency and a plan of some legs; the words are those of the inputs."""

    served: Served
    legs: list[str] = field(default_factory=list)
    case_id: str = ""
    plan_id: str = ""

    def __post_init__(self) -> None:
        member = self.served.world.member
        self.planner, self.lead = member("coordinator"), member("lead")
        self.case_id = Texts(self.served).open().json()["id"]

    def plan(
        self, count: int = 2, *, safe: str = "mango tree", duress: str = "river stone"
    ) -> None:
        """Let the emergency be decided by two, and open the plan."""
        path = f"/cases/{self.case_id}"
        for who in (self.planner, self.lead):
            version = self.served.get(self.planner, path)["version"]
            body = {"reason": "Exposed.", "hours": 48}
            self.served.post(who, f"{path}/emergency", body, based_on=version)
        plan = self.served.post(
            self.planner, f"{path}/plans",
            {
                "origin": "here", "destination": "there", "safe_word": safe,
                "duress_word": duress, "legs": [self.leg(5 * n) for n in range(1, count + 1)],
            },
        )  # fmt: skip
        self.plan_id = plan["id"]
        self.legs = [leg["id"] for leg in plan["legs"]]

    def leg(self, hours: float) -> dict[str, Any]:
        """A leg that is due in so many hours."""
        due_at = self.served.world.clock.at + timedelta(hours=hours)
        return {
            "kind": "bus", "place": "the stop", "instructions": "Wait.",
            "due_at": due_at.isoformat(), "grace_minutes": 60,
        }  # fmt: skip

    def change(self, leg: str, what: str, body: dict[str, Any], who: Person | None = None) -> Any:
        """Send a change of a leg on its newest version, and return the response."""
        version = self.served.get(self.planner, f"/legs/{leg}")["version"]
        path = f"/legs/{leg}/{what}"
        return self.served.ask(who or self.planner, "POST", path, body, based_on=version)

    def depart(self, leg: str, **more: Any) -> Any:
        return self.change(leg, "moves", {"to": "departed", **more})

    def escort(self, leg: str, who: Person) -> None:
        assert self.change(leg, "escort", {"volunteer_id": str(who.id)}).status_code == 200

    def reroute(self, leg: str) -> str:
        """Replace a leg, and return the one that takes over."""
        made = self.change(leg, "reroutes", {"legs": [self.leg(8)]})
        assert made.status_code == 201, made.text
        return str(made.json()["items"][0]["id"])

    def abandon(self) -> None:
        plan = self.served.get(self.planner, f"/cases/{self.case_id}/plan")
        body = {"to": "abandoned", "reason": "They went home."}
        path = f"/plans/{self.plan_id}/moves"
        self.served.post(self.planner, path, body, based_on=plan["version"])

    def say(self, path: str, who: Person, word: str | None, **more: Any) -> str:
        """What comes of a check-in: ``alert``, ``heard``, ``kept`` or the code of a refusal."""
        before = self.alerts()
        answer = self.served.ask(who, "POST", f"{path}/check-ins", {"word": word, **more})
        if answer.status_code != 201:
            return str(answer.json()["code"])
        if self.alerts() > before:
            return "alert"
        return "kept" if answer.json()["understood"] is not True else "heard"

    def alerts(self) -> int:
        """How many alerts tell the leads of a duress word."""
        items = self.served.get_all(self.lead, "/alerts")
        return sum(one["kind"] == "duress_at_check_in" for one in items)

    def watched(self) -> list[dict[str, Any]]:
        """The rows of the watch that are of this case."""
        rows = self.served.get_all(self.planner, "/legs/watch")
        return [row for row in rows if row["case_id"] == self.case_id]
