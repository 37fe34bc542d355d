"""How many leads must have heard a newcomer's three words."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from app.accounts.models import Member, MemberStatus
from app.joining.service import MOST_ALONE
from app.presets import Preset
from app.vault.models import MemberKeys
from app.work import Work
from tests.support.joining import certify, join
from tests.support.people import another_lead, new_member
from tests.support.world import Person, World


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


def keep_preset(world: World, preset: Preset) -> None:
    """Make the group one of another size."""
    chosen = replace(world.deployment.organisation_settings, preset=preset)
    world.deployment.__dict__["_chosen"] = chosen


# ---------------------------------------------------------------------- one lead alone


def test_one_lead_alone_lets_in_three_within_30_days_and_makes_no_team_of_puppets(
    served, world, lead
):
    token = served.stepped_up(lead)
    logins = [f"puppet-{number}" for number in range(MOST_ALONE + 1)]
    joined = [join(served, lead, new_member(world, login=login)) for login in logins]
    for one in joined[:-1]:
        assert certify(served, token, one).json()["status"] == "active"
    answer = certify(served, token, joined[-1])
    assert (answer.status_code, answer.json()["code"]) == (409, "member.second_lead_first")

    other = another_lead(world)
    assert certify(served, token, joined[-1]).json()["status"] == "invited"
    second = world.token(other, stepped_up=True)
    assert certify(served, second, joined[-1]).json()["status"] == "active"
    further = join(served, lead, new_member(world, login="further"))
    assert certify(served, second, further).json()["status"] == "active"

    world.clock.advance(days=31)
    later = join(served, served.token_of(lead), new_member(world, login="later"))
    assert certify(served, served.stepped_up(lead), later).json()["status"] == "active"


def test_a_change_of_roles_lets_nobody_in_who_was_not_heard(served, world, lead):
    token = served.stepped_up(lead)
    newcomer = join(served, lead, new_member(world))
    body = {"roles": new_member(world, role="treasurer")["roles"]}
    path = f"/members/{newcomer.id}/roles"
    answer = served.ask(token, "POST", path, json=body, headers={"if-match": '"1"'})
    assert answer.json()["status"] == "invited"


def test_a_change_to_a_role_that_two_leads_certify_waits_for_both(served, world, lead):
    other, vetter = another_lead(world), world.member("vetter")
    body = {"roles": new_member(world, role="administrator")["roles"]}
    path, token = f"/members/{vetter.id}", served.stepped_up(lead)
    answer = served.ask(token, "POST", f"{path}/roles", json=body, headers={"if-match": '"2"'})
    assert answer.json()["status"] == "invited"
    words = served.ask(served.token_of(vetter), "GET", "/me").json()["fingerprint"]
    for who, status in ((token, "invited"), (world.token(other, stepped_up=True), "active")):
        sent = {"heard": words}
        match = {"if-match": answer.headers["etag"]}
        done = served.ask(who, "POST", f"{path}/certificate", json=sent, headers=match)
        assert done.json()["status"] == status


# ---------------------------------------------------------------------- two leads


@pytest.mark.parametrize(
    ("preset", "role", "leads_needed"),
    [
        (Preset.SMALL, "administrator", 1),
        (Preset.DOZEN, "vetter", 1),
        (Preset.DOZEN, "administrator", 2),
        (Preset.LARGE, "vetter", 2),
    ],
)
def test_the_preset_says_how_many_leads_must_hear_the_words(
    served, world, lead, preset, role, leads_needed
):
    another_lead(world)
    keep_preset(world, preset)
    newcomer = join(served, lead, new_member(world, role=role))
    path = f"/members/{newcomer.id}/certificate"
    token = served.stepped_up(lead)
    assert served.ask(token, "GET", path).json()["leads_needed"] == leads_needed
    answer = certify(served, token, newcomer)
    assert answer.json()["status"] == ("active" if leads_needed == 1 else "invited")


def test_where_two_must_the_same_lead_twice_is_one_and_another_lead_makes_two(served, world, lead):
    other = another_lead(world)
    keep_preset(world, Preset.LARGE)
    newcomer = join(served, lead, new_member(world))
    token = served.stepped_up(lead)
    assert certify(served, token, newcomer).json()["status"] == "invited"
    twice = certify(served, token, newcomer)
    assert (twice.status_code, twice.json()["code"]) == (409, "member.confirmed_by_you")
    second = world.token(other, stepped_up=True)
    seen = served.ask(second, "GET", f"/members/{newcomer.id}/certificate").json()
    assert seen["confirmed_by"] == str(lead.id)
    assert certify(served, second, newcomer).json()["status"] == "active"
    assert len(served.events("member:confirmed")) == 1


def test_a_confirmation_that_was_put_in_the_database_counts_for_nothing(served, world, lead):
    other = another_lead(world)
    keep_preset(world, Preset.LARGE)
    newcomer = join(served, lead, new_member(world))

    def plant(work: Work) -> None:
        keys = work.session.get_one(MemberKeys, UUID(newcomer.id))
        keys.confirmed_by, keys.confirmation = other.id, bytes(64)
        work.trail.record("members:listed")

    with world.work_as(lead) as work:
        plant(work)
    assert certify(served, served.stepped_up(lead), newcomer).json()["status"] == "invited"


def test_where_there_is_one_lead_one_is_enough(served, world, lead):
    keep_preset(world, Preset.LARGE)
    newcomer = join(served, lead, new_member(world))
    assert certify(served, served.stepped_up(lead), newcomer).json()["status"] == "active"
    with world.deployment.sessions() as session:
        assert session.get_one(Member, UUID(newcomer.id)).status is MemberStatus.ACTIVE
