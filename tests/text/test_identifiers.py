"""Numbers and handles meet in every spelling that means the same, and in no other."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.text.identifiers import handle, national_digits, nrc, phones, service_number

MYANMAR_DIGITS = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")


@pytest.mark.parametrize(
    "written",
    [
        "09450112233", "09 450 112 233", "09-450-112-233", "၀၉၄၅၀၁၁၂၂၃၃", "+959450112233",
        "+95 9 450112233", "+95 09450112233", "00959450112233", "959450112233",
        "09450112233\u200b", "(09) 450112233",
    ],
)  # fmt: skip
def test_a_phone_number_is_one_number_in_all_its_spellings(written):
    assert phones(written) == {"+959450112233"}


def test_a_number_without_a_country_is_read_as_both_that_it_may_be():
    assert phones("081 234 5678") == {"+95812345678", "+66812345678"}


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+95 9450112233", "9450112233"),
        ("၀၉၄၅၀၁၁၂၂၃၃", "9450112233"),
        ("09-450-112-233", "9450112233"),
        ("081 234 5678", "812345678"),
        ("+66 81 234 5678", "812345678"),
    ],
)
def test_the_national_digits_of_a_number_are_the_same_with_and_without_its_country(written, digits):
    assert national_digits(written) == digits


def test_what_is_no_phone_number_has_no_national_digits():
    assert national_digits("KBZ 17") is None
    assert national_digits("99999 99999 99999 9") is None


def test_a_number_with_its_country_is_read_once():
    assert phones("+66 81 234 5678") == {"+66812345678"}


@pytest.mark.parametrize("between", [" / ", ", ", ";", "  "])
def test_two_numbers_in_one_field_are_two(between):
    assert phones(f"09450112233{between}09771234567") == {"+959450112233", "+959771234567"}


def test_what_no_numbering_plan_knows_is_compared_by_its_digits():
    assert phones("99999 99999 99999 9") == {"9999999999999999"}
    assert phones("12345") == phones("no phone") == frozenset()


@pytest.mark.parametrize(
    "written",
    [
        "9/MaHaMa(N)123456", "9/mahama(naing) 123456", "၉/မဟမ(နိုင်)၁၂၃၄၅၆", "9-MHM-N-123456",
        "09/MaHaMa(N)123456", "9/ma ha ma (n) 123 456",
    ],
)  # fmt: skip
def test_a_registration_number_is_region_and_six_digits_in_either_script(written):
    assert nrc(written) == {"9/123456"}


def test_the_letter_wa_is_read_as_zero_where_digits_belong():
    assert nrc("၁၂/မရက(နိုင်)ဝ၅၄၃၂၁") == nrc("12/MaYaKa(N)054321") == {"12/054321"}


@pytest.mark.parametrize("written", ["15/ABC(N)123456", "0/ABC(N)123456", "9/ABC(N)12345", "9", ""])
def test_what_is_no_registration_number_has_no_reading(written):
    assert nrc(written) == frozenset()


@pytest.mark.parametrize(
    "written", ["kyi-45678", "KYI 45678", "kyi/45678", "ကြည်း-၄၅၆၇၈", "ကြည်း ၄၅၆၇၈"]
)
def test_a_serial_is_its_class_and_digits_in_either_script(written):
    assert service_number(written) == {"kyi-45678"}


def test_serials_of_different_classes_differ_and_zeros_are_kept():
    assert service_number("ta-45678") != service_number("kyi-45678")
    assert service_number("ta-045678") != service_number("ta-45678")
    assert service_number("no digits") == frozenset()


@pytest.mark.parametrize(
    "written", ["@zin_t", "Zin_T", " zin_t ", "https://chat.example/zin_t", "ZIN_T/"]
)
def test_a_handle_is_one_handle_in_all_its_spellings(written):
    assert handle(written) == {"zin_t"}


@given(st.text(max_size=60))
@example("t \u0308")
@example("\u00a8a/@b")
def test_reading_a_reading_changes_nothing_more(text):
    for normalise in (phones, service_number, handle):
        for reading in normalise(text):
            if normalise is not phones or reading.startswith("+"):
                assert normalise(reading) == {reading}


@given(
    st.integers(1, 14), st.text("abcdefghmtykn", min_size=1, max_size=8), st.integers(0, 999_999)
)
def test_both_scripts_of_a_registration_number_meet(region, township, number):
    latin = f"{region}/{township}(N){number:06}"
    assert nrc(latin) == nrc(latin.translate(MYANMAR_DIGITS)) == {f"{region}/{number:06}"}


@given(st.integers(0, 10**7 - 1))
def test_both_scripts_of_a_phone_number_meet(number):
    written = f"0945{number:07}"
    assert phones(written) == phones(written.translate(MYANMAR_DIGITS)) != frozenset()
