"""A second factor: codes of an authenticator beside the passphrase, each of which counts once."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app.accounts.service import remove_member
from app.crypto.totp import code_at
from app.factors.models import SecondFactor
from app.permissions import Role
from app.sessions import throttle
from tests.retention.steps import verify_all
from tests.support.world import Person, World

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.fixture
def person(world: World) -> Person:
    return world.member("coordinator")


@pytest.fixture
def factor(served, person):
    """The person's factor, set up; the clock stands two minutes later, so that codes are fresh."""
    return set_up(served, person)


class Factor:
    """What the person has: the secret in their authenticator, and the recovery codes on paper."""

    def __init__(self, world, secret, recovery_codes, token):
        self.world, self.secret, self.token = world, secret, token
        self.recovery_codes = recovery_codes

    def code(self, ahead=0):
        return code_at(self.secret, self.world.clock(), ahead=ahead)


def decoded(text):
    bits = "".join(f"{BASE32.index(letter):05b}" for letter in text)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def set_up(served, person):
    begun, again = served.token_of(person), {"passphrase": person.passphrase}
    made = served.ask(begun, "POST", "/me/second-factor", json=again)
    assert made.status_code == 201, made.text
    secret = decoded(made.json()["secret"])
    assert made.json()["uri"].startswith("otpauth://totp/")
    first = {"code": code_at(secret, served.world.clock())}
    done = served.ask(begun, "POST", "/me/second-factor/confirmation", json=first)
    assert done.status_code == 201, done.text
    served.world.clock.advance(minutes=2)
    told = done.json()
    return Factor(served.world, secret, told["recovery_codes"], told["token"])


def signed_in(served, person, code=None, passphrase=None):
    body = {"login": person.login, "passphrase": passphrase or person.passphrase}
    if code is not None:
        body["code"] = code
    return served.ask(None, "POST", "/sessions", json=body)


def alerts(served, kind):
    lead = served.world.token(served.world.member("lead"), stepped_up=True)
    answer = served.ask(lead, "GET", "/alerts")
    return [item for item in answer.json()["items"] if item["kind"] == kind]


# --------------------------------------------------------------------------- signing in


def test_who_has_one_signs_in_with_a_code_and_not_without(served, person, factor):
    without = signed_in(served, person)
    assert (without.status_code, without.json()["code"]) == (401, "session.code_needed")
    assert signed_in(served, person, factor.code()).status_code == 201


def test_who_has_none_signs_in_by_the_passphrase_alone(served, world):
    assert signed_in(served, world.member("vetter")).status_code == 201


def test_a_code_counts_once(served, person, factor):
    code = factor.code()
    assert signed_in(served, person, code).status_code == 201
    again = signed_in(served, person, code)
    assert (again.status_code, again.json()["code"]) == (401, "session.code_wrong")


def test_a_used_code_counts_no_more_where_the_row_is_put_back(served, world, person, factor):
    table = SecondFactor.__table__
    with world.deployment.engine.connect() as connection:
        before = [dict(row) for row in connection.execute(select(table)).mappings()]
    code = factor.code()
    assert signed_in(served, person, code).status_code == 201
    with world.deployment.engine.begin() as connection:
        for row in before:
            connection.execute(update(table).where(table.c.id == row["id"]).values(row))
    assert signed_in(served, person, code).status_code == 500


def test_deleting_the_row_does_not_take_the_factor_away(served, world, person, factor):
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(SecondFactor))
    assert signed_in(served, person).json()["code"] == "second_factor.tampered"
    assert verify_all(world).findings


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_a_clock_that_is_half_a_minute_off_does_no_harm(served, person, factor, ahead):
    assert signed_in(served, person, factor.code(ahead)).status_code == 201


@pytest.mark.parametrize("ahead", [-3, 3])
def test_a_code_of_another_minute_does_not_count(served, person, factor, ahead):
    assert signed_in(served, person, factor.code(ahead)).json()["code"] == "session.code_wrong"


@pytest.mark.parametrize("shape", ["{0} {1}", "{0}-{1}", " {0}{1} "])
def test_a_code_counts_however_it_is_typed(served, person, factor, shape):
    code = factor.code()
    assert signed_in(served, person, shape.format(code[:3], code[3:])).status_code == 201


