"""Owns how Alembic runs a revision: on the connection that it is given, within the transaction of that."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="ledger_revision")
context.run_migrations()
