"""Joining by an invitation: link, six words, own keys, three words compared by voice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.accounts.models import Credential, Member
from app.audit.models import AuditEvent
from app.joining.invitations import HOLDS_FOR, MOST_TRIES
from app.joining.models import Invitation
from app.permissions import Role
from app.retention.old_rows import forget_old_rows
from app.store.base import new_id
from app.vault.certificates import fingerprint_words
from app.vault.errors import KeyNotCertified
from app.vault.models import MemberKeys
from tests.support.joining import PASSPHRASE, certify, invite, join, joining
from tests.support.people import copies_of, hand_over, new_member
from tests.support.world import Person, World


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


def join_attempt(served, sent):
    return served.ask(None, "POST", "/joinings", json=sent)


# ---------------------------------------------------------------------- the way in


@pytest.mark.parametrize("by", [Role.LEAD, Role.ADMINISTRATOR])
def test_a_newcomer_joins_by_link_and_words_and_works_once_a_lead_has_heard_them(
    served, world, lead, by
):
    newcomer = join(served, by, new_member(world))
    me = served.ask(newcomer.token, "GET", "/me").json()
    assert (me["display_name"], me["fingerprint"]) == ("Hornbill", newcomer.words)
    assert copies_of(world, UUID(newcomer.id)) == set()
    case_id = world.open_case()
    with pytest.raises(KeyNotCertified), world.work_as(world.member("coordinator")) as work:
        hand_over(work, case_id, UUID(newcomer.id))

    path = f"/members/{newcomer.id}/certificate"
    assert served.ask(lead, "GET", path).json()["code"] == "session.step_up_required"
    token = served.stepped_up(lead)
    seen = served.ask(token, "GET", path).json()
    assert (seen["fingerprint"], seen["leads_needed"]) == (newcomer.words, 1)
    certified = certify(served, token, newcomer)
    assert certified.status_code == 200, certified.text
    assert certified.json()["status"] == "active"
    again = certify(served, token, newcomer, if_match=certified.headers["etag"])
    assert (again.status_code, again.json()["code"]) == (409, "member.certified")
    with world.work_as(world.member("coordinator")) as work:
        hand_over(work, case_id, UUID(newcomer.id))
    me = served.ask(served.sign_in("hornbill", PASSPHRASE).json()["token"], "GET", "/me").json()
    assert me["fingerprint"] is None
    assert served.events("member:joined")[-1].facts["roles"].startswith("vetter@")
    assert served.events("member:certified")[-1].facts["member"] == newcomer.id


def test_the_words_are_taken_as_they_are_typed(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    typed = f"  {made['words'].upper().replace(' ', ', ')}. "
    assert join_attempt(served, joining(made, words=typed)).status_code == 201


def test_nobody_but_the_newcomer_is_shown_the_passphrase_and_no_secret_is_kept(served, world):
    made = invite(served, Role.ADMINISTRATOR, new_member(world))
    answer = join_attempt(served, joining(made))
    assert PASSPHRASE not in answer.text
    word = made["words"].split()[0]
    secrets = [made["token"], made["words"], PASSPHRASE, word + " " + made["words"].split()[1]]
    with world.deployment.engine.connect() as connection:
        tables = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in tables.all():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                kept = b"\x00".join(
                    value if isinstance(value, bytes) else str(value).encode() for value in row
                )
                assert not [one for one in secrets if one.encode() in kept], table


def test_every_step_is_on_record(served, world, lead):
    newcomer = join(served, Role.LEAD, new_member(world))
    certify(served, served.stepped_up(lead), newcomer)
    with world.deployment.sessions() as session:
        actions = list(session.scalars(select(AuditEvent.action)))
    told = ["invitation:made", "invitation:tried", "member:joined", "member:certified"]
    assert [action for action in actions if action in told] == told


# ---------------------------------------------------------------------- what is refused


def test_an_invitation_is_used_once(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    assert join_attempt(served, joining(made)).status_code == 201
    answer = join_attempt(served, joining(made, login="second"))
    assert (answer.status_code, answer.json()["code"]) == (404, "invitation.not_found")


@pytest.mark.usefixtures("world_on_both")
def test_of_two_who_join_at_once_by_one_invitation_one_does(served, world):
    """On both databases: race."""
    made = invite(served, Role.LEAD, new_member(world))
    sent = [joining(made, login=login) for login in ("first-one", "second-one")]
    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(
            answer.status_code for answer in pool.map(lambda one: join_attempt(served, one), sent)
        )
    assert statuses == [201, 404]
    assert len(served.events("member:joined")) == 1


def test_an_invitation_is_forgotten_after_30_days(served, world):
    invite(served, Role.LEAD, new_member(world))
    for days, left in ((29, 1), (1, 0)):
        world.clock.advance(days=days)
        with world.work_as(None) as work:
            forget_old_rows(work)
        assert served.count(Invitation) == left


def test_an_invitation_holds_for_72_hours(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    world.clock.advance(seconds=HOLDS_FOR.total_seconds())
    assert join_attempt(served, joining(made)).status_code == 404


def test_wrong_words_are_tried_five_times_and_the_right_ones_no_more_then(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    for _ in range(MOST_TRIES):
        answer = join_attempt(served, joining(made, words="six words that are not these"))
        assert (answer.status_code, answer.json()["code"]) == (403, "invitation.words_wrong")
    assert join_attempt(served, joining(made)).status_code == 404
    assert len(served.events("invitation:tried")) == MOST_TRIES


def test_the_words_of_one_invitation_do_not_go_with_the_link_of_another(served, world):
    first = invite(served, Role.LEAD, new_member(world))
    second = invite(served, Role.LEAD, new_member(world))
    answer = join_attempt(served, joining(first, words=second["words"]))
    assert answer.json()["code"] == "invitation.words_wrong"


def test_a_withdrawn_invitation_opens_nothing_and_is_listed_no_more(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    listed = served.ask(Role.ADMINISTRATOR, "GET", "/invitations").json()["items"]
    assert [(one["id"], one["display_name"], one["tries"]) for one in listed] == [
        (made["id"], "Hornbill", 0)
    ]
    path = f"/invitations/{made['id']}"
    for version, status in ((9, 412), (1, 204), (2, 404)):
        headers = {"if-match": f'"{version}"'}
        answer = served.ask(Role.ADMINISTRATOR, "DELETE", path, headers=headers)
        assert answer.status_code == status, answer.text
    gone = f"/invitations/{new_id()}"
    assert served.ask(Role.LEAD, "DELETE", gone, headers=headers).status_code == 404
    assert served.ask(Role.ADMINISTRATOR, "GET", "/invitations").json()["items"] == []
    assert join_attempt(served, joining(made)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"role": "lead"}, 409, "member.role_needs_root"),
        ({"role": "general"}, 422, "request.invalid"),
        ({"team_id": str(new_id())}, 404, "team.not_found"),
        ({"display_name": ""}, 422, "request.invalid"),
        ({"passphrase": "mine"}, 422, "request.invalid"),
    ],
)
def test_an_impossible_invitation_is_refused_and_leaves_nothing(
    served, world, changes, status, code
):
    body = new_member(world, **changes)
    body.pop("login")
    answer = served.ask(Role.ADMINISTRATOR, "POST", "/invitations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert served.count(Invitation) == 0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"login": "Thiri Aye"}, 422, "member.login_invalid"),
        ({"login": "ab"}, 422, "member.login_invalid"),
        ({"login": "သီရိ-အေး"}, 422, "member.login_invalid"),
        ({"login": "volunteer-1-team-1"}, 409, "member.login_taken"),
        ({"login": "VOLUNTEER-1-team-1"}, 409, "member.login_taken"),
        ({"passphrase": "too short"}, 422, "passphrase.weak"),
        ({"passphrase": "a a a a a a a a a a a a a a a a"}, 422, "passphrase.weak"),
        ({"token": "no link of any invitation"}, 404, "invitation.not_found"),
    ],
)
def test_an_impossible_joining_is_refused_and_can_be_mended(served, world, changes, status, code):
    made = invite(served, Role.LEAD, new_member(world))
    before = served.count(Member)
    answer = join_attempt(served, joining(made, **changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert served.count(Member) == before
    assert join_attempt(served, joining(made)).status_code == 201


def test_the_name_of_a_removed_member_stays_theirs(served, world, lead):
    vetter = world.member("vetter")
    served.ask(lead, "DELETE", f"/members/{vetter.id}", headers={"if-match": '"2"'})
    made = invite(served, Role.LEAD, new_member(world))
    answer = join_attempt(served, joining(made, login=vetter.login))
    assert answer.json()["code"] == "member.login_taken"


@pytest.mark.parametrize("role", set(Role) - {Role.LEAD, Role.ADMINISTRATOR})
def test_other_roles_may_not_invite(served, world, role):
    body = new_member(world)
    body.pop("login")
    answer = served.ask(role, "POST", "/invitations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


def test_an_invitation_that_was_altered_in_the_database_opens_nothing(served, world):
    made = invite(served, Role.LEAD, new_member(world))
    with world.deployment.engine.begin() as connection:
        connection.execute(text("UPDATE invitations SET tries = -100"))
    assert join_attempt(served, joining(made)).status_code == 404


# ---------------------------------------------------------------------- the three words


def test_words_that_differ_certify_nothing_and_they_differ_ends_it(served, world, lead):
    newcomer = join(served, Role.LEAD, new_member(world))
    token = served.stepped_up(lead)
    answer = certify(served, token, newcomer, heard="academic academic academic")
    assert (answer.status_code, answer.json()["code"]) == (409, "member.words_differ")
    assert served.ask(newcomer.token, "GET", "/me").status_code == 200

    path = f"/members/{newcomer.id}/certificate"
    ended = served.ask(token, "DELETE", path, headers={"if-match": '"1"'})
    assert ended.status_code == 204
    assert served.ask(newcomer.token, "GET", "/me").status_code == 401
    assert served.sign_in("hornbill", PASSPHRASE).status_code == 401
    assert certify(served, token, newcomer, if_match='"2"').json()["code"] == "member.removed"
    assert len(served.events("member:words_differed")) == 1
    with world.deployment.sessions() as session:
        assert session.get(Credential, UUID(newcomer.id)) is None


def test_keys_of_another_have_other_words(world):
    with world.work_as(world.member("lead")) as work:
        all_keys = work.session.scalars(select(MemberKeys)).all()
        words = [fingerprint_words(world.deployment.organisation, keys) for keys in all_keys]
        work.trail.record("members:listed")
    assert len(set(words)) == len(words)
    assert all(len(three.split()) == 3 for three in words)


def test_who_gets_other_roles_from_an_administrator_is_heard_again(served, world, lead):
    vetter = world.member("vetter")
    body = {"roles": new_member(world, role="registrar")["roles"]}
    changed = served.ask(
        Role.ADMINISTRATOR, "POST", f"/members/{vetter.id}/roles", json=body,
        headers={"if-match": '"2"'},
    )  # fmt: skip
    assert changed.json()["status"] == "invited"
    words = served.ask(served.token_of(vetter), "GET", "/me").json()["fingerprint"]
    path = f"/members/{vetter.id}/certificate"
    certified = served.ask(
        served.stepped_up(lead), "POST", path, json={"heard": words},
        headers={"if-match": changed.headers["etag"]},
    )  # fmt: skip
    assert certified.json()["status"] == "active"
