"""Owns how a revision says which version it made, so that every janitor can tell whether it knows that one."""

from alembic import op
from sqlalchemy import column, table

_META = table("meta", column("key"), column("value"))


def say_version(version: str) -> None:
    """Let the ledger say that it has this version now."""
    op.execute(_META.update().where(_META.c.key == "schema").values(value=version))
