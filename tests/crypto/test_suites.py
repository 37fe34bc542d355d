import pytest

from app.crypto.errors import KeyMalformed, SealBroken, UnknownSuite
from app.crypto.suites import Suite, SuiteTable

OLD = Suite(1, 1, "old", "engine of old", retired=True)
KEPT = Suite(1, 2, "kept", "engine of kept")
NEW = Suite(2, 1, "new", "engine of new")
TABLE = SuiteTable(OLD, KEPT, NEW)


def test_the_last_suite_is_written_and_all_that_are_not_retired_are_read():
    assert TABLE.current is NEW
    assert TABLE.live == {b"\1\2": "engine of kept", b"\2\1": "engine of new"}


def test_a_table_that_would_write_a_retired_suite_cannot_be_made():
    with pytest.raises(KeyMalformed):
        SuiteTable(KEPT, OLD)


@pytest.mark.parametrize(
    ("sealed", "kind", "says"),
    [
        (b"", SealBroken, "too short"),
        (b"\1", SealBroken, "too short"),
        (b"\1\1rest", UnknownSuite, "old is retired"),
        (b"\7\7rest", UnknownSuite, "unknown"),
    ],
    ids=["empty", "one-byte", "retired", "unknown"],
)
def test_a_refusal_says_why(sealed, kind, says):
    refusal = TABLE.refusal(sealed)
    assert type(refusal) is kind
    assert says in str(refusal)
