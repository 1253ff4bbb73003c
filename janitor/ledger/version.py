"""Owns which versions of a ledger there are, and how an older one becomes one of this version; it touches no event."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update

from janitor.core.errors import LedgerError
from janitor.ledger.engine import open_engine
from janitor.ledger.schema import SCHEMA_VERSION, holds, jobs, marks, meta, metadata, pauses


def check_version(path: Path) -> None:
    """Look, without writing a byte, whether a file is a ledger that this janitor can read; raises LedgerError."""
    engine = open_engine(path, read_only=True)
    try:
        with engine.connect() as connection:
            version = read_version(connection)
    finally:
        engine.dispose()
    if version != SCHEMA_VERSION and version not in _STEPS:
        known = ", ".join(repr(each) for each in (*_STEPS, SCHEMA_VERSION))
        raise LedgerError(f"{path}: ledger version {version!r} is none of {known}; use the janitor that wrote it")


def read_version(connection: Connection) -> str | None:
    """The version that a ledger says it has; None where it says none."""
    found: str | None = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    return found


def upgrade(engine: Engine) -> None:
    """Bring a known ledger to this version, a step a version, all in one transaction; harmless when repeated."""
    with engine.begin() as connection:
        version = read_version(connection)
        while version in _STEPS:
            change, version = _STEPS[version]
            change(connection)
            connection.execute(update(meta).where(meta.c.key == "schema").values(value=version))


def _add_holds_and_pauses(connection: Connection) -> None:
    metadata.create_all(connection, tables=[holds, pauses])


def _add_jobs_and_marks(connection: Connection) -> None:
    metadata.create_all(connection, tables=[jobs, marks])


_STEPS: dict[str, tuple[Callable[[Connection], None], str]] = {
    "1": (_add_holds_and_pauses, "2"),
    "2": (_add_jobs_and_marks, "3"),
}
"""How each older version is changed, and what it is then."""
