"""How a server is reached: by its address alone, as a role that may write, in a database that can hold a ledger."""

from pathlib import Path
from typing import Any

import pytest
from builders import FakeClock
from postgres import Postgres, shared_postgres
from sqlalchemy import create_engine, text

from janitor.core.errors import LedgerError, LockHeld
from janitor.ledger.opening import init_ledger, open_ledger, read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Pen
from janitor.sweep.diagnose_ledger import diagnose_ledger


@pytest.fixture
def server() -> Postgres:
    return shared_postgres()


def name_of(there: Server) -> str:
    return there.url.partition("?")[0].rpartition("/")[2]


def pen(clock: FakeClock) -> Pen:
    return Pen(now=clock.now, actor="cli:ann@host")


VARIABLES = {
    "PGHOSTADDR": "127.0.0.9",
    "PGHOST": "127.0.0.9",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATABASE": "postgres",
    "PGSSLMODE": "verify-full",
    "PGPASSFILE": "/etc/passwd",
    "PGOPTIONS": "-c synchronous_commit=off",
}


@pytest.mark.parametrize("variable", VARIABLES)
def test_d16_no_variable_of_the_environment_leads_to_another_server_or_changes_the_way(
    server: Postgres, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    there = server.ledger()
    monkeypatch.setenv(variable, VARIABLES[variable])
    with open_ledger(there, pen(clock), create=False) as ledger, ledger.reading() as connection:
        driver: Any = connection.connection.dbapi_connection
        options = driver.info.get_parameters()
        found = connection.execute(text("SELECT current_database(), current_user, current_setting('synchronous_commit')")).one()
    assert tuple(found) == (name_of(there), "janitor", "on")
    assert (options.get("hostaddr", ""), options.get("sslmode", "prefer")) == ("", "prefer")
    assert options["passfile"] != VARIABLES["PGPASSFILE"]


def test_d16_a_service_of_the_environment_is_refused_by_name(
    server: Postgres, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = server.ledger()
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with pytest.raises(LedgerError, match="the environment sets PGSERVICE, which may name another server"):
        open_ledger(there, pen(clock), create=False).close()


def test_b20_a_lock_is_one_whatever_schemas_appear_while_it_is_held(server: Postgres, clock: FakeClock) -> None:
    there = server.ledger()
    with open_ledger(there, pen(clock), create=False) as ledger, ledger.hold("research"):
        server.do("CREATE SCHEMA janitor", name_of(there))
        with open_ledger(there, pen(clock), create=False) as other, pytest.raises(LockHeld), other.hold("research"):
            pass


def test_b20_the_fence_holds_where_transactions_are_repeatable_reads_by_default(server: Postgres, clock: FakeClock) -> None:
    there = server.ledger()
    name = name_of(there)
    server.do(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    with open_ledger(there, pen(clock), create=False) as ledger, ledger.writing() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"


@pytest.mark.parametrize("what", ["a role that may only read", "a session that is read only"])
def test_b14_what_could_not_be_written_is_refused_before_anything_is_deleted_and_doctor_says_so(
    server: Postgres, clock: FakeClock, what: str
) -> None:
    there = server.ledger()
    name = name_of(there)
    if "role" in what:
        server.do("DO $$ BEGIN CREATE ROLE auditor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        server.do("GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor", name)
        there = Server(url=there.url.replace("janitor@", "auditor@", 1), clock=there.clock, start=there.start)
        said = "the role may not INSERT, UPDATE, DELETE in table"
    else:
        server.do(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        said = "read.only"
    with pytest.raises(LedgerError, match=said):
        open_ledger(there, pen(clock), create=False).close()
    found = diagnose_ledger(there, create=False)
    assert (found.result, said.replace(".", " ") in found.message.replace("-", " ")) == ("fault", True), found


def test_b9_a_head_whose_folder_is_not_there_is_refused_before_anything_is_deleted(
    server: Postgres, clock: FakeClock, tmp_path: Path
) -> None:
    there = server.ledger(head=tmp_path / "nowhere" / "ledger.head")
    with pytest.raises(LedgerError, match="the head cannot be written"):
        open_ledger(there, pen(clock), create=False).close()
    assert diagnose_ledger(there, create=False).result == "fault"


def test_b34_tables_of_somebody_else_are_never_taken_for_a_ledger_or_joined_by_one(server: Postgres) -> None:
    there = server.server(server.database())
    name = name_of(there)
    server.do("CREATE TABLE jobs (id int)", name)
    with pytest.raises(LedgerError, match="already exists"):
        init_ledger(there)
    assert read_ledger(there) is None
    engine = create_engine(there.url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 1
    engine.dispose()


def test_d33_a_database_that_cannot_hold_every_name_is_refused(server: Postgres, clock: FakeClock) -> None:
    server.do("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(LedgerError, match="its encoding is LATIN1"):
        init_ledger(server.server("latin"))
