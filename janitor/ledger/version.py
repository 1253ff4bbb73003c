"""Owns which versions of a ledger there are, and how an older one becomes one of this version; it touches no event."""

import json
from collections.abc import Callable

from sqlalchemy import Connection, Engine, Table, bindparam, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from janitor.core.errors import LedgerError
from janitor.core.events import SWEEP_STARTED
from janitor.ledger.schema import (
    SCHEMA_VERSION,
    acknowledgements,
    events,
    holds,
    jobs,
    marks,
    meta,
    metadata,
    pauses,
    plans,
    sweeps,
    tombstones,
)

_VERSION = select(meta.c.value).where(meta.c.key == "schema")


def check_version(engine: Engine, name: str) -> None:
    """Raise LedgerError unless a database is a ledger that this janitor can read; writes nothing."""
    with engine.connect() as connection:
        version = read_version(connection)
    if version != SCHEMA_VERSION and version not in _STEPS:
        known = ", ".join(repr(each) for each in (*_STEPS, SCHEMA_VERSION))
        raise LedgerError(f"{name}: ledger version {version!r} is none of {known}; use the janitor that wrote it")


def read_version(connection: Connection) -> str | None:
    """The version that a ledger says it has; None where it says none."""
    found: str | None = connection.execute(_VERSION).scalar()
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


def _add_what_guards_know(connection: Connection) -> None:
    metadata.create_all(connection, tables=[acknowledgements, plans, tombstones])
    for table in (sweeps, jobs):
        _add_columns(connection, table)


def _number_sweeps(connection: Connection) -> None:
    """Let each sweep know the number of the event that began it, by which the last one is told on any database."""
    _add_columns(connection, sweeps)
    begun = select(events.c.seq, events.c.body).where(events.c.body.contains(f'"event":"{SWEEP_STARTED}"', autoescape=True))
    rows = [{"its_id": json.loads(row.body)["sweep_id"], "its_seq": row.seq} for row in connection.execute(begun)]
    if rows:
        connection.execute(update(sweeps).where(sweeps.c.sweep_id == bindparam("its_id")).values(seq=bindparam("its_seq")), rows)


def _add_columns(connection: Connection, table: Table) -> None:
    """The columns that a table lacks: one that was made by a step of this upgrade has them all."""
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in present:
            told = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {told}"))


_STEPS: dict[str, tuple[Callable[[Connection], None], str]] = {
    "1": (_add_holds_and_pauses, "2"),
    "2": (_add_jobs_and_marks, "3"),
    "3": (_add_what_guards_know, "4"),
    "4": (_number_sweeps, "5"),
}
"""How each older version is changed, and what it is then."""
