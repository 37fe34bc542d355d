"""What somebody does who writes to the database and has the deployment's secrets as well.

The row MAC of what they change is right: what stops them is signatures, wraps and commitments.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from app.store.authenticated import row_macs
from app.store.base import Record
from tests.support.world import World


def rewrite(world: World, model: type[Record], id_: UUID, **values: object) -> None:
    """Change plain columns of a row and write the MAC that belongs to them."""
    with world.deployment.sessions() as session:
        row = session.get_one(model, id_)
        version = getattr(row, "version", None)
        for name, value in values.items():
            setattr(row, name, value)
        row_macs(session).write(row)
        changed = {**values, "row_mac": row.row_mac}
        session.rollback()
    if version is not None:
        changed["version"] = version + 1
    with world.deployment.engine.begin() as connection:
        connection.execute(update(model).where(model.id == id_).values(**changed))
