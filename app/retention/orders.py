"""Destructions are carried out as this program ordered them, and no other is.

- Shares that go are gone for good: one row that somebody wrote into the database must not destroy a
  case. Each row has a MAC over what is to go, made when it was begun.
- How far a destruction has come is not in it: the journal and the log say that.

Knows one table and one key.
"""

from __future__ import annotations

from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.retention.models import Destruction


def order_mac(deployment: Deployment, one: Destruction) -> bytes:
    """Return the MAC of a destruction: its number, what goes, of which case, by which rule."""
    ids = [b"" if id_ is None else id_.bytes for id_ in (one.case_id, one.share_id)]
    said = (one.what, one.rule, one.half_year, one.made_on, int(one.codes_die))
    return mac(deployment.destruction_key, frame(Label.DESTRUCTION_ORDER, one.id, *ids, *said))


def is_ordered(deployment: Deployment, one: Destruction) -> bool:
    """Return whether a destruction that is not certified yet was ordered by this program."""
    return equal(one.order_mac, order_mac(deployment, one))
