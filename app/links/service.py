"""Links between two cases of one family or one event. Knows rows; opens no cell."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from app.audit.events import EventKind
from app.cases.models import Case
from app.cases.service import get_case
from app.links.errors import LinkExists, LinkRefused
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
    if any(other.id in (link.case_id, link.other_id) for link in list_links(work, case)):
        raise LinkExists
    link = CaseLink(
        case_id=case.id,
        other_id=other.id,
        kind=kind,
        linked_by=work.principal.id,
        linked_on=work.today(),
    )
    work.session.add(link)
    for one, two in ((case, other), (other, case)):
        work.trail.record(EventKind.CASE_LINKED, one.id, other=str(two.id), kind=kind.value)
    return link


def list_links(work: Work, case: Case) -> Sequence[CaseLink]:
    """Return the links of a case, in both directions, oldest first."""
    return work.session.scalars(
        in_order(
            select(CaseLink).where(or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)),
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
