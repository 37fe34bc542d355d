"""Since a sign-in under duress a member's real grants rest, until a lead lets them open again."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select

from app.accounts.service import remove_member
from app.accounts.suspensions import reinstate_member, suspend_member
from app.alerts.models import Alert
from app.alerts.service import raise_deleted_alerts
from app.store.base import Base
from app.store.models import RowMark
from app.vault.errors import KeyCopyMissing
from app.vault.models import Grant, OrganisationKeyKind
from tests.sessions.test_duress import alerts, set_second, token_by
from tests.support.people import another_lead
from tests.support.world import Person, World, open_world


@pytest.fixture
def person(world: World) -> Person:
    return world.member("coordinator")


@pytest.fixture
def second(served, person: Person) -> str:
    return set_second(served, served.token_of(person), person.passphrase)


def test_from_the_next_request_on_the_real_grants_open_nothing_in_any_process(
    served, world, person, second
):
    """Another process is a deployment of its own."""
    case_id = world.open_case(by=world.member("volunteer"))
    colleague = world.member("coordinator", 2)
    with closing(open_world(world.founded, world.deployment.settings)) as another:
        assert opens(another, person, case_id)
        token_by(served, person, second)
        assert not opens(another, person, case_id)
        assert not opens(world, person, case_id)
        assert opens(another, colleague, case_id)


def opens(world: World, person: Person, case_id: UUID) -> bool:
    with world.work_as(person) as work:
        return work.grants.holds(case_id)


def test_no_row_of_a_grant_and_no_member_shows_that_it_was_used(served, world, person, second):
    """The queries of a snapshot: counts, versions, certificates of members, grants that ended."""
    world.open_case(by=world.member("volunteer"))
    names = ("members", "member_keys", "credentials", "grants", "key_copies")
    tables = [Base.metadata.tables[name] for name in names]

    def snapshot():
        with world.deployment.engine.connect() as connection:
            return [sorted(map(tuple, connection.execute(select(one)))) for one in tables]

    before = snapshot()
    token_by(served, person, second)
    with world.work_as(None) as work:
        raise_deleted_alerts(work)
    assert snapshot() == before


def test_deleting_the_alert_does_not_silence_it(served, world, person, second):
    token_by(served, person, second)
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(Alert))
    with world.work_as(None) as work:
        assert raise_deleted_alerts(work) == 1
    with world.work_as(None) as work:
        assert raise_deleted_alerts(work) == 0
    assert [(alert["kind"], alert["member_id"]) for alert in alerts(served)] == [
        ("duress_at_sign_in", str(person.id))
    ]


def test_putting_the_database_back_does_not_let_the_grants_open(served, world, person, second):
    case_id = world.open_case(by=world.member("volunteer"))
    with world.deployment.engine.connect() as connection:
        grants = [dict(row) for row in connection.execute(select(Grant.__table__)).mappings()]
    token_by(served, person, second)
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(Grant))
        connection.execute(insert(Grant.__table__), grants)
    assert not opens(world, person, case_id)


def test_a_lead_lets_the_grants_open_again(served, world, person, second):
    case_id = world.open_case(by=world.member("volunteer"))
    token_by(served, person, second)
    token_by(served, person, second)
    lead = world.token(world.member("lead"), stepped_up=True)
    answer = served.ask(lead, "POST", f"/members/{person.id}/resumption")
    assert answer.status_code == 200, answer.text
    assert opens(world, person, case_id)
    harmless = served.ask(token_by(served, person, second), "GET", "/me").json()["id"]
    answer = served.ask(lead, "POST", f"/members/{harmless}/resumption")
    assert answer.json()["code"] == "member.not_found"


def test_a_lead_resumes_their_own_grants_only_as_the_only_lead(served, world):
    lead = world.member("lead")
    token = world.token(lead, stepped_up=True)
    answer = served.ask(token, "POST", f"/members/{lead.id}/resumption")
    assert answer.status_code == 200, answer.text
    another_lead(world)
    answer = served.ask(token, "POST", f"/members/{lead.id}/resumption")
    assert answer.json()["code"] == "member.not_found"


def test_of_a_removed_member_no_grant_is_resumed(served, world, person):
    lead = world.member("lead")
    with world.work_as(lead) as work:
        remove_member(work, person.id)
    token = world.token(lead, stepped_up=True)
    answer = served.ask(token, "POST", f"/members/{person.id}/resumption")
    assert answer.json()["code"] == "member.removed"


def test_an_undone_suspension_lets_the_grants_open_again(served, world, person, second):
    case_id = world.open_case(by=world.member("volunteer"))
    token_by(served, person, second)
    with world.work_as(world.member("lead")) as work:
        suspend_member(work, person.id)
    with world.work_as(another_lead(world)) as work:
        reinstate_member(work, person.id)
    assert opens(world, person, case_id)


def test_the_search_key_opens_nothing_either(served, world, person, second):
    token_by(served, person, second)
    with world.work_as(person) as work, pytest.raises(KeyCopyMissing):
        work.keyring.copy(OrganisationKeyKind.SEARCH)


def test_each_sign_in_leaves_one_mark_of_one_shape(served, world, person, second):
    def marks():
        with world.deployment.keystore.engine.connect() as connection:
            return {
                tuple(row)
                for row in connection.execute(
                    select(RowMark.least, RowMark.for_good, RowMark.pending, RowMark.unit)
                )
            }, connection.scalar(select(func.count()).select_from(RowMark))

    grown, shapes = [], []
    for passphrase in (person.passphrase, second, person.passphrase):
        before, count = marks()
        token_by(served, person, passphrase)
        after, now = marks()
        grown.append(now - count)
        shapes.append(after - before)
    # Both rows of the account's second factor are marked again at each of them.
    assert grown == [1, 1, 1]
    assert len(shapes[1]) == len(shapes[2]) == 1