def test_a_code_counts_in_burmese_digits(served, person, factor):
    burmese = factor.code().translate(str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉"))
    assert signed_in(served, person, burmese).status_code == 201


def test_a_wrong_passphrase_with_a_right_code_says_nothing_of_the_code(served, person, factor):
    wrong = "eight words that open nothing at all here"
    answer = signed_in(served, person, factor.code(), wrong)
    assert answer.json()["code"] == "session.refused"
    assert signed_in(served, person, "000000", wrong).json()["code"] == "session.refused"


def test_after_ten_wrong_codes_recovery_codes_alone_count(served, world, person, factor):
    for _ in range(throttle.WRONG_CODES):
        world.clock.advance(minutes=1)
        assert signed_in(served, person, factor.code(9)).status_code == 401
    assert signed_in(served, person, factor.code()).json()["code"] == "session.code_wrong"
    assert len(alerts(served, "codes_refused")) == 1
    assert signed_in(served, person, factor.recovery_codes[0]).status_code == 201


# --------------------------------------------------------------------------- recovery codes


def test_a_recovery_code_counts_once_and_leads_know(served, person, factor):
    code = factor.recovery_codes[3]
    assert len(set(factor.recovery_codes)) == 10
    assert signed_in(served, person, code.upper()).status_code == 201
    assert signed_in(served, person, code).json()["code"] == "session.code_wrong"
    assert [one["member_id"] for one in alerts(served, "recovery_code_used")] == [str(person.id)]
    read = served.ask(factor.token, "GET", "/me/second-factor").json()
    assert (read["is_set_up"], read["recovery_codes_left"]) == (True, 9)


def test_new_recovery_codes_replace_the_old_ones(served, person, factor):
    again = {"passphrase": person.passphrase, "code": factor.code()}
    made = served.ask(factor.token, "POST", "/me/second-factor/recovery-codes", json=again)
    assert made.status_code == 201, made.text
    old, new = factor.recovery_codes[0], made.json()["recovery_codes"][0]
    assert signed_in(served, person, old).json()["code"] == "session.code_wrong"
    assert signed_in(served, person, new).status_code == 201


def test_no_row_says_who_has_one_or_a_code_in_clear(served, world, person, factor):
    with world.deployment.engine.connect() as connection:
        rows = connection.execute(select(SecondFactor.__table__)).mappings().all()
        members = {row["id"]: len(row["state"]) for row in rows}
    assert len(set(members.values())) == 1
    assert len(members) == 2 * len(world.people)
    shown = b"".join(row["state"] for row in rows)
    assert factor.secret not in shown
    assert not any(code.encode() in shown for code in factor.recovery_codes)
    versions = {row["version"] for row in rows if row["id"] == person.id}
    pair = {row["version"] for row in rows if row["id"] != person.id and row["version"] > 1}
    assert versions == pair, "both members of the account are written together"


# --------------------------------------------------------------------------- entering again


def test_the_second_unlock_asks_it_again(served, world):
    lead = world.member("lead")
    factor = set_up(served, lead)
    again = {"passphrase": lead.passphrase}
    path = "/sessions/current/step-up"
    without = served.ask(factor.token, "POST", path, json=again)
    assert (without.status_code, without.json()["code"]) == (403, "second_factor.code_needed")
    wrong = served.ask(factor.token, "POST", path, json=again | {"code": factor.code(5)})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "second_factor.code_wrong")
    right = served.ask(factor.token, "POST", path, json=again | {"code": factor.code()})
    assert right.status_code == 201, right.text


def test_a_change_of_passphrase_asks_it_and_keeps_it(served, person, factor):
    again = {"passphrase": person.passphrase, "code": factor.code()}
    changed = served.ask(factor.token, "POST", "/me/passphrase", json=again)
    assert changed.status_code == 201, changed.text
    fresh = changed.json()["passphrase"]
    assert signed_in(served, person, None, fresh).json()["code"] == "session.code_needed"
    factor.world.clock.advance(minutes=1)
    assert signed_in(served, person, factor.code(), fresh).status_code == 201


# --------------------------------------------------------------------------- setting up, ending


def test_setting_up_another_one_replaces_it_once_its_first_code_came(served, person, factor):
    again = {"passphrase": person.passphrase, "code": factor.code()}
    made = served.ask(factor.token, "POST", "/me/second-factor", json=again).json()
    factor.world.clock.advance(minutes=1)
    assert signed_in(served, person, factor.code()).status_code == 201
    new = decoded(made["secret"])
    first = {"code": code_at(new, factor.world.clock())}
    done = served.ask(factor.token, "POST", "/me/second-factor/confirmation", json=first)
    assert done.status_code == 201
    factor.world.clock.advance(minutes=1)
    assert signed_in(served, person, factor.code()).json()["code"] == "session.code_wrong"
    assert signed_in(served, person, code_at(new, factor.world.clock())).status_code == 201


