"""Names meet across spellings, scripts, encodings, honorifics and the order of syllables."""

from __future__ import annotations

import pytest
from burmesenlp import uni2zg
from hypothesis import given
from hypothesis import strategies as st

from app.text.names import contains_name, is_distinctive, is_unusual, name_keys


def same_name(one, other):
    return not one.isdisjoint(other)


BOTH_SCRIPTS = [
    ("မျိုးထက်ပိုင်", "Myo Htet Paing"), ("မနှင်းအိ", "Ma Hnin Ei"), ("ကိုသီဟဇင်", "Ko Thiha Zin"),
    ("ဦးအောင်နိုင်စိုး", "U Aung Naing Soe"), ("သန်းသန်းဌေး", "Than Than Htay"),
    ("ခင်မြင့်ကြီး", "Khin Myint Kyi"), ("ဇော်မင်းထွန်း", "Zaw Min Tun"), ("ကျော်ဇင်ဦး", "Kyaw Zin Oo"),
    ("ဖြိုးဝေအောင်", "Phyo Wai Aung"), ("စုမြတ်မွန်", "Su Myat Mon"), ("နေလင်းထက်", "Nay Lin Htet"),
    ("အေးအေးခိုင်", "Aye Aye Khaing"), ("သူရအောင်", "Thura Aung"), ("ရဲမြင့်အောင်", "Ye Myint Aung"),
    ("ဟိန်းထက်အောင်", "Hein Htet Aung"), ("မင်းသန့်", "Min Thant"), ("ပြည့်ဖြိုးကျော်", "Pyae Phyo Kyaw"),
    ("အောင်ကိုလတ်", "Aung Ko Latt"), ("ညီညီထွေး", "Nyi Nyi Htwe"), ("ရွှေဇင်", "Shwe Zin"),
    ("ဘုန်းပြည့်", "Bhone Pyae"), ("ထိုက်အောင်", "Htaik Aung"), ("ကောင်းခန့်", "Kaung Khant"),
    ("ငြိမ်းဝင်း", "Nyein Win"), ("ဝတ်ရည်", "Wut Yi"),
    ("ဥက္ကာမင်း", "Okkar Min"), ("ဣန္ဒာမြင့်", "Eindra Myint"), ("ဧကရီထွန်း", "Ekari Tun"),
    ("ဉာဏ်လင်းအောင်", "Nyan Lin Aung"), ("သိင်္ဂီအေး", "Theingi Aye"), ("ဘုဏ်းမြတ်", "Bhone Myat"),
    ("ကျော့ကေခိုင်", "Kyawt Kay Khaing"), ("ရွှန်းလဲ့", "Shoon Lae"), ("လှိုင်ဝင်း", "Hlaing Win"),
]  # fmt: skip
SPELLINGS = [
    ("Myo Htet Paing", "Myo Htat Paing"), ("Myo Htet Paing", "Myohtet Paing"),
    ("Naing Lin", "Nine Lin"), ("Khine Zin", "Khaing Zin"), ("Soe Moe", "So Mo"),
    ("Thar Htoo", "Tha Htu"), ("Pyae Phyo", "Pye Phyoe"), ("Aung Kyaw", "Aung Gyaw"),
    ("Htun Win", "Tun Wynn"), ("Hpone Myat", "Phone Myat"), ("Thet Naing", "That Naing"),
    ("Aye Thida", "Ay Thidar"), ("Chit Ko", "Chitt Ko"), ("Htike Zaw", "Htaik Zaw"),
    ("Mg Mg Than", "Maung Maung Thant"), ("Eain Dray", "Ein Dre"), ("Tin Tun", "Tin Htoon"),
]  # fmt: skip
DIFFERENT = [
    ("Zaw Min", "Saw Min"), ("Win Naing", "Win Nyunt"), ("Than Htay", "Than Hla"),
    ("Kyaw Soe", "Kyaw Zin"), ("Tin Tin", "Thin Thin"), ("Ye Lwin", "Ye Lin"),
    ("Min Thu", "Min Thura"), ("Hla Win", "Hla Wai"),
]  # fmt: skip
LATIN = st.sampled_from(sorted({name for pair in SPELLINGS for name in pair}))


@pytest.mark.parametrize(("burmese", "latin"), BOTH_SCRIPTS)
def test_both_scripts_of_a_name_meet(burmese, latin):
    assert same_name(name_keys(burmese), name_keys(latin))


