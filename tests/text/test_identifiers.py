"""Numbers and handles meet in every spelling that means the same, and in no other."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.text.handles import handle
from app.text.identifiers import national_digits, nrc, phones, phones_among, service_number

MYANMAR_DIGITS = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")
TYPED_FOR_DIGITS = str.maketrans("0123456789", "ဝ၁၂၃၄၅၆ရဂ၉")
SCHEME = "https"


@pytest.mark.parametrize(
    "written",
    [
        "09450112233",
        "09 450 112 233",
        "09-450-112-233",
        "၀၉၄၅၀၁၁၂၂၃၃",
        "ဝ၉၄၅ဝ၁၁၂၂၃၃",
        "O9 45O 112 233",
        "+959450112233",
        "+95 9 450112233",
        "+95 09450112233",
        "00959450112233",
        "0095 9 450 112 233",
        "959450112233",
        "9450112233",
        "09450112233\u200b",
        "(09) 450112233",
        "(+95) 9 450-112-233",
        "09\u202f450\u2011112\u00a0233",
        "\u202d09450112233\u202c",
        "\uff10\uff19\uff14\uff15\uff10 112233",
        "“09 450 112 233” (wife)",
        "ph: 09450112233.",
        "tel:+959450112233",
        "ဖုန်း ၀၉-၄၅၀၁၁၂၂၃၃ (ဇနီး)",
    ],
)
def test_a_phone_number_is_one_number_in_all_its_spellings(written):
    assert phones(written) == {"9450112233"}
    assert national_digits(written) == "9450112233"


@pytest.mark.parametrize(
    ("known", "written"),
    [
        ("+66 81 234 5678", "081 234 5678"),
        ("+91 98123 45678", "09812345678"),
        ("0091 98123 45678", "98123-45678"),
        ("+60 12 345 6789", "012-345 6789"),
        ("+95 1 234 567", "01 234567"),
        ("+95 9 337 382 972", "09 337 382 972"),
        ("+95 9 5123456", "09 512 3456"),
    ],
)
def test_a_number_is_compared_by_its_national_digits_in_every_country(known, written):
    assert phones(known) == phones(written) != frozenset()


@pytest.mark.parametrize(
    "between",
    [
        " / ",
        ", ",
        ";",
        "  ",
        " ",
        "\u104a ",
        "\u104a",
        " or ",
        " နှင့် ",
        " (wife) ",
        " (6pm-9pm) ",
        "\n",
        "\r\n",
        "\t",
        "\u3000\u3000",
        " - ",
        "။ ",
        "|",
        "\uff0c",
        " & ",
    ],
)
def test_of_several_numbers_in_one_field_each_is_found(between):
    numbers = ("09 772 345 671", "09 450 998 877", "+66 81 234 5678")
    assert phones(between.join(numbers)) >= {"9772345671", "9450998877", "812345678"}
    assert phones(between.join(numbers).translate(MYANMAR_DIGITS)) == phones(between.join(numbers))


def test_numbers_are_found_in_a_text_that_is_not_meant_for_them():
    assert phones_among("phone typed into handles: 09 776 543 210") == {"9776543210"}
    assert phones_among("viber://chat?number=+959776543210") == {"9776543210"}
    assert phones_among("zin_1990, id 100012345678901, room 12") == frozenset()


def test_letters_typed_for_zeros_are_zeros_in_groups_of_their_own_or_a_word_behind_a_number():
    assert phones("09 ၇၇၄ ဝဝဝ ဝဝ၂") == phones("09 774 000 002")
    assert phones("o9 774 ooo oo2") == phones("09 774 000 002")
    assert phones("09 450 112 233") <= phones("09 450 112 233 ဝဝ")
    assert phones("09 450 112 233") <= phones("09 450 112 233 oo")


@pytest.mark.parametrize(
    "behind", [" (6pm)", " (2)", "-4", ", 6pm", "/2", " - 6 to 9", " 2nd floor"]
)
def test_one_or_two_digits_behind_a_number_are_read_with_it_and_without(behind):
    assert phones("09 450 112 233") <= phones(f"09 450 112 233{behind}")
    assert phones("09 450 112 23") == {"945011223"}


def test_a_group_that_begins_with_zeros_is_no_number_of_its_own():
    assert phones("09 774 000 002 09 450 998 877") == {"9774000002", "9450998877"}


def test_what_no_numbering_plan_knows_is_compared_by_its_digits():
    assert phones("99999 99999 99999 9") == {"9999999999999999"}
    assert phones("12345") == phones("no phone") == frozenset()


def test_two_numbers_that_differ_stay_apart():
    assert not phones("09 774 000 002") & phones("09 774 000 003")
    assert not phones("09 450 011 223") & phones("011 223 450")


def test_what_is_no_phone_number_has_no_national_digits():
    assert national_digits("KBZ 17") is None


@pytest.mark.parametrize(
    "written",
    [
        "9/MaHaMa(N)123456", "9/mahama(naing) 123456", "၉/မဟမ(နိုင်)၁၂၃၄၅၆", "9-MHM-N-123456",
        "9MAHAMA(N)123456", "၉မဟမ(နိုင်)၁၂၃၄၅၆", "09/MaHaMa(N)123456", "9/ma ha ma (n) 123 456",
        "\u200e9/MaHaMa(N)123456", "“9/MaHaMa(N)123456”", "NRC: 9/MaHaMa(N)123456.",
        "9\u2044MaHaMa(N)123456", "9\u2215MaHaMa(N)123456", "9//MaHaMa(N)123456",
        "009/MaHaMa(N)123456", "9/MaHaMa/N/123456", "9/MaHaMa(N)-123-456", "9/MaHaMa(N)123,456",
        "၉\u2044မဟမ(ႏိုင္)၁၂၃၄၅၆", "9/Ma-Ha-Ma(N)123.456",
        "9\uff0fMaHaMa\uff08N\uff09123456", "9\u00a0/ MaHaMa (Naing)\u202f123456\u104b",
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
    "written",
    [
        "kyi-45678", "KYI 45678", "kyi/45678", "ကြည်း-၄၅၆၇၈", "ကြည်း ၄၅၆၇၈",
        "Kyee-45678", "kyi 45-678", "ကြည်း၄၅၆၇၈။", "\u200ekyi-45678", "ၾကည္း-၄၅၆၇၈",
    ],
)  # fmt: skip
def test_a_serial_is_its_class_and_digits_in_either_script(written):
    assert service_number(written) == {"kyi-45678"}


def test_letters_typed_for_digits_of_a_serial_are_those_digits():
    assert service_number("ကြည်း-၄ဝရဂ၈") == service_number("kyi 40788") == {"kyi-40788"}


def test_serials_of_different_classes_differ_and_zeros_are_kept():
    assert service_number("ta-45678") != service_number("kyi-45678")
    assert service_number("ta-045678") != service_number("ta-45678")
    assert service_number("no digits") == frozenset()


@pytest.mark.parametrize(
    "written", ["@zin_t", "Zin_T", " zin_t ", "https://chat.example/zin_t", "ZIN_T/"]
)
def test_a_handle_is_one_handle_in_all_its_spellings(written):
    assert handle(written) == {"zin_t"}


SAME_HANDLES = [
    ("@linphyo.t", "@linphyo.t\u200e"),
    ("thet.naing.x", f"{SCHEME}://www.facebook.com/thet.naing.x?mibextid=ZbWKwL"),
    ("thet.naing.x", f"{SCHEME}://mbasic.facebook.com/thetnaingx/about?refid=17"),
    ("thet.naing.x", "facebook.com/thet.naing.x/"),
    ("thet.naing.x", "FB: Thet.Naing.X"),
    ("thet.naing.x", "l.facebook.com/l.php?u=https%3A%2F%2Ffacebook.com%2Fthet.naing.x&h=a"),
    ("thet.naing.x", "m.me/thet.naing.x?ref=abc"),
    ("100012345678901", f"{SCHEME}://m.facebook.com/profile.php?id=100012345678901&refid=52"),
    ("100012345678901", f"{SCHEME}://www.facebook.com/people/Lin-Phyo/100012345678901/?mibextid=x"),
    ("@linphyo", "t.me/linphyo?start=7"),
    ("@linphyo", f"{SCHEME}://telegram.me/s/linphyo"),
    ("@linphyo", "tg://resolve?domain=linphyo"),
    ("@linphyo", "Telegram @linphyo (his wife)"),
    ("linphyo", f"{SCHEME}://line.me/ti/p/~linphyo"),
    ("linphyo", f"{SCHEME}://line.me/R/ti/p/@linphyo?from=page"),
    ("linphyo", "Line ID: linphyo"),
    ("lin.phyo", f"{SCHEME}://www.instagram.com/lin.phyo/?igsh=abc"),
    ("lin.phyo", f"{SCHEME}://www.tiktok.com/@lin.phyo?_t=8&_r=1"),
    ("+95 9 776 543 210", "viber://chat?number=%2B959776543210"),
    ("1AbCd2", f"{SCHEME}://www.facebook.com/share/1AbCd2/?mibextid=wwXIfr"),
    ("“lin_phyo”", "lin_phyo."),
    ("@lin_phyo", "@other, @lin_phyo"),
]


@pytest.mark.parametrize(("one", "other"), SAME_HANDLES)
def test_a_handle_typed_and_its_address_meet(one, other):
    readings = [handle(text) | phones_among(text) for text in (one, other)]
    assert readings[0] & readings[1]


@pytest.mark.parametrize(
    "address",
    [
        f"{SCHEME}://m.facebook.com/{{}}/?refid=52",
        f"{SCHEME}://www.facebook.com/profile.php?mibextid=ZbWKwL&id={{}}",
        f"{SCHEME}://www.facebook.com/share/{{}}/?mibextid=wwXIfr",
        f"{SCHEME}://www.facebook.com/people/Aung-Aung/{{}}/",
        "t.me/{}?start=x",
        f"{SCHEME}://line.me/ti/p/{{}}?ts=1&oat=2",
        "viber://chat?number=%2B{}",
        f"{SCHEME}://invite.viber.com/?g2={{}}",
        f"{SCHEME}://www.facebook.com/groups/77/user/{{}}/?__cft__=x",
    ],
)
def test_addresses_of_two_persons_with_the_same_query_stay_apart(address):
    one, other = (handle(address.format(name)) for name in ("9500000001", "9500000002"))
    assert not one & other
    assert one
    assert other


@pytest.mark.parametrize(
    "address",
    [
        "facebook.com/photo.php?fbid={}&set=a.1",
        "facebook.com/photo/?fbid={}",
        "facebook.com/watch/?v={}",
        "facebook.com/reel/{}",
        "facebook.com/hashtag/x{}",
        "instagram.com/reels/{}/",
    ],
)
def test_an_address_that_leads_to_no_person_is_no_handle(address):
    assert not handle(address.format("9500000001")) & handle(address.format("9500000002"))
    assert "thetnaingx" in handle(
        f"facebook.com/login/?next={SCHEME}%3A%2F%2Ffb.com%2Fthet.naing.x"
    )


@pytest.mark.parametrize(
    "nothing", ["none", "N/A", "-", "no", "မရှိပါ", "Facebook", "Telegram: ", "?"]
)
def test_what_says_that_there_is_no_handle_is_none(nothing):
    assert handle(nothing) == frozenset()


@given(st.text(max_size=60))
@example("t \u0308")
@example("\u00a8a/@b")
def test_reading_a_reading_changes_nothing_more(text):
    for normalise in (service_number, handle):
        for reading in normalise(text):
            assert reading in normalise(reading)


@given(
    st.integers(1, 14), st.text("abcdefghmtykn", min_size=1, max_size=8), st.integers(0, 999_999)
)
def test_both_scripts_of_a_registration_number_meet(region, township, number):
    latin = f"{region}/{township}(N){number:06}"
    assert nrc(latin) == nrc(latin.translate(MYANMAR_DIGITS)) == {f"{region}/{number:06}"}


@given(st.integers(0, 10**7 - 1))
def test_both_scripts_of_a_phone_number_meet(number):
    written = f"0945{number:07}"
    assert phones(written) == {f"945{number:07}"}
    assert phones(written.translate(MYANMAR_DIGITS)) == phones(written)
    assert phones(written.translate(TYPED_FOR_DIGITS)) == phones(written)
