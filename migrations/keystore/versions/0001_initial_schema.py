"""Every table of the keystore database, made from the models by `python -m tools.schema`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deployment_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "data",
                "rows",
                "marks",
                "log",
                "indexes",
                "pepper",
                name="secretpurpose",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("root_key_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_secrets")),
        sa.UniqueConstraint("purpose", "epoch", name=op.f("uq_deployment_secrets_purpose_epoch")),
    )
    op.create_table(
        "erasure_shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("log", sa.LargeBinary(), nullable=True),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("papers", sa.LargeBinary(), nullable=True),
        sa.Column("household", sa.LargeBinary(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("vetting", sa.LargeBinary(), nullable=True),
        sa.Column("route", sa.LargeBinary(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("registration", sa.LargeBinary(), nullable=True),
        sa.Column("aid", sa.LargeBinary(), nullable=True),
        sa.Column("reporting", sa.LargeBinary(), nullable=True),
        sa.Column("journey", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_shares")),
    )
    op.create_table(
        "journal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("running_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_subject"), "journal", ["subject"], unique=False)
    op.create_table(
        "keystore",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("keystore_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keystore")),
    )
    op.create_table(
        "marks",
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("for_good", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=True),
        sa.Column("pending_for_good", sa.Boolean(), nullable=True),
        sa.Column("unit", sa.Uuid(), nullable=True),
        sa.Column("transaction", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_marks")),
    )
    op.create_index(op.f("ix_marks_number"), "marks", ["number"], unique=False)
    op.create_index(op.f("ix_marks_unit"), "marks", ["unit"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_marks_unit"), table_name="marks")
    op.drop_index(op.f("ix_marks_number"), table_name="marks")
    op.drop_table("marks")
    op.drop_table("keystore")
    op.drop_index(op.f("ix_journal_subject"), table_name="journal")
    op.drop_table("journal")
    op.drop_table("erasure_shares")
    op.drop_table("deployment_secrets")
