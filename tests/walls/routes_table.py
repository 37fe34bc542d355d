"""Every route once: who of a team asks it well, with which body, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from app.permissions import ROLE_PERMISSIONS, Permission, Role
from app.store.base import new_id

Ids = dict[str, Any]
_numbers = count()

LIKELY = (
    Role.COORDINATOR, Role.VOLUNTEER, Role.VETTER, Role.REGISTRAR, Role.TREASURER,
    Role.ADMINISTRATOR, Role.AUDITOR, Role.LEAD,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One route: its body from ids, its status where it is asked well, and what is peculiar."""

    body: Callable[[Ids], Any] | None = None
    found: int | None = None
    by: Role | None = None
    half_way: bool = False
    """Asked of the case that is still being vetted."""
    ends_session: bool = False
    shuts_out: str = ""
    """The test that asks it across teams, where that would shut a member of this walk out."""
    reach: frozenset[Role] = field(default=frozenset())
    """Roles whose business it is across teams."""

    def asker(self, needs: Permission) -> Role:
        return self.by or next(role for role in LIKELY if needs in ROLE_PERMISSIONS[role])

    def status(self, method: str, *, changes: bool) -> int:
        """A version that is not the newest is shown to those alone who may see the object."""
        if self.found is not None:
            return self.found
        return 412 if changes else {"GET": 200, "DELETE": 204}.get(method, 201)


READ = Row()
ORGANISATION = frozenset({Role.LEAD, Role.ADMINISTRATOR})
SUSPENDING = frozenset({Role.LEAD, Role.COORDINATOR})
WRONG = {"passphrase": "eight words that open nothing at all here"}
CHOSEN = {"passphrase": "nine grey umbrellas on a ferry"}
REASON = {"reason": "read aloud on the stairs"}


def intake(_ids: Ids) -> Any:
    return {
        "standing": "left",
        "identity": {"name": "Saw Eh Doh"},
        "contact": {"channel": "messenger"},
        "account": {"says": "Asked for shoes."},
        "consents": [{"purpose": "casework", "how": "nodded"}],
    }


def legs(ids: Ids) -> Any:
    leg = {"kind": "arrival", "place": "the bench", "instructions": "wait", "grace_minutes": 60}
    return {"legs": [{**leg, "due_at": ids["tomorrow"]}]}


def aid(_ids: Ids) -> Any:
    return {
        "currency": "MMK",
        "items": [{"category": "food", "amount": 90_000}],
        "payee": {"name": "the baker"},
    }


