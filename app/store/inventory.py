"""The data inventory: every column of every table, and what it shows to someone who has stolen it.

Rendered from the words that each column was declared with, so that the document cannot drift from
the models. Knows metadata; reads no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, MetaData

from app.store.base import Housekeeping, Mark

KINDS = ("sealed", "key", "index", "plain")

_HEAD = """# Data inventory

Generated from the models by `make docs`; a test compares this file with them. Do not edit it.

What a column shows to someone who holds the database and no key:

- **sealed**: nothing but a length in steps; opened by a grant to the compartment that is named.
- **key**: public keys, signatures, commitments, and secrets that are wrapped to someone.
- **index**: a keyed hash; equal inputs look equal, nothing more without the key.
- **plain**: the value itself, for the reason that is given.
"""


class ColumnUndeclared(LookupError):
    """A column says neither what it shows nor why."""


def describe(column: Column[object]) -> tuple[str, str]:
    """Return (kind, reason) of a column; raises ``ColumnUndeclared``."""
    kind, why = column.info.get("shows"), column.info.get("why")
    if kind not in KINDS or not why:
        raise ColumnUndeclared(
            f"{column.table.name}.{column.name} says nothing: declare it by plain(), "
            "index_column() or key_column(), with the reason that the inventory shows"
        )
    return kind, why


def render(databases: Iterable[tuple[str, MetaData]]) -> str:
    """Return the inventory of several databases as one Markdown document."""
    lines = [_HEAD]
    for title, metadata in databases:
        lines.append(f"## {title}\n")
        for table in sorted(metadata.tables.values(), key=lambda table: table.name):
            lines += [f"### `{table.name}`\n", "| column | shows | why |", "| --- | --- | --- |"]
            for column in table.columns:
                kind, why = describe(column)
                reason = f"compartment `{why}`" if kind == "sealed" else why
                lines.append(f"| `{column.name}` | {kind} | {reason} |")
            lines.append("")
    return "\n".join(lines)


def render_marks(
    marks: Mapping[str, Mark], unmarked: Mapping[str, str], fixed: Iterable[str]
) -> str:
    """Return the tables whose older rows are refused, and those whose older rows are not."""
    says = (
        "A version of a row that ends, spends or replaces something is marked in the keystore: no"
        " older one counts. What an older row would allow:"
    )
    lines = [
        "\n## Rows that were put back\n",
        f"{says}\n",
        "| table | what an older row would allow | marked |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{name}` | {one.because} | yes |" for name, one in sorted(marks.items())]
    lines += [f"| `{name}` | {why} | no |" for name, why in sorted(unmarked.items())]
    lines.append(
        f"\nWritten once, and never changed: {', '.join(f'`{n}`' for n in sorted(fixed))}."
    )
    return "\n".join([*lines, ""])


def render_housekeeping(tables: Mapping[str, Housekeeping]) -> str:
    """Return the tables whose rows prove nothing, with what one statement does to each."""
    says = "Every other row has a MAC, and its digest in the log. What one statement does to these:"
    lines = [
        "\n## Rows without a proof\n",
        f"{says}\n",
        "| table | why it has none | what one statement does | what bounds it |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{name}` | {one.because} | {one.written} | {one.bounded} |"
        for name, one in sorted(tables.items())
    ]
    return "\n".join([*lines, ""])
