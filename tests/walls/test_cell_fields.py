"""Each field of each cell is taken by a request and shown by a response, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest

from app.accounts.models import Profile, TeamName
from app.aid.models import AidDetail, AidItem, AidNote, Payee
from app.alerts.models import Notice
from app.cases.models import (
    Account,
    AsWritten,
    Contact,
    FreeText,
    Household,
    Identity,
    Papers,
    Reading,
    Relative,
    Replaced,
    Reporting,
    Summary,
)
from app.cli.documents import app_without_databases
from app.consents.models import ConsentSaid
from app.http.openapi import describe
from app.joining.models import Invited
from app.ledger.models import FundName
from app.models import sealed_models
from app.registration.models import MoveNote, RegistrationNotes
from app.relocation.models import (
    Danger,
    DueMove,
    JourneyMarks,
    JourneyWords,
    LegInstructions,
    LegRecord,
    Outline,
    WordMark,
)
from app.store.sealed import sealed_fields
from app.vetting.models import CheckDetail, DecisionDetail, VettingRequest
from app.watch.models import Acknowledgement, CheckInRecord

CELL_SCHEMAS: dict[type, tuple[str, str]] = {
    Account: ("AccountCreate", "Account"),
    Acknowledgement: ("AcknowledgementCreate", "EscalationRead"),
    AidDetail: ("AidRequestCreate", "AidRequestRead"),
    AidItem: ("AidItemCreate", "AidItemRead"),
    AidNote: ("PaymentCreate", "AidStepRead"),
    AsWritten: ("", "AsWritten"),
    CheckDetail: ("VettingCheckCreate", "VettingCheckRead"),
    CheckInRecord: ("CheckInCreate", "CheckInRead"),
    ConsentSaid: ("ConsentCreate", "ConsentRead"),
    Contact: ("ContactCreate", "Contact"),
    Danger: ("CheckInCreate", "WatchedLegSummary"),
    DecisionDetail: ("VettingDecisionCreate", "VettingDecisionRead"),
    DueMove: ("LegDueUpdate", "DueMoveRead"),
    FreeText: ("CaseNoteCreate", "CaseNoteRead"),
    FundName: ("FundCreate", "FundRead"),
    Household: ("HouseholdCreate", "Household"),
    Identity: ("IdentityCreate", "Identity"),
    Invited: ("InvitationCreate", "InvitationSummary"),
    JourneyMarks: ("PlanCreate", "PlanRead"),
    JourneyWords: ("PlanCreate", "WordsToldRead"),
    LegInstructions: ("LegCreate", "LegRead"),
    LegRecord: ("LegMoveCreate", "LegProgressRead"),
    MoveNote: ("RegistrationMoveCreate", "RegistrationNoteRead"),
    Notice: ("", "AlertSummary"),
    Outline: ("PlanCreate", "PlanRead"),
    Papers: ("PapersCreate", "Papers"),
    Payee: ("PayeeCreate", "PayeeRead"),
    Profile: ("InvitationCreate", "MemberRead"),
    Reading: ("", "Reading"),
    RegistrationNotes: ("RegistrationMoveCreate", "RegistrationRead"),
    Relative: ("RelativeCreate", "Relative"),
    Replaced: ("", "ReplacedCellRead"),
    Reporting: ("CaseCreate", "Reporting"),
    Summary: ("CaseCreate", "Summary"),
    TeamName: ("TeamCreate", "TeamRead"),
    VettingRequest: ("VettingCreate", "VettingRead"),
    WordMark: ("PlanCreate", "PlanRead"),
}
"""The request class that takes what a cell holds, and the response class that shows it."""

OTHER_NAMES = {
    "AidNote.text": ("PaymentCreate.reference", "AidStepRead.text"),
    "Acknowledgement.by": ("", "EscalationRead.acknowledged_by"),
    "Acknowledgement.at": ("", "EscalationRead.acknowledged_at"),
    "Danger.word": ("CheckInCreate.word", "WatchedLegSummary.duress"),
    "DueMove.became": ("LegDueUpdate.due_at", "DueMoveRead.became"),
    "JourneyWords.safe": ("PlanCreate.safe_word", "WordsToldRead.safe_word"),
    "JourneyWords.duress": ("PlanCreate.duress_word", "WordsToldRead.duress_word"),
    "LegInstructions.text": ("LegCreate.instructions", "LegRead.instructions"),
    "LegRecord.left_at": ("LegMoveCreate.at", "LegProgressRead.left_at"),
    "LegRecord.arrived_at": ("LegMoveCreate.at", "LegProgressRead.arrived_at"),
    "LegRecord.walked_on": ("WalkedLegCreate.walked_on", "LegProgressRead.walked_on"),
    "LegRecord.due_moves": ("LegDueUpdate.due_at", "LegProgressRead.due_moves"),
    "MoveNote.text": ("RegistrationMoveCreate.reason", "RegistrationNoteRead.text"),
    "Outline.ended_because": ("PlanMoveCreate.reason", "PlanRead.ended_because"),
    "RegistrationNotes.notes": ("RegistrationMoveCreate.reason", "RegistrationRead.notes"),
}
"""Fields that have another name, or another class, in a request or a response."""

_BY = "the principal of the request"
_AT = "the time of the request"
_MERGER = "written by a merger, from the cells of the case that is merged"
_ORIGINALS = "the originals of texts that were converted from Zawgyi"
_NOTICE = "written by the program, about an act of a member or a row"
_MARKS = "computed from the words, which are taken"
NOT_TAKEN = {
    **{f"{name}.as_written": _ORIGINALS for name in ("Account", "Contact", "Household", "Papers")},
    "Papers.age_stated_on": "the day of the intake or of the edit",
    "AsWritten.field": _ORIGINALS,
    "AsWritten.text": _ORIGINALS,
    "Account.says_as_written": "the original of a text that was converted from Zawgyi",
    "Identity.name_as_written": "the original of a name that was converted from Zawgyi",
    **{f"{name}.also": _MERGER for name in ("Account", "Contact", "Household")},
    **{f"{name}.also": _MERGER for name in ("Identity", "Papers")},
    **{f"Reading.{name}": _MERGER for name in ("field", "value", "case_id", "on")},
    "Notice.acknowledged_at": _AT,
    "Notice.acknowledged_by": _BY,
    "Acknowledgement.by": _BY,
    "Acknowledgement.at": _AT,
    "CheckDetail.made_at": _AT,
    "CheckInRecord.by": _BY,
    "CheckInRecord.said": "the word of the request, where it is not understood",
    "CheckInRecord.said_at": "the time of the request's body, where it cannot be",
    "CheckInRecord.seen_by": "the planner who acknowledges the check-in",
    "DecisionDetail.by": _BY,
    "DecisionDetail.attempt": "the attempt that the round is in",
    "DecisionDetail.made_at": _AT,
    "DueMove.was": "the time that the leg had",
    "DueMove.by": _BY,
    "DueMove.at": _AT,
    "JourneyWords.former": "duress words that were replaced",
    "JourneyMarks.safe": _MARKS,
    "JourneyMarks.duress": _MARKS,
    **{f"WordMark.{name}": _MARKS for name in ("letters", "blanks", "value")},
    "LegInstructions.meeting_phrase": "generated for each leg",
    "MoveNote.at": _AT,
    **{
        f"Notice.{name}": _NOTICE
        for name in ("kind", "at", "member_id", "team_id", "case_id", "leg_id", "rows", "silence")
    },
    "Profile.pair": "the member of the account's other slot",
    "Profile.slot": "which passphrase slot opens this member",
    "Relative.age_stated_on": "the day on which the age was written or changed",
    "Replaced.value": "the cell as it was before an edit",
    "Reporting.half_year": "the half-year of the intake",
    "Reporting.people": "counted from the household",
    "Summary.call_sign": "generated for each case",
    "Summary.people": "counted from the household",
    "Summary.infants_until": "counted from the household",
    "Summary.infants": "counted from the household",
}
NOT_SHOWN = {
    "Notice.silence": "tells an alert of a silence that ended from one that goes on",
    "CheckInRecord.seen_by": "only counted, among what no planner has acknowledged",
    "JourneyWords.former": "only compared with words that are heard",
    "JourneyMarks.safe": "only compared with words that are heard",
    "JourneyMarks.duress": "only compared with words that are heard",
    **{f"WordMark.{name}": "only compared" for name in ("letters", "blanks", "value")},
    "Profile.pair": "would show that there is a duress passphrase",
    "Profile.slot": "would show who signed in under duress",
}
"""Why no request takes a field, and why no response shows it. A reason that is not needed fails."""


def cells(kinds: Iterator[type]) -> set[type]:
    """Dataclasses that are sealed, and those that they are made of."""
    found: set[type] = set()
    waiting: list[object] = list(kinds)
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if isinstance(hint, type) and is_dataclass(hint) and hint not in found:
            found.add(hint)
            waiting += get_type_hints(hint).values()
    return found


def sealed_kinds() -> Iterator[type]:
    for model in sealed_models():
        for field in sealed_fields(model).values():
            yield field.kind


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield str(part["$ref"]).rsplit("/", 1)[1]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


@pytest.fixture(scope="module")
def served() -> tuple[set[str], set[str]]:
    """``Class.field`` of everything in the bodies of requests, and of responses."""
    described = describe(app_without_databases(), version="0")
    schemas = described["components"]["schemas"]
    operations = [one for methods in described["paths"].values() for one in methods.values()]

    def reach(parts: list[object]) -> set[str]:
        seen: set[str] = set()
        waiting = list(references(parts))
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += references(schemas[name])
        return {f"{name}.{field}" for name in seen for field in schemas[name].get("properties", {})}

    return (
        reach([one.get("requestBody") for one in operations]),
        reach([one["responses"] for one in operations]),
    )


def unserved(
    known: set[type], served: set[str], column: int, reasons: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Fields in no schema of ``column`` and without a reason; and reasons that are not needed."""
    silent, idle = [], set(reasons)
    for cell in sorted(known, key=lambda cell: cell.__name__):
        schema = CELL_SCHEMAS[cell][column]
        for field in fields(cell):
            name = f"{cell.__name__}.{field.name}"
            place = OTHER_NAMES.get(name, ("", ""))[column] or f"{schema}.{field.name}"
            if place in served:
                continue
            idle.discard(name)
            if name not in reasons:
                silent.append(f"{name} (not in {place})")
    return silent, sorted(idle)


