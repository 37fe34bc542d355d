"""The schedule as a document: ``docs/retention.md`` is rendered from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator

from app.models import sealed_models
from app.retention.schedule import (
    GRACE_DAYS,
    LAPSE_DAYS,
    NOTICE_DAYS,
    RULES,
    SILENCE_DAYS,
    SILENCE_IN_SERVICE_DAYS,
    TABLES,
    UNREAD_DAYS,
    WITH_CASE,
)
from app.store.sealed import sealed_fields

_HEAD = f"""# Retention

Generated from the schedule by `make docs`; a test compares this file with it. Do not edit it.

What is kept, from when its time is counted, for how long, and what then becomes of it. Times are
days; at the end of each a day of grace, 0 to {GRACE_DAYS}, is drawn. These are the defaults; what
counts in an organisation is printed by `padauk retention show` and `GET /api/retention`.

- **Two leads choose other days** for a rule, one asking and one agreeing within {LAPSE_DAYS} days;
  the only lead of an organisation chooses alone, within the most, and that it was alone is shown.
- **A hold keeps** a case, or a part of it, for at most 180 days: a coordinator asks with a reason,
  a lead agrees. Two weeks before its end it is announced; once it has ended, what is due goes.
- **A new contact starts the time again**: whatever is written or heard of a case after it ended.
- **What stops the clock, and is shown**: an open leg, aid that is not confirmed, a code not handed
  over, open vetting, and content that nobody has read. That is never destroyed;
  {UNREAD_DAYS} days after it fell due it leads the leads' list.
- **Silence closes**: after {SILENCE_DAYS} days without word, work or duty
  ({SILENCE_IN_SERVICE_DAYS} where a *pre* code says that the person is in service) a case gets
  {NOTICE_DAYS} days' notice and is then closed as lost contact.
- **The whole case** waits for the figures of its half-year, eight months at most; its name does
  not.

## Cases
"""


def render() -> str:
    """Return the schedule as Markdown."""
    return "\n".join([_HEAD, *_rules(), *_cells(), *_tables()])


def _rules() -> Iterator[str]:
    yield "| rule | what | from | days | most | says |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in RULES:
        what = "the whole case" if rule.part is None else f"part `{rule.part}`"
        yield (
            f"| {rule.name} | {what} | {rule.trigger} | {rule.days} | {rule.most} | {rule.says} |"
        )
    yield ""


def _cells() -> Iterator[str]:
    yield "## Sealed columns, and the part that each goes with"
    yield ""
    for model in sealed_models():
        for name, field in sealed_fields(model).items():
            said = {part.value: text for part, text in WITH_CASE.items()}.get(field.part.value)
            goes = f"part `{field.part.value}`" if field.part.value != "directory" else "its table"
            yield f"- `{model.__tablename__}.{name}`: {goes}{f' ({said})' if said else ''}"
    yield ""


def _tables() -> Iterator[str]:
    yield "## Tables, and what becomes of their rows"
    yield ""
    yield "| table | action | when | by which job |"
    yield "| --- | --- | --- | --- |"
    for name, rule in sorted(TABLES.items()):
        job = rule.by or "none"
        yield f"| `{name}` | {rule.action} | {rule.says} | {job} |"
    yield ""
