"""Duress at sign-in: the second passphrase opens a harmless account and raises an alert."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.models import Credential, Member
from app.accounts.service import close_account, list_members, remove_member
from app.alerts.models import Alert
from app.alerts.service import forget_alerts, raise_deleted_alerts
from app.audit.models import AuditEvent
from app.permissions import Role
from app.sessions.models import MemberSession
from app.sessions.service import principal_of
from app.store.base import Base
from app.vault.errors import KeyNotCertified
from app.vault.models import GrantReason, MemberKeys
from app.vault.scopes import SUMMARY
from tests.support.joining import join
from tests.support.people import new_member, roles_body
from tests.support.statements import recorded, writes
from tests.support.world import Person, World

DURESS = "/me/duress-passphrase"
TELLTALE = (b"duress", b"forced", b"decoy", b"second")


@pytest.fixture
def person(world: World) -> Person:
    return world.member("coordinator")


@pytest.fixture
def second(served, person: Person) -> str:
    return set_second(served, served.token_of(person), person.passphrase)


def set_second(served, token: str, passphrase: str) -> str:
    answer = served.ask(token, "PUT", DURESS, json={"passphrase": passphrase})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["passphrase"])


def token_by(served, person: Person, passphrase: str) -> str:
    answer = served.sign_in(person.login, passphrase)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def alerts(served) -> list[dict[str, str]]:
    lead = served.world.token(served.world.member("lead"), stepped_up=True)
    answer = served.ask(lead, "GET", "/alerts")
    assert answer.status_code == 200
    return answer.json()["items"]


def test_it_opens_a_harmless_account_of_the_same_name(served, world, person, second):
    token = token_by(served, person, second)
    me = served.ask(token, "GET", "/me").json()
    real = served.ask(token_by(served, person, person.passphrase), "GET", "/me").json()
    assert me["id"] != real["id"]
    assert me["roles"] == roles_body(person.team_id, "volunteer")
    assert {**me, "id": 0, "roles": 0, "session_id": 0} == {
        **real,
        "id": 0,
        "roles": 0,
        "session_id": 0,
    }
    with world.deployment.sessions() as session:
        _, keys = principal_of(session, world.deployment, token)
    assert keys.work.seed != person.secrets.work.seed


def test_the_real_passphrase_still_opens_the_real_account(served, world, person, second):
    token = token_by(served, person, person.passphrase)
    assert served.ask(token, "GET", "/me").json()["id"] == str(person.id)
    assert alerts(served) == []


def test_using_it_ends_the_real_sessions_at_once(served, world, person, second):
    real = token_by(served, person, person.passphrase)
    stranger = served.token_of(world.member("vetter"))
    token_by(served, person, second)
    assert served.ask(real, "GET", "/me").status_code == 401
    assert served.ask(stranger, "GET", "/me").status_code == 200


def test_the_alert_names_the_real_member_and_only_leads_may_read_it(served, world, person, second):
    token_by(served, person, second)
    assert [(alert["kind"], alert["member_id"], alert["team_id"]) for alert in alerts(served)] == [
        ("duress_at_sign_in", str(person.id), str(person.team_id))
    ]
    assert served.ask(Role.COORDINATOR, "GET", "/alerts").json()["items"] == []
    assert served.ask(Role.VOLUNTEER, "GET", "/alerts").json()["items"] == []
    for role in set(Role) - {Role.LEAD, Role.COORDINATOR, Role.VOLUNTEER}:
        assert served.ask(role, "GET", "/alerts").status_code == 403


def test_signing_in_by_either_passphrase_writes_the_same_rows_and_responds_alike(served, world):
    person = world.member("volunteer")
    world.open_case(by=person)
    second = set_second(served, served.token_of(person), person.passphrase)
    seen = []
    for passphrase in (person.passphrase, second):
        before = sizes(world)
        with recorded(world.deployment.engine) as statements:
            answer = served.sign_in(person.login, passphrase)
        grown = {name: size - before[name] for name, size in sizes(world).items()}
        # The real sessions go in the statement that deletes none on the other way.
        grown.pop("sessions")
        shape = {name: len(str(value)) for name, value in answer.json().items()}
        seen.append((answer.status_code, dict(answer.headers), shape, statements, grown))

    real, forced = seen
    assert real == forced
    assert len(writes(real[3])) > 4
    assert real[0] == 201


def sizes(world: World) -> dict[str, int]:
    """How many bytes each table's rows take, by table."""
    with world.deployment.sessions() as session:
        return {
            table.name: sum(
                len(value) if isinstance(value, bytes) else 1
                for row in session.execute(select(table))
                for value in row
            )
            for table in Base.metadata.sorted_tables
        }


