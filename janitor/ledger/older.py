"""Owns what a ledger of an older version, which is opened for reading and not changed, lacks: columns and whole tables."""

from sqlalchemy import Column, ColumnElement, Connection, Table, inspect, true

from janitor.ledger.schema import sweeps

UPGRADED = "is_upgraded"
"""The option of an engine whose ledger was brought to this version when it was opened: it lacks nothing."""

SWEEP, APPLY = "sweep", "apply"
LISTING = (SWEEP, APPLY)
"""The kinds of sweeps that list everything: what they saw and when they ended can be believed later. A deletion by hand
(`delete`) vouches for neither, and what a schedule waits for is a sweep."""


def columns_of(connection: Connection, table: Table) -> list[Column[object]]:
    """The columns of a table that this ledger has; none where it has no such table."""
    if connection.get_execution_options().get(UPGRADED):
        return list(table.columns)
    if not inspect(connection).has_table(table.name):
        return []
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    return [column for column in table.columns if column.name in present]


def is_of_kind(connection: Connection, *kinds: str) -> ColumnElement[bool]:
    """The condition that a sweep is of one of these kinds; before version 4 every sweep in the table was a plain one."""
    return sweeps.c.kind.in_(kinds) if sweeps.c.kind in columns_of(connection, sweeps) else true()
