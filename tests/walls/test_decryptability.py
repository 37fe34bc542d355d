"""Every ciphertext against every principal: what opens is what the grant table says, exactly."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework.journeys import words_scope
from app.models import sealed_models
from app.permissions import ROLE_COMPARTMENTS, Compartment, Role
from app.relocation.legs import leg_scope
from app.store.sealed import sealed_fields
from app.totality import require_rows
from app.vault.errors import NoGrant
from app.vault.models import Grant
from app.vault.queries import live_grants
from app.vault.scopes import Scope, unpack_entries
from tests.support.journey import Journey
from tests.support.served import serve

STAGES = [
    "log_intake",
    "triage_and_assign",
    "ask_for_emergency",
    "vet",
    "relocate",
    "register",
    "aid",
]


_C = Compartment
_ROAD = {_C.ROUTE, _C.WORDS}
NEVER = {
    "volunteer": {_C.VETTING, _C.REGISTRATION},
    "coordinator": {_C.VETTING, _C.REGISTRATION},
    "vetter": {_C.CONTACT, _C.REGISTRATION, _C.AID, _C.REPORTING, *_ROAD},
    "registrar": {_C.CONTACT, _C.ACCOUNT, _C.HOUSEHOLD, _C.VETTING, _C.AID, _C.REPORTING, *_ROAD},
    "treasurer": set(_C) - {_C.SUMMARY, _C.AID},
    "auditor": set(_C),
    "administrator": set(_C),
}
"""What no grant may ever open for a role, written down a second time."""


def test_no_role_may_be_granted_what_it_never_opens():
    ruled = [role for role in Role if role is not Role.LEAD]
    require_rows(
        "NEVER", {Role(name) for name in NEVER}, ruled, file="tests/walls/test_decryptability.py"
    )
    for role, compartments in ROLE_COMPARTMENTS.items():
        assert not compartments & NEVER.get(role.value, set())


@pytest.fixture(params=[4, 7], ids=["vetted", "aided"])
def stage(world, request):
    """A case in the middle of its way, another team's case beside it, and an open vetting."""
    with serve(world) as served:
        journey = Journey(served)
        for step in STAGES[: request.param]:
            getattr(journey, step)()
        other = world.open_case(by=world.member("volunteer", team=2))
        fresh = world.open_case()
        served.post(
            journey.coordinator,
            f"/cases/{fresh}/triage",
            {"decision": "accept"},
            based_on=served.get(journey.coordinator, f"/cases/{fresh}")["version"],
        )
        yield world, journey, other


def cells(session):
    for model in sealed_models():
        for record in session.scalars(select(model)):
            for name, field in sealed_fields(model).items():
                cell = getattr(record, name)
                if cell.envelope is not None and field.compartment is not Compartment.DIRECTORY:
                    yield cell


def granted(session, world) -> set[tuple[UUID, UUID, Scope]]:
    """Who may open which scope of which case, as the grant table alone says it."""
    rows = session.scalars(select(Grant).where(live_grants(world.clock().date()))).all()
    return {
        (row.holder_id, row.case_id, entry.scope)
        for row in rows
        for entry in unpack_entries(row.entries)
    }


def test_what_opens_is_what_was_granted_and_nothing_else(stage):
    world, journey, _ = stage
    case_id = journey.case_uuid
    with world.deployment.sessions() as session:
        table = granted(session, world)
    seen = 0
    for person in world.people:
        with world.work_as(person) as work:
            for cell in list(cells(work.session)):
                scope = Scope(cell.field.compartment, cell.record.part)
                may = (person.id, cell.record.case_id, scope) in table
                try:
                    work.vault.open(cell)
                    opened = True
                except NoGrant:
                    opened = False
                assert opened is may, (person.role, cell)
                if cell.record.case_id == case_id and opened:
                    assert person.team_id == journey.coordinator.team_id
                    assert person.role not in {"administrator", "auditor"}
                assert not (opened and cell.field.compartment in NEVER.get(person.role, ()))
                seen += 1
    assert seen > len(world.people) * 10


def plan_two_legs(served, journey) -> list[dict]:
    """A plan of two legs, the second of which has an escort."""
    now = served.world.clock()
    legs = [
        {
            "kind": "walk",
            "place": f"place {n}",
            "instructions": "walk",
            "due_at": (now + timedelta(hours=n)).isoformat(),
            "grace_minutes": 30,
        }
        for n in (3, 6)
    ]
    path = f"/cases/{journey.case_id}"
    body = {"origin": "a", "destination": "b", "legs": legs}
    served.post(journey.coordinator, f"{path}/plans", body)
    planned: list[dict] = served.get(journey.coordinator, f"{path}/plan")["legs"]
    served.post(
        journey.coordinator,
        f"/legs/{planned[1]['id']}/escort",
        {"volunteer_id": str(journey.escort.id)},
        based_on=planned[1]["version"],
    )
    return planned


def test_an_escort_opens_one_leg_and_the_words_and_no_list_of_cases(world):
    with serve(world) as served:
        journey = Journey(served)
        for step in STAGES[:4]:
            getattr(journey, step)()
        legs = plan_two_legs(served, journey)
        mine = served.get(journey.escort, "/legs")["items"]
        assert [leg["id"] for leg in mine] == [legs[1]["id"]]
        assert served.get(journey.escort, "/cases")["items"] == []
        for leg_id, status in ((legs[0]["id"], 404), (legs[1]["id"], 200)):
            assert served.ask(journey.escort, "GET", f"/legs/{leg_id}").status_code == status
        plan = served.get(journey.coordinator, f"/cases/{journey.case_id}/plan")
        answer = served.ask(journey.escort, "GET", f"/cases/{journey.case_id}")
        assert answer.status_code == 404
    with world.work_as(journey.escort) as work:
        opened = set()
        for cell in list(cells(work.session)):
            try:
                work.vault.open(cell)
                opened.add(Scope(cell.field.compartment, cell.record.part))
            except NoGrant:
                continue
    plan_id = UUID(plan["id"])
    leg = leg_scope(UUID(legs[1]["id"]))
    assert opened == {leg, words_scope(plan_id)}
