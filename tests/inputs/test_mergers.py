"""Mergers over HTTP: what is nobody's to merge into, and what is refused with what to do."""

from __future__ import annotations

import pytest

from tests.inputs.texts import Texts
from tests.support.served import Served, serve
from tests.support.world import World


def move(served: Served, case_id: str, how: str) -> None:
    """Let a case be declined, or be asked to be erased."""
    coordinator, path = served.world.member("coordinator"), f"/cases/{case_id}"
    if how == "declined":
        version = served.get(coordinator, path)["version"]
        body = {"decision": "decline", "reason": "Not ours."}
        served.post(coordinator, f"{path}/triage", body, based_on=version)
    elif how == "being erased":
        served.post(coordinator, f"{path}/erasure", {"reason": "She called.", "codes_die": True})
    elif how == "merged":
        other = Texts(served).open().json()["id"]
        version = served.get(coordinator, path)["version"]
        served.post(coordinator, f"{path}/merger", {"into": other}, based_on=version)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("declined", "case.merge_shut"),
        ("being erased", "case.erasure_asked"),
        ("merged", "case.merge_refused"),
        ("itself", "case.merge_refused"),
        ("nobody's", "case.not_found"),
    ],
)
def test_a_merger_into_what_is_shut_is_refused_with_what_to_do(world: World, how: str, code: str):
    with serve(world) as served:
        coordinator = world.member("coordinator")
        case, into = (Texts(served).open().json()["id"] for _ in range(2))
        move(served, into, how)
        into = {"itself": case, "nobody's": str(world.founded.teams[0])}.get(how, into)
        version = served.get(coordinator, f"/cases/{case}")["version"]
        path, body = f"/cases/{case}/merger", {"into": into, "reason": "The same person."}
        refused = served.ask(coordinator, "POST", path, body, based_on=version)
        assert refused.json()["code"] == code, refused.text
        assert refused.json()["title"]
        reopened = served.ask(coordinator, "POST", path, {**body, "reopen": True}, based_on=version)
        assert (reopened.status_code == 200) == (how == "declined")
