"""Owns which versions of a ledger there are, and how an older one becomes one of this version; it touches no event."""

from sqlalchemy import Connection, select

from janitor.core.errors import LedgerError
from janitor.ledger.schema import SCHEMA_VERSION, meta

OLDER = ("1", "2", "3", "4", "5")
"""Versions that can be read as they are, and become this one when opened for writing: `migrations` has a revision for each."""

_VERSION = select(meta.c.value).where(meta.c.key == "schema")


def check_version(connection: Connection, name: str) -> None:
    """Raise LedgerError unless a database is a ledger that this janitor can read; writes nothing."""
    version = read_version(connection)
    if version != SCHEMA_VERSION and version not in OLDER:
        known = ", ".join(repr(each) for each in (*OLDER, SCHEMA_VERSION))
        raise LedgerError(f"{name}: ledger version {version!r} is none of {known}; use the janitor that wrote it")


def read_version(connection: Connection) -> str | None:
    """The version that a ledger says it has; None where it says none."""
    found: str | None = connection.execute(_VERSION).scalar()
    return found


def upgrade(connection: Connection) -> None:
    """Bring a known ledger to this version, all in the transaction that the connection is in; harmless when repeated."""
    version = read_version(connection)
    if version in OLDER:
        from janitor.ledger.migrations import migrate  # noqa: PLC0415  Alembic takes longer to import than most commands to run

        migrate(connection, version)
