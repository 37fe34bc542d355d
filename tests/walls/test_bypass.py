"""Authorisation patched to allow everything: the keys still refuse what was never granted."""

from __future__ import annotations

import pytest

from app.cases import service as intake
from app.permissions import ROLE_COMPARTMENTS, Compartment, Permission
from app.principal import Principal
from app.vault.grants import Grants
from tests.support.journey import Journey
from tests.support.served import serve

CASE_WIDE = {
    "identity": Compartment.IDENTITY,
    "papers": Compartment.PAPERS,
    "household": Compartment.HOUSEHOLD,
    "contact": Compartment.CONTACT,
    "account": Compartment.ACCOUNT,
}


@pytest.fixture
def unguarded(world, monkeypatch):
    """A served world in which every check that could be an `if` says yes."""
    with serve(world) as served:
        journey = Journey(served)
        for step in ("log_intake", "triage_and_assign", "vet", "relocate"):
            getattr(journey, step)()
        monkeypatch.setattr(Principal, "may", lambda self, permission: permission in Permission)
        monkeypatch.setattr(Principal, "needs_step_up", lambda self, permission: False)
        monkeypatch.setattr(Grants, "holds", lambda *_, **__: True)
        yield world, served, journey


def test_no_check_stands_between_and_still_nobody_reads_what_was_not_granted(unguarded):
    world, served, journey = unguarded
    strangers = [
        *(world.member(role) for role in ("registrar", "treasurer", "auditor", "administrator")),
        world.member("lead"),
        world.member("coordinator", team=2),
        world.member("volunteer", team=2),
    ]
    paths = [
        f"/cases/{journey.case_id}",
        f"/cases/{journey.case_id}/notes",
        f"/cases/{journey.case_id}/plan",
        f"/cases/{journey.case_id}/duplicates",
        *(f"/legs/{leg}" for leg in journey.seen["legs"]),
    ]
    for person in strangers:
        for path in paths:
            answer = served.ask(person, "GET", path)
            for text in journey.texts.values():
                assert text not in answer.text, (person.role, path)
    # The positive control: who was granted the case reads every word.
    shown = served.ask(journey.coordinator, "GET", f"/cases/{journey.case_id}").text
    for name in ("name", "nrc", "phone", "says", "unit"):
        assert journey.texts[name] in shown


def test_the_service_itself_gives_a_bypassed_caller_nothing_to_read(unguarded):
    world, _, journey = unguarded
    for person in world.people:
        if person.team_id == journey.coordinator.team_id and person.role == "coordinator":
            continue
        with world.work_as(person) as work:
            file = intake.read_case(work, journey.case_uuid)
            for name, compartment in CASE_WIDE.items():
                if compartment not in ROLE_COMPARTMENTS[person.role]:
                    assert getattr(file, name) is None, person.role
