"""Every table of the main database, gathered for migrations, inventories and tests.

Importing this module imports the models of every domain; nothing in a request needs it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from app.store.base import Base
from app.store.sealed import sealed_fields

_APP = Path(__file__).parent

for _file in sorted(_APP.rglob("*.py")):
    if "__tablename__" in _file.read_text(encoding="utf-8") and _file.parent != _APP:
        import_module(".".join(("app", *_file.relative_to(_APP).with_suffix("").parts)))

metadata = Base.metadata


def sealed_models() -> list[type[Base]]:
    """Return the models that have sealed cells, in the order of their tables' names."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted(filter(sealed_fields, models), key=lambda model: str(model.__tablename__))
