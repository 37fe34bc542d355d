"""Every table of the main database, gathered for migrations, inventories and tests.

Tables are declared in ``models.py`` of each package and nowhere else. Importing this module
imports all of them; nothing in a request needs it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from app.store.base import Base
from app.store.sealed import sealed_fields

for _file in sorted(Path(__file__).parent.glob("*/models.py")):
    import_module(f"app.{_file.parent.name}.models")

metadata = Base.metadata


def sealed_models() -> list[type[Base]]:
    """Return the models that have sealed cells, in the order of their tables' names."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted(filter(sealed_fields, models), key=lambda model: str(model.__tablename__))
