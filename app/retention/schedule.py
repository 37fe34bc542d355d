"""The retention schedule: what is kept, from when its time is counted, for how long, and then.

- ``PARTS`` is total over the parts of a case, ``TABLES`` over the tables of both databases. A wall
  compares them with the models: a new table or sealed column cannot be forgotten.
- The defaults are those that a group and a data-protection officer would both sign; decision 34
  argues them.
- Times are days. At the end of each a day of grace is drawn, 0 to 3, so that the hour tells
  nothing.

Knows names and numbers; reads no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.store.models import ErasedPart
from app.totality import require_rows

GRACE_DAYS: Final = 3
SILENCE_DAYS: Final = 180
SILENCE_IN_SERVICE_DAYS: Final = 365
NOTICE_DAYS: Final = 30
UNREAD_DAYS: Final = 60
"""What nobody has read is never destroyed; so long after it fell due it leads the leads' list."""
REPLACED_DAYS: Final = 30
"""So long what an edit replaced is kept."""
CONTRIBUTION_DAYS: Final = 3
INVITATION_DAYS: Final = 30
PAYEE_TOKEN_DAYS: Final = 90
FORMER_MEMBER_DAYS: Final = 90
GRANT_DAYS: Final = 396
"""Thirteen months: so long it can be said who could have known."""
LAPSE_DAYS: Final = 14
"""What nobody agreed to within so many days was never asked for."""
LONGEST_DAYS: Final = 5 * 365
"""Leads choose nothing longer."""
FIGURES_DAYS: Final = 243
"""For so long a case waits at most for the figures of its half-year: eight months."""


class TriggerEvent(StrEnum):
    """From when the time of a rule is counted."""

    CLOSING = "closing"
    CODE_HANDED_OVER = "hand-over of the full code, or closing"
    JOURNEY_OVER = "arrival of the last leg, or the plan abandoned"
    VERDICT = "verdict"
    CODES_OVER = "last code handed over, refused or revoked"
    AID_OVER = "last aid confirmed, refused or cancelled"
    DECLINED = "declined"
    REFUSED = "refused by vetters"
    MERGED = "merged"
    FOLLOW_UP_ENDED = "consent to follow-up ended, and the case has ended"


