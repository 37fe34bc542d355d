"""Every table of the main database, made from the models by `python -m tools.schema`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.audit.models import insert_only
from app.store.base import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSERT_ONLY = ("audit_events", "journal_entries", "postings")
"""Tables that refuse every later change, by trigger: the program's own mistakes included."""


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("notice_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_raised", "alerts", ["raised_on", "id"], unique=False)
    op.create_index(op.f("ix_alerts_sequence"), "alerts", ["sequence"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_case_id"), "assignments", ["case_id"], unique=False)
    op.create_index(op.f("ix_assignments_member_id"), "assignments", ["member_id"], unique=False)
    op.create_index(op.f("ix_assignments_sequence"), "assignments", ["sequence"], unique=False)
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
    )
    op.create_index("ix_audit_checkpoints_size", "audit_checkpoints", ["size"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("actor_tag", sa.LargeBinary(), nullable=False),
        sa.Column("subject_tag", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_day", "audit_events", ["happened_on", "id"], unique=False)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject_tag"], unique=False)
    op.create_table(
        "audit_leaves",
        sa.Column("leaf_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaves")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_leaves_event_id")),
    )
    op.create_table(
        "audit_unsequenced",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_unsequenced")),
    )
    op.create_table(
        "blind_index",
        sa.Column(
            "kind",
            sa.Enum(
                "phone",
                "nrc",
                "service_number",
                "handle",
                "name",
                "relative",
                "person",
                name="indexedkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blind_index")),
    )
    op.create_index(op.f("ix_blind_index_case_id"), "blind_index", ["case_id"], unique=False)
    op.create_index(
        "ix_blind_index_probe", "blind_index", ["kind", "version", "token", "number"], unique=False
    )
    op.create_table(
        "bundles",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "recipient",
            sa.Enum(
                "root",
                "custody",
                "reporting",
                "search",
                name="organisationkeykind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
    )
    op.create_index(op.f("ix_bundles_case_id"), "bundles", ["case_id"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "family",
                "fellow_travellers",
                "same_event",
                name="linkkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("linked_by", sa.Uuid(), nullable=False),
        sa.Column("linked_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_because_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_links")),
    )
    op.create_index(op.f("ix_case_links_case_id"), "case_links", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_links_other_id"), "case_links", ["other_id"], unique=False)
    op.create_index(op.f("ix_case_links_sequence"), "case_links", ["sequence"], unique=False)
    op.create_index(
        "uq_case_links_live",
        "case_links",
        ["case_id", "other_id"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "case_moves",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "was",
            sa.Enum(
                "submitted",
                "vetting",
                "active",
                "settled",
                "closed",
                "declined",
                "merged",
                "erased",
                name="casestatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "became",
            sa.Enum(
                "submitted",
                "vetting",
                "active",
                "settled",
                "closed",
                "declined",
                "merged",
                "erased",
                name="casestatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moves")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_moves_case_id_number")),
    )
    op.create_index(op.f("ix_case_moves_case_id"), "case_moves", ["case_id"], unique=False)
    op.create_table(
        "case_notes",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_notes_case_id_number")),
    )
    op.create_index(op.f("ix_case_notes_case_id"), "case_notes", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_notes_sequence"), "case_notes", ["sequence"], unique=False)
    op.create_table(
        "cases",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "submitted",
                "vetting",
                "active",
                "settled",
                "closed",
                "declined",
                "merged",
                "erased",
                name="casestatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("triaged_on", sa.Date(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("emergency_until", Moment(), nullable=True),
        sa.Column("indexed_version", sa.Integer(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("summary_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("papers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("household_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reporting_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_case_id"), "cases", ["case_id"], unique=False)
    op.create_index("ix_cases_indexed_version", "cases", ["indexed_version"], unique=False)
    op.create_index(op.f("ix_cases_merged_into"), "cases", ["merged_into"], unique=False)
    op.create_index("ix_cases_opened", "cases", ["opened_on", "sequence", "id"], unique=False)
    op.create_index(op.f("ix_cases_sequence"), "cases", ["sequence"], unique=False)
    op.create_index(
        "ix_cases_team_indexed_version", "cases", ["team_id", "indexed_version"], unique=False
    )
    op.create_index("ix_cases_team_status", "cases", ["team_id", "status"], unique=False)
    op.create_table(
        "chosen_days",
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chosen_days")),
    )
    op.create_index(op.f("ix_chosen_days_sequence"), "chosen_days", ["sequence"], unique=False)
    op.create_table(
        "consents",
        sa.Column(
            "purpose",
            sa.Enum(
                "casework",
                "sharing",
                "research",
                "follow_up",
                "publicity",
                name="purpose",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_case_id"), "consents", ["case_id"], unique=False)
    op.create_index(op.f("ix_consents_sequence"), "consents", ["sequence"], unique=False)
    op.create_table(
        "counters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counters")),
    )
    op.create_index(op.f("ix_counters_last_at"), "counters", ["last_at"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("pepper_id", sa.Integer(), nullable=False),
        sa.Column("slot_0", sa.LargeBinary(), nullable=False),
        sa.Column("slot_1", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "custody_contributions",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("from_kit", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_contributions")),
    )
    op.create_index(
        op.f("ix_custody_contributions_asked_by"),
        "custody_contributions",
        ["asked_by"],
        unique=False,
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_root", sa.String(length=64), nullable=False),
        sa.Column("keystore_id", sa.Uuid(), nullable=False),
        sa.Column("keystore_number", sa.Integer(), nullable=False),
        sa.Column("journal_number", sa.Integer(), nullable=False),
        sa.Column("canary_share_id", sa.Uuid(), nullable=False),
        sa.Column("canary", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "destructions",
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("share_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "begun",
                "cleared",
                "certified",
                name="destructionstep",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("codes_die", sa.Boolean(), nullable=False),
        sa.Column("half_year", sa.String(length=6), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest_before", sa.LargeBinary(length=32), nullable=False),
        sa.Column("order_mac", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("subject_tag", sa.LargeBinary(), nullable=True),
        sa.Column("readers", sa.LargeBinary(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destructions")),
    )
    op.create_index("ix_destructions_case", "destructions", ["case_id"], unique=False)
    op.create_index("ix_destructions_step", "destructions", ["step", "id"], unique=False)
    op.create_table(
        "duplicate_dismissals",
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("dismissed_by", sa.Uuid(), nullable=False),
        sa.Column("dismissed_on", sa.Date(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_dismissals")),
        sa.UniqueConstraint(
            "case_id", "other_id", name=op.f("uq_duplicate_dismissals_case_id_other_id")
        ),
    )
    op.create_index(
        op.f("ix_duplicate_dismissals_case_id"), "duplicate_dismissals", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_duplicate_dismissals_other_id"), "duplicate_dismissals", ["other_id"], unique=False
    )
    op.create_table(
        "duplicate_matches",
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("other_agreed_by", sa.Uuid(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_matches")),
        sa.UniqueConstraint(
            "case_id", "other_id", name=op.f("uq_duplicate_matches_case_id_other_id")
        ),
    )
    op.create_index(
        op.f("ix_duplicate_matches_case_id"), "duplicate_matches", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_duplicate_matches_other_id"), "duplicate_matches", ["other_id"], unique=False
    )
    op.create_table(
        "emergency_decisions",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "decided_as",
            sa.Enum(
                "volunteer",
                "coordinator",
                "vetter",
                "registrar",
                "treasurer",
                "auditor",
                "administrator",
                "lead",
                name="role",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("began_alone", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_decisions")),
    )
    op.create_index(
        op.f("ix_emergency_decisions_case_id"), "emergency_decisions", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_emergency_decisions_request_id"),
        "emergency_decisions",
        ["request_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_emergency_decisions_sequence"), "emergency_decisions", ["sequence"], unique=False
    )
    op.create_table(
        "erasure_requests",
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("codes_die", sa.Boolean(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    op.create_index(
        op.f("ix_erasure_requests_case_id"), "erasure_requests", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_erasure_requests_sequence"), "erasure_requests", ["sequence"], unique=False
    )
    op.create_table(
        "funds",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_funds_balance_not_negative")),
        sa.CheckConstraint(
            "reserved >= 0 AND reserved <= balance", name=op.f("ck_funds_reserved_covered")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funds")),
    )
    op.create_index(op.f("ix_funds_case_id"), "funds", ["case_id"], unique=False)
    op.create_index(op.f("ix_funds_sequence"), "funds", ["sequence"], unique=False)
    op.create_index(op.f("ix_funds_team_id"), "funds", ["team_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("granter_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "intake",
                "triage",
                "assignment",
                "vetting",
                "registration",
                "aid",
                "escort",
                "words",
                "lead",
                name="grantreason",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("rests", sa.Boolean(), nullable=False),
        sa.Column("hpke_wrap", sa.LargeBinary(), nullable=True),
        sa.Column("symmetric_wrap", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_case", "grants", ["case_id", "about"], unique=False)
    op.create_index("ix_grants_live", "grants", ["holder_id", "case_id", "ended_on"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_on"), "idempotency_keys", ["created_on"], unique=False
    )
    op.create_table(
        "invitations",
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("link_index", sa.LargeBinary(), nullable=False),
        sa.Column("words_proof", sa.LargeBinary(), nullable=False),
        sa.Column("invited_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("link_index", name=op.f("uq_invitations_link_index")),
    )
    op.create_index(op.f("ix_invitations_sequence"), "invitations", ["sequence"], unique=False)
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("succeeded_at", Moment(), nullable=True),
        sa.Column("failed_at", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "key_copies",
        sa.Column(
            "kind",
            sa.Enum(
                "root",
                "custody",
                "reporting",
                "search",
                name="organisationkeykind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("symmetric_wrap", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_copies")),
        sa.UniqueConstraint(
            "kind", "epoch", "member_id", name=op.f("uq_key_copies_kind_epoch_member_id")
        ),
    )
    op.create_index(op.f("ix_key_copies_member_id"), "key_copies", ["member_id"], unique=False)
    op.create_table(
        "match_tokens",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_tokens")),
    )
    op.create_index(op.f("ix_match_tokens_case_id"), "match_tokens", ["case_id"], unique=False)
    op.create_index("ix_match_tokens_probe", "match_tokens", ["version", "token"], unique=False)
    op.create_table(
        "member_keys",
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("work_public", sa.LargeBinary(), nullable=False),
        sa.Column("sign_public", sa.LargeBinary(), nullable=False),
        sa.Column("lead_public", sa.LargeBinary(), nullable=True),
        sa.Column("certified_by", sa.Uuid(), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmation", sa.LargeBinary(), nullable=True),
        sa.Column("possession", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_keys")),
    )
    op.create_table(
        "organisation_keys",
        sa.Column(
            "kind",
            sa.Enum(
                "root",
                "custody",
                "reporting",
                "search",
                name="organisationkeykind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("certified_by", sa.Uuid(), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_keys")),
        sa.UniqueConstraint("kind", "epoch", name=op.f("uq_organisation_keys_kind_epoch")),
    )
    op.create_table(
        "organisation_settings",
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("makes_codes", sa.Boolean(), nullable=False),
        sa.Column("report_weeks", sa.Integer(), nullable=False),
        sa.Column("preset", sa.String(length=10), nullable=False),
        sa.Column("small_sums", sa.String(length=400), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_settings")),
    )
    op.create_table(
        "plans",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open", "finished", "abandoned", name="planstatus", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("outline_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("danger_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("marks_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_plans_case_id_number")),
    )
    op.create_index(op.f("ix_plans_case_id"), "plans", ["case_id"], unique=False)
    op.create_index("ix_plans_status", "plans", ["status"], unique=False)
    op.create_table(
        "published_reports",
        sa.Column("half_year", sa.String(length=6), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("tables", sa.JSON(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_reports")),
        sa.UniqueConstraint("half_year", name=op.f("uq_published_reports_half_year")),
    )
    op.create_table(
        "registrations",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("pre", "full", name="codekind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "submitted",
                "issued",
                "delivered",
                "redeemed",
                "revoked",
                "expired",
                "refused",
                "disputed",
                "replaced",
                name="registrationstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("made_here", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("redeemed_by", sa.Uuid(), nullable=True),
        sa.Column(
            "dispute",
            sa.Enum(
                "used_by_another",
                "handed_to_another",
                name="disputereason",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("coordinator_disputes", sa.Uuid(), nullable=True),
        sa.Column("registrar_disputes", sa.Uuid(), nullable=True),
        sa.Column("locator", sa.LargeBinary(), nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("notes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_registrations_case_id_number")),
        sa.UniqueConstraint("locator", name=op.f("uq_registrations_locator")),
    )
    op.create_index(op.f("ix_registrations_case_id"), "registrations", ["case_id"], unique=False)
    op.create_index(
        "ix_registrations_ending", "registrations", ["status", "expires_on"], unique=False
    )
    op.create_index(op.f("ix_registrations_sequence"), "registrations", ["sequence"], unique=False)
    op.create_table(
        "replaced_cells",
        sa.Column("field", sa.String(length=16), nullable=False),
        sa.Column("replaced_on", sa.Date(), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=False),
        sa.Column("summary_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("papers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("household_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reporting_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replaced_cells")),
    )
    op.create_index(op.f("ix_replaced_cells_case_id"), "replaced_cells", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_replaced_cells_sequence"), "replaced_cells", ["sequence"], unique=False
    )
    op.create_table(
        "retention_holds",
        sa.Column(
            "what",
            sa.Enum(
                "summary",
                "identity",
                "papers",
                "household",
                "contact",
                "account",
                "vetting",
                "route",
                "words",
                "registration",
                "aid",
                "reporting",
                "journey",
                name="erasedpart",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_holds")),
    )
    op.create_index(
        op.f("ix_retention_holds_case_id"), "retention_holds", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_retention_holds_sequence"), "retention_holds", ["sequence"], unique=False
    )
    op.create_table(
        "retention_looks",
        sa.Column("looked_by", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_looks")),
        sa.UniqueConstraint(
            "case_id", "looked_by", name=op.f("uq_retention_looks_case_id_looked_by")
        ),
    )
    op.create_index(
        op.f("ix_retention_looks_case_id"), "retention_looks", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_retention_looks_sequence"), "retention_looks", ["sequence"], unique=False
    )
    op.create_table(
        "retention_passes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("counting", sa.JSON(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_passes")),
    )
    op.create_table(
        "scopes",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column(
            "compartment",
            sa.Enum(
                "summary",
                "identity",
                "papers",
                "household",
                "contact",
                "account",
                "vetting",
                "route",
                "words",
                "registration",
                "aid",
                "reporting",
                "directory",
                name="compartment",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("part", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("minter_id", sa.Uuid(), nullable=False),
        sa.Column("minted_on", sa.Date(), nullable=False),
        sa.Column("minted_with", sa.LargeBinary(), nullable=False),
        sa.Column("case_public", sa.LargeBinary(), nullable=False),
        sa.Column("case_signature", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scopes")),
        sa.UniqueConstraint(
            "case_id",
            "compartment",
            "part",
            "epoch",
            name=op.f("uq_scopes_case_id_compartment_part_epoch"),
        ),
    )
    op.create_table(
        "second_factors",
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "silence_notices",
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence_notices")),
    )
    op.create_index(
        op.f("ix_silence_notices_case_id"), "silence_notices", ["case_id"], unique=False
    )
    op.create_table(
        "suspensions",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column(
            "was",
            sa.Enum(
                "invited",
                "active",
                "suspended",
                "removed",
                name="memberstatus",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )
    op.create_index(op.f("ix_suspensions_member_id"), "suspensions", ["member_id"], unique=False)
    op.create_table(
        "team_duties",
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column(
            "began_by",
            sa.Enum("taken", "accepted", "fell", name="dutystart", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column("offered_to", sa.Uuid(), nullable=True),
        sa.Column("offered_at", Moment(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_duties")),
    )
    op.create_table(
        "teams",
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
    )
    op.create_index(op.f("ix_teams_sequence"), "teams", ["sequence"], unique=False)
    op.create_table(
        "travellers",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("joined_by", sa.Uuid(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_by", sa.Uuid(), nullable=True),
        sa.Column("left_because_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_travellers")),
    )
    op.create_index(op.f("ix_travellers_case_id"), "travellers", ["case_id"], unique=False)
    op.create_index(op.f("ix_travellers_other_id"), "travellers", ["other_id"], unique=False)
    op.create_index("ix_travellers_plan", "travellers", ["plan_id"], unique=False)
    op.create_index(op.f("ix_travellers_sequence"), "travellers", ["sequence"], unique=False)
    op.create_index(
        "uq_travellers_present",
        "travellers",
        ["case_id", "plan_id"],
        unique=True,
        sqlite_where=sa.text("left_on IS NULL"),
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.create_table(
        "vetting_rounds",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "verified",
                "refused",
                "disagree",
                "withdrawn",
                name="vettingoutcome",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("lapse_told", sa.Boolean(), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_rounds")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_vetting_rounds_case_id_number")),
    )
    op.create_index(op.f("ix_vetting_rounds_case_id"), "vetting_rounds", ["case_id"], unique=False)
    op.create_index(
        "ix_vetting_rounds_open", "vetting_rounds", ["ended_on", "opened_on"], unique=False
    )
    op.create_index(
        op.f("ix_vetting_rounds_sequence"), "vetting_rounds", ["sequence"], unique=False
    )
    op.create_table(
        "aid_requests",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "paid",
                "confirmed",
                "refused",
                "cancelled",
                "disputed",
                "reversed",
                name="aidstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("arrived", sa.BigInteger(), nullable=True),
        sa.Column(
            "sum_class",
            sa.Enum("small", "middle", "large", name="sumclass", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("payee_version", sa.Integer(), nullable=True),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("total > 0", name=op.f("ck_aid_requests_total_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name=op.f("fk_aid_requests_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_requests")),
    )
    op.create_index(op.f("ix_aid_requests_case_id"), "aid_requests", ["case_id"], unique=False)
    op.create_index("ix_aid_requests_due", "aid_requests", ["due_on"], unique=False)
    op.create_index(
        "ix_aid_requests_listed", "aid_requests", ["requested_on", "sequence", "id"], unique=False
    )
    op.create_index(op.f("ix_aid_requests_sequence"), "aid_requests", ["sequence"], unique=False)
    op.create_table(
        "journal_entries",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deposit",
                "payment",
                "shortfall",
                "reversal",
                name="entrykind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("pays", sa.Uuid(), nullable=True),
        sa.Column("falls_short", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name=op.f("fk_journal_entries_fund_id")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["journal_entries.id"], name=op.f("fk_journal_entries_reverses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sa.UniqueConstraint("pays", name=op.f("uq_journal_entries_pays")),
        sa.UniqueConstraint("reverses", name=op.f("uq_journal_entries_reverses")),
    )
    op.create_index(
        op.f("ix_journal_entries_falls_short"), "journal_entries", ["falls_short"], unique=False
    )
    op.create_index(
        "ix_journal_entries_listed",
        "journal_entries",
        ["fund_id", "made_on", "sequence", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_entries_sequence"), "journal_entries", ["sequence"], unique=False
    )
    op.create_table(
        "ledger_accounts",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cash",
                "aid_paid",
                "fees",
                "lost",
                "members",
                "public",
                "events",
                "grant",
                name="accountkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name=op.f("fk_ledger_accounts_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("fund_id", "kind", name=op.f("uq_ledger_accounts_fund_id_kind")),
    )
    op.create_table(
        "legs",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "ready",
                "departed",
                "arrived",
                "missed",
                "aborted",
                "rerouted",
                name="legstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("expected_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("silence", sa.Integer(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("escort_id", sa.Uuid(), nullable=True),
        sa.Column("instructions_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_legs_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legs")),
    )
    op.create_index(op.f("ix_legs_case_id"), "legs", ["case_id"], unique=False)
    op.create_index(op.f("ix_legs_escort_id"), "legs", ["escort_id"], unique=False)
    op.create_index("ix_legs_expected", "legs", ["expected_at", "id"], unique=False)
    op.create_index("ix_legs_plan", "legs", ["plan_id", "position"], unique=False)
    op.create_table(
        "members",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "invited",
                "active",
                "suspended",
                "removed",
                name="memberstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("login_index", sa.LargeBinary(), nullable=False),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_members_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("login_index", name=op.f("uq_members_login_index")),
    )
    op.create_index(op.f("ix_members_sequence"), "members", ["sequence"], unique=False)
    op.create_table(
        "vetting_checks",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("check_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["vetting_rounds.id"], name=op.f("fk_vetting_checks_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_checks")),
    )
    op.create_index(op.f("ix_vetting_checks_case_id"), "vetting_checks", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_vetting_checks_round_id"), "vetting_checks", ["round_id"], unique=False
    )
    op.create_index(
        op.f("ix_vetting_checks_sequence"), "vetting_checks", ["sequence"], unique=False
    )
    op.create_table(
        "vetting_decisions",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("vetter_id", sa.Uuid(), nullable=False),
        sa.Column("decision_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["vetting_rounds.id"], name=op.f("fk_vetting_decisions_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_decisions")),
        sa.UniqueConstraint(
            "round_id",
            "attempt",
            "vetter_id",
            name=op.f("uq_vetting_decisions_round_id_attempt_vetter_id"),
        ),
    )
    op.create_index(
        op.f("ix_vetting_decisions_case_id"), "vetting_decisions", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_vetting_decisions_sequence"), "vetting_decisions", ["sequence"], unique=False
    )
    op.create_table(
        "aid_steps",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "request",
                "approve",
                "pay",
                "confirm",
                "refuse",
                "cancel",
                "dispute",
                "reverse",
                "release",
                name="aidact",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["aid_requests.id"], name=op.f("fk_aid_steps_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_steps")),
    )
    op.create_index(op.f("ix_aid_steps_case_id"), "aid_steps", ["case_id"], unique=False)
    op.create_index(op.f("ix_aid_steps_request_id"), "aid_steps", ["request_id"], unique=False)
    op.create_index(op.f("ix_aid_steps_sequence"), "aid_steps", ["sequence"], unique=False)
    op.create_index(
        "uq_aid_steps_pay_or_confirm",
        "aid_steps",
        ["request_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("act IN ('confirm', 'pay')"),
        postgresql_where=sa.text("act IN ('confirm', 'pay')"),
    )
    op.create_index(
        "uq_aid_steps_request_or_approve",
        "aid_steps",
        ["request_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("act IN ('approve', 'request')"),
        postgresql_where=sa.text("act IN ('approve', 'request')"),
    )
    op.create_index(
        "uq_aid_steps_request_or_pay",
        "aid_steps",
        ["request_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("act IN ('pay', 'request')"),
        postgresql_where=sa.text("act IN ('pay', 'request')"),
    )
    op.create_table(
        "check_ins",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("leg_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["leg_id"], ["legs.id"], name=op.f("fk_check_ins_leg_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_check_ins_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
    )
    op.create_index(op.f("ix_check_ins_case_id"), "check_ins", ["case_id"], unique=False)
    op.create_index(op.f("ix_check_ins_plan_id"), "check_ins", ["plan_id"], unique=False)
    op.create_table(
        "leg_escalations",
        sa.Column("leg_id", sa.Uuid(), nullable=False),
        sa.Column("silence", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "late", "overdue", "missing", name="escalationlevel", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "notified",
            sa.Enum(
                "on_duty",
                "coordinators",
                "coordinators_and_leads",
                "leads",
                name="notifiedgroup",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("acknowledgement_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seals", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["leg_id"], ["legs.id"], name=op.f("fk_leg_escalations_leg_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_escalations")),
        sa.UniqueConstraint(
            "leg_id", "silence", "level", name=op.f("uq_leg_escalations_leg_id_silence_level")
        ),
    )
    op.create_index(
        op.f("ix_leg_escalations_case_id"), "leg_escalations", ["case_id"], unique=False
    )
    op.create_table(
        "payee_tokens",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["aid_requests.id"], name=op.f("fk_payee_tokens_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_tokens")),
    )
    op.create_index("ix_payee_tokens_probe", "payee_tokens", ["version", "token"], unique=False)
    op.create_index(
        op.f("ix_payee_tokens_request_id"), "payee_tokens", ["request_id"], unique=False
    )
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_postings_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name=op.f("fk_postings_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_postings_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    op.create_index(op.f("ix_postings_account_id"), "postings", ["account_id"], unique=False)
    op.create_index(op.f("ix_postings_entry_id"), "postings", ["entry_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("keys_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lead_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("lead_until", Moment(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sessions_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_ends_at"), "sessions", ["ends_at"], unique=False)
    op.create_index(op.f("ix_sessions_member_id"), "sessions", ["member_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for table in INSERT_ONLY:
        for statement in insert_only(table)[dialect]:
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_member_id"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_ends_at"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_postings_entry_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_account_id"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(op.f("ix_payee_tokens_request_id"), table_name="payee_tokens")
    op.drop_index("ix_payee_tokens_probe", table_name="payee_tokens")
    op.drop_table("payee_tokens")
    op.drop_index(op.f("ix_leg_escalations_case_id"), table_name="leg_escalations")
    op.drop_table("leg_escalations")
    op.drop_index(op.f("ix_check_ins_plan_id"), table_name="check_ins")
    op.drop_index(op.f("ix_check_ins_case_id"), table_name="check_ins")
    op.drop_table("check_ins")
    op.drop_index(
        "uq_aid_steps_request_or_pay",
        table_name="aid_steps",
        sqlite_where=sa.text("act IN ('pay', 'request')"),
        postgresql_where=sa.text("act IN ('pay', 'request')"),
    )
    op.drop_index(
        "uq_aid_steps_request_or_approve",
        table_name="aid_steps",
        sqlite_where=sa.text("act IN ('approve', 'request')"),
        postgresql_where=sa.text("act IN ('approve', 'request')"),
    )
    op.drop_index(
        "uq_aid_steps_pay_or_confirm",
        table_name="aid_steps",
        sqlite_where=sa.text("act IN ('confirm', 'pay')"),
        postgresql_where=sa.text("act IN ('confirm', 'pay')"),
    )
    op.drop_index(op.f("ix_aid_steps_sequence"), table_name="aid_steps")
    op.drop_index(op.f("ix_aid_steps_request_id"), table_name="aid_steps")
    op.drop_index(op.f("ix_aid_steps_case_id"), table_name="aid_steps")
    op.drop_table("aid_steps")
    op.drop_index(op.f("ix_vetting_decisions_sequence"), table_name="vetting_decisions")
    op.drop_index(op.f("ix_vetting_decisions_case_id"), table_name="vetting_decisions")
    op.drop_table("vetting_decisions")
    op.drop_index(op.f("ix_vetting_checks_sequence"), table_name="vetting_checks")
    op.drop_index(op.f("ix_vetting_checks_round_id"), table_name="vetting_checks")
    op.drop_index(op.f("ix_vetting_checks_case_id"), table_name="vetting_checks")
    op.drop_table("vetting_checks")
    op.drop_index(op.f("ix_members_sequence"), table_name="members")
    op.drop_table("members")
    op.drop_index("ix_legs_plan", table_name="legs")
    op.drop_index("ix_legs_expected", table_name="legs")
    op.drop_index(op.f("ix_legs_escort_id"), table_name="legs")
    op.drop_index(op.f("ix_legs_case_id"), table_name="legs")
    op.drop_table("legs")
    op.drop_table("ledger_accounts")
    op.drop_index(op.f("ix_journal_entries_sequence"), table_name="journal_entries")
    op.drop_index("ix_journal_entries_listed", table_name="journal_entries")
    op.drop_index(op.f("ix_journal_entries_falls_short"), table_name="journal_entries")
    op.drop_table("journal_entries")
    op.drop_index(op.f("ix_aid_requests_sequence"), table_name="aid_requests")
    op.drop_index("ix_aid_requests_listed", table_name="aid_requests")
    op.drop_index("ix_aid_requests_due", table_name="aid_requests")
    op.drop_index(op.f("ix_aid_requests_case_id"), table_name="aid_requests")
    op.drop_table("aid_requests")
    op.drop_index(op.f("ix_vetting_rounds_sequence"), table_name="vetting_rounds")
    op.drop_index("ix_vetting_rounds_open", table_name="vetting_rounds")
    op.drop_index(op.f("ix_vetting_rounds_case_id"), table_name="vetting_rounds")
    op.drop_table("vetting_rounds")
    op.drop_index(
        "uq_travellers_present",
        table_name="travellers",
        sqlite_where=sa.text("left_on IS NULL"),
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.drop_index(op.f("ix_travellers_sequence"), table_name="travellers")
    op.drop_index("ix_travellers_plan", table_name="travellers")
    op.drop_index(op.f("ix_travellers_other_id"), table_name="travellers")
    op.drop_index(op.f("ix_travellers_case_id"), table_name="travellers")
    op.drop_table("travellers")
    op.drop_index(op.f("ix_teams_sequence"), table_name="teams")
    op.drop_table("teams")
    op.drop_table("team_duties")
    op.drop_index(op.f("ix_suspensions_member_id"), table_name="suspensions")
    op.drop_table("suspensions")
    op.drop_index(op.f("ix_silence_notices_case_id"), table_name="silence_notices")
    op.drop_table("silence_notices")
    op.drop_table("second_factors")
    op.drop_table("scopes")
    op.drop_table("retention_passes")
    op.drop_index(op.f("ix_retention_looks_sequence"), table_name="retention_looks")
    op.drop_index(op.f("ix_retention_looks_case_id"), table_name="retention_looks")
    op.drop_table("retention_looks")
    op.drop_index(op.f("ix_retention_holds_sequence"), table_name="retention_holds")
    op.drop_index(op.f("ix_retention_holds_case_id"), table_name="retention_holds")
    op.drop_table("retention_holds")
    op.drop_index(op.f("ix_replaced_cells_sequence"), table_name="replaced_cells")
    op.drop_index(op.f("ix_replaced_cells_case_id"), table_name="replaced_cells")
    op.drop_table("replaced_cells")
    op.drop_index(op.f("ix_registrations_sequence"), table_name="registrations")
    op.drop_index("ix_registrations_ending", table_name="registrations")
    op.drop_index(op.f("ix_registrations_case_id"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_table("published_reports")
    op.drop_index("ix_plans_status", table_name="plans")
    op.drop_index(op.f("ix_plans_case_id"), table_name="plans")
    op.drop_table("plans")
    op.drop_table("organisation_settings")
    op.drop_table("organisation_keys")
    op.drop_table("member_keys")
    op.drop_index("ix_match_tokens_probe", table_name="match_tokens")
    op.drop_index(op.f("ix_match_tokens_case_id"), table_name="match_tokens")
    op.drop_table("match_tokens")
    op.drop_index(op.f("ix_key_copies_member_id"), table_name="key_copies")
    op.drop_table("key_copies")
    op.drop_table("job_runs")
    op.drop_index(op.f("ix_invitations_sequence"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_idempotency_keys_created_on"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_grants_live", table_name="grants")
    op.drop_index("ix_grants_case", table_name="grants")
    op.drop_table("grants")
    op.drop_index(op.f("ix_funds_team_id"), table_name="funds")
    op.drop_index(op.f("ix_funds_sequence"), table_name="funds")
    op.drop_index(op.f("ix_funds_case_id"), table_name="funds")
    op.drop_table("funds")
    op.drop_index(op.f("ix_erasure_requests_sequence"), table_name="erasure_requests")
    op.drop_index(op.f("ix_erasure_requests_case_id"), table_name="erasure_requests")
    op.drop_table("erasure_requests")
    op.drop_index(op.f("ix_emergency_decisions_sequence"), table_name="emergency_decisions")
    op.drop_index(op.f("ix_emergency_decisions_request_id"), table_name="emergency_decisions")
    op.drop_index(op.f("ix_emergency_decisions_case_id"), table_name="emergency_decisions")
    op.drop_table("emergency_decisions")
    op.drop_index(op.f("ix_duplicate_matches_other_id"), table_name="duplicate_matches")
    op.drop_index(op.f("ix_duplicate_matches_case_id"), table_name="duplicate_matches")
    op.drop_table("duplicate_matches")
    op.drop_index(op.f("ix_duplicate_dismissals_other_id"), table_name="duplicate_dismissals")
    op.drop_index(op.f("ix_duplicate_dismissals_case_id"), table_name="duplicate_dismissals")
    op.drop_table("duplicate_dismissals")
    op.drop_index("ix_destructions_step", table_name="destructions")
    op.drop_index("ix_destructions_case", table_name="destructions")
    op.drop_table("destructions")
    op.drop_table("deployment")
    op.drop_index(op.f("ix_custody_contributions_asked_by"), table_name="custody_contributions")
    op.drop_table("custody_contributions")
    op.drop_table("credentials")
    op.drop_index(op.f("ix_counters_last_at"), table_name="counters")
    op.drop_table("counters")
    op.drop_index(op.f("ix_consents_sequence"), table_name="consents")
    op.drop_index(op.f("ix_consents_case_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_index(op.f("ix_chosen_days_sequence"), table_name="chosen_days")
    op.drop_table("chosen_days")
    op.drop_index("ix_cases_team_status", table_name="cases")
    op.drop_index("ix_cases_team_indexed_version", table_name="cases")
    op.drop_index(op.f("ix_cases_sequence"), table_name="cases")
    op.drop_index("ix_cases_opened", table_name="cases")
    op.drop_index(op.f("ix_cases_merged_into"), table_name="cases")
    op.drop_index("ix_cases_indexed_version", table_name="cases")
    op.drop_index(op.f("ix_cases_case_id"), table_name="cases")
    op.drop_table("cases")
    op.drop_index(op.f("ix_case_notes_sequence"), table_name="case_notes")
    op.drop_index(op.f("ix_case_notes_case_id"), table_name="case_notes")
    op.drop_table("case_notes")
    op.drop_index(op.f("ix_case_moves_case_id"), table_name="case_moves")
    op.drop_table("case_moves")
    op.drop_index(
        "uq_case_links_live",
        table_name="case_links",
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.drop_index(op.f("ix_case_links_sequence"), table_name="case_links")
    op.drop_index(op.f("ix_case_links_other_id"), table_name="case_links")
    op.drop_index(op.f("ix_case_links_case_id"), table_name="case_links")
    op.drop_table("case_links")
    op.drop_index(op.f("ix_bundles_case_id"), table_name="bundles")
    op.drop_table("bundles")
    op.drop_index("ix_blind_index_probe", table_name="blind_index")
    op.drop_index(op.f("ix_blind_index_case_id"), table_name="blind_index")
    op.drop_table("blind_index")
    op.drop_table("audit_unsequenced")
    op.drop_table("audit_leaves")
    op.drop_index("ix_audit_events_subject", table_name="audit_events")
    op.drop_index("ix_audit_events_day", table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index("ix_audit_checkpoints_size", table_name="audit_checkpoints")
    op.drop_table("audit_checkpoints")
    op.drop_index(op.f("ix_assignments_sequence"), table_name="assignments")
    op.drop_index(op.f("ix_assignments_member_id"), table_name="assignments")
    op.drop_index(op.f("ix_assignments_case_id"), table_name="assignments")
    op.drop_table("assignments")
    op.drop_index(op.f("ix_alerts_sequence"), table_name="alerts")
    op.drop_index("ix_alerts_raised", table_name="alerts")
    op.drop_table("alerts")
    if op.get_bind().dialect.name == "postgresql":
        for table in INSERT_ONLY:
            op.execute(f"DROP FUNCTION {table}_refuse()")