def test_no_table_and_no_event_says_in_clear_that_there_is_one(served, world, person, second):
    token_by(served, person, second)
    with world.work_as(None) as work:
        raise_deleted_alerts(work)
    with world.deployment.sessions() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                shown = b" ".join(
                    value if isinstance(value, bytes) else str(value).encode() for value in row
                ).lower()
                assert not any(word in shown for word in TELLTALE), table.name
        actions = set(session.scalars(select(AuditEvent.action)))
    assert not any(word.decode() in action for word in TELLTALE for action in actions)
    assert "session:opened" in actions


def test_every_sign_in_leaves_an_alert_of_one_size(served, world, person, second):
    token_by(served, person, second)
    token_by(served, person, person.passphrase)
    with world.deployment.sessions() as session:
        kept = session.scalars(select(Alert)).all()
    assert len(kept) == 3
    assert len({len(alert.notice.envelope) for alert in kept}) == 1


@pytest.mark.usefixtures("world_on_both")
def test_the_harmless_account_is_not_listed_among_the_members(served, world, person, second):
    """On both databases: paging."""
    harmless = served.ask(token_by(served, person, second), "GET", "/me").json()["id"]
    lead = served.stepped_up(world.member("lead"))
    listed, cursor = [], ""
    while True:
        page = served.ask(lead, "GET", f"/members?limit=5{cursor}").json()
        listed += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(listed) == len(world.people)
    assert harmless not in {item["id"] for item in listed}
    assert served.ask(lead, "GET", f"/members/{harmless}").status_code == 404
    headers = {"if-match": '"1"'}
    heard = {"heard": "three words heard"}
    for method, end, body in (("POST", "/certificate", heard), ("DELETE", "", None)):
        path = f"/members/{harmless}{end}"
        answer = served.ask(lead, method, path, headers=headers, json=body)
        assert answer.json()["code"] == "member.not_found"
    with world.work_as(person) as work:
        assert harmless not in {str(m.id) for m in list_members(work, person.team_id)}


def rows_of_accounts(world: World) -> dict[str, list[object]]:
    """The rows of members, their keys and credentials, as a thief has them."""
    with world.deployment.engine.connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(select(Base.metadata.tables[table]))))
            for table in ("members", "member_keys", "credentials")
        }


def test_setting_it_changes_one_row_as_a_change_of_passphrase_does(served, world, person):
    token = served.token_of(person)
    before = rows_of_accounts(world)
    set_second(served, token, person.passphrase)
    after = rows_of_accounts(world)
    assert after["members"] == before["members"]
    assert after["member_keys"] == before["member_keys"]
    changed = set(after["credentials"]) - set(before["credentials"])
    assert len(after["credentials"]) == len(before["credentials"])
    assert len(changed) == 1
    other = world.member("coordinator", 2)
    own = {"passphrase": other.passphrase}
    answer = served.ask(served.token_of(other), "POST", "/me/passphrase", json=own)
    assert answer.status_code == 201
    now = rows_of_accounts(world)
    assert now["members"] == before["members"]
    with world.deployment.sessions() as session:
        versions = [session.get_one(Credential, one.id).version for one in (person, other)]
    assert versions == [2, 2]


def test_every_account_has_two_members_from_the_beginning(served, world):
    joined = join(served, Role.ADMINISTRATOR, new_member(world, role="volunteer"))
    with world.deployment.sessions() as session:
        everybody = {row.id for row in session.scalars(select(Member))}
        assert len(everybody) == 2 * (len(world.people) + 1)
        for model in (MemberKeys, Credential):
            assert {row.id for row in session.scalars(select(model))} == everybody
    assert UUID(joined.id) in everybody


def test_in_the_database_it_looks_like_any_account_that_waits_for_its_certificate(
    served, world, person, second
):
    body = {
        "roles": roles_body(person.team_id, "volunteer"),
        "login": "waiting",
        "display_name": "Wren",
    }
    invited = join(served, Role.ADMINISTRATOR, body).id
    harmless = served.ask(token_by(served, person, second), "GET", "/me").json()["id"]
    with world.deployment.sessions() as session:
        shapes = [shape(session, member_id) for member_id in (invited, harmless)]
    assert shapes[0] == shapes[1]


