"""A tiny domain to test the mechanism with: teams are made, listed, renamed and refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select
from starlette.responses import PlainTextResponse

from app.accounts.models import Member, Team, TeamName
from app.casework.readiness import Task as Readiness
from app.crypto.passwords import Argon2Cost, Stretched
from app.crypto.stretching import Lane
from app.errors import Conflict, Forbidden, NotFound
from app.http.needs import Public
from app.http.paging import Page, PageRequest, page_of, position
from app.http.routing import Router
from app.http.schema import (
    Code,
    Currency,
    LongText,
    Minor,
    Name,
    Schema,
    Secret,
    ShortText,
    UtcMoment,
)
from app.http.stretching import Stretches
from app.permissions import Permission
from app.store.base import new_id
from app.work import Work

LEAK = "Saffron-Otter-77"
"""Stands wherever a value could come back; no response and no log may hold it."""

CHEAP = Argon2Cost(8, 1, 1)

handled: list[str] = []
"""The handlers that ran, in order."""

router = Router(prefix="/toys", tags=["toys"])


class TeamRefused(Forbidden):
    code = "toy.refused"
    title = "Not this team"


class TeamNotFound(NotFound):
    code = "toy.not_found"
    title = "No such team"


class TeamBusy(Conflict):
    code = "toy.busy"
    title = "Not now"


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class ToysAsked(PageRequest):
    """What the list of toys takes."""

    colour: Colour | None = None
    kind: list[Colour] | None = None


class OpenTeam(Schema):
    name: Name


class TeamReceipt(Schema):
    id: UUID
    name: str


class Contact(Schema):
    number: ShortText


class Everything(Schema):
    """One field of each kind, all but the first optional."""

    line: ShortText
    text: LongText | None = None
    code: Code | None = None
    amount: Minor | None = None
    currency: Currency | None = None
    colour: Colour | None = None
    id: UUID | None = None
    sure: bool | None = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=2)] = ()
    counts: dict[str, int] | None = None
    at: UtcMoment | None = None


class Renamed(Schema):
    version: int


class SignIn(Schema):
    passphrase: Secret
    delay: float = 0.0


class Verified(Schema):
    verifier: str


@dataclass(frozen=True)
class Task:
    """What sign-in asks to be stretched, at a cost for tests."""

    passphrase: str
    delay: float = 0.0
    salt: bytes = bytes(16)
    cost: Argon2Cost = CHEAP
    floor: Argon2Cost = CHEAP
    lane: Lane = Lane.STRANGER

    @property
    def words(self) -> str:
        return self.passphrase


def new_team(work: Work, name: str) -> Team:
    team = Team(id=new_id(), founded_on=work.today())
    work.vault.seal(team.name, TeamName(name))
    work.session.add(team)
    return team


@router.get("/{team_id}", needs=Permission.TEAM_LIST, raises=[TeamNotFound])
def read_toy(team_id: UUID, work: Work) -> TeamReceipt:
    """Return one team."""
    team = work.session.get(Team, team_id)
    if team is None:
        raise TeamNotFound
    return TeamReceipt(id=team.id, name=work.vault.open(team.name).name)


@router.get("", needs=Permission.TEAM_LIST)
def list_toys(work: Work, page: Annotated[ToysAsked, Query()]) -> Page[UUID]:
    handled.append(f"list_toys {page.colour} {page.kind}")
    after = position(work, page, UUID)
    query = select(Team.id).order_by(Team.id).limit(page.limit + 1)
    rows = work.session.scalars(query if after is None else query.where(Team.id > after[0])).all()
    return page_of(work, page, rows, keys=lambda row: (row,), show=lambda shown: shown)


@router.get("/list/others", needs=Permission.TEAM_LIST)
def list_other_toys(work: Work, page: Annotated[ToysAsked, Query()]) -> Page[UUID]:
    return list_toys(work, page)


@router.get("/{team_id}/parts", needs=Permission.TEAM_LIST)
def list_toy_parts(team_id: UUID, work: Work, page: Annotated[ToysAsked, Query()]) -> Page[UUID]:
    return list_toys(work, page)


@router.get("/{team_id}/sheet", needs=Permission.TEAM_LIST)
def read_toy_sheet(team_id: UUID, work: Work) -> PlainTextResponse:
    return PlainTextResponse(
        b"a,b\r\n",
        media_type="text/csv",
        headers={"content-disposition": 'attachment; filename="sheet.csv"'},
    )


@router.get("/{team_id}/secret", needs=Permission.CASE_ERASE)
def read_toy_secret(team_id: UUID, work: Work) -> OpenTeam:
    return OpenTeam(name="behind the second unlock")


@router.get("/public/open", needs=Public("a toy"))
def read_public_toy(work: Work) -> OpenTeam:
    return OpenTeam(name=f"role {work.principal.role}")


@router.post("", needs=Permission.TEAM_CREATE, creates=True, status_code=201)
def open_toy(body: OpenTeam, work: Work) -> TeamReceipt:
    handled.append("open_toy")
    team = new_team(work, body.name)
    work.trail.record("team:founded")
    failures = {"Refused": TeamRefused, "Busy": TeamBusy, "Broken": RuntimeError}
    if body.name in failures:
        raise failures[body.name](LEAK)
    return TeamReceipt(id=team.id, name=body.name)


@router.post("/ready", needs=Permission.SELF_CHANGE, readiness=Readiness.PAY_AID)
def forget_readiness(body: OpenTeam, work: Work) -> None:
    """Ask for readiness only when told so; a handler that forgets it is a bug."""
    new_team(work, body.name)
    work.trail.record("team:founded")
    if body.name == "Asked":
        work.asked_ready.add(Readiness.PAY_AID)


@router.post("/silent", needs=Permission.TEAM_CREATE)
def open_toy_silently(body: OpenTeam, work: Work) -> None:
    new_team(work, body.name)


@router.post("/twins", needs=Permission.TEAM_CREATE)
def open_toy_twice(work: Work) -> None:
    team = new_team(work, "Twin")
    work.session.flush()
    work.trail.record("team:founded")
    work.session.expunge(team)
    work.session.add(Team(id=team.id, founded_on=work.today()))


@router.patch("/members/{member_id}", needs=Permission.MEMBER_CHANGE, changes=True)
def rename_toy(member_id: UUID, body: OpenTeam, work: Work) -> Renamed:
    handled.append("rename_toy")
    member = work.session.get_one(Member, member_id)
    work.claim(member)
    work.vault.seal(member.profile, work.vault.open(member.profile))
    work.trail.record("member:renamed")
    work.session.flush()
    return Renamed(version=member.version)


def touch(work: Work) -> None:
    """Replaced by tests."""


@router.post("/versioned", needs=Permission.MEMBER_CHANGE, changes=True)
def touch_versioned(work: Work) -> OpenTeam:
    touch(work)
    return OpenTeam(name="touched")


@router.post("/unversioned", needs=Permission.MEMBER_CHANGE)
def touch_unversioned(work: Work) -> OpenTeam:
    touch(work)
    return OpenTeam(name="touched")


@router.post("/everything", needs=Permission.SELF_CHANGE)
def take_everything(body: Everything, work: Work) -> Everything:
    handled.append("take_everything")
    new_team(work, "Written")
    work.trail.record("team:founded")
    return body


@router.post("/optional", needs=Permission.SELF_CHANGE)
def take_nothing(work: Work, body: OpenTeam | None = None) -> OpenTeam:
    return body or OpenTeam(name="none was sent")


def ask_stretching(work: Work, body: SignIn) -> Task:
    handled.append("ask_stretching")
    return Task(body.passphrase, body.delay)


def ask_stretching_twice(work: Work, body: SignIn) -> list[Task]:
    return [Task(body.passphrase), Task(body.passphrase[::-1])]


@router.post("/changes", needs=Permission.TEAM_CREATE, stretch=ask_stretching_twice, creates=True)
def change_toy(body: SignIn, work: Work, stretched: Stretches) -> Verified:
    handled.append("change_toy")
    new_team(work, "Written")
    work.trail.record("team:founded")
    return Verified(verifier="".join(result.verifier.hex() for result in stretched.results))


@router.post("/sign-in", needs=Public("a toy"), stretch=ask_stretching)
def sign_in_toy(body: SignIn, work: Work, stretched: Stretched) -> Verified:
    return Verified(verifier=stretched.verifier.hex())
