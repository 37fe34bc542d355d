"""A group of each preset, whose members join by invitations and do everything over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.organisation.root import OrganisationRoot
from app.permissions import Role
from app.presets import Preset
from tests.support.journey import Journey
from tests.support.served import Served
from tests.support.world import Person

L, C, V = Role.LEAD, Role.COORDINATOR, Role.VETTER
VOLUNTEER, REGISTRAR, TREASURER = Role.VOLUNTEER, Role.REGISTRAR, Role.TREASURER
ADMINISTRATOR = Role.ADMINISTRATOR
FOUNDER = "heron"
_NO_KEYS: Any = None

GROUPS: Mapping[Preset, Mapping[str, frozenset[Role]]] = {
    Preset.SMALL: {
        FOUNDER: frozenset({L, C, V, ADMINISTRATOR}),
        "egret": frozenset({L, C, TREASURER, V}),
        "coot": frozenset({VOLUNTEER, V}),
        "dove": frozenset({VOLUNTEER, V, REGISTRAR, TREASURER}),
    },
    Preset.DOZEN: {
        FOUNDER: frozenset({L, ADMINISTRATOR}),
        "egret": frozenset({L, C}),
        "ibis": frozenset({C, V}),
        "owl": frozenset({V, REGISTRAR}),
        "kite": frozenset({V, TREASURER}),
        "magpie": frozenset({TREASURER, VOLUNTEER}),
        "coot": frozenset({VOLUNTEER}),
    },
    Preset.LARGE: {
        FOUNDER: frozenset({L}),
        "egret": frozenset({L}),
        "stilt": frozenset({L}),
        "crake": frozenset({L}),
        "grebe": frozenset({L}),
        "ibis": frozenset({C}),
        "stork": frozenset({C}),
        "owl": frozenset({V}),
        "kite": frozenset({V}),
        "teal": frozenset({V}),
        "wren": frozenset({REGISTRAR}),
        "finch": frozenset({REGISTRAR}),
        "magpie": frozenset({TREASURER}),
        "drongo": frozenset({TREASURER}),
        "coot": frozenset({VOLUNTEER}),
        "mynah": frozenset({VOLUNTEER}),
        "lark": frozenset({VOLUNTEER}),
        "swift": frozenset({Role.AUDITOR}),
        "weaver": frozenset({ADMINISTRATOR}),
    },
}
"""Who is who in the smallest group of each preset."""


@dataclass(frozen=True)
class Duties:
    """Who does what on a journey. Each sum has its approvers, payer and confirmer.

    ``logs``: who takes the intake down; ``volunteer`` is assigned, by then or for the money.
    """

    logs: str
    volunteer: str
    escort: str
    coordinator: str
    vetters: tuple[str, str]
    registrar: str
    treasurer: str
    lead: str
    money: Mapping[str, tuple[tuple[str, ...], str, str]]


DUTIES: Mapping[Preset, Duties] = {
    Preset.SMALL: Duties(
        FOUNDER, "coot", "coot", FOUNDER, ("egret", "dove"), "dove", "egret", "egret",
        {
            "small": (("egret",), "egret", FOUNDER),
            "middle": ((FOUNDER,), "egret", FOUNDER),
            "large": ((FOUNDER, "egret"), "dove", FOUNDER),
        },
    ),
    Preset.DOZEN: Duties(
        "coot", "coot", "magpie", "egret", ("owl", "kite"), "owl", "magpie", FOUNDER,
        {
            "small": (("egret",), "magpie", "egret"),
            "middle": (("egret",), "magpie", "kite"),
            "large": (("egret", "ibis"), "magpie", "kite"),
        },
    ),
    Preset.LARGE: Duties(
        "coot", "coot", "mynah", "ibis", ("owl", "kite"), "wren", "magpie", FOUNDER,
        {
            "small": (("ibis",), "magpie", "ibis"),
            "middle": (("ibis",), "magpie", "drongo"),
            "large": (("ibis", FOUNDER), "magpie", "drongo"),
        },
    ),
}  # fmt: skip


@dataclass
class Group:
    """A group that is served; its members by their sign-in names."""

    served: Served
    preset: Preset
    people: dict[str, Person] = field(default_factory=dict)
    signed_in: set[str] = field(default_factory=set)

    def add(self, login: str, member_id: UUID, passphrase: str) -> Person:
        """Know somebody by what they type; their keys are theirs."""
        roles, team = GROUPS[self.preset][login], self.served.world.founded.teams[0]
        most = next(role for role in (L, C, VOLUNTEER, *Role) if role in roles)
        person = Person(member_id, most, team, login, passphrase, _NO_KEYS)
        self.people[login] = person
        return person

    def sign_in(self, login: str) -> Person:
        """Sign in for real, once more."""
        self.served.sign_in(self.people[login])
        self.signed_in.add(login)
        return self.people[login]

    def step_up(self, login: str) -> None:
        """Unlock a lead's second key."""
        person = self.people[login]
        again = {"passphrase": person.passphrase}
        made = self.served.post(person, "/sessions/current/step-up", again)
        self.served.keep_token(person, made["token"])

    def let_join(self, login: str, *, by: str = FOUNDER) -> dict[str, Any]:
        """Invite somebody and let them join; returns the answer to their joining."""
        team = str(self.served.world.founded.teams[0])
        roles = [{"role": role, "team_id": team} for role in self.roles_of(login)]
        body = {"roles": roles, "display_name": login.title()}
        made = self.served.post(self.people[by], "/invitations", body)
        passphrase = f"{login} on a ferry of nine grey umbrellas"
        sent = {
            "token": made["token"], "words": made["words"],
            "login": login, "passphrase": passphrase,
        }  # fmt: skip
        joined: dict[str, Any] = self.served.ask(None, "POST", "/joinings", sent).json()
        self.add(login, UUID(joined["member_id"]), passphrase)
        return joined

    def certify(self, login: str, heard: str, *, by: str = FOUNDER) -> Any:
        """Certify as a lead who hears three words, and types the root's where a lead joins."""
        path = f"/members/{self.people[login].id}"
        version = self.served.get(self.people[by], path)["version"]
        body = {"heard": heard}
        if L in GROUPS[self.preset][login]:
            body["root_words"] = OrganisationRoot(self.served.world.founded.root_signing).words
        return self.served.post(self.people[by], f"{path}/certificate", body, based_on=version)

    def roles_of(self, login: str) -> frozenset[Role]:
        """The roles that somebody is invited with."""
        return GROUPS[self.preset][login]

    def second_lead(self) -> str | None:
        """A lead who is there besides the founder."""
        leads = (login for login in self.people if L in GROUPS[self.preset][login])
        return next((login for login in leads if login != FOUNDER), None)

    def bring(self, login: str) -> Any:
        """Let somebody join, certified by as many leads as must; returns the last answer."""
        second = self.second_lead()
        joined = self.let_join(login)
        done = self.certify(login, joined["fingerprint"])
        if done["status"] == "invited" and second is not None:
            done = self.certify(login, joined["fingerprint"], by=second)
        self.sign_in(login)
        return done

    def gather(self) -> None:
        """Let everybody join who is not there yet, and sign in."""
        self.sign_in(FOUNDER)
        self.step_up(FOUNDER)
        for login in GROUPS[self.preset]:
            if login not in self.people:
                self.bring(login)
            if login == self.second_lead():
                self.step_up(login)


