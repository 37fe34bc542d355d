"""Lets a second lead join a founded home, in process: invitation, joining, certificate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.accounts.admission import Passphrase
from app.accounts.credentials import own_passphrase, stretch_now
from app.accounts.service import find_fingerprint
from app.audit.events import EventKind
from app.cli.home import opened
from app.cli.member import open_locally, unit_as
from app.joining.invitations import invite
from app.joining.service import certify_member, join
from app.permissions import Role, roles_in
from app.principal import NOBODY
from app.vault.models import OrganisationKeyKind

PASSPHRASE = "nine grey umbrellas cross on a ferry"


@dataclass(frozen=True)
class TwoLeads:
    """What the two leads of a home know: the second's passphrase, a share on paper, the first's."""

    passphrase: str
    paper: str
    first_share: str


def join_second_lead(
    home: Path, *, first: tuple[str, str], root_words: str, login: str
) -> TwoLeads:
    """Let a lead join and be certified by the first, by sign-in name and passphrase."""
    with opened(home) as deployment:
        principal, keys = open_locally(deployment, *first)
        with unit_as(deployment, principal, keys) as work:
            roles = roles_in(principal.team_id, Role.LEAD)
            made = invite(work, roles=roles, display_name=login)
        with unit_as(deployment, NOBODY, None) as work:
            task = own_passphrase(deployment, PASSPHRASE)
            chosen = Passphrase("", task.salt, task.cost, stretch_now(deployment, task))
            member = join(work, made.token, made.words, login, chosen)
            member_id, words = member.id, find_fingerprint(work, member) or ""
        with unit_as(deployment, principal, keys) as work:
            done = certify_member(work, member_id, words, root_words=root_words)
            assert done.custody
            paper = done.custody.paper[0]
        with unit_as(deployment, principal, keys) as work:
            _, share = work.keyring.copy(OrganisationKeyKind.CUSTODY)
            work.trail.record(EventKind.MEMBERS_LISTED)
    return TwoLeads(PASSPHRASE, paper, share.decode())
