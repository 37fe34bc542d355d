"""Runs the keystore's revisions on the connection that ``app.store.migrate`` gives."""

from alembic import context

from app.store.models import KeystoreBase

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=KeystoreBase.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