class GroupJourney(Journey):
    """The journey of one person, by the people of one group."""

    def __init__(self, group: Group) -> None:
        self.group, self.duties = group, DUTIES[group.preset]
        super().__init__(group.served)

    def __post_init__(self) -> None:
        people, duties = self.group.people, self.duties
        self.volunteer, self.escort = people[duties.volunteer], people[duties.escort]
        self.coordinator, self.lead = people[duties.coordinator], people[duties.lead]
        self.vetters = [people[login] for login in duties.vetters]
        self.registrar, self.treasurer = people[duties.registrar], people[duties.treasurer]

    def log_intake(self) -> None:
        """Take the intake down."""
        assigned, self.volunteer = self.volunteer, self.group.people[self.duties.logs]
        super().log_intake()
        self.volunteer = assigned

    def triage_and_assign(self) -> None:
        """A coordinator who took the intake down keeps the case until there is money to ask for."""
        if self.duties.logs == self.duties.volunteer:
            super().triage_and_assign()
        else:
            path = f"/cases/{self.case_id}/triage"
            body = {"decision": "accept", "reason": self.texts["triage_reason"]}
            self.served.post(self.coordinator, path, body, based_on=self.version())

    def aid(self) -> None:
        """A small, a middle and a large sum, each by as few people as the preset takes."""
        served = self.served
        if self.duties.logs != self.duties.volunteer:
            path = f"/cases/{self.case_id}/assignments"
            served.post(self.coordinator, path, {"member_id": str(self.volunteer.id)})
        fund = served.post(self.treasurer, "/funds", {"name": "Winter", "currency": "MMK"})
        deposits = f"/funds/{fund['id']}/deposits"
        served.post(self.treasurer, deposits, {"amount": 900_000_000, "source": "events"})
        small = served.world.deployment.organisation_settings.small_sums["MMK"]
        sums = {"small": small, "middle": 2 * small, "large": 9 * small}
        for number, (name, amount) in enumerate(sums.items()):
            if number:
                served.world.clock.advance(days=8)
                self.sign_in_again()
            self.seen[name] = self.pay(name, amount, fund["id"])

    def sign_in_again(self) -> None:
        """A week later everybody signs in again."""
        for login in self.group.people:
            self.group.sign_in(login)

    def pay(self, name: str, amount: int, fund_id: str) -> Any:
        """One sum, from asking to confirming; returns the request and who took part."""
        served, people = self.served, self.group.people
        approvers, payer, confirmer = self.duties.money[name]
        body = {
            "currency": "MMK",
            "items": [{"category": "food", "amount": amount}],
            "payee": {"name": f"the {name} baker"},
        }
        path = f"/cases/{self.case_id}/aid-requests"
        asked = served.post(self.volunteer, path, body)["items"][0]
        path, version = f"/aid-requests/{asked['id']}", asked["version"]
        for approver in approvers:
            done = served.post(
                people[approver], f"{path}/approvals", {"fund_id": fund_id}, based_on=version
            )
            version = done["version"]
        paid = served.post(
            people[payer], f"{path}/payments",
            {"means": "cash_courier", "reference": "trip"}, based_on=version,
        )  # fmt: skip
        served.post(
            people[confirmer], f"{path}/confirmations", {"receipt": "counted"},
            based_on=paid["version"],
        )  # fmt: skip
        took_part = {self.duties.volunteer, *approvers, payer}
        return served.get(self.coordinator, path) | {"people": len(took_part)}

    def hold(self) -> None:
        """Keep the account for longer, by two people."""
        until = self.served.world.clock().date().replace(day=28)
        body = {"what": "account", "reason": self.texts["hold_reason"], "until": str(until)}
        asked = self.served.post(self.coordinator, f"/cases/{self.case_id}/holds", body)
        path = f"/holds/{asked['id']}/agreement"
        self.served.post(self.lead, path, {}, based_on=asked["version"])