@pytest.mark.parametrize("name", [burmese for burmese, _ in BOTH_SCRIPTS])
def test_both_encodings_of_a_name_meet(name):
    assert same_name(name_keys(uni2zg(name)), name_keys(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("၀င်းထွန်း", "Win Htun"),
        ("၀င်းထွန်း", "ဝင်းထွန်း"),
        ("ရဲမြင့်အောင်", "၇ဲမြင့်အောင်"),
        ("ဒေါ်မုိးသူအောင်", "ဒေါ်မိုးသူအောင်"),
        ("မြင\u1037\u103aထွန်း", "မြင\u103a\u1037ထွန်း"),
        ("သီ\u200bဟ\u2060ဇင်", "Thiha Zin"),
        ("ကိုဥကၠာ", "ကိုဥက္ကာ"),  # Zawgyi, and a detector is sure of Unicode
        ("သက္ကမိုး", "သကၠမိုး"),
        ("\u2068ဝင်းထွန်း\u2069။", "Win-Htun"),
        ("မေ သူ", "မေသူ"),
    ],
)
def test_digits_typed_for_letters_and_marks_in_another_order_part_no_name(typed, name):
    assert same_name(name_keys(typed), name_keys(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ဉက္ကာမင်း", "ဥက္ကာမင်း"), ("အုက္ကာမင်း", "ဥက္ကာမင်း"), ("ခင်ဉမ္မာ", "ခင်ဥမ္မာ"), ("အိန္ဒာ", "ဣန္ဒာ"),
        ("အေကရီ", "ဧကရီ"), ("သြဘာသ", "ဩဘာသ"), ("ဝသ္သန်မိုး", "ဝဿန်မိုး"), ("ဦးဝင်း", "ဥ\u102eးဝင်း"),
    ],
)  # fmt: skip
def test_independent_vowels_and_what_is_typed_for_them_are_one_name(typed, name):
    assert same_name(name_keys(typed), name_keys(name))


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_a_name_meet(one, other):
    assert same_name(name_keys(one), name_keys(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_stay_apart(one, other):
    assert not same_name(name_keys(one), name_keys(other))


@pytest.mark.parametrize("honorific", ["U", "Ko", "Maung", "Mg", "Dr"])
def test_an_honorific_does_not_part_a_name_from_itself(honorific):
    assert same_name(name_keys(f"{honorific} Thiha Zin"), name_keys("Thiha Zin"))


def test_a_syllable_that_may_be_an_honorific_is_kept_as_well():
    assert same_name(name_keys("Ko Ko"), name_keys("ကိုကို"))
    assert not same_name(name_keys("Ko Ko"), name_keys("Ma Ma"))


@given(LATIN, st.randoms(use_true_random=False))
def test_the_order_of_syllables_does_not_matter(name, source):
    words = name.split()
    source.shuffle(words)
    assert same_name(name_keys(name), name_keys(" ".join(words)))


@given(st.text(max_size=40))
def test_every_text_has_keys_or_none_and_meets_itself(text):
    keys = name_keys(text)
    assert name_keys(text, text) == keys
    assert same_name(keys, keys) is bool(keys)


def test_a_name_without_a_syllable_has_no_key():
    assert name_keys("", None) == name_keys("—") == frozenset()


@pytest.mark.parametrize(
    ("wanted", "whole"), [("Aung", "Aung"), ("Aung", "U Aung"), ("အောင်", "Aung")]
)
def test_one_syllable_is_found_where_it_is_the_whole_name(wanted, whole):
    assert contains_name(name_keys(whole), name_keys(wanted))


@pytest.mark.parametrize("whole", ["Aung Naing", "Aung Naing Soe", "Win", "Ko Aung Naing"])
def test_one_syllable_is_not_found_in_longer_names(whole):
    assert not contains_name(name_keys(whole), name_keys("Aung"))


def test_one_syllable_tells_nobody_apart():
    assert not is_distinctive(name_keys("Aung"))


def test_only_names_of_three_syllables_tell_people_apart():
    assert is_distinctive(name_keys("Myo Htet Paing"))
    assert not is_distinctive(name_keys("Win Naing"))


@pytest.mark.parametrize(
    "name", ["Aung Naing Soe", "Win Naing", "Than Than Htay", "Aung", "Hkawng"]
)
def test_a_name_of_common_syllables_or_few_is_not_unusual(name):
    assert not any(map(is_unusual, name_keys(name)))


def test_a_name_of_syllables_that_few_have_is_unusual():
    assert all(map(is_unusual, name_keys("Khrai Zut Grang")))


def test_a_part_of_a_name_is_found_in_the_whole():
    assert contains_name(name_keys("U Aung Naing Soe"), name_keys("Naing Soe"))
    assert not contains_name(name_keys("Aung Naing"), name_keys("Aung Naing Soe"))