def test_every_cell_has_a_request_and_a_response():
    missing = cells(sealed_kinds()) ^ set(CELL_SCHEMAS)
    names = sorted(cell.__name__ for cell in missing)
    assert not names, f"{names}: add or remove the row in CELL_SCHEMAS of {__file__}"


def test_every_field_of_a_cell_is_taken_by_a_request(served: tuple[set[str], set[str]]):
    silent, idle = unserved(set(CELL_SCHEMAS), served[0], 0, NOT_TAKEN)
    assert not silent, f"add to the request in schemas.py, or give a reason in NOT_TAKEN: {silent}"
    assert not idle, f"these are taken: remove their reasons from NOT_TAKEN: {idle}"


def test_every_field_of_a_cell_is_shown_by_a_response(served: tuple[set[str], set[str]]):
    silent, idle = unserved(set(CELL_SCHEMAS), served[1], 1, NOT_SHOWN)
    assert not silent, f"add to the response in schemas.py, or give a reason in NOT_SHOWN: {silent}"
    assert not idle, f"these are shown: remove their reasons from NOT_SHOWN: {idle}"


def test_a_field_that_no_schema_has_is_named(served: tuple[set[str], set[str]]):
    without = served[0] - {"IdentityCreate.name"}
    silent, _ = unserved(set(CELL_SCHEMAS), without, 0, NOT_TAKEN)
    assert "Identity.name (not in IdentityCreate.name)" in silent
