"""Links between two cases of one family or one event. Knows rows, and why a link was ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from app.audit.events import EventKind
from app.cases.models import Case, FreeText
from app.cases.service import get_case
from app.links.errors import LinkExists, LinkNotFound, LinkRefused
from app.links.models import CaseLink, LinkKind
from app.permissions import Compartment
from app.store.queries import in_order
from app.vault.scopes import Scope
from app.work import Work


def link_cases(
    work: Work, case_id: UUID, other_id: UUID, kind: LinkKind, *, proposed: UUID | None = None
) -> CaseLink:
    """Note that two cases belong together; the principal must hold both.

    Raises ``CaseNotFound`` for either, ``LinkRefused`` for one and the same, ``LinkExists``,
    ``IdTaken``.
    """
    case, other = get_case(work, case_id), get_case(work, other_id)
    if case.id == other.id:
        raise LinkRefused("other_id")
    if any(other.id in (link.case_id, link.other_id) for link in list_links(work, case)):
        raise LinkExists
    # In one order, so that the database refuses a second link from the other side.
    first, second = sorted((case.id, other.id))
    link = CaseLink(
        id=work.id_for(CaseLink, proposed, case_id=first),
        case_id=first,
        other_id=second,
        kind=kind,
        linked_by=work.principal.id,
        linked_on=work.today(),
    )
    work.session.add(link)
    for one, two in ((case, other), (other, case)):
        work.trail.record(EventKind.CASE_LINKED, one.id, other=str(two.id), kind=kind.value)
    return link


def end_link(work: Work, case_id: UUID, link_id: UUID, reason: str) -> CaseLink:
    """End a link, with the reason: from now on neither case shows danger to the other.

    One must hold both. Raises ``CaseNotFound``, ``LinkNotFound``, ``NoGrant``.
    """
    case = get_case(work, case_id)
    links = _held(work, list_links(work, case))
    link = next((link for link in links if link.id == link_id), None)
    if link is None:
        raise LinkNotFound
    link.ended_by, link.ended_on = work.principal.id, work.today()
    work.vault.seal(link.ended_because, FreeText(reason))
    for one, two in ((link.case_id, link.other_id), (link.other_id, link.case_id)):
        work.trail.record(EventKind.CASE_LINK_ENDED, one, other=str(two))
    return link


def list_links(work: Work, case: Case) -> Sequence[CaseLink]:
    """Return the links of a case that have not ended, in both directions, oldest first."""
    return [link for link in _list_all(work, case) if link.ended_on is None]


def list_held_links(work: Work, case: Case) -> list[CaseLink]:
    """Return those links of a case whose other side the principal holds as well.

    Those that ended are among them.
    """
    return _held(work, _list_all(work, case))


def open_reasons(work: Work, links: Sequence[CaseLink]) -> dict[UUID, FreeText | None]:
    """Return why those of these links were ended whose reason is the principal's to read.

    None where it does not open.
    """
    account = Scope(Compartment.ACCOUNT)
    ended = [link for link in links if link.ended_on and work.grants.holds(link.case_id, account)]
    opened = work.vault.open_listed([link.ended_because for link in ended])
    return {link.id: reason for link, reason in zip(ended, opened, strict=True)}


def _list_all(work: Work, case: Case) -> Sequence[CaseLink]:
    of_case = or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)
    return work.session.scalars(in_order(select(CaseLink).where(of_case), CaseLink.linked_on)).all()


def _held(work: Work, links: Sequence[CaseLink]) -> list[CaseLink]:
    work.grants.load({id_ for link in links for id_ in (link.case_id, link.other_id)})
    return [
        link
        for link in links
        if work.grants.is_named(link.case_id) and work.grants.is_named(link.other_id)
    ]
