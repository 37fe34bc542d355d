"""Log lines are JSON, hold named facts only, and a storm of the same is one line."""

from __future__ import annotations

import json
import logging

import pytest

from app.telemetry.logs import FACTS, STORM_SECONDS, JsonFormatter, StormFilter

CANARY = "Ko Thiha Zin 09771234567"


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Monotonic:
    return Monotonic()


@pytest.fixture
def lines(clock):
    """A logger of its own, and the lines that it wrote."""
    written: list[dict[str, object]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(JsonFormatter().format(record)))

    keep = Keep()
    keep.addFilter(StormFilter(clock))
    logger = logging.getLogger("padauk.test-of-logs")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(keep)
    yield logger, written
    logger.removeHandler(keep)


def test_a_line_names_its_facts_and_nothing_else(lines):
    logger, written = lines
    logger.error("incident", extra={"incident": "ab12", "operation": "open_case", "person": CANARY})
    (line,) = written
    assert set(line) == {"time", "level", "logger", "message", "incident", "operation"}
    assert CANARY not in json.dumps(line)


def test_an_exception_shows_its_kind_and_never_its_message(lines):
    logger, written = lines
    failure = LookupError(CANARY)
    logger.error("job failed", exc_info=failure, extra={"job": "sequencer"})
    (line,) = written
    assert (line["error"], line["job"]) == ("LookupError", "sequencer")
    assert CANARY not in json.dumps(line)


def test_a_storm_is_one_line_and_the_next_line_counts_it(lines, clock):
    logger, written = lines
    for number in range(500):
        logger.error("incident", extra={"incident": f"{number:04x}", "error": "OperationalError"})
    assert len(written) == 1
    clock.now += STORM_SECONDS
    logger.error("incident", extra={"incident": "ffff", "error": "OperationalError"})
    assert written[1]["left_out"] == 499


def test_another_kind_of_error_is_no_part_of_the_storm(lines):
    logger, written = lines
    for error in ("OperationalError", "LogRewritten"):
        logger.error("incident", extra={"error": error})
    assert [line["error"] for line in written] == ["OperationalError", "LogRewritten"]


def test_ordinary_lines_are_never_left_out(lines):
    logger, written = lines
    for _ in range(3):
        logger.info("started")
    assert len(written) == 3


def test_no_fact_is_an_attribute_that_logging_itself_fills(lines):
    ordinary = vars(logging.makeLogRecord({}))
    assert not set(FACTS) & set(ordinary)
