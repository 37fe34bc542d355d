"""The retired words, each with the better one: one word has one meaning in the whole tree."""

from __future__ import annotations

import re

from tools.rules import Said, TextRule

HERE = frozenset({"tools/rules/words.py", "tests/rules/test_retired_words.py"})
"""The only files that may name them."""

NAMES = {
    "_at_the_gate": "_authorised",
    "_astray": "_cross_fund_postings",
    "_funds_adrift": "_fund_mismatches",
    "_gather_anew": "_read_secrets",
    "_hand_round": "sync_treasurer_grants",
    "begin_again": "start_reauthentication",
    "carry_out": "run_request",
    "confirm_standing": "update_row_mac",
    "Door": "SecurityHeadersMiddleware, Trigger or Public",
    "EmergencyNeedless": "EmergencyNotApplicable",
    "forgive": "reset_failures",
    "Hop": "RequestPool",
    "hop_threads": "request_threads",
    "House": "RouteContext",
    "lay_legs": "add_legs",
    "LegAlert": "Alert",
    "LegFile": "LegDetails",
    "let_lapse": "expire_soon",
    "may_be_second": "is_possible_duplicate",
    "MemberUnfit": "AssigneeNotEligible",
    "Newcomer": "NewAccount",
    "PageAsked": "PageRequest",
    "PlanFile": "PlanDetails",
    "RIVALS": "CONFLICTING_STATUSES",
    "Rung": "EscalationLevel",
    "Saying": "CheckInRecord",
    "StageClock": "SettableClock",
    "Switchboard": "IndexedRouter",
    "gift": "contribution",
    "rung": "escalation level",
    "rungs": "escalation levels",
    "shelf": "symmetric_wrap, or the key that it is sealed with",
    "shelves": "symmetric wraps",
    "the_house": "initial_schema",
}
PHRASES = {
    r"[Tt]he house(?= (?:knows|has|is)\b)": "the program, or the tree",
    r"[Ww]hoever": "who",
    r"[Cc]omes? about": "happens",
    r"[Aa]new": "again",
    r"[Bb]y nobody": "without a principal",
    r"[Ss]tands? in (?!for\b)": "is in",
    r"[Ii]s told": "is given, is shown",
    r"[Tt]aken back": "revoked, ended",
    r"[Aa]n answer": "a response",
    r"[Aa]sks for": "requires",
}
CALLS = {
    "hear": "record_contact",
    "plans": "is_planner",
    "stands": "verify_row_mac",
    "telling": "is_distinctive",
    "walks": "prefers_case_scan",
}

_RETIRED = [
    (re.compile(r"## The house\b"), "## Architecture"),
    (re.compile(r"class Told\b"), "NotifiedGroup"),
    *((re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)"), now) for name, now in NAMES.items()),
    *((re.compile(rf"\b(?:{phrase})\b"), now) for phrase, now in PHRASES.items()),
    *((re.compile(rf"(?<![\w.]){name}\("), now) for name, now in CALLS.items()),
]


def retired_words_stay_retired(path: str, text: str) -> Said:
    """A word with two meanings made a reader change the wrong one of the two.

    Coined names cost every newcomer an hour each; `docs/developing.md` has the words that are ours.
    """
    if path in HERE:
        return
    for pattern, now in _RETIRED:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"`{match[0].strip()}` is retired: write {now}"


WORD_RULES: tuple[TextRule, ...] = (retired_words_stay_retired,)
