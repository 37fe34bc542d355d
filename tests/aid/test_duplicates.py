"""A possible duplicate within the window is held until somebody has looked at it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.aid import approvals, service
from app.aid.duplicates import payee_key
from app.aid.errors import RequestHeld
from app.aid.models import AidRequest, AidStatus, Payee
from app.vault.errors import KeyCopyMissing
from app.vault.models import KeyCopy, OrganisationKeyKind
from tests.support.aid_steps import COURIER, a_draft

SAME_PAYEE_WRITTEN_OTHERWISE = [
    Payee("Khin Mar Oo", "+95 9771234567"),
    Payee("somebody else", "၀၉၇၇၁၂၃၄၅၆၇"),
    Payee("Daw KHIN  MAR OO", "09-771-234-567", account="17"),
]


def test_a_second_request_on_the_case_within_a_week_is_held_from_the_beginning(scene):
    first = scene.ask()
    scene.world.clock.advance(days=7)
    second = scene.ask(by=scene.asks_too)
    assert not scene.row(first).held
    assert scene.row(second).held


def test_after_a_week_a_request_is_not_held(scene):
    scene.ask()
    scene.world.clock.advance(days=8)
    assert not scene.row(scene.ask()).held


def test_what_was_refused_cancelled_or_reversed_is_no_first_payment(scene):
    scene.do("refuse", scene.ask(), scene.approves)
    scene.do("cancel", scene.ask(), scene.asks)
    scene.do("reverse", scene.paid(), scene.pays)
    assert not scene.row(scene.ask()).held


def test_a_stipend_is_held_against_what_was_paid_before_but_not_against_itself(scene):
    scene.paid()
    stipend = scene.ask_all(a_draft(40_000, repeat=service.Repeat(7, 3)))
    assert [scene.row(request_id).held for request_id in stipend] == [True, True, False]


@pytest.mark.parametrize("payee", SAME_PAYEE_WRITTEN_OTHERWISE)
def test_the_same_payee_on_another_case_is_held_when_it_comes_to_approval(scene, payee):
    scene.paid(a_draft(payee=COURIER))
    other = scene.another_case()
    request_id = other.ask(a_draft(payee=payee))
    assert not other.row(request_id).held
    assert other.approve(request_id) is AidStatus.REQUESTED
    assert other.row(request_id).held
    assert scene.money() == (485_000, 0)
    with pytest.raises(RequestHeld):
        other.do("approve", request_id, scene.approves_too)
    other.do("release", request_id, scene.approves_too)
    assert other.do("approve", request_id, scene.approves_too) is AidStatus.APPROVED
    assert other.pay(request_id) is AidStatus.PAID


def test_another_payee_is_not_held_even_where_the_tokens_meet(scene, monkeypatch):
    monkeypatch.setattr("app.vault.index.BlindIndex.token", lambda *_: 7)
    scene.paid(a_draft(payee=COURIER))
    other = scene.another_case()
    request_id = other.ask(a_draft(payee=Payee("Saw Htoo Wah", "+959450112233")))
    assert other.approve(request_id) is AidStatus.APPROVED


def test_where_tokens_meet_and_nobody_here_can_look_the_request_is_held(scene, monkeypatch):
    monkeypatch.setattr("app.vault.index.BlindIndex.token", lambda *_: 7)
    first = scene.ask(a_draft(payee=COURIER))
    scene.approve(first)
    with scene.world.work_as(None) as work:
        for person in (scene.approves_too, scene.pays, scene.pays_too):
            work.grants.end(scene.case_id, holder_id=person.id, about=first)
    other = scene.another_case()
    request_id = other.ask(a_draft(payee=Payee("Saw Htoo Wah", "+959450112233")))
    assert other.do("approve", request_id, scene.approves_too) is AidStatus.REQUESTED
    assert other.row(request_id).held


@pytest.mark.usefixtures("world_on_both")
def test_a_payee_who_slipped_past_two_approvals_at_once_is_found_when_paid(scene, monkeypatch):
    """On both databases: race."""
    other = scene.another_case()
    first, second = scene.ask(a_draft(payee=COURIER)), other.ask(a_draft(payee=COURIER))
    monkeypatch.setattr(approvals, "is_possible_duplicate", lambda *_: False)
    scene.approve(first)
    other.approve(second)
    monkeypatch.undo()
    assert scene.pay(first) is AidStatus.PAID
    with pytest.raises(RequestHeld):
        other.pay(second)
    assert scene.money() == (485_000, 15_000)
    other.do("release", second, scene.approves_too)
    assert other.pay(second) is AidStatus.PAID


def test_two_requests_without_a_payee_are_not_one_payee(scene):
    scene.paid()
    other = scene.another_case()
    assert other.approve(other.ask()) is AidStatus.APPROVED


def test_the_token_is_made_by_who_may_search_and_never_by_the_volunteer(scene):
    request_id = scene.ask(a_draft(payee=COURIER))
    assert scene.row(request_id).payee_token is None
    scene.approve(request_id)
    row = scene.row(request_id)
    assert row.payee_token is not None
    assert 0 <= row.payee_token < 2**12
    assert row.payee_version == 1


def test_an_approver_without_the_search_key_is_refused_and_approves_nothing(scene):
    request_id = scene.ask(a_draft(payee=COURIER))
    with scene.world.work_as(None) as work:
        copies = work.session.query(KeyCopy).filter_by(
            member_id=scene.approves.id, kind=OrganisationKeyKind.SEARCH
        )
        work.session.delete(copies.one())
        work.trail.record("key:withdrawn")
    with pytest.raises(KeyCopyMissing):
        scene.approve(request_id)
    assert scene.row(request_id).status is AidStatus.REQUESTED


def test_the_window_counts_from_the_day_of_payment_not_of_asking(scene):
    today = scene.world.clock.at.date()
    later = scene.ask(a_draft(not_before=today + timedelta(days=20)))
    now = scene.ask()
    near = scene.ask(a_draft(not_before=today + timedelta(days=25)))
    assert [scene.row(one).held for one in (later, now, near)] == [False, False, True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Payee("A B", "09 771 234 567"), Payee("C D", "+959771234567")),
        (Payee("A B", "၀၉ ၇၇၁ ၂၃၄ ၅၆၇"), Payee("C D", "0095 9 771 234567")),
        (Payee("A B", "081 234 5678"), Payee("C D", "+66 81 234 5678")),
        (Payee("A B", account="kbz 0123-4567-89"), Payee("C D", account="KBZ 0123456789")),
        (Payee("U Myo Htet Paing"), Payee("myo htet  paing")),
        (Payee("Nang Mo Hom"), Payee("Mo Hom")),
        (Payee("Sayar. Min Khant"), Payee("min khant")),
        (Payee("ဒေါ်ခင်မာဦး"), Payee("ဒေါ် ခင်မာဦး")),
    ],
)
def test_a_payee_is_known_in_different_spellings(one, other):
    assert payee_key(one) == payee_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Payee("A B", "09 771 234 567"), Payee("A B", "09 771 234 568")),
        (Payee("Myo Htet Paing"), Payee("Myo Htet Naing")),
        (Payee("A B", account="12345678"), Payee("A B", account="12345679")),
    ],
)
def test_different_payees_are_kept_apart(one, other):
    assert payee_key(one) != payee_key(other)


def test_a_single_syllable_is_no_name_to_be_known_by():
    assert payee_key(Payee("U Ba")) is None
    assert payee_key(Payee("Ma Ei")) is None


def test_no_payee_means_no_token(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    with scene.world.deployment.sessions() as session:
        assert session.get_one(AidRequest, request_id).payee_token is None
