"""A possible duplicate within the window is held until somebody has looked at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.aid import approvals, service
from app.aid.duplicates import payee_keys
from app.aid.errors import PayeeMissing, RequestHeld
from app.aid.models import AidStatus, Payee, PayeeToken, PaymentMeans
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


def test_a_week_after_a_payment_a_request_is_not_held(scene):
    scene.paid()
    scene.world.clock.advance(days=8)
    assert not scene.row(scene.ask()).held


def test_a_request_that_waits_to_be_paid_holds_another_however_old_it_is(scene):
    scene.ask()
    scene.world.clock.advance(days=30)
    assert scene.row(scene.ask()).held


def test_what_was_refused_cancelled_or_reversed_is_no_first_payment(scene):
    scene.do("refuse", scene.ask(), scene.approves)
    scene.do("cancel", scene.ask(), scene.asks)
    scene.do("reverse", scene.paid(), scene.pays_too)
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
    assert other.approve(request_id) is AidStatus.APPROVED
    assert other.pay(request_id) is AidStatus.PAID


def test_another_payee_is_not_held_even_where_the_tokens_meet(scene, monkeypatch):
    monkeypatch.setattr("app.vault.index.BlindIndex.token", lambda *_: 7)
    scene.paid(a_draft(payee=COURIER))
    other = scene.another_case()
    request_id = other.ask(a_draft(payee=Payee("Saw Htoo Wah", "+959450112233")))
    assert other.approve(request_id) is AidStatus.APPROVED


@pytest.mark.parametrize(("payee", "same"), [(COURIER, True), (Payee("Saw Htoo Wah"), False)])
def test_where_nobody_here_can_open_the_other_request_its_tags_still_tell(scene, payee, same):
    first = scene.ask(a_draft(payee=COURIER))
    scene.approve(first)
    with scene.world.work_as(None) as work:
        for person in (scene.approves_too, scene.pays, scene.pays_too):
            work.grants.end(scene.case_id, holder_id=person.id, about=first)
    other = scene.another_case()
    request_id = other.ask(a_draft(payee=payee))
    other.do("approve", request_id, scene.approves_too)
    assert other.row(request_id).held is same


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


def test_a_request_without_a_payee_is_asked_for_one(scene):
    draft = replace(a_draft(), detail=replace(a_draft().detail, payee=None))
    with pytest.raises(PayeeMissing) as refusal:
        scene.ask(draft)
    assert refusal.value.field == "payee"
    in_hand = replace(a_draft().detail, payee=Payee("herself"), means=PaymentMeans.IN_HAND)
    assert scene.ask(replace(a_draft(), detail=in_hand))


def test_the_token_is_made_by_who_may_search_and_never_by_the_volunteer(scene):
    request_id = scene.ask(a_draft(payee=COURIER))
    assert scene.row(request_id).payee_version is None
    scene.approve(request_id)
    with scene.world.deployment.sessions() as session:
        tokens = session.scalars(select(PayeeToken)).all()
    assert {token.request_id for token in tokens} == {request_id}
    assert all(0 <= token.token < 2**12 for token in tokens)
    assert scene.row(request_id).payee_version == 112


def test_the_tags_of_one_payee_are_alike_in_no_two_rows(scene):
    for here in (scene, scene.another_case()):
        here.approve(here.ask(a_draft(payee=COURIER)))
    with scene.world.deployment.sessions() as session:
        proofs = session.scalars(select(PayeeToken.proof)).all()
    assert len(set(proofs)) == len(proofs)


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
        (Payee("Win Htun"), Payee("ဝင်းထွန်း")),
        (Payee("Daw Khin Mar Oo"), Payee("Khin Marr Oo - wife")),
        (Payee("Daw Khin Mar Oo"), Payee("his wife: Khin Mar Oo")),
        (Payee("Daw Khin Mar Oo"), Payee("ဒေါ်ခင်မာဦး - ဇနီး")),
        (Payee("Ko Min Thu"), Payee("in hand: Ko Min Thu")),
        (Payee("a", "09 771 234 567"), Payee("b", account="WavePay 09771234567 (6pm)")),
        (Payee("a", account="facebook.com/lin.x"), Payee("b", account="@lin.x")),
    ],
)
def test_a_payee_is_known_in_different_spellings(one, other):
    assert payee_keys(one) & payee_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Payee("A B", "09 771 234 567"), Payee("A B", "09 771 234 568")),
        (Payee("Myo Htet Paing"), Payee("Myo Htet Naing")),
        (Payee("A B", account="12345678"), Payee("A B", account="12345679")),
        (Payee("A B", account="KBZ Bank"), Payee("C D", account="KBZ bank")),
        (Payee("his wife"), Payee("my wife")),
        (Payee("payee 1"), Payee("payee 2")),
        (Payee("Ma Khin Khin ၁"), Payee("Ma Khin Khin ၂")),
        (Payee("Zaw, mother"), Payee("Aung, mother")),
    ],
)
def test_different_payees_are_kept_apart(one, other):
    assert not payee_keys(one) & payee_keys(other)


def test_a_single_syllable_is_no_name_to_be_known_by():
    assert not payee_keys(Payee("U Ba"))
    assert not payee_keys(Payee("Ma Ei"))


ZAWGYI = "\u1031\u1012\u105a\u1001\u1004\u1039\u1019\u102c\u1026\u1038"
SAME_PAYEE_BY_SOME_KEY = [
    (Payee("Daw Khin Mar Oo", "09 771 234 567"), Payee("another", "09 771 234 567 (wife)")),
    (Payee("Daw Khin Mar Oo", "09 771 234 567"), Payee("another (09 771 234 567)")),
    (Payee("another", account="09771234567"), Payee("Daw Khin Mar Oo", "+95 9 771 234 567")),
    (Payee("Daw Khin Mar Oo", "09 771 234 567"), Payee("Khin Mar Oo")),
    (Payee("Daw Khin Mar Oo (wife)"), Payee("Khin Mar Oo", "09 771 234 567")),
    (Payee("Daw Khin Mar Oo", "09 771 234 567"), Payee("x", "09\u200b 771\u2060 234 567")),
    (Payee("Khin\u200bMarOo"), Payee("Khin Mar Oo")),
    (Payee("ဒေါ်ခင်မာဦး", "09 771 234 567"), Payee("Khin Mar Oo")),
    (Payee(ZAWGYI), Payee("ဒေါ် ခင်မာဦး", "09 771 234 567")),
    (Payee("a", account="AYA 9001-22-3345"), Payee("b", account="aya 9001223345 (wife)")),
]


@pytest.mark.parametrize(("one", "other"), SAME_PAYEE_BY_SOME_KEY)
def test_one_key_in_common_holds_the_second_payment(scene, one, other):
    scene.paid(a_draft(payee=one))
    here = scene.another_case()
    request_id = here.ask(a_draft(payee=other))
    assert here.approve(request_id) is AidStatus.REQUESTED
    assert here.row(request_id).held


def test_what_was_due_on_far_days_and_is_paid_on_one_is_held(scene):
    today = scene.world.clock.at.date()
    other = scene.another_case()
    first = scene.ask(a_draft(payee=COURIER))
    second = other.ask(a_draft(payee=COURIER, not_before=today + timedelta(days=8)))
    assert scene.approve(first) is other.approve(second) is AidStatus.APPROVED
    scene.world.clock.advance(days=10)
    assert scene.pay(first) is AidStatus.PAID
    with pytest.raises(RequestHeld):
        other.pay(second)


def test_what_was_paid_late_holds_what_is_paid_days_after_it(scene):
    other = scene.another_case()
    first = scene.ask(a_draft(payee=COURIER))
    scene.approve(first)
    scene.world.clock.advance(days=20)
    scene.pay(first)
    scene.world.clock.advance(days=6)
    assert other.approve(other.ask(a_draft(payee=COURIER))) is AidStatus.REQUESTED
    scene.world.clock.advance(days=2)
    third = scene.another_case()
    assert third.approve(third.ask(a_draft(payee=COURIER))) is AidStatus.APPROVED
