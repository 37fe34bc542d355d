"""Runs the main database's revisions on the connection that ``app.store.migrate`` gives."""

from app.models import metadata
from app.store.migrate import run_revisions

run_revisions(metadata)
