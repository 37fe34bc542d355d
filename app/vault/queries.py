"""Conditions on grants, for queries: which are live, and which rows are granted to a member.

Knows plain columns of grants. Opens nothing: a row that is listed here still needs its key.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.permissions import MemberRoles
from app.store.checked_queries import CheckedQuery
from app.store.kept_statements import KeptStatement
from app.vault.models import (
    Grant,
    GrantReason,
    KeyCopy,
    MemberKeys,
    OrganisationKey,
    OrganisationKeyKind,
    ScopeRow,
)


def live_grants(today: date) -> ColumnElement[bool]:
    """Return the condition under which a grant opens something now."""
    return and_(unended_grants(today), Grant.rests.is_(False))


def unended_grants(today: date) -> ColumnElement[bool]:
    """Return the condition of a grant that opens something now, or will when it rests no more."""
    return and_(Grant.ended_on.is_(None), or_(Grant.until.is_(None), Grant.until >= today))


def granted_to(
    holder_id: UUID, today: date, *, case_id: object, about: object = None
) -> ColumnElement[bool]:
    """Return the condition that a member holds a live grant on the case of a row.

    ``case_id`` and ``about`` are columns of the row. With ``about``, only a grant that was made
    for this very row counts (an assignment, a round, a request); without it, any grant on the
    case does.
    """
    wanted = [Grant.case_id == case_id, Grant.holder_id == holder_id, live_grants(today)]
    if about is not None:
        wanted.append(Grant.about == about)
    return exists().where(*wanted)


class KeysRow(NamedTuple):
    """What certificates say of a member, without the ORM."""

    id: UUID
    roles: MemberRoles
    work_public: bytes
    sign_public: bytes
    lead_public: bytes | None
    certified_by: UUID | None
    certificate: bytes | None
    revoked_on: date | None


_KEYS = MemberKeys.__table__.c
_ASKED = bindparam("members", expanding=True, type_=_KEYS.id.type)
_CERTIFIERS = select(_KEYS.certified_by).where(_KEYS.id.in_(_ASKED))
KEYS_OF_MEMBERS = CheckedQuery(
    MemberKeys,
    KeysRow,
    [_KEYS[name] for name in KeysRow._fields],
    lambda keys: keys.where(or_(_KEYS.id.in_(_ASKED), _KEYS.id.in_(_CERTIFIERS))),
    list_="members",
)
"""The keys of some members, and of those who certified them."""


class GrantRow(NamedTuple):
    """What a keyring needs of a grant."""

    id: UUID
    case_id: UUID
    share_id: UUID
    reason: GrantReason
    entries: bytes
    symmetric_wrap: bytes | None
    fixed: bytes
    """All that it says and that never changes, to which its symmetric wrap is bound."""


_GRANTS = Grant.__table__.c
LIVE_ON_CASES = CheckedQuery(
    Grant,
    GrantRow,
    [_GRANTS[name] for name in GrantRow._fields[:-1]],
    lambda grants: grants.where(
        _GRANTS.case_id.in_(bindparam("cases", expanding=True)),
        _GRANTS.holder_id == bindparam("holder"),
        _GRANTS.ended_on.is_(None),
        _GRANTS.rests.is_(False),
        or_(_GRANTS.until.is_(None), _GRANTS.until >= bindparam("today")),
    ),
    list_="cases",
    with_fixed=True,
)
"""The live grants of a holder on some cases, with their wraps and MACs."""

NAMED_IN_CASE = union_all(
    select(ScopeRow.id).where(
        ScopeRow.case_id == bindparam("case"), ScopeRow.part == bindparam("named")
    ),
    select(Grant.id).where(Grant.case_id == bindparam("case"), Grant.about == bindparam("named")),
)
"""The scopes of a case that have an id as their part, and the grants that are about it."""


def _at(epoch: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    asked: BindParameter[int | None] = bindparam("epoch", type_=epoch.type)
    return or_(asked.is_(None), epoch == asked)


COPIES_OF_MEMBER = (
    select(KeyCopy)
    .where(
        KeyCopy.kind == bindparam("kind"),
        KeyCopy.member_id == bindparam("member"),
        _at(KeyCopy.epoch),
    )
    .order_by(KeyCopy.epoch.desc())
    .limit(1)
)
"""A member's copy of an organisation's key, at an epoch or the newest where it is None."""

ORGANISATION_KEYS = (
    select(OrganisationKey)
    .where(OrganisationKey.kind == bindparam("kind"), _at(OrganisationKey.epoch))
    .order_by(OrganisationKey.epoch.desc())
    .limit(1)
)
"""A key of the organisation, at an epoch or the newest where it is None."""

ROOT_PUBLIC = KeptStatement(
    select(OrganisationKey.public).where(OrganisationKey.kind == OrganisationKeyKind.ROOT)
)
"""The public key of the root."""
