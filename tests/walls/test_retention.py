"""No table and no sealed column is forgotten from the schedule; its document says what it does."""

from __future__ import annotations

from app.models import metadata, sealed_models
from app.retention.clearing import GO_WITH_PART, OUTLIVES_CASE
from app.retention.schedule import PARTS, RULES, TABLES, Action
from app.store.models import ErasedPart, KeystoreBase
from app.store.sealed import sealed_fields
from app.worker import JOBS

WHERE = "TABLES of app/retention/schedule.py"


def test_every_table_says_when_its_rows_go_or_why_they_stay():
    there = set(metadata.tables) | set(KeystoreBase.metadata.tables)
    missing, gone = there - set(TABLES), set(TABLES) - there
    assert not missing, f"{sorted(missing)}: say in {WHERE} when their rows go, or why they stay"
    assert not gone, f"{sorted(gone)} are no tables any more: take their rows out of {WHERE}"


def test_every_sealed_column_of_a_case_goes_with_a_part_that_has_a_rule():
    parts = {part.value for part in PARTS}
    missing = [
        f"{model.__tablename__}.{name}"
        for model in sealed_models()
        for name, field in sealed_fields(model).items()
        if field.part.value not in parts | {"directory"}
    ]
    assert not missing, f"{missing}: give their part a rule in RULES, or a reason in WITH_CASE"
    assert set(PARTS) == set(ErasedPart)


def test_every_table_with_rows_of_cases_goes_with_the_case_or_says_why_not():
    """Rows that only refer to a case's row must be named in the code that deletes."""
    referring = {
        table.name
        for table in metadata.tables.values()
        if "case_id" not in table.c
        and any("case_id" in key.column.table.c for key in table.foreign_keys)
    }
    assert referring == {"payee_tokens", "ledger_accounts", "journal_entries"}, (
        "these refer to rows of cases and have no case_id: delete them in app/retention/clearing.py"
    )
    assert set(GO_WITH_PART) | set(OUTLIVES_CASE) <= set(metadata.tables)


def test_every_job_that_the_schedule_names_is_one_of_the_workers():
    named = {rule.by for rule in TABLES.values() if rule.by}
    assert named <= {job.name for job in JOBS}
    assert all(rule.by is None or rule.says for rule in TABLES.values())


def test_no_rule_lasts_longer_than_its_most_and_what_is_kept_says_why():
    assert all(0 <= rule.days <= rule.most for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.says for rule in TABLES.values() if rule.action is Action.KEEP)