ROUTES: dict[str, Row] = {
    "GET /": READ,
    "GET /api/health": READ,
    "GET /api/health/ready": Row(found=None, by=None),
    "GET /api/health/degraded": Row(found=None, by=None),
    "GET /api/openapi.json": READ,
    # accounts
    "POST /api/sessions": Row(lambda _: {"login": "nobody-here", **WRONG}, 401),
    "GET /api/sessions": READ,
    "DELETE /api/sessions/current": Row(ends_session=True),
    "DELETE /api/sessions/{session_id}": READ,
    "POST /api/sessions/current/step-up": Row(lambda _: WRONG, 403),
    "GET /api/me": READ,
    "POST /api/me/passphrase": Row(lambda _: WRONG, 403),
    "PUT /api/me/duress-passphrase": Row(lambda _: WRONG, 403),
    "GET /api/me/second-factor": READ,
    "POST /api/me/second-factor": Row(lambda _: WRONG, 403),
    "POST /api/me/second-factor/confirmation": Row(lambda _: {"code": "000000"}, 409),
    "POST /api/me/second-factor/recovery-codes": Row(lambda _: WRONG, 403),
    "POST /api/me/second-factor/end": Row(lambda _: WRONG, 403),
    "GET /api/members": READ,
    "GET /api/members/{member_id}": Row(reach=ORGANISATION),
    "GET /api/members/{member_id}/certificate": Row(found=409, reach=ORGANISATION),
    "POST /api/members/{member_id}/certificate": Row(
        lambda _: {"heard": "three words heard"}, reach=ORGANISATION
    ),
    "DELETE /api/members/{member_id}/certificate": Row(reach=ORGANISATION),
    "POST /api/invitations": Row(
        lambda ids: {
            "roles": [{"role": "vetter", "team_id": ids["team_id"]}],
            "display_name": "Thiri",
        }
    ),
    "GET /api/invitations": READ,
    "DELETE /api/invitations/{invitation_id}": Row(reach=ORGANISATION),
    "POST /api/joinings": Row(
        lambda _: {"token": "no such link", "words": "six", "login": "nobody-here", **CHOSEN}, 404
    ),
    "POST /api/members/{member_id}/roles": Row(
        lambda ids: {"roles": [{"role": "vetter", "team_id": ids["team_id"]}]}, reach=ORGANISATION
    ),
    "DELETE /api/members/{member_id}": Row(reach=ORGANISATION),
    "POST /api/members/{member_id}/suspension": Row(
        found=200, reach=SUSPENDING, shuts_out="tests/accounts/test_suspensions.py"
    ),
    "DELETE /api/members/{member_id}/suspension": Row(reach=SUSPENDING),
    "POST /api/members/{member_id}/resumption": Row(found=200, reach=frozenset({Role.LEAD})),
    "DELETE /api/members/{member_id}/second-factor": Row(
        reach=frozenset({Role.LEAD}), shuts_out="tests/factors/test_second_factor.py"
    ),
    "GET /api/custody": READ,
    "POST /api/custody/deals": Row(lambda _: {"root_words": "no words of any root"}, 403),
    "POST /api/custody/contributions": Row(lambda _: {"lead_id": str(new_id())}, 404),
    "POST /api/custody/kit-words": Row(lambda _: {"words": "no share of any kit"}, 409),
    "POST /api/handovers": Row(
        lambda _: {"from_id": str(new_id()), "to_id": str(new_id()), "dry_run": True}, 404
    ),
    "GET /api/case-holders": READ,
    "GET /api/teams": READ,
    "POST /api/teams": Row(lambda _: {"name": "Rosewood"}),
    "GET /api/teams/{team_id}/duty": Row(reach=frozenset({Role.LEAD})),
    "POST /api/teams/{team_id}/duty": Row(),
    "POST /api/teams/{team_id}/duty/offers": Row(lambda _: {"member_id": str(new_id())}),
    "POST /api/teams/{team_id}/duty/acceptance": Row(),
    "GET /api/alerts": READ,
    "POST /api/alerts/{alert_id}/acknowledgement": Row(found=200, reach=frozenset({Role.LEAD})),
    # intake
    "GET /api/cases": READ,
    "POST /api/cases": Row(intake),
    "GET /api/cases/moves": READ,
    "GET /api/cases/emergencies": READ,
    "GET /api/cases/{case_id}": READ,
    "GET /api/cases/{case_id}/history": READ,
    "PATCH /api/cases/{case_id}": Row(lambda _: {"urgent": False}),
    "GET /api/cases/{case_id}/moves": READ,
    "POST /api/cases/{case_id}/moves": Row(lambda _: {"to": "settled"}),
    "GET /api/cases/{case_id}/open-work": READ,
    "GET /api/cases/{case_id}/notes": READ,
    "POST /api/cases/{case_id}/notes": Row(lambda _: {"text": "called back"}),
    "POST /api/cases/{case_id}/triage": Row(
        lambda ids: {"decision": "merge", "into": ids["other_id"]}
    ),
    "POST /api/cases/{case_id}/merger": Row(lambda ids: {"into": ids["other_id"]}),
    "GET /api/cases/{case_id}/duplicates": READ,
    "POST /api/cases/{case_id}/duplicates/{other_id}/dismissal": Row(lambda _: REASON, 409),
    "POST /api/cases/{case_id}/duplicates/{match_id}/agreement": Row(found=404),
    "GET /api/cases/{case_id}/assignments": READ,
    "POST /api/cases/{case_id}/assignments": Row(lambda ids: {"member_id": ids["member_id"]}),
    "DELETE /api/cases/{case_id}/assignments/{assignment_id}": READ,
    "GET /api/cases/{case_id}/copy": READ,
    "GET /api/cases/{case_id}/copy/page": READ,
    "GET /api/cases/{case_id}/consents": READ,
    "POST /api/cases/{case_id}/consents": Row(
        lambda _: {"purpose": "sharing", "with_whom": f"the clinic of street {next(_numbers)}"}
    ),
    "POST /api/cases/{case_id}/consents/{consent_id}/withdrawal": Row(lambda _: {}),
    "GET /api/cases/{case_id}/links": READ,
    "POST /api/cases/{case_id}/links": Row(
        lambda ids: {"other_id": ids["other_id"], "kind": "family"}, 409
    ),
    "POST /api/cases/{case_id}/links/{link_id}/ending": Row(lambda _: REASON),
    "POST /api/cases/{case_id}/emergency": Row(lambda _: {**REASON, "hours": 24}),
    "GET /api/cases/{case_id}/events": READ,
    "POST /api/cases/{case_id}/regrants": Row(
        lambda ids: {"member_id": ids["coordinator_id"], "compartments": ["identity"]},
        reach=frozenset({Role.LEAD}),
    ),
    "POST /api/searches": Row(lambda _: {"kind": "phone", "value": "09 771 234 567"}, 200),
    # vetting
    "GET /api/cases/{case_id}/clearance": READ,
    "GET /api/cases/{case_id}/vetting": READ,
    "POST /api/cases/{case_id}/vetting": Row(
        lambda ids: {"vetter_ids": ids["vetter_ids"]}, 409, half_way=True
    ),
    "POST /api/cases/{case_id}/vetting/withdrawal": Row(half_way=True),
    "GET /api/vettings": READ,
    "GET /api/vettings/{round_id}": READ,
    "POST /api/vettings/{round_id}/checks": Row(
        lambda ids: {
            "source": "voucher",
            "finding": "consistent",
            "voucher": "the tailor's cousin",
            "linked_to": ids.get("check_ids", []),
        }
    ),
    "POST /api/vettings/{round_id}/decisions": Row(
        lambda _: {"verdict": "verified", "grounds": "three accounts agree"}
    ),
    # relocation
    "POST /api/cases/{case_id}/plans": Row(
        lambda ids: {"origin": "here", "destination": "there", **legs(ids)}, 409
    ),
    "GET /api/cases/{case_id}/plan": READ,
    "POST /api/plans/{plan_id}/legs": Row(legs),
    "POST /api/plans/{plan_id}/travellers": Row(lambda ids: {"case_id": ids["other_id"]}, 409),
    "POST /api/plans/{plan_id}/travellers/{traveller_id}/leaving": Row(lambda _: REASON),
    "POST /api/plans/{plan_id}/moves": Row(lambda _: {"to": "abandoned"}),
    "POST /api/plans/{plan_id}/words": Row(lambda _: {"safe_word": None}),
    "POST /api/plans/{plan_id}/walked-legs": Row(
        lambda _: {
            "kind": "walk",
            "place": "the hill",
            "instructions": "alone",
            "walked_on": "2026-01-01",
        }
    ),
    "GET /api/legs": READ,
    "GET /api/legs/moves": READ,
    "GET /api/legs/watch": READ,
    "GET /api/legs/{leg_id}": READ,
    "POST /api/legs/{leg_id}/moves": Row(lambda _: {"to": "ready"}),
    "POST /api/legs/{leg_id}/due": Row(
        lambda ids: {"due_at": (ids["now"] + timedelta(hours=5)).isoformat()}
    ),
    "POST /api/legs/{leg_id}/escort": Row(lambda ids: {"volunteer_id": ids["member_id"]}),
    "POST /api/legs/{leg_id}/reroutes": Row(legs),
    "POST /api/legs/{leg_id}/check-ins": Row(lambda _: {"word": None}),
    "POST /api/cases/{case_id}/check-ins": Row(lambda _: {"word": None}),
    "POST /api/legs/{leg_id}/acknowledgements": Row(lambda _: {"what": "duress"}, 409),
    # registration
    "POST /api/cases/{case_id}/registrations": Row(lambda _: {"kind": "full"}, 409),
    "GET /api/cases/{case_id}/registrations": READ,
    "POST /api/cases/{case_id}/registrations/{registration_id}/revocation": Row(
        lambda _: {"reason": "lost"}
    ),
    "GET /api/registrations": READ,
    "GET /api/registrations/moves": READ,
    "POST /api/registrations/redemptions": Row(lambda _: {"code": "0"}, 422),
    "GET /api/registrations/{registration_id}": READ,
    "POST /api/registrations/{registration_id}/moves": Row(lambda _: {"to": "submitted"}),
    "POST /api/registrations/{registration_id}/code": Row(lambda _: {}),
    "POST /api/registrations/{registration_id}/recorded-code": Row(lambda _: {"code": "QA-4411"}),
    "POST /api/registrations/recorded-codes": Row(
        lambda ids: {"rows": [{"registration_id": ids["registration_id"], "code": "QA-4411"}]}, 200
    ),
    "POST /api/registrations/{registration_id}/dispute": Row(
        lambda _: {"reason": "used_by_another"}
    ),
    "POST /api/cases/{case_id}/registrations/{registration_id}/dispute": Row(
        lambda _: {"reason": "used_by_another"}
    ),
    "POST /api/registrations/{registration_id}/delivery": Row(
        lambda _: {"handed_over": "read aloud"}
    ),
    "POST /api/registrations/{registration_id}/revocation": Row(lambda _: {"reason": "lost"}),
    # aid
    "POST /api/cases/{case_id}/aid-requests": Row(aid),
    "GET /api/aid-requests": READ,
    "GET /api/aid-requests/{request_id}": READ,
    "POST /api/aid-requests/{request_id}/approvals": Row(lambda ids: {"fund_id": ids["fund_id"]}),
    "POST /api/aid-requests/{request_id}/payments": Row(
        lambda _: {"means": "cash_courier", "reference": "trip forty-two"}
    ),
    "POST /api/aid-requests/{request_id}/confirmations": Row(lambda _: {"receipt": "counted"}),
    "POST /api/aid-requests/{request_id}/moves": Row(lambda _: {"to": "refused", **REASON}),
    "POST /api/aid-requests/{request_id}/release": Row(lambda _: REASON),
    "POST /api/aid-requests/{request_id}/hand-overs": Row(
        lambda ids: {"to": ids["member_id"]}, 200
    ),
    "GET /api/aid/moves": READ,
    "GET /api/funds": READ,
    "POST /api/funds": Row(lambda _: {"name": "Winter concert", "currency": "MMK"}),
    "POST /api/funds/{fund_id}/deposits": Row(lambda _: {"amount": 900, "source": "events"}),
    "GET /api/funds/{fund_id}/entries": Row(reach=frozenset({Role.AUDITOR})),
    "POST /api/funds/{fund_id}/entries/{entry_id}/reversals": READ,
    "GET /api/ledger/findings": READ,
    # retention
    "GET /api/cases/{case_id}/retention": READ,
    "POST /api/cases/{case_id}/holds": Row(
        lambda ids: {
            **REASON,
            "what": "summary",
            "until": str(ids["now"].date() + timedelta(days=60)),
        },
        422,
    ),
    "GET /api/holds": READ,
    "POST /api/holds/{hold_id}/agreement": Row(reach=frozenset({Role.LEAD})),
    "POST /api/holds/{hold_id}/ending": Row(reach=frozenset({Role.LEAD})),
    "POST /api/cases/{case_id}/erasure": Row(lambda _: REASON, 409),
    "POST /api/cases/{case_id}/looks": Row(
        lambda _: {"needed": True}, 409, reach=frozenset({Role.LEAD})
    ),
    "GET /api/erasures": READ,
    "POST /api/erasures/{erasure_id}/agreement": Row(reach=frozenset({Role.LEAD})),
    "POST /api/erasures/{erasure_id}/refusal": Row(reach=frozenset({Role.LEAD})),
    "GET /api/retention": READ,
    "POST /api/retention/days": Row(lambda _: {"rule": "contact", "days": 14}),
    "POST /api/retention/days/{choice_id}/agreement": Row(reach=frozenset({Role.LEAD})),
    # reports
    "GET /api/reports/casework": READ,
    "GET /api/reports/caseload": READ,
    "GET /api/reports/openings": READ,
    "GET /api/reports/ledger": READ,
    "GET /api/log/checkpoint": Row(found=404),
}
