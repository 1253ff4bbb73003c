"""Owns the run of Alembic over a ledger of an older version; `versions` has a revision for each version of the tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from janitor.core.errors import LedgerError

HEAD = "head"


def migrate(connection: Connection, version: str | None, to: str = HEAD) -> None:
    """Bring a ledger of a version, None for an empty database, to another, in the transaction that the connection is in.

    What a ledger says of its version in `meta` is what counts; Alembic's own table, `ledger_revision`, is set by it. Raises
    LedgerError where Alembic finds that table to be another's.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        if version is not None:
            command.stamp(config, version)
        command.upgrade(config, to)
    except CommandError as error:
        raise LedgerError(f"the ledger cannot be brought to this version: {error}") from error
