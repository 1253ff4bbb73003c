"""Owns what a ledger of an older version, which is opened for reading and not changed, lacks: columns and whole tables."""

from sqlalchemy import Column, ColumnElement, Connection, Table, text, true

from janitor.ledger.schema import metadata, sweeps

SWEEP, APPLY = "sweep", "apply"
LISTING = (SWEEP, APPLY)
"""The kinds of sweeps that list everything: what they saw and when they ended can be believed later. A deletion by hand
(`delete`) vouches for neither, and what a schedule waits for is a sweep."""

Columns = tuple[Column[object], ...]
_PRESENT = {
    "sqlite": text("SELECT held.name, own.name FROM sqlite_master AS held, pragma_table_info(held.name) AS own"),
    "postgresql": text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"),
}
"""Every table and column of this ledger, in one question."""
_KNOWN = "columns of this ledger"


def columns_of(connection: Connection, table: Table) -> Columns:
    """The columns of a table that this ledger has; none where it has no such table.

    Once a connection has found that nothing is lacking, it asks no more; until then another process may bring the ledger to this
    version.
    """
    known: dict[Table, Columns] | None = connection.info.get(_KNOWN)
    if known is None:
        known = _read_columns(connection)
        if all(len(known[table]) == len(table.columns) for table in metadata.tables.values()):
            connection.info[_KNOWN] = known
    return known[table]


def has_table(connection: Connection, table: Table) -> bool:
    """Whether this ledger has a table."""
    return bool(columns_of(connection, table))


def is_of_kind(columns: Columns, *kinds: str) -> ColumnElement[bool]:
    """The condition that a sweep is of one of these kinds, by the columns of sweeps; before version 4 all were plain ones."""
    return sweeps.c.kind.in_(kinds) if sweeps.c.kind in columns else true()


def _read_columns(connection: Connection) -> dict[Table, Columns]:
    present = {(table, column) for table, column in connection.execute(_PRESENT[connection.dialect.name])}
    return {
        table: tuple(column for column in table.columns if (table.name, column.name) in present)
        for table in metadata.tables.values()
    }