class Action(StrEnum):
    """What happens when the time is over."""

    DESTROY = "destroy"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on cases. ``part`` is None for a whole case; ``most`` bounds what leads may set."""

    name: str
    part: ErasedPart | None
    trigger: TriggerEvent
    days: int
    most: int
    says: str


@dataclass(frozen=True, slots=True)
class RowRetention:
    """What becomes of the rows of a table. ``by``: the job for it, None where an act does it."""

    says: str
    by: str | None
    action: Action = Action.DESTROY


_P = ErasedPart
_T = TriggerEvent

RULES: Final[tuple[Rule, ...]] = (
    Rule("case", None, _T.CLOSING, 90, 365, "the name, and with it the whole rest of the case"),
    Rule("papers", _P.PAPERS, _T.CODE_HANDED_OVER, 30, 90,
         "numbers, unit, birth; their index tokens go with the name"),
    Rule("household", _P.HOUSEHOLD, _T.CLOSING, 30, 90,
         "relatives; how many people there are stays with the case"),
    Rule("contact", _P.CONTACT, _T.CLOSING, 30, 90, "phones, handles, and their index tokens"),
    Rule("follow_up", _P.CONTACT, _T.FOLLOW_UP_ENDED, 0, 0,
         "phones and handles of somebody who wants no more contact"),
    Rule("account", _P.ACCOUNT, _T.CLOSING, 30, 180,
         "account, needs, risks, health, notes; how consent was said; reasons of decisions"),
    Rule("vetting", _P.VETTING, _T.VERDICT, 30, 90,
         "questions, checks, vouchers, grounds; who, outcome and last day stay with the case"),
    Rule("route", _P.ROUTE, _T.JOURNEY_OVER, 14, 30, "places, instructions, phrases"),
    Rule("words", _P.WORDS, _T.JOURNEY_OVER, 14, 35, "the two words of a journey, as said"),
    Rule("journey", _P.JOURNEY, _T.JOURNEY_OVER, 35, 90,
         "how a leg went, check-ins, acknowledgements: a duress word is heard for a month"),
    Rule("registration", _P.REGISTRATION, _T.CODES_OVER, 30, 90, "notes of codes and hand-over"),
    Rule("aid", _P.AID, _T.AID_OVER, 30, 90,
         "payee, means, what for; amount, currency and who decided stay"),
    Rule("declined", None, _T.DECLINED, 30, 90, "an intake that was declined, all of it"),
    Rule("merged", None, _T.MERGED, 14, 30, "a merged intake: all went over"),
    Rule("refused.identity", _P.IDENTITY, _T.REFUSED, 30, 90,
         "the name of somebody whom vetters refused; index tokens and verdict stay"),
    Rule("refused.papers", _P.PAPERS, _T.REFUSED, 30, 90, "likewise numbers, unit, birth"),
    Rule("refused.household", _P.HOUSEHOLD, _T.REFUSED, 30, 90, "likewise relatives"),
    Rule("refused.contact", _P.CONTACT, _T.REFUSED, 30, 90, "likewise phones and handles"),
    Rule("refused.account", _P.ACCOUNT, _T.REFUSED, 30, 90, "likewise the account and notes"),
    Rule("refused", None, _T.REFUSED, 365, 730,
         "a known informer: tokens, verdict and grounds, to be looked at by two people at 180"),
)  # fmt: skip

BY_NAME: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in RULES})

WITH_CASE: Final[Mapping[ErasedPart, str]] = MappingProxyType(
    {
        _P.SUMMARY: "the call sign and what a list shows: with the case",
        _P.IDENTITY: "the name: with the case; of who was refused by vetters sooner",
        _P.REPORTING: "with the case, which waits with it for the figures of its half-year",
    }
)
"""Parts of a case that have no time of their own."""

PARTS: Final = frozenset(rule.part for rule in RULES if rule.part is not None) | WITH_CASE.keys()
require_rows("RULES or WITH_CASE", list(PARTS), ErasedPart, file="app/retention/schedule.py")

_CASE: Final = RowRetention("with the case, or with the part that its cells are of", "retention")
_IDS: Final = RowRetention("with the case", "retention")

TABLES: Final[Mapping[str, RowRetention]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "case_moves", "case_notes", "cases", "check_ins", "consents",
                "duplicate_dismissals", "emergency_decisions", "leg_escalations", "legs", "plans",
                "registrations", "travellers", "vetting_checks", "vetting_decisions",
                "vetting_rounds",
            ),
            _CASE,
        ),
        **dict.fromkeys(
            (
                "assignments", "blind_index", "bundles", "case_links", "duplicate_matches",
                "erasure_requests", "match_tokens", "retention_holds", "retention_looks", "scopes",
                "silence_notices",
            ),
            _IDS,
        ),
        "aid_requests": RowRetention(
            "words and payee with their part; the rest is cut from the case when it goes, and kept:"
            " who asked, approved and paid must be provable, and the ledger is compared with it",
            "retention", Action.KEEP,
        ),
        "aid_steps": RowRetention(
            "words with their part; the rest is kept with their request", "retention", Action.KEEP
        ),
        "payee_tokens": RowRetention(
            f"{PAYEE_TOKEN_DAYS} days after payment, or with the case", "old rows"
        ),
        "alerts": RowRetention("31 days after they were raised, or with the case", "old alerts"),
        "audit_checkpoints": RowRetention("kept: no person is in them", None, Action.KEEP),
        "audit_events": RowRetention(
            "kept as leaves; what they say of a case goes with its key", "retention", Action.KEEP
        ),
        "audit_leaves": RowRetention("kept: hashes", None, Action.KEEP),
        "audit_unsequenced": RowRetention("once they have their place", "sequencer"),
        "chosen_days": RowRetention("kept: what counted when", None, Action.KEEP),
        "counters": RowRetention("a day after the last count", "sessions"),
        "credentials": RowRetention("at once when the member is removed, by that act", None),
        "custody_contributions": RowRetention("used, or 72 hours", "old rows"),
        "deployment": RowRetention("kept: which parts belong together", None, Action.KEEP),
        "destructions": RowRetention(
            "kept: random ids, half-year, rule, certificate; who could see it 90 days", "retention",
            Action.KEEP,
        ),
        "grants": RowRetention("13 months after their end, or with the case", "old rows"),
        "funds": RowRetention("kept: other people's money must be provable", None, Action.KEEP),
        "idempotency_keys": RowRetention("21 days after they were made", "replays"),
        "invitations": RowRetention(f"{INVITATION_DAYS} days after they were made", "old rows"),
        "job_runs": RowRetention("kept: when a job ran", None, Action.KEEP),
        "journal_entries": RowRetention(
            "kept: other people's money must be provable; no person is in it", None, Action.KEEP
        ),
        "key_copies": RowRetention("at once when the member is removed, by that act", None),
        "ledger_accounts": RowRetention("kept with their fund", None, Action.KEEP),
        "member_keys": RowRetention(
            "kept: public keys, by which what a member signed is checked", None, Action.KEEP
        ),
        "members": RowRetention(
            f"the name {FORMER_MEMBER_DAYS} days after removal; that there was somebody is kept",
            "old rows", Action.KEEP,
        ),
        "organisation_keys": RowRetention(
            "kept: public keys; secrets of old epochs until re-sealing is built", None, Action.KEEP
        ),
        "organisation_settings": RowRetention("kept: no person is in them", None, Action.KEEP),
        "postings": RowRetention("kept: other people's money must be provable", None, Action.KEEP),
        "published_reports": RowRetention(
            "kept: redacted, no person is in them", None, Action.KEEP
        ),
        "replaced_cells": RowRetention(
            f"{REPLACED_DAYS} days after the edit, with the part that they are of, or with the"
            " case", "retention",
        ),
        "retention_passes": RowRetention("kept: counts of the last pass", None, Action.KEEP),
        "second_factors": RowRetention("at once when the member is removed, by that act", None),
        "sessions": RowRetention("when they end; every 15 minutes", "sessions"),
        "suspensions": RowRetention("kept: who shut out whom, and who undid it", None, Action.KEEP),
        "team_duties": RowRetention("kept: one row a team, who has the watch", None, Action.KEEP),
        "teams": RowRetention("kept: no person is in their names", None, Action.KEEP),
        # the keystore
        "deployment_secrets": RowRetention("kept while anything rests on them", None, Action.KEEP),
        "erasure_shares": RowRetention("first of all, with the part or the case", "retention"),
        "journal": RowRetention("kept longer than any backup: random ids", None, Action.KEEP),
        "marks": RowRetention("kept: tags that say nothing without the row", None, Action.KEEP),
        "keystore": RowRetention("kept: which keystore this is", None, Action.KEEP),
    }
)  # fmt: skip
