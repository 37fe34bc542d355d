"""Links between two cases of one family or one event. Knows rows; opens no cell."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from app.audit.events import EventKind
from app.cases.models import Case
from app.cases.service import get_case
from app.links.errors import LinkExists, LinkNotFound, LinkRefused
from app.links.models import CaseLink, LinkKind
from app.store.queries import in_order
from app.work import Work


def link_cases(work: Work, case_id: UUID, other_id: UUID, kind: LinkKind) -> CaseLink:
    """Note that two cases belong together; the principal must hold both.

    Raises ``CaseNotFound`` for either, ``LinkRefused`` for one and the same, ``LinkExists``.
    """
    case, other = get_case(work, case_id), get_case(work, other_id)
    if case.id == other.id:
        raise LinkRefused("other_id")
    known = _find_link(work, case.id, other.id)
    if known is not None and known.ended_on is None:
        raise LinkExists
    link = known or CaseLink(case_id=case.id, other_id=other.id)
    link.kind = kind
    link.linked_by, link.linked_on = work.principal.id, work.today()
    link.ended_by = link.ended_on = None
    work.session.add(link)
    for one, two in ((case, other), (other, case)):
        work.trail.record(EventKind.CASE_LINKED, one.id, other=str(two.id), kind=kind.value)
    return link


def end_link(work: Work, case_id: UUID, link_id: UUID) -> None:
    """End a link: from now on neither case shows anything of the other.

    One must hold the case it is ended from. Raises ``CaseNotFound``, ``LinkNotFound``.
    """
    case = get_case(work, case_id)
    link = next((link for link in list_links(work, case) if link.id == link_id), None)
    if link is None:
        raise LinkNotFound
    link.ended_by, link.ended_on = work.principal.id, work.today()
    for one, two in ((link.case_id, link.other_id), (link.other_id, link.case_id)):
        work.trail.record(EventKind.CASE_LINK_ENDED, one, other=str(two))


def _find_link(work: Work, case_id: UUID, other_id: UUID) -> CaseLink | None:
    pair = (case_id, other_id)
    return work.session.scalars(
        select(CaseLink).where(CaseLink.case_id.in_(pair), CaseLink.other_id.in_(pair))
    ).first()


def list_links(work: Work, case: Case) -> Sequence[CaseLink]:
    """Return the links of a case that have not ended, in both directions, oldest first."""
    return work.session.scalars(
        in_order(
            select(CaseLink).where(
                or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id),
                CaseLink.ended_on.is_(None),
            ),
            CaseLink.linked_on,
        )
    ).all()


def list_held_links(work: Work, case: Case) -> list[CaseLink]:
    """Return those links of a case whose other side the principal holds as well."""
    links = list_links(work, case)
    work.grants.load({id_ for link in links for id_ in (link.case_id, link.other_id)})
    return [
        link
        for link in links
        if work.grants.is_named(link.case_id) and work.grants.is_named(link.other_id)
    ]