def shape(session, member_id: str) -> list[object]:
    """Everything about a member's rows but what is random."""
    member = session.scalars(select(Member)).all()
    own = next(row for row in member if str(row.id) == member_id)
    credential = session.get_one(Credential, own.id)
    keys = session.execute(
        select(Base.metadata.tables["member_keys"]).where(
            Base.metadata.tables["member_keys"].c.id == own.id
        )
    ).one()
    rows = [
        {c.key: getattr(row, c.key, None) for c in type(row).__table__.columns}
        for row in (own, credential)
    ]
    return [
        {
            name: len(value) if isinstance(value, bytes) else value
            for name, value in row.items()
            if name not in {"id", "profile_sealed", "sequence"}
        }
        for row in (*rows, keys._asdict())
    ] + [len(own.profile.envelope)]


def test_nothing_can_be_granted_to_the_harmless_account(served, world, person, second):
    token_by(served, person, second)
    case_id = world.open_case(by=world.member("volunteer"))
    with world.deployment.sessions() as session:
        known = {p.id for p in world.people}
        harmless = next(m for m in session.scalars(select(Member.id)) if m not in known)
    with pytest.raises(KeyNotCertified), world.work_as(world.member("coordinator", 2)) as work:
        work.grants.grant(
            case_id, harmless, [SUMMARY], reason=GrantReason.ASSIGNMENT, about=case_id
        )


def test_setting_it_again_leaves_only_the_newest(served, world, person, second):
    newest = set_second(served, token_by(served, person, person.passphrase), person.passphrase)
    assert served.sign_in(person.login, second).status_code == 401
    assert served.sign_in(person.login, newest).status_code == 201


def test_from_within_the_harmless_account_the_response_is_alike_and_nothing_changes(
    served, world, person, second
):
    harmless = token_by(served, person, second)
    shown = set_second(served, harmless, second)
    assert len(shown.split()) == 8
    assert served.sign_in(person.login, shown).status_code == 401
    assert served.sign_in(person.login, second).status_code == 201
    assert served.sign_in(person.login, person.passphrase).status_code == 201


def test_from_within_the_harmless_account_its_own_passphrase_is_replaced(
    served, world, person, second
):
    harmless = token_by(served, person, second)
    answer = served.ask(harmless, "POST", "/me/passphrase", json={"passphrase": second})
    assert answer.status_code == 201
    fresh = answer.json()["passphrase"]
    assert served.ask(token_by(served, person, fresh), "GET", "/me").json()["roles"] == roles_body(
        person.team_id, "volunteer"
    )
    assert served.sign_in(person.login, second).status_code == 401
    assert served.sign_in(person.login, person.passphrase).json()["member_id"] == str(person.id)


def test_in_a_session_of_ones_own_it_is_a_wrong_passphrase(served, world, person, second):
    token = token_by(served, person, person.passphrase)
    answer = served.ask(token, "POST", "/me/passphrase", json={"passphrase": second})
    assert (answer.status_code, answer.json()["code"]) == (403, "passphrase.wrong")


def test_replacing_the_real_passphrase_keeps_the_second_one(served, world, person, second):
    token = token_by(served, person, person.passphrase)
    served.ask(token, "POST", "/me/passphrase", json={"passphrase": person.passphrase})
    assert served.sign_in(person.login, second).status_code == 201


def test_with_its_owner_the_harmless_account_is_removed(served, world, person, second):
    harmless = token_by(served, person, second)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)
    assert served.ask(harmless, "GET", "/me").status_code == 401
    assert served.sign_in(person.login, second).status_code == 401
    with world.deployment.sessions() as session:
        members = session.scalars(select(Member)).all()
        assert sum(m.status == "removed" for m in members) == 2
        kept = session.scalars(select(MemberSession.member_id)).all()
    assert person.id not in kept


def test_alerts_are_forgotten_after_a_month(served, world, person, second):
    token_by(served, person, second)
    world.clock.advance(days=30)
    assert len(alerts(served)) == 1
    world.clock.advance(days=1)
    assert alerts(served) == []
    with world.work_as(None) as work:
        assert forget_alerts(work) == 2
    assert served.count(Alert) == 0
    with world.work_as(None) as work:
        assert raise_deleted_alerts(work) == 1, "their grants rest still: the leads are reminded"


def test_when_the_harmless_account_alone_is_gone_its_passphrase_opens_nothing(
    served, world, person, second
):
    harmless = UUID(served.ask(token_by(served, person, second), "GET", "/me").json()["id"])
    with world.work_as(None) as work:
        close_account(work, work.session.get_one(Member, harmless))
        work.trail.record("member:removed")
    assert served.sign_in(person.login, second).status_code == 401
    assert served.sign_in(person.login, person.passphrase).status_code == 201
