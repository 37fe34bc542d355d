"""Run a repeated request once: its response is kept under the caller's Idempotency-Key.

- The response is written in the transaction of the work, so there is never one without the other.
- Sent again, the same request gets the same response.
- Another request under the same key is refused. Blanks, escapes and the order of fields in a body
  make no other request of it: a client may write its body again before it sends it again.
- So it is with the id that a caller proposes for what a request adds, whatever its key.
- Of two at once, the database lets one through.

Knows bytes and no domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.crypto.aead import DataKey
from app.crypto.derive import equal, mac
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.errors import DomainError, IdTaken
from app.http.bodies import content_of
from app.http.errors import ReplayKeyReused, ReplayLost
from app.http.requests import Incoming
from app.principal import Principal
from app.store.kept_statements import KeptStatement, connection_of
from app.store.models import DAYS_KEPT, Replay
from app.vault.keyring import MemberSecrets

REPLAYED: Final = (b"idempotency-replayed", b"true")
_EPOCH: Final = 1
_STEP: Final = 256


_FIND: Final = KeptStatement(select(Replay.response).where(Replay.id == bindparam("claim")))
_KEEP: Final = KeptStatement(insert(Replay))


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    request: bytes
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Where the response to a member's request is kept under a key or id, and its sealing key.

    ``_reused`` is raised where another request came under the same.
    """

    id: bytes
    request: bytes = field(repr=False)
    _key: DataKey = field(repr=False)
    _reused: DomainError = field(repr=False)

    @classmethod
    def of(
        cls,
        deployment: Deployment,
        principal: Principal,
        secrets: MemberSecrets,
        incoming: Incoming,
        *,
        by_content: bool = False,
    ) -> Claim:
        """Return the claim of a request with an ``Idempotency-Key``.

        ``If-Match`` is left out of what must be the same: a caller who lost the response may have
        read the record again before repeating the request. ``by_content``: another content under
        the same key is another request, and not refused.
        """
        key = incoming.idempotency_key or ""
        place = frame(Label.REPLAY, principal.id, incoming.method, incoming.path, key)
        said = mac(
            secrets.own_key(Label.OWN_REPLAY_REQUEST),
            frame(Label.REPLAY_REQUEST, incoming.query, content_of(incoming.body)),
        )
        return cls(
            mac(deployment.replay_index_key, place + said if by_content else place),
            said,
            DataKey(secrets.own_key(Label.OWN_REPLAY)),
            ReplayKeyReused("Idempotency-Key"),
        )

    @classmethod
    def of_proposed_id(
        cls,
        deployment: Deployment,
        principal: Principal,
        secrets: MemberSecrets,
        incoming: Incoming,
        *,
        operation: str,
        proposed: UUID,
        content: bytes,
        by_content: bool = False,
    ) -> Claim:
        """Return the claim of a request that proposes the id of what it adds.

        ``content`` is the body as it was understood, so that blanks and the order of its fields
        make no difference.
        """
        # An operation's name begins with no slash, so that this place is that of no key.
        place = frame(Label.REPLAY, principal.id, incoming.method, operation, str(proposed))
        said = mac(
            secrets.own_key(Label.OWN_REPLAY_REQUEST),
            frame(Label.REPLAY_REQUEST, incoming.path.encode(), content),
        )
        return cls(
            mac(deployment.replay_index_key, place + said if by_content else place),
            said,
            DataKey(secrets.own_key(Label.OWN_REPLAY)),
            IdTaken(),
        )

    def find_response(self, session: Session) -> Response | None:
        """Return the response given before, marked as a repetition, or None.

        Raises ``ReplayKeyReused`` where the key belongs to another request, ``IdTaken`` where the
        id does, ``ReplayLost`` where the member's key has changed since.
        """
        found = _FIND.rows(connection_of(session), {"claim": self.id})
        if not found:
            return None
        sealed = cast("bytes", found[0][0])
        try:
            opened = self._key.open(sealed, address=self.id)
            kept = msgspec.msgpack.decode(opened, type=_Kept)
        except (CryptoError, msgspec.MsgspecError):
            raise ReplayLost from None
        if not equal(kept.request, self.request):
            raise self._reused
        response = Response(kept.body, kept.status)
        response.raw_headers = [*kept.headers, REPLAYED]
        return response

    def keep_response(self, session: Session, response: Response, today: date) -> None:
        """Write the response; a second one under the same claim makes the database refuse."""
        kept = msgspec.msgpack.encode(
            _Kept(
                self.request,
                response.status_code,
                tuple(response.raw_headers),
                bytes(response.body),
            )
        )
        sealed = self._key.seal(kept, address=self.id, epoch=_EPOCH, step=_STEP)
        row = {"id": self.id, "response": sealed, "created_on": today}
        _KEEP.run(connection_of(session), row)


def forget_old(session: Session, today: date) -> int:
    """Delete responses that were kept long enough, and return how many. A job of the worker."""
    oldest = today - timedelta(days=DAYS_KEPT)
    done = session.connection().execute(delete(Replay).where(Replay.created_on < oldest))
    return done.rowcount
