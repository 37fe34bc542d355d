"""Write the first revision of each database from the models, by Alembic's own comparison.

`python -m tools.schema` overwrites both `0001_initial_schema.py`. Only until the first release:
afterwards a change of a table is a revision of its own (`make migration m="..."`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import DowngradeOps, UpgradeOps
from sqlalchemy import MetaData, create_engine

from app.audit.models import INSERT_ONLY as FROZEN
from app.models import metadata
from app.store.base import Moment, RolesText
from app.store.models import KeystoreBase

_COMMENT = re.compile(r"^ *# ### .*\n?", re.MULTILINE)
ROOT = Path(__file__).resolve().parents[1]
HEAD = '''\
"""Every table of the {line} database, made from the models by `python -m tools.schema`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{imports}
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
{insert_only}

def upgrade() -> None:
    {upgrade}{refuse}


def downgrade() -> None:
    {downgrade}{allow}
'''
INSERT_ONLY = '''
INSERT_ONLY = {tables}
"""Tables that refuse every later change, by trigger: the program's own mistakes included."""

'''
REFUSE = """
    dialect = op.get_bind().dialect.name
    for table in INSERT_ONLY:
        for statement in insert_only(table)[dialect]:
            op.execute(statement)"""
ALLOW = """
    if op.get_bind().dialect.name == "postgresql":
        for table in INSERT_ONLY:
            op.execute(f"DROP FUNCTION {table}_refuse()")"""


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our own column type by its name; leave the rest to Alembic."""
    if kind == "type" and isinstance(item, RolesText):
        return "sa.Text()"
    return "Moment()" if kind == "type" and isinstance(item, Moment) else False


def render(line: str, wanted: MetaData) -> str:
    """Return the text of a line's first revision."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "target_metadata": wanted,
                "sqlalchemy_module_prefix": "sa.",
                "alembic_module_prefix": "op.",
                "user_module_prefix": None,
                "render_item": render_item,
                "render_as_batch": False,
            },
        )
        script = produce_migrations(context, wanted)
        up, down = script.upgrade_ops, script.downgrade_ops
        if not isinstance(up, UpgradeOps) or not isinstance(down, DowngradeOps):
            raise TypeError(line)
        options: dict[str, Any] = {"render_item": render_item, "migration_context": context}
        upgrade, downgrade = (
            _COMMENT.sub("", render_python_code(ops, **options)).strip() for ops in (up, down)
        )
    frozen = tuple(sorted(name for name in FROZEN if name in wanted.tables))
    imports = ("from app.audit.models import insert_only\n" if frozen else "") + (
        "from app.store.base import Moment\n" if "Moment()" in upgrade else ""
    )
    return HEAD.format(
        line=line,
        imports="\n" + imports if imports else "",
        insert_only=INSERT_ONLY.format(tables=frozen) if frozen else "",
        upgrade=upgrade,
        refuse=REFUSE if frozen else "",
        downgrade=downgrade,
        allow=ALLOW if frozen else "",
    )


def main() -> None:
    """Write both files and let ruff format them."""
    written = []
    for line, wanted in (("main", metadata), ("keystore", KeystoreBase.metadata)):
        file = ROOT / "migrations" / line / "versions" / "0001_initial_schema.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render(line, wanted), encoding="utf-8")
        written.append(str(file))
    ruff = str(Path(sys.executable).with_name("ruff"))
    subprocess.run([ruff, "format", "--quiet", *written], check=True)
    subprocess.run([ruff, "check", "--fix", "--quiet", *written], check=True)


if __name__ == "__main__":
    main()
