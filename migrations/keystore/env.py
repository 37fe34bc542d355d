"""Runs the keystore's revisions on the connection that ``app.store.migrate`` gives."""

from app.store.migrate import run_revisions
from app.store.models import KeystoreBase

run_revisions(KeystoreBase.metadata)
