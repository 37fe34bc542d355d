"""${message}.

Rules: one change a revision; up and down are both tested with rows, on SQLite and PostgreSQL;
a new plain column needs its reason in the model; what is sealed is never decrypted here, because
no migration holds a key. A revision that cannot go down says so in ``downgrade`` and in
docs/operating.md.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"
"""A change of a table waits behind every reader, and every reader behind it: give up early."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LOCK_TIMEOUT)
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LOCK_TIMEOUT)
    ${downgrades if downgrades else "pass"}
