"""erasure shares.

Rules: one change a revision; up and down are both tested with rows, on SQLite and PostgreSQL;
a new plain column needs its reason in the model; what is sealed is never decrypted here, because
no migration holds a key. A revision that cannot go down says so in ``downgrade`` and in
docs/operating.md.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure_shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("share", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_shares")),
    )


def downgrade() -> None:
    op.drop_table("erasure_shares")
