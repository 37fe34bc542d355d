"""Two encodings of one script: what is converted, what is kept, what is read both ways."""

from __future__ import annotations

import pytest
from burmesenlp import uni2zg
from hypothesis import given
from hypothesis import strategies as st

from app.cases.cleaning import (
    clean_account,
    clean_contact,
    clean_household,
    clean_identity,
    clean_papers,
)
from app.cases.models import Account, Channel, Contact, Household, Identity, Papers, Relative
from app.text.characters import clean
from app.text.encoding import readings, to_unicode, zawgyi_probability
from app.text.folding import fold

NAMES = ["မျိုးထက်ပိုင်", "မနှင်းအိ", "ကိုသီဟဇင်", "ဦးအောင်နိုင်စိုး", "ခင်မြင့်ကြီး", "ဇော်မင်းထွန်း", "ရွှေဇင်"]
SENTENCE = "နို့ဗူးတစ်ဘူးပဲ ကျန်တော့တယ်။ သူ့ဖုန်းကို ခဏခဏ ခေါ်နေကြတယ်။"
BURMESE = st.text(st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=40)
ANY = st.text(max_size=60) | BURMESE


@pytest.mark.parametrize("name", [*NAMES, SENTENCE])
def test_zawgyi_and_unicode_of_the_same_text_meet(name):
    zawgyi = uni2zg(name)
    assert zawgyi != name
    assert fold(to_unicode(zawgyi)) == fold(name)
    assert to_unicode(name) == name


@given(ANY)
def test_converting_twice_changes_nothing_more(text):
    once = to_unicode(text)
    assert to_unicode(once) == once


@pytest.mark.parametrize(
    "typed",
    [
        "မသန္တာ",
        "မေသူ",
        "ကိုဥက္ကာ",
        "ခဏခဏ",
        "စိုးမြ",
        "သြဇာ",
        "တက္ကသိုလ်",
        "သူ၏",
        "ဤ၌",
        "ယောက်ျား",
        "ကျွန်ုပ်",
        "ပံုပြင်",
        "ဒေါ်မုိးသူအောင်",
        "မိုး\u200bသည်း",
        "မြင\u1037\u103a",
        "မြင\u103a\u1037",
        "ဝင်း ထွန်း",
        "၀င်းထွန်း",
        "သန္တာမြ",
        "စန္ဒာ",
        "အန္တရာယ်",
        "သတ္တဝါ",
        "caf\u0065\u0301",
        "မန္တလေး",
        "ကမ္ဘာ",
        "ပုပ္ပါး",
        "သိပ္ပံ",
    ],
)
def test_well_formed_text_is_kept_exactly_as_typed(typed):
    assert to_unicode(typed) == typed


@given(ANY)
def test_text_is_kept_or_converted_and_nothing_between(text):
    kept = to_unicode(text)
    assert kept == clean(text) or zawgyi_probability(text) > 0.5


@given(st.text(st.characters(max_codepoint=0xFFF), max_size=60))
def test_text_in_other_scripts_is_never_converted(text):
    assert to_unicode(text) == clean(text)
    assert zawgyi_probability(text) == 0


@given(ANY)
def test_every_text_has_one_reading_or_two(text):
    found = readings(text)
    assert 1 <= len(found) <= 2


def test_an_unsure_text_is_read_both_ways():
    assert 0.05 < zawgyi_probability("စိုးမြ") < 0.95
    assert readings("စိုးမြ") == ("စိုးမြ", "စိုးမွ")


def test_a_converted_name_keeps_its_first_spelling():
    written = uni2zg("မျိုးထက်ပိုင်")
    clean = clean_identity(Identity("Myo Htet Paing", written))
    assert clean.name_burmese == "မျိုးထက်ပိုင်"
    assert clean.name_as_written == written
    assert clean_identity(clean) == clean


def test_a_name_in_unicode_keeps_no_second_spelling():
    assert clean_identity(Identity("Ko Thiha Zin", "ကိုသီဟဇင်")).name_as_written is None


def test_a_name_written_in_burmese_alone_is_the_burmese_name_too():
    assert clean_identity(Identity("ကိုသီဟဇင်")).name_burmese == "ကိုသီဟဇင်"


def test_an_account_in_zawgyi_is_readable_and_keeps_what_was_sent():
    sent = uni2zg(SENTENCE)
    account = clean_account(Account(sent, needs=(uni2zg("နို့မှုန့်"),)))
    assert account.says == clean(SENTENCE)
    assert account.says_as_written == sent
    assert account.needs == (clean("နို့မှုန့်"),)


def test_names_of_relatives_are_converted():
    clean = clean_household(Household((Relative("spouse", uni2zg("မနှင်းအိ")),)))
    assert clean.relatives[0].name == "မနှင်းအိ"


def test_papers_are_converted():
    clean = clean_papers(Papers(unit=uni2zg("ကြည်းတပ်ရင်း ၁၂")))
    assert clean.unit == "ကြည်းတပ်ရင်း ၁၂"


def test_numbers_and_handles_stay_as_they_were_written():
    contact = Contact(Channel.PHONE, ("၀၉ ၂၅၀ ၉၈၇ ၆၅၄ ",), ("@Zin_T",))
    assert clean_contact(contact).phones == ("၀၉ ၂၅၀ ၉၈၇ ၆၅၄",)
    assert clean_contact(contact).handles == ("@Zin_T",)
