"""One person from first contact to a closed case, over HTTP, by members of each role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from app.retention.choices import choose_days
from tests.support.served import Served, serve
from tests.support.world import World

PLAIN_TEXTS: dict[str, str] = {
    "name": "Ko Thiha Zin",
    "burmese": "ကိုသီဟဇင်",
    "nrc": "9/MaHaMa(N)123456",
    "service_number": "ta-345678",
    "unit": "supply depot, seventh rack",
    "relative": "Ma Hnin Ei",
    "phone": "+959771234567",
    "handle": "@zin_t",
    "safe_times": "after nine in the evening",
    "says": "Walked from noon to nine at night, no food.",
    "health": "an old fever",
    "needs": "food for three days",
    "note": "called back, sounded calm",
    "triage_reason": "looked after by this team",
    "emergency_reason": "exposed where he is",
    "voucher": "the tailor's cousin",
    "source_note": "knew the barracks' cook by name",
    "grounds": "three accounts agree",
    "vetting_reason": "please look at the year he joined",
    "origin": "behind the market",
    "destination": "the house with the blue door",
    "place": "the bench by the well",
    "instructions": "wait with a green umbrella",
    "payee": "Daw Khin Payee",
    "payee_phone": "+959250987654",
    "aid_note": "sandals and a bus ticket",
    "reference": "courier trip forty-two",
    "receipt": "counted twice, correct",
    "handed_over": "read aloud on the stairs",
    "close_reason": "settled with relatives",
    "consent_how": "agreed in a whisper",
    "consent_with": "the clinic by the river",
    "hold_reason": "the uncle still waits for a letter",
    "fund": "Winter concert",
}


OTHER_TEXTS = PLAIN_TEXTS | {
    "name": "Ma Sandar Nwe",
    "burmese": "မစန္ဒာနွယ်",
    "nrc": "5/SaKaNa(N)654321",
    "service_number": "ta-912345",
    "relative": "U Tun Lin",
    "phone": "+959450112233",
    "handle": "@sandar.n",
    "payee": "U Myo Payee",
    "payee_phone": "+959261112233",
    "fund": "Summer concert",
}
"""The words about somebody else, whom no number and no name makes the same person."""


@dataclass
class Journey:
    """Walks the whole way; remembers ids and responses for the tests."""

    served: Served
    texts: dict[str, str] = field(default_factory=lambda: dict(PLAIN_TEXTS))
    case_id: str = ""
    code: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    team: int = 1

    def __post_init__(self) -> None:
        member = partial(self.served.world.member, team=self.team)
        self.volunteer, self.escort = member("volunteer"), member("volunteer", 2)
        self.coordinator, self.other_coordinator = member("coordinator"), member("coordinator", 2)
        self.vetters = [member("vetter"), member("vetter", 2)]
        self.registrar = member("registrar")
        self.treasurer, self.other_treasurer = member("treasurer"), member("treasurer", 2)
        self.auditor, self.lead = member("auditor"), member("lead")

    def walk(self) -> None:
        """All of it, in order."""
        self.log_intake()
        self.triage_and_assign()
        self.ask_for_emergency()
        self.vet()
        self.relocate()
        self.register()
        self.aid()
        self.hold()
        self.close()

    @classmethod
    def walked_in(cls, served: Served) -> Journey:
        """The journey that `walk_once` walked, in a copy of its world."""
        kept = served.world.facts
        return cls(served, case_id=kept["case_id"], code=kept["code"], seen=kept["seen"])

    @property
    def case_uuid(self) -> UUID:
        return UUID(self.case_id)

    def version(self, person: Any = None) -> int:
        shown = self.served.get(person or self.coordinator, f"/cases/{self.case_id}")
        return int(shown["version"])

    def log_intake(self) -> None:
        t = self.texts
        made = self.served.post(
            self.volunteer,
            "/cases",
            {
                "standing": "left",
                "urgent": True,
                "identity": {"name": t["name"], "name_burmese": t["burmese"]},
                "papers": {
                    "nrc": t["nrc"],
                    "service": "army",
                    "service_number": t["service_number"],
                    "unit": t["unit"],
                },
                "household": {"relatives": [{"relation": "spouse", "name": t["relative"]}]},
                "contact": {
                    "channel": "messenger",
                    "phones": [t["phone"]],
                    "handles": [t["handle"]],
                    "safe_times": t["safe_times"],
                },
                "account": {"says": t["says"], "needs": [t["needs"]], "health": t["health"]},
                "consents": [
                    {"purpose": "casework", "how": t["consent_how"]},
                    {"purpose": "sharing", "with_whom": t["consent_with"]},
                ],
                "rank_band": "other_ranks",
                "region_group": "east",
            },
        )
        self.case_id = made["id"]
        self.served.post(self.volunteer, f"/cases/{self.case_id}/notes", {"text": t["note"]})

    def triage_and_assign(self) -> None:
        served, case = self.served, f"/cases/{self.case_id}"
        served.get(self.coordinator, f"{case}/duplicates")
        served.post(
            self.coordinator,
            f"{case}/triage",
            {"decision": "accept", "reason": self.texts["triage_reason"]},
            based_on=self.version(),
        )
        served.post(self.coordinator, f"{case}/assignments", {"member_id": str(self.volunteer.id)})

    def ask_for_emergency(self) -> None:
        self.served.post(
            self.coordinator,
            f"/cases/{self.case_id}/emergency",
            {"reason": self.texts["emergency_reason"], "hours": 24},
            based_on=self.version(),
        )

    def vet(self) -> None:
        served, t = self.served, self.texts
        round_ = served.post(
            self.coordinator,
            f"/cases/{self.case_id}/vetting",
            {
                "vetter_ids": [str(vetter.id) for vetter in self.vetters],
                "reason": t["vetting_reason"],
            },
        )
        path = f"/vettings/{round_['id']}"
        for vetter, source in zip(self.vetters, ("voucher", "former_colleague"), strict=True):
            served.post(
                vetter,
                f"{path}/checks",
                {
                    "source": source,
                    "finding": "consistent",
                    "source_note": t["source_note"],
                    **({"voucher": t["voucher"]} if source == "voucher" else {}),
                },
            )
        for vetter in self.vetters:
            version = served.get(vetter, path)["version"]
            self.seen["round"] = served.post(
                vetter,
                f"{path}/decisions",
                {"verdict": "verified", "grounds": t["grounds"], "valid_for_days": 180},
                based_on=version,
            )

    def relocate(self) -> None:
        served, t, now = self.served, self.texts, self.served.world.clock()
        plan = served.post(
            self.coordinator,
            f"/cases/{self.case_id}/plans",
            {
                "origin": t["origin"],
                "destination": t["destination"],
                "legs": [
                    {
                        "kind": kind,
                        "place": t["place"],
                        "instructions": t["instructions"],
                        "due_at": (now + timedelta(hours=hours)).isoformat(),
                        "grace_minutes": 60,
                    }
                    for kind, hours in (("vehicle", 4), ("arrival", 9))
                ],
            },
        )
        legs = served.get(self.coordinator, f"/cases/{self.case_id}/plan")["legs"]
        word = plan["safe_word"]
        self.seen["legs"] = [leg["id"] for leg in legs]
        served.post(
            self.coordinator,
            f"/legs/{legs[0]['id']}/escort",
            {"volunteer_id": str(self.escort.id)},
            based_on=legs[0]["version"],
        )
        for leg in legs:
            for to in ("ready", "departed"):
                self._move_leg(leg["id"], to)
            served.post(self.coordinator, f"/legs/{leg['id']}/check-ins", {"word": word})
            served.world.clock.advance(minutes=5)
            self.seen["watch"] = served.get(self.coordinator, "/legs/watch")
            self._move_leg(leg["id"], "arrived")

    def _move_leg(self, leg_id: str, to: str) -> None:
        version = self.served.get(self.coordinator, f"/legs/{leg_id}")["version"]
        self.served.post(self.coordinator, f"/legs/{leg_id}/moves", {"to": to}, based_on=version)

    def ask_for_code(self) -> str:
        """Ask for a full code, issue it and hand it over."""
        served = self.served
        made = served.post(
            self.coordinator, f"/cases/{self.case_id}/registrations", {"kind": "full"}
        )
        path = f"/registrations/{made['id']}"
        sent = served.post(
            self.registrar, f"{path}/moves", {"to": "submitted"}, based_on=made["version"]
        )
        issued = served.post(self.registrar, f"{path}/code", {}, based_on=sent["version"])
        self.code = issued["code"]
        served.post(
            self.registrar,
            f"{path}/delivery",
            {"handed_over": self.texts["handed_over"]},
            based_on=issued["version"],
        )
        return self.code

    def register(self) -> None:
        self.ask_for_code()
        self.seen["redeemed"] = self.served.post(
            self.escort, "/registrations/redemptions", {"code": self.code}
        )

    def aid(self) -> None:
        served, t = self.served, self.texts
        fund = served.post(self.treasurer, "/funds", {"name": t["fund"], "currency": "MMK"})
        served.post(
            self.treasurer,
            f"/funds/{fund['id']}/deposits",
            {"amount": 9_000_000, "source": "events"},
        )
        asked = served.post(
            self.volunteer,
            f"/cases/{self.case_id}/aid-requests",
            {
                "currency": "MMK",
                "items": [{"category": "food", "amount": 1_500_000, "note": t["aid_note"]}],
                "payee": {"name": t["payee"], "phone": t["payee_phone"]},
                "note": t["aid_note"],
            },
        )["items"][0]
        path = f"/aid-requests/{asked['id']}"
        approved = served.post(
            self.coordinator,
            f"{path}/approvals",
            {"fund_id": fund["id"]},
            based_on=asked["version"],
        )
        paid = served.post(
            self.treasurer,
            f"{path}/payments",
            {"means": "cash_courier", "reference": t["reference"]},
            based_on=approved["version"],
        )
        served.post(
            self.other_treasurer,
            f"{path}/confirmations",
            {"receipt": t["receipt"]},
            based_on=paid["version"],
        )
        self.seen["fund"] = served.get(self.treasurer, "/funds")["items"][0]
        self.seen["aid"] = served.get(self.coordinator, path)

    def hold(self) -> None:
        """Keep the account for longer, and choose other days for phones and handles."""
        until = self.served.world.clock().date() + timedelta(days=60)
        asked = self.served.post(
            self.coordinator,
            f"/cases/{self.case_id}/holds",
            {"what": "account", "reason": self.texts["hold_reason"], "until": str(until)},
        )
        self.seen["holds"] = self.served.get(self.lead, "/holds")
        self.served.post(
            self.lead, f"/holds/{asked['id']}/agreement", {}, based_on=asked["version"]
        )
        with self.served.world.work_as(self.lead) as work:
            choose_days(work, "contact", 14)
        self.seen["retention"] = self.served.get(
            self.coordinator, f"/cases/{self.case_id}/retention"
        )

    def close(self) -> None:
        moved = self.served.post(
            self.coordinator,
            f"/cases/{self.case_id}/moves",
            {"to": "settled"},
            based_on=self.version(),
        )
        del moved
        self.served.post(
            self.coordinator,
            f"/cases/{self.case_id}/moves",
            {"to": "closed", "reason": self.texts["close_reason"]},
            based_on=self.version(),
        )
        self.seen["case"] = self.served.get(self.coordinator, f"/cases/{self.case_id}")
        self.seen["events"] = self.served.get_all(self.coordinator, f"/cases/{self.case_id}/events")


def walk_once(world: World) -> dict[str, Any]:
    """Walk the whole way; for `new_world`, which copies what came of it."""
    with serve(world) as served:
        journey = Journey(served)
        journey.walk()
        return {"case_id": journey.case_id, "code": journey.code, "seen": journey.seen}
