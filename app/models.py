"""Every table of the main database, gathered for migrations, inventories and tests.

Tables are declared in ``models.py`` of each package and nowhere else. Importing this module
imports all of them; nothing in a request needs it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from app.store.authenticated import is_authenticated, mark_of
from app.store.base import Base, Housekeeping, Mark, Record, Versioned
from app.store.sealed import sealed_fields

for _file in sorted(Path(__file__).parent.glob("*/models.py")):
    import_module(f"app.{_file.parent.name}.models")

metadata = Base.metadata


def authenticated_models() -> list[type[Record]]:
    """Return the models whose rows carry a MAC, in the order of their tables' names."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted(filter(is_authenticated, models), key=lambda model: str(model.__tablename__))


def housekeeping_tables() -> dict[str, Housekeeping]:
    """Return why the rows of some tables carry no proof, and what follows, by the table's name."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return {
        str(model.__tablename__): model.__housekeeping__
        for model in models
        if hasattr(model, "__housekeeping__")
    }


def marked_tables() -> tuple[dict[str, Mark], dict[str, str], list[str]]:
    """Return when rows are marked by table, why others never are, and the tables of fixed rows."""
    models = authenticated_models()
    return (
        {str(m.__tablename__): mark for m in models if (mark := mark_of(m)) is not None},
        {str(m.__tablename__): m.__unmarked__ for m in models if hasattr(m, "__unmarked__")},
        [str(m.__tablename__) for m in models if not issubclass(m, Versioned)],
    )


def sealed_models() -> list[type[Base]]:
    """Return the models that have sealed cells, in the order of their tables' names."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted(filter(sealed_fields, models), key=lambda model: str(model.__tablename__))
