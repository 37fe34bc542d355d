"""A retired word is found wherever it is written, and the finding names the better one."""

import pytest

from tools.rules.words import HERE, retired_words_stay_retired


@pytest.mark.parametrize(
    ("path", "text", "better"),
    [
        ("app/http/serving.py", "class House:", "RouteContext"),
        ("app/http/serving.py", "pool = Hop()", "RequestPool"),
        ("app/relocation/service.py", "lay_legs(work, plan)", "add_legs"),
        ("app/watch/escalation.py", "# the second rung", "escalation level"),
        ("app/watch/service.py", "if hear(leg, at):", "record_contact"),
        ("docs/operating.md", "Whoever keeps the server", "who"),
        ("docs/operating.md", "assign their cases anew", "again"),
        ("SECURITY.md", "a fingerprint that stands in the settings", "is in"),
        ("SECURITY.md", "what each is for stands in `SECURITY.md`.", "is in"),
        ("app/store/sealed.py", "a row that cells can stand in: a case's", "is in"),
        ("docs/operating.md", "a day that comes\nabout at night", "happens"),
        ("app/x.py", "# the day is taken\n# back at night", "revoked"),
        ("tools/fuzz.py", "Knows how to start the house.", "the program"),
    ],
)
def test_a_retired_word_is_found_and_the_better_one_is_named(path, text, better):
    ((line, said),) = retired_words_stay_retired(path, text)
    assert line == 1
    assert better in said


@pytest.mark.parametrize(
    "text",
    [
        "the house with the blue door",
        "shops and shoppers",
        "RungeKutta = 1",
        "she stands by the well",
        "a name that stands in for another",
        "session.telling(1)",
        "a renewed plan",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert list(retired_words_stay_retired("app/x.py", text)) == []


def test_a_heading_of_the_old_map_is_found():
    said = [said for _, said in retired_words_stay_retired("README.md", "## The house\n")]
    assert any("## Architecture" in one for one in said)


def test_only_the_list_and_its_test_may_name_them():
    assert len(HERE) == 2
    for path in HERE:
        assert list(retired_words_stay_retired(path, "class House: ...")) == []