def test_a_secret_waits_a_quarter_of_an_hour_for_its_first_code(served, world, person):
    token = served.token_of(person)
    again = {"passphrase": person.passphrase}
    secret = decoded(served.ask(token, "POST", "/me/second-factor", json=again).json()["secret"])
    path = "/me/second-factor/confirmation"
    wrong = served.ask(token, "POST", path, json={"code": code_at(secret, world.clock(), ahead=7)})
    assert wrong.json()["code"] == "second_factor.code_wrong"
    for _ in range(3):
        world.clock.advance(minutes=6)
        assert served.ask(token, "GET", "/me").status_code == 200
    late = served.ask(token, "POST", path, json={"code": code_at(secret, world.clock())})
    assert (late.status_code, late.json()["code"]) == (409, "second_factor.not_begun")
    assert signed_in(served, person).status_code == 201


def test_who_ends_it_signs_in_by_the_passphrase_again_and_leads_know(served, person, factor):
    again = {"passphrase": person.passphrase, "code": factor.code()}
    ended = served.ask(factor.token, "POST", "/me/second-factor/end", json=again)
    assert ended.status_code == 201, ended.text
    assert signed_in(served, person).status_code == 201
    assert len(alerts(served, "second_factor_ended")) == 1
    token, once_more = ended.json()["token"], {"passphrase": person.passphrase}
    for path in ("/me/second-factor/end", "/me/second-factor/recovery-codes"):
        answer = served.ask(token, "POST", path, json=once_more)
        assert answer.json()["code"] == "second_factor.not_set_up"


def test_a_lead_ends_that_of_a_member_whose_device_is_gone(served, world, person, factor):
    lead = served.stepped_up(world.member("lead"))
    path = f"/members/{person.id}/second-factor"
    assert served.ask(lead, "DELETE", path).status_code == 204
    assert served.ask(factor.token, "GET", "/me").status_code == 401
    back = signed_in(served, person)
    assert (back.status_code, back.json()["second_factor_ended_on"] is not None) == (201, True)
    assert len(alerts(served, "second_factor_ended")) == 1
    own = f"/members/{world.member('lead').id}/second-factor"
    assert served.ask(lead, "DELETE", own).json()["code"] == "member.not_found"
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)
    assert served.ask(lead, "DELETE", path).json()["code"] == "member.removed"


# --------------------------------------------------------------------------- duress


def test_the_second_passphrase_asks_the_same_factor_and_rests_the_grants_without_a_code(
    served, world, person, factor
):
    case_id = world.open_case(by=world.member("volunteer"))
    again = {"passphrase": person.passphrase, "code": factor.code()}
    made = served.ask(factor.token, "PUT", "/me/duress-passphrase", json=again)
    assert made.status_code == 200, made.text
    second = made.json()["passphrase"]
    world.clock.advance(minutes=1)
    refused = signed_in(served, person, None, second)
    real = signed_in(served, person)
    assert (refused.status_code, refused.json()) == (real.status_code, real.json())
    with world.work_as(person) as work:
        assert not work.grants.holds(case_id)
    assert [one["member_id"] for one in alerts(served, "duress_at_sign_in")] == [str(person.id)]
    assert signed_in(served, person, factor.code(), second).status_code == 201


# --------------------------------------------------------------------------- who must have one


@pytest.fixture
def strict(served, world):
    """The same deployment, in which leads and administrators must have one."""
    object.__setattr__(
        world.deployment,
        "settings",
        world.deployment.settings.model_copy(update={"second_factor_for": "leads"}),
    )
    return served


def test_a_lead_without_one_may_only_set_it_up(strict, world):
    lead = world.member("lead")
    opened = signed_in(strict, lead).json()
    assert opened["must_set_up_second_factor"] is True
    token = opened["token"]
    refused = strict.ask(token, "GET", "/members")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor.required")
    assert strict.ask(token, "GET", "/me/second-factor").json()["is_needed"] is True
    factor = set_up(strict, lead)
    assert strict.ask(factor.token, "GET", "/members").status_code == 200
    again = {"passphrase": lead.passphrase, "code": factor.code()}
    kept = strict.ask(factor.token, "POST", "/me/second-factor/end", json=again)
    assert (kept.status_code, kept.json()["code"]) == (409, "second_factor.needed")


def test_who_may_be_searched_is_asked_for_nothing_to_carry(strict, world):
    for role in (Role.VOLUNTEER, Role.COORDINATOR):
        opened = signed_in(strict, world.member(role)).json()
        assert opened["must_set_up_second_factor"] is False


def test_everyone_may_be_asked(served, world):
    settings = world.deployment.settings.model_copy(update={"second_factor_for": "everyone"})
    object.__setattr__(world.deployment, "settings", settings)
    opened = signed_in(served, world.member("volunteer")).json()
    assert opened["must_set_up_second_factor"] is True
