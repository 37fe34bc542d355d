"""What is counted over the whole tree may only fall, and the finding says what to do."""

from tools.rules.ceilings import any_may_only_fall

TWO_LINES = [
    (
        "app/x.py",
        "from typing import Any, Final\n\n\ndef first(of: list[Any], or_: Any) -> Any: ...\n",
    ),
    ("app/y.py", '"""Any of the three."""\n\nANYWHERE = object()\n'),
    ("tests/z.py", "from typing import Any\n"),
]


def test_as_many_lines_as_the_ceiling_are_let_through():
    assert any_may_only_fall(TWO_LINES, 2) == []


def test_one_more_names_the_files_and_what_to_write_instead():
    (finding,) = any_may_only_fall(TWO_LINES, 1)
    assert "2 lines of app/ have Any, 1 at most: write Protocol" in finding.said
    assert "app/x.py 2" in finding.said
    assert "app/y.py" not in finding.said


def test_fewer_than_the_ceiling_lower_it():
    (finding,) = any_may_only_fall(TWO_LINES, 3)
    assert "lower ANY_LINES to 2" in finding.said


def test_the_type_of_a_cast_is_counted():
    assert any_may_only_fall([("app/x.py", 'y = cast("tuple[Any, ...]", x)\n')], 1) == []
