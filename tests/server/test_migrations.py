"""Revisions of the ledger: on every database they end with the very tables that a new ledger is given."""

from pathlib import Path
from typing import Any

import pytest
from builders import FakeClock
from postgres import shared_postgres
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import Engine

from janitor.ledger.migrations import migrate
from janitor.ledger.opening import open_ledger
from janitor.ledger.schema import metadata
from janitor.ledger.store import Pen
from janitor.ledger.version import read_version


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> list[Engine]:
    """Two empty databases of a kind."""
    if request.param == "sqlite":
        return [create_engine(f"sqlite:///{tmp_path / name}") for name in ("one.db", "other.db")]
    server = shared_postgres()
    return [create_engine(server.url(server.database())) for _ in range(2)]


def told(connection: Connection) -> dict[str, Any]:
    """Every table as the database itself tells of it, in no order."""
    database = inspect(connection)

    def one(table: str) -> dict[str, Any]:
        columns = {column["name"]: {**column, "type": repr(column["type"])} for column in database.get_columns(table)}
        indexes = {index["name"]: str({**index, "dialect_options": _words(index)}) for index in database.get_indexes(table)}
        return {"columns": columns, "indexes": indexes, "key": database.get_pk_constraint(table)["constrained_columns"]}

    return {table: one(table) for table in database.get_table_names() if table != "ledger_revision"}


def _words(index: Any) -> dict[str, str]:
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def test_all_revisions_one_after_the_other_make_the_tables_of_a_new_ledger(engines: list[Engine]) -> None:
    with engines[0].begin() as connection:
        migrate(connection, None)
        assert read_version(connection) == "6"
        by_revisions = told(connection)
    with engines[1].begin() as connection:
        metadata.create_all(connection)
        at_once = told(connection)
    for engine in engines:
        engine.dispose()
    assert by_revisions.keys() == metadata.tables.keys()
    assert by_revisions == at_once


def test_an_older_ledger_on_a_server_is_brought_to_this_version_by_who_opens_it(clock: FakeClock) -> None:
    postgres = shared_postgres()
    server = postgres.server(postgres.database())
    engine = create_engine(server.url)
    begun = '{"event":"sweep.started","sweep_id":"s1","target":"research"}'
    with engine.begin() as connection:
        migrate(connection, None, to="1")
        connection.execute(text("INSERT INTO events VALUES (7, :body, 'x')"), {"body": begun})
        connection.execute(text("INSERT INTO sweeps VALUES ('s1', 'research', '2026-11-20', NULL, 'running', '[]')"))
    open_ledger(server, Pen(now=clock.now, actor="cli:ann@host"), create=False).close()
    with engine.connect() as connection:
        assert read_version(connection) == "6"
        assert connection.execute(text("SELECT sweep_id, seq, kind FROM sweeps")).all() == [("s1", 7, "sweep")]
    engine.dispose()
