"""Sessions: what a token opens, and when a session ends."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from app.accounts.models import Credential, Member
from app.accounts.service import remove_member
from app.crypto.aead import WrapKey
from app.crypto.derive import hkdf
from app.crypto.errors import SealBroken
from app.deployment import Deployment
from app.permissions import Permission, Role, roles_in
from app.principal import Principal
from app.sessions import service as sessions
from app.sessions.errors import SessionEnded, SessionNotFound
from app.sessions.models import MemberSession
from app.sessions.service import forget_ended, principal_of
from app.store.base import new_id
from app.vault.keyring import MemberSecrets
from tests.support.joining import join
from tests.support.people import change_role, roles_body
from tests.support.statements import recorded
from tests.support.world import Person, World


def identify(world: World, token: str, deployment: Deployment | None = None):
    with world.deployment.sessions() as session:
        found = principal_of(session, deployment or world.deployment, token)
        session.commit()
        return found


def ends(world: World, token: str) -> bool:
    try:
        identify(world, token)
    except SessionEnded:
        return True
    return False


def change(world: World, **values) -> None:
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(MemberSession).values(**values))


@pytest.fixture
def person(world: World) -> Person:
    return world.member("volunteer")


@pytest.fixture
def token(world: World, person: Person) -> str:
    return world.token(person)


def test_a_token_names_its_member_in_one_query(world, person, token):
    with world.deployment.sessions() as session, recorded(world.deployment.engine) as statements:
        principal, keys = principal_of(session, world.deployment, token)
    asked = [statement for statement in statements if not statement.startswith("BEGIN")]
    assert len(asked) == 1
    assert isinstance(keys, MemberSecrets)
    assert principal == Principal(
        person.id,
        roles_in(person.team_id, Role.VOLUNTEER),
        person.team_id,
        principal.session_id,
        stepped_up=False,
    )


def test_a_row_shows_neither_token_nor_keys(world, person, token):
    with world.deployment.sessions() as session:
        row = session.scalars(select(MemberSession)).one()
    shown = row.keys_sealed + row.id.bytes
    raw = urlsafe_b64decode(token + "=")
    for secret in (person.secrets.work.seed, person.secrets.sign.seed, raw, token.encode()):
        assert all(secret[at : at + 8] not in shown for at in range(len(secret) - 7))


def test_a_row_and_the_boot_key_without_the_token_open_nothing(world, person, token):
    boot = world.deployment.boot_key
    with world.deployment.sessions() as session:
        row = session.scalars(select(MemberSession)).one()
    address = sessions._address(world.deployment, row.id, person.id, row.opened_at)

    def opened_by(guess: bytes) -> bytes:
        key = WrapKey(hkdf(guess + boot, info=sessions._KEYS_INFO))
        return key.unwrap(row.keys_sealed, address=address)

    assert opened_by(urlsafe_b64decode(token + "=")).startswith(person.secrets.work.seed)
    for guess in (b"", bytes(32), row.id.bytes, row.id.bytes * 2, person.id.bytes * 2):
        with pytest.raises(SealBroken):
            opened_by(guess)


def test_a_token_without_the_boot_key_opens_nothing(world, token):
    restarted = replace(world.deployment, boot_key=secrets.token_bytes(32))
    with pytest.raises(SessionEnded):
        identify(world, token, restarted)
    assert not ends(world, token)


@pytest.mark.parametrize(
    "spelling", ["", "x", "A" * 43, "é" * 43, " " * 43, "=" * 43, "a" * 44, "a" * 42]
)
def test_what_was_never_a_token_is_refused(world, token, spelling):
    with pytest.raises(SessionEnded):
        identify(world, spelling)


@given(position=st.integers(0, 42), letter=st.sampled_from("ABCxyz019-_"))
def test_a_token_changed_in_one_letter_opens_nothing(one_token, position, letter):
    world, token = one_token
    changed = token[:position] + letter + token[position + 1 :]
    assert ends(world, changed) is (changed != token)


@pytest.fixture
def one_token(world, token):
    return world, token


def test_a_session_ends_after_its_idle_time(world, token):
    world.clock.advance(minutes=15)
    assert not ends(world, token)
    world.clock.advance(minutes=16)
    assert ends(world, token)


def test_a_session_that_is_used_goes_on_until_its_absolute_end(world, token):
    for _ in range(71):
        world.clock.advance(minutes=10)
        assert not ends(world, token)
    world.clock.advance(minutes=10)
    assert ends(world, token)


@pytest.mark.usefixtures("world_on_both")
def test_use_is_written_down_to_the_minute_and_once_a_minute(world, token):
    """On both databases: transaction."""

    def updates() -> int:
        with recorded(world.deployment.engine) as statements:
            identify(world, token)
        return sum(statement.startswith("UPDATE") for statement in statements)

    world.clock.advance(seconds=59)
    assert updates() == 0
    world.clock.advance(seconds=31)
    assert updates() == 1
    assert updates() == 0
    with world.deployment.sessions() as session:
        row = session.scalars(select(MemberSession)).one()
    assert (row.seen_at.minute, row.seen_at.second) == (1, 0)


def test_a_clock_that_lags_a_little_ends_no_session(world, token):
    world.clock.advance(minutes=2)
    identify(world, token)
    world.clock.advance(minutes=-1)
    assert not ends(world, token)


@pytest.mark.usefixtures("world_on_both")
def test_removal_ends_every_session_at_once(world, person, token):
    """On both databases: transaction."""
    other = world.token(person, stepped_up=True)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)
    assert ends(world, token)
    assert ends(world, other)


def test_a_session_left_over_from_a_removed_member_is_refused(world, person, token):
    """Not only because its row is gone: a row put back opens nothing either."""
    with world.deployment.sessions() as session, session.begin():
        row = session.scalars(select(MemberSession)).one()
        values = {c.key: getattr(row, c.key) for c in MemberSession.__table__.columns}
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)
    with world.deployment.sessions() as session, session.begin():
        session.add(MemberSession(**values))
    assert ends(world, token)


def test_a_change_of_role_ends_every_session_at_once(world, person, token):
    with world.work_as(world.member("lead")) as work:
        change_role(work, person.id, Role.VETTER)
    assert ends(world, token)
    principal, _ = identify(world, world.token(person, stepped_up=True))
    assert principal.role is Role.VETTER


TEAM = new_id()


@pytest.mark.parametrize(
    "values",
    [
        {"roles": roles_in(TEAM, Role.LEAD)},
        {"roles": roles_in(TEAM, Role.ADMINISTRATOR)},
        {"status": "invited"},
    ],
)
def test_a_member_row_changed_in_the_database_ends_the_session(world, person, token, values):
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(Member).where(Member.id == person.id).values(**values))
    assert ends(world, token)


def test_a_member_moved_to_another_team_in_the_database_is_refused(world, person, token):
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(Member)
            .where(Member.id == person.id)
            .values(team_id=world.member("volunteer", team=2).team_id)
        )
    assert ends(world, token)


def test_a_session_moved_to_another_member_in_the_database_opens_nothing(world, token):
    change(world, member_id=world.member("lead").id)
    assert ends(world, token)


def test_keys_moved_into_another_session_open_nothing(world, person, token):
    lead = world.token(world.member("lead"))
    with world.deployment.sessions() as session:
        theirs = session.scalars(
            select(MemberSession.keys_sealed).where(
                MemberSession.member_id == world.member("lead").id
            )
        ).one()
    change(world, keys_sealed=theirs)
    assert ends(world, token)
    assert not ends(world, lead)


def test_a_second_key_moved_into_an_ordinary_session_unlocks_nothing(world):
    lead = world.member("lead")
    ordinary, unlocked = world.token(lead), world.token(lead, stepped_up=True)
    with world.deployment.sessions() as session:
        theirs = session.execute(
            select(MemberSession.lead_sealed, MemberSession.lead_until).where(
                MemberSession.lead_sealed.is_not(None)
            )
        ).one()
    change(world, lead_sealed=theirs.lead_sealed, lead_until=theirs.lead_until)
    assert ends(world, ordinary)
    assert identify(world, unlocked)[0].stepped_up


def test_a_step_up_prolonged_in_the_database_opens_nothing_without_its_key(world, token):
    change(world, lead_until=world.clock() + (world.clock() - world.clock().replace(hour=0)))
    assert not identify(world, token)[0].stepped_up


def test_a_session_prolonged_in_the_database_ends_when_it_would_have(world, token):
    world.clock.advance(hours=world.deployment.settings.session_hours, minutes=1)
    now = world.clock()
    change(world, seen_at=now, ends_at=now + timedelta(hours=9))
    assert ends(world, token)
    change(world, opened_at=now)
    assert ends(world, token)


def test_a_step_up_prolonged_in_the_database_unlocks_nothing(world):
    token = world.token(world.member("lead"), stepped_up=True)
    assert identify(world, token)[0].stepped_up
    change(world, lead_until=world.clock() + timedelta(hours=2))
    assert ends(world, token)


def test_without_a_certificate_a_member_acts_as_a_volunteer_at_most(served, world):
    administrator = world.member("administrator")
    body = {
        "roles": roles_body(administrator.team_id, "treasurer"),
        "login": "new-here",
        "display_name": "Sparrow",
    }
    principal, _ = identify(world, join(served, administrator, body).token)
    assert principal.role is Role.VOLUNTEER
    assert not principal.may(Permission.AID_PAY)


# ---------------------------------------------------------------------- over HTTP


def test_signing_out_ends_the_session_and_no_other(served, person, token):
    other = served.token_of(person)
    assert served.ask(token, "DELETE", "/sessions/current").status_code == 204
    refused = served.ask(token, "GET", "/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "session.ended")
    assert served.ask(other, "GET", "/me").status_code == 200


def test_a_member_sees_and_ends_only_their_own_sessions(served, world, person, token):
    lost_phone = served.token_of(person)
    stranger = world.member("volunteer", 2)
    theirs = served.ask(stranger, "GET", "/sessions").json()["items"]
    mine = served.ask(token, "GET", "/sessions").json()["items"]
    assert len(mine) == 2
    assert sum(item["current"] for item in mine) == 1
    lost = next(item["id"] for item in mine if not item["current"])

    for nobodys in (theirs[0]["id"], str(person.id)):
        refused = served.ask(token, "DELETE", f"/sessions/{nobodys}")
        assert (refused.status_code, refused.json()["code"]) == (404, "session.not_found")
    assert served.ask(token, "DELETE", f"/sessions/{lost}").status_code == 204
    assert ends(world, lost_phone)
    assert not ends(world, token)
    assert not ends(world, world.token(stranger))


def test_without_a_token_nothing_but_signing_in_is_open(served):
    for method, path in (("GET", "/me"), ("GET", "/members"), ("DELETE", "/sessions/current")):
        assert served.ask(None, method, path).status_code == 401
        assert served.ask("x" * 43, method, path).status_code == 401


@pytest.mark.usefixtures("world_on_both")
def test_rows_of_sessions_that_are_over_are_forgotten(world, person, token):
    """On both databases: transaction."""
    world.token(person, stepped_up=True)
    with world.work_as(None) as work:
        assert forget_ended(work) == 0
    world.clock.advance(minutes=10)
    identify(world, token)
    world.clock.advance(minutes=10)
    with world.work_as(None) as work:
        assert forget_ended(work) == 1
    assert not ends(world, token)


def test_losing_the_credential_row_does_not_open_a_session(world, person, token):
    with world.deployment.sessions() as session, session.begin():
        session.execute(delete(Credential))
    assert not ends(world, token)


def test_where_there_is_no_session_none_is_ended(world, person):
    with world.work_as(person) as work, pytest.raises(SessionNotFound):
        sessions.end_current_session(work)
