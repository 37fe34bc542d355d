"""The retired words, each with the better one: one word has one meaning in the whole tree."""

from __future__ import annotations

import re

from tools.rules import Said, TextRule

HERE = frozenset({"tools/rules/words.py", "tests/rules/test_retired_words.py"})
"""The only files that may name them."""

NAMES = {
    "AccountTold": "AccountCreate",
    "Acked": "AcknowledgedAct",
    "admit_cast": "admit_members",
    "AidFile": "AidRequestRead",
    "AidReceipt": "AidRequestStateRead",
    "AlertShown": "AlertSummary",
    "_astray": "_cross_fund_postings",
    "_at_the_gate": "_authorised",
    "_at_the_top": "_legs_at_last_level",
    "Attacked": "AttackResult",
    "begin_again": "start_reauthentication",
    "carry_out": "run_request",
    "CaseDraft": "Intake",
    "CaseFile": "CaseDetails",
    "CaseReceipt": "CaseStateRead",
    "CasesAsked": "CasePageQuery",
    "CaseShown": "CaseRead",
    "ChangeCase": "CaseUpdate",
    "climb_due": "escalate_due",
    "CodeShown": "CodeRead",
    "confirm_standing": "update_row_mac",
    "ContactTold": "ContactCreate",
    "Crowd": "Writers",
    "Dealt": "NewCustody",
    "DecideTriage": "TriageCreate",
    "Door": "SecurityHeadersMiddleware, Trigger or Public",
    "DuplicateShown": "DuplicateRead",
    "EmergencyAsk": "EmergencyRequestRead",
    "EmergencyNeedless": "EmergencyNotApplicable",
    "EventShown": "CaseEventRead",
    "Fate": "GeneratedCase",
    "find_left": "find_backlog",
    "forgive": "reset_failures",
    "_funds_adrift": "_fund_mismatches",
    "FundShown": "FundRead",
    "_gather_anew": "_read_secrets",
    "gift": "contribution",
    "go_on": "finish_begun",
    "ground_of": "target_of",
    "_hand_round": "sync_treasurer_grants",
    "held_together": "find_separated_roles",
    "Hop": "RequestPool",
    "hop": "thread of a request",
    "hop_threads": "request_threads",
    "House": "RouteContext",
    "IdentityTold": "IdentityCreate",
    "_is_told": "_may_see",
    "lay_legs": "add_legs",
    "leave_stamp": "record_newest_moment",
    "LegAlert": "Alert",
    "LegFile": "LegDetails",
    "LegLine": "LegSummary",
    "LegShown": "LegRead",
    "let_lapse": "expire_soon",
    "let_wait": "queue_left_out",
    "LinkShown": "CaseLinkRead",
    "list_rungs": "list_escalations",
    "look_through": "scan_names",
    "may_be_second": "is_possible_duplicate",
    "MemberUnfit": "AssigneeNotEligible",
    "MemberUnsuited": "MemberNotEligible",
    "MemberView": "MemberRead",
    "move_by_hand": "move_manually",
    "MoveNotYours": "NotPlanner",
    "MoveOutOfTurn": "AidMoveRefused",
    "Newcomer": "NewAccount",
    "OpenCase": "CaseCreate",
    "PageAsked": "PageRequest",
    "PlanFile": "PlanDetails",
    "PlanReceipt": "PlanStateRead",
    "PlanShown": "PlanRead",
    "_refuse_strangers": "_refuse_other_dealings",
    "RelativeTold": "RelativeCreate",
    "ReportRelease": "PublishedReport",
    "require_together": "require_combinable",
    "RIVALS": "CONFLICTING_STATUSES",
    "RolesApart": "RolesNotCombinable",
    "RoundFile": "OpenedRound",
    "RoundShown": "VettingRead",
    "Rung": "EscalationLevel",
    "rung": "escalation level",
    "rungs": "escalation levels",
    "rungs_reached": "levels_reached",
    "Saying": "CheckInRecord",
    "scan_identities": "scan_names",
    "shelf": "symmetric_wrap, or the key that it is sealed with",
    "shelve": "wrap_for_self",
    "shelves": "symmetric wraps",
    "Soaked": "SoakResult",
    "StageClock": "SettableClock",
    "standing_members": "active_members",
    "step_back": "lower_priority",
    "Switchboard": "IndexedRouter",
    "tell_again": "remind_leads",
    "tell_expiries": "alert_expiries",
    "tell_lapse": "alert_lapse",
    "Telling": "ScenarioRun",
    "the_house": "initial_schema",
    "to_given": "to_draft",
    "unplugged_app": "app_without_databases",
    "_unshelve": "_open_grant",
}
PHRASES = {
    r"[Tt]he house(?! with the blue door)": "the program, the server or the tree",
    r"[Ww]hoever": "who",
    r"[Cc]omes? about": "happens",
    r"[Aa]new": "again",
    r"[Bb]y nobody": "without a principal",
    r"[Ss]tands? in(?! for\b)": "is in",
    r"[Ii]s told": "is given, is shown",
    r"[Tt]aken back": "revoked, ended",
    r"[Aa]n answer": "a response",
    r"[Aa]sks for": "requires",
}
CALLS = {
    "aged": "with_age_stated",
    "grown": "with_ages_on",
    "hear": "record_contact",
    "mended": "replace_invalid_characters",
    "plans": "is_planner",
    "stands": "verify_row_mac",
    "telling": "is_distinctive",
    "walks": "prefers_case_scan",
}


def _phrase(phrase: str) -> re.Pattern[str]:
    """A phrase as whole words, whatever follows them; a line may end between two of its words."""
    return re.compile(rf"(?<!\w)(?:{phrase})(?!\w)".replace(" ", r"\s+(?:#\s+)?"))


_RETIRED = [
    (re.compile(r"## The house\b"), "## Architecture"),
    (re.compile(r"class Told\b"), "NotifiedGroup"),
    *((re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)"), now) for name, now in NAMES.items()),
    *((_phrase(phrase), now) for phrase, now in PHRASES.items()),
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
