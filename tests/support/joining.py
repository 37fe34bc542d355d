"""Joins as a newcomer does: by a link and its words, over HTTP, then compared by voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.accounts_client import Served

PASSPHRASE = "a ferry of nine grey umbrellas"


@dataclass(frozen=True)
class Joined:
    """Who has joined: their id, their token, and the words that they read aloud."""

    id: str
    token: str
    words: str


def invite(served: Served, who: Any, body: dict[str, Any]) -> Any:
    """What the inviter is shown."""
    body = {name: value for name, value in body.items() if name != "login"}
    answer = served.ask(who, "POST", "/invitations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def joining(invitation: Any, **changes: Any) -> dict[str, Any]:
    """What the newcomer sends."""
    return {
        "token": invitation["token"],
        "words": invitation["words"],
        "login": "hornbill",
        "passphrase": PASSPHRASE,
    } | changes


def join(served: Served, who: Any, body: dict[str, Any]) -> Joined:
    """Invite somebody and join as them; they wait for a certificate."""
    sent = joining(invite(served, who, body), login=body["login"])
    answer = served.ask(None, "POST", "/joinings", json=sent)
    assert answer.status_code == 201, answer.text
    token = served.sign_in(body["login"], PASSPHRASE).json()["token"]
    return Joined(answer.json()["member_id"], token, answer.json()["fingerprint"])


def certify(served: Served, lead: str, newcomer: Joined, **changes: Any) -> Any:
    """Certify as a lead who stepped up and heard the words; returns the response."""
    path = f"/members/{newcomer.id}/certificate"
    headers = {"if-match": changes.pop("if_match", '"1"')}
    body = {"heard": newcomer.words} | changes
    return served.ask(lead, "POST", path, json=body, headers=headers)
