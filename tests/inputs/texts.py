"""What the served program does with one input of ``text.json``, in a few words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.served import Served


def _read(name: str) -> list[dict[str, Any]]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text.replace("{scheme}", "https"))
    return rows


INPUTS = _read("text.json")
"""Texts: each with its kind, where it is from (``shared``: met in use, ``own``), what was typed,
and what the foundation did."""

ACTS = _read("acts.json")
"""Acts: each with what must be true afterwards, what the foundation did, and who tries it."""

RIGHT = {
    "kept": "kept",
    "meets: phone": "found and likely",
    "meets: nrc": "found and likely",
    "meets: name": "found and proposed",
    "meets: handle": "found and likely",
    "meets: safe_word": "heard",
    "apart: handle": "apart",
    "apart: phone": "apart",
    "apart: nrc": "apart",
    "apart: name": "apart",
    "accepted": "taken and cleaned",
    "birth refused": "refused with what is likely",
    "births agree": "no contradiction",
    "code": "read",
}
"""What must be true of each kind."""

_NUMBERS = count(10_000)
_BURMESE = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")


@dataclass(frozen=True)
class Texts:
    """Types inputs into the program as members do."""

    served: Served

    def outcome(self, kind: str, texts: list[str]) -> str:
        """What comes of an input: the words of ``RIGHT`` where it is right."""
        kind, _, field = kind.partition(": ")
        match kind:
            case "kept":
                return self._kept(texts[0])
            case "meets" if field == "safe_word":
                return self._heard(*texts)
            case "meets" | "apart":
                return self._compared(field, texts)
            case "accepted":
                return self._accepted(texts[0])
            case "birth refused":
                return self._birth(texts[0])
            case "births agree":
                return self._births(*texts)
        raise AssertionError(kind)

    # ------------------------------------------------------------------ intakes

    def open(self, **given: Any) -> Any:
        """Log an intake about somebody whom nothing but what is given makes the same person."""
        body: dict[str, Any] = {
            "standing": "left",
            "identity": {"name": nobody()},
            "contact": {"channel": "phone"},
            "account": {"says": "Called."},
        }
        for part, fields in given.items():
            body[part] = {**body.get(part, {}), **fields}
        return self.served.ask(self.served.world.member("volunteer"), "POST", "/cases", body)

    def _with(self, field: str, text: str) -> Any:
        if text.startswith("in handles: "):
            return self.open(contact={"handles": [text.removeprefix("in handles: ")]})
        match field:
            case "phone":
                return self.open(contact={"phones": [text]})
            case "handle":
                return self.open(contact={"handles": [text]})
            case "nrc":
                return self.open(papers={"nrc": text})
        return self.open(identity={"name": text})

    def _compared(self, field: str, texts: list[str]) -> str:
        coordinator = self.served.world.member("coordinator")
        answers = [self._with(field, text) for text in texts]
        if refused := [one for one in answers if one.status_code != 201]:
            return f"refused: {refused[0].json()['code']}"
        ids = [one.json()["id"] for one in answers]
        weak: set[bool] = set()
        strong: set[bool] = set()
        for other in ids[1:]:
            items = self.served.get(coordinator, f"/cases/{other}/duplicates")["items"]
            likely = {item["case"]["id"]: item["likely"] for item in items}
            weak.add(ids[0] in likely)
            strong.add(likely.get(ids[0], False))
        found = {self._is_found(field, text, ids[0]) for text in texts[1:]}
        if weak == {False} and found <= {False, None}:
            return "apart"
        if found != {True}:
            return "not found by every spelling"
        if weak != {True}:
            return "not proposed for every spelling"
        return "found and likely" if strong == {True} else "found and proposed"

    def _is_found(self, field: str, text: str, wanted: str) -> bool | None:
        """Whether a search finds a case; None where nobody can look for that."""
        value = text.removeprefix("in handles: ")
        kind = "handle" if value != text and field != "phone" else field
        answer = self.served.ask(
            self.served.world.member("coordinator"), "POST", "/searches",
            {"kind": kind, "value": value},
        )  # fmt: skip
        if answer.status_code == 429:
            self.served.world.clock.advance(days=1)
            return self._is_found(field, text, wanted)
        if answer.status_code == 422:
            return None
        assert answer.status_code == 200, answer.text
        return wanted in {item["id"] for item in answer.json()["items"]}

    def _kept(self, text: str) -> str:
        volunteer = self.served.world.member("volunteer")
        made = self.open(identity={"name": text}, account={"says": text})
        path = f"/cases/{made.json()['id']}"
        shown = self.served.get(volunteer, path)
        self.served.ask(
            volunteer, "PATCH", path, {"contact": {"channel": "friend"}}, based_on=shown["version"]
        )
        shown = self.served.get(volunteer, path)
        kept = shown["identity"]["name"], shown["account"]["says"]
        return "kept" if kept == (text, text) else f"shown as {kept[0]}"

    def _accepted(self, text: str) -> str:
        made = self.open(contact={"phones": [text]})
        if made.status_code != 201:
            return f"refused: {made.json()['code']}"
        shown = self.served.get(
            self.served.world.member("volunteer"), f"/cases/{made.json()['id']}"
        )["contact"]["phones"][0]
        clean = not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
        return "taken and cleaned" if clean else "taken with its marks"

    # ------------------------------------------------------------------ births, words, codes

    def _birth(self, text: str) -> str:
        made = self.open(papers={"born_on": text})
        if made.status_code == 201:
            return "taken"
        said = made.json()
        if said["code"] != "birth.not_possible":
            return f"refused: {said['code']}"
        year = re.search("[0-9၀-၉]{4}", text)
        era = year is None or year[0] not in _ERAS or "1996" in said["title"]
        return "refused with what is likely" if era else "refused without what is likely"

    def _births(self, one: str, other: str) -> str:
        coordinator = self.served.world.member("coordinator")
        name = f"{nobody()} {nobody()} {nobody()}"
        answers = [
            self.open(identity={"name": name}, papers={"born_on": born, "nrc": None})
            for born in (one, other)
        ]
        if refused := [one for one in answers if one.status_code != 201]:
            return f"refused: {refused[0].json()['code']}"
        first, second = (answer.json()["id"] for answer in answers)
        items = self.served.get(coordinator, f"/cases/{second}/duplicates")["items"]
        likely = {item["case"]["id"]: item["likely"] for item in items}
        return "no contradiction" if likely.get(first) else "held to contradict"

    def _heard(self, agreed: str, said: str) -> str:
        coordinator = self.served.world.member("coordinator")
        case = self.open().json()
        path = f"/cases/{case['id']}"
        for who in (coordinator, self.served.world.member("lead")):
            version = self.served.get(coordinator, path)["version"]
            body = {"reason": "Exposed.", "hours": 24}
            self.served.post(who, f"{path}/emergency", body, based_on=version)
        due_at = self.served.world.clock.at.isoformat().replace("T09", "T19")
        leg = {"kind": "bus", "place": "the stop", "instructions": "Wait.", "due_at": due_at}
        plan = self.served.post(
            coordinator, f"{path}/plans",
            {
                "origin": "here", "destination": "there", "safe_word": agreed,
                "duress_word": "zebra crossing", "legs": [{**leg, "grace_minutes": 60}],
            },
        )  # fmt: skip
        heard = self.served.post(
            coordinator, f"/legs/{plan['legs'][0]['id']}/check-ins", {"word": f"{said}, all well"}
        )
        return "heard" if heard["understood"] else "not understood"


def nobody() -> str:
    """A name that nobody else has."""
    return "q" + str(next(_NUMBERS)).translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "bcdfghjklm")
_ERAS = {"2539", "၂၅၃၉", "1358"}


def wrapped(form: str, code: str) -> str:
    """A code as it arrives, by the words of an input."""
    dashes = code.replace
    ways = {
        "{code with U+202F for its dashes}": dashes("-", "\u202f"),
        "{code with U+2013 for its dashes}": dashes("-", "\u2013"),
        "{code without dashes}": dashes("-", ""),
        "{code lower case}": code.lower(),
        "{code in Burmese digits}": code.translate(_BURMESE),
        "{code full width}": "".join(chr(ord(sign) + 0xFEE0) for sign in code),
    }
    for way, text in ways.items():
        form = form.replace(way, text)
    return form.replace("{code}", code)
