"""Cases that were destroyed: what is left of one is the number of its certificate.

- A case whose person asked to be erased is shut until a lead has decided: every grant on it rests,
  and those who could see it learn that it is.
- Those who could see a case learn that it was erased, for 90 days; to everybody else it is a case
  that never was. Their ids are not kept: only HMACs, among random ones.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from app.crypto.derive import mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.retention.models import Destruction, ErasureRequest
from app.store.journal import WHOLE
from app.store.kept_statements import KeptStatement, connection_of
from app.vault.errors import CaseErased, ErasureAsked
from app.vault.models import Grant
from app.work import Work

_TAG_BYTES: Final = 8
_AT_LEAST: Final = 8
"""Tags are kept in multiples of so many, filled up with random ones."""


_DESTROYED: Final = KeptStatement(
    select(Destruction.id).where(
        Destruction.case_id == bindparam("case"), Destruction.what == WHOLE
    )
)


def is_erased(work: Work, case_id: UUID) -> bool:
    """Return whether a case of this id was destroyed; its id is never used again."""
    work.session.flush()
    return bool(_DESTROYED.rows(connection_of(work.session), {"case": case_id}))


def raise_if_erased(work: Work, case_id: UUID) -> None:
    """Raise ``CaseErased`` to a member who could see this case before it was destroyed."""
    found = work.session.execute(
        select(Destruction.id, Destruction.readers).where(
            Destruction.case_id == case_id, Destruction.what == WHOLE
        )
    ).first()
    if found is None or found.readers is None:
        return
    mine = _tag(work.deployment, case_id, work.principal.id)
    tags = found.readers
    if mine in {tags[at : at + _TAG_BYTES] for at in range(0, len(tags), _TAG_BYTES)}:
        raise CaseErased(found.id)


def raise_if_shut(work: Work, case_id: UUID) -> None:
    """Raise ``ErasureAsked`` to a member whose grant on this case rests."""
    resting = select(Grant.id).where(
        Grant.case_id == case_id,
        Grant.holder_id == work.principal.id,
        Grant.ended_on.is_(None),
        Grant.rests.is_(True),
    )
    if work.session.execute(resting).first() is not None:
        raise ErasureAsked


def is_shut(work: Work, case_id: UUID) -> bool:
    """Return whether a person's wish to be erased waits, or is about to be carried out."""
    asked = select(ErasureRequest.id).where(
        ErasureRequest.case_id == case_id, ErasureRequest.refused_on.is_(None)
    )
    return work.session.execute(asked).first() is not None


def tags_of_readers(deployment: Deployment, case_id: UUID, members: Iterable[UUID]) -> bytes:
    """Return the tags of those who could see a case, sorted among random ones."""
    tags = [_tag(deployment, case_id, member) for member in set(members)]
    while not tags or len(tags) % _AT_LEAST:
        tags.append(secrets.token_bytes(_TAG_BYTES))
    return b"".join(sorted(tags))


def _tag(deployment: Deployment, case_id: UUID, member_id: UUID) -> bytes:
    message = frame(Label.ERASED_READER, deployment.organisation, case_id, member_id)
    return mac(deployment.erased_reader_key, message)[:_TAG_BYTES]
