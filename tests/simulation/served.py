"""Owns walks whose ledger lies on a real PostgreSQL server: what befalls the way to it instead of a disk, what is there after.

The judge reads a copy of the events that another session sees, as if it were the ledger's file. A file anchors the chain.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import psycopg
from faulty_disk import Disk, Fault, Lost
from postgres import END_OTHERS, USER, nothing_beside, shared_postgres
from postgres_link import COMMIT, WRITING, Cut, Link
from simulation.chronicle import Violation
from simulation.dice import Given
from simulation.passages import AT_THE_SYNC
from simulation.replica import SWEEP, Errand, Happening, Replica
from simulation.universe import Simulation
from simulation.walk import Player, Walk, draw
from small_sweep import empty_ledger

from janitor.ledger.head_file import anchor_path
from janitor.ledger.lease import ENDS_AFTER_S
from janitor.ledger.opening import open_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Ledger, Pen
from janitor.sweep.report import TargetReport

OF_A_FILE = frozenset({"put_back", "corrupt", "fill", "free"})
"""What happens to files alone; tests/server has what is like it on a server."""
END_HOLDERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
ALONE = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
CUTS: dict[str, Given] = {
    "in mid-transaction": {"word": WRITING},
    "before the commit": {"word": COMMIT},
    "answer to the commit lost": {"word": COMMIT, "is_answer_lost": True},
    "server gone for good": {"word": COMMIT, "for_ever": True},
    "committed and gone for good": {"word": COMMIT, "is_answer_lost": True, "for_ever": True},
}
ENDED = "sessions ended by the server"
BEFALLS = (*CUTS, ENDED)


@dataclass
class ServedDisk(Disk):
    """Not a disk: what another session saw of the events at each moment."""

    seen: dict[int, int] = field(default_factory=dict)
    rows: list[tuple[int, str, str]] = field(default_factory=list)
    path: Path = Path()

    def image_at(self, moment: int, lost: Lost) -> dict[str, bytes]:
        """What was committed at a moment is there whatever happens next; nothing else is."""
        assert lost in Lost
        self.path.write_bytes(empty_ledger())
        write_events(self.path, [row for row in self.rows if row[0] <= self.seen[moment]])
        return {str(self.path.with_name("ledger.db")): self.path.read_bytes()}


@dataclass(kw_only=True)
class ServedReplica(Replica):
    """A janitor with a connection of its own, which can be cut."""

    disk: ServedDisk
    server: Server
    link: Link
    look: "psycopg.Connection[Any]"

    def sweep(self, *given: Any, **named: Any) -> TargetReport | None:
        """Do its errand once; whatever of it is left after its death reaches nobody."""
        with self.link:
            return super().sweep(*given, **named)

    def open_ledger(self) -> Ledger:
        url = self.server.url.replace(str(self.link.behind), str(self.link.folder))
        pen = Pen(now=self.platform.clock.now, actor=f"{self.name}@simulation")
        return open_ledger(replace(self.server, url=url), pen, create=False)

    def crash(self, point: str, lost: Lost) -> None:
        """End it here; where this is a commit, the server may have heard it and may have not."""
        self.lost, self.ended_at = lost, len(self.disk.trace)
        if point in AT_THE_SYNC and lost is Lost.KEPT:
            self.link.cuts = [Cut(word=COMMIT, is_answer_lost=True, for_ever=True)]
            return
        self.link.sever()
        self.check_alive()

    def moment(self) -> int:
        """Now, as a place of its own; what another session sees is remembered."""
        self.disk.note("request")
        place = super().moment()
        self.disk.seen[place] = self.look.execute("SELECT coalesce(max(seq), 0) FROM events").fetchall()[0][0]
        return place


@dataclass(kw_only=True)
class ServedSimulation(Simulation):
    """`server` has the ledger; `look` is a session that sees what was committed."""

    server: Server
    look: "psycopg.Connection[Any]"
    behind: Path
    _due: str | None = None

    @contextmanager
    def on_disk(self, fault: Fault | None = None) -> Iterator[Disk]:
        """The server as the process under way has it, or from here on."""
        assert fault is None
        if self._disk is not None:
            yield self._disk
            return
        self._disk = ServedDisk(path=self.folder / "image.db")
        try:
            yield self._disk
        finally:
            self._disk.rows = self.look.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()
            self._disk = None

    def run(
        self, happenings: Sequence[Happening], disk_fault: Any = None, errand: Errand = SWEEP
    ) -> tuple[Replica, TargetReport | None]:
        """Let a replica do its errand once; then lay what it left where the judge reads."""
        self._due = disk_fault
        replica, report = super().run(happenings, None, errand)
        self._copy_out()
        return replica, report

    def leave(self, replica: Replica) -> None:
        """Wait until the server has seen that a process is gone: its locks are free then, and its transaction is over."""
        while not self.is_busy and not self.look.execute(ALONE).fetchall()[0][0]:
            assert replica.ended_at is not None

    def ledger_files(self) -> dict[str, bytes]:
        """There are none."""
        return {}

    def stand_still(self, seconds: float) -> None:
        """Let time pass; who says nothing for long has no session any more."""
        super().stand_still(seconds)
        if self.is_busy and seconds >= ENDS_AFTER_S:
            self.look.execute(END_OTHERS)

    def lose_lock(self) -> None:
        """End the session that has it."""
        self.look.execute(END_HOLDERS)

    @contextmanager
    def operator(self) -> Iterator[Ledger]:
        """The ledger, as a command of an operator opens it, also while a sweep is under way."""
        with open_ledger(self.server, Pen(now=self.clock.now, actor="operator@simulation"), create=False) as ledger:
            yield ledger

    def _replica(self, disk: Disk, happenings: Sequence[Happening], errand: Errand) -> Replica:
        usual = super()._replica(disk, happenings, errand)
        known = {name: getattr(usual, name) for name in ("name", "platform", "ledger_path", "sizes", "errand", "happenings")}
        assert isinstance(disk, ServedDisk)
        link = Link(behind=self.behind, folder=Path(mkdtemp(prefix="link-", dir=self.folder.parent)))
        link.cuts = [] if self._due is None else [self._cut(disk, *self._due.rsplit(" ", 1))]
        self._due = None
        return ServedReplica(**known, disk=disk, server=self.server, link=link, look=self.look)

    def _cut(self, disk: Disk, what: str, nth: str) -> Cut:
        def befall() -> None:
            self.reached[f"link {what}"] += 1
            if what == ENDED:
                self._end_sessions()
            else:
                disk.note("fault")

        if what == ENDED:
            return Cut(word=b"BEGIN", nth=int(nth), is_answer_lost=True, on_cut=befall)
        return Cut(**CUTS[what], nth=int(nth), on_cut=befall)

    def _end_sessions(self) -> None:
        with psycopg.connect(f"host={self.behind} user={USER} dbname={self.look.info.dbname}", autocommit=True) as own:
            own.execute(END_HOLDERS)

    def _copy_out(self) -> None:
        """Bring the judge's copy up to what is committed; what it has already must be there as it was."""
        rows = self.look.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()
        with closing(sqlite3.connect(self.ledger_path)) as copy:
            known = copy.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()
        if rows[: len(known)] != known:
            raise Violation("S-21: the server lost or changed events")
        write_events(self.ledger_path, rows[len(known) :])


class ServedPlayer(Player):
    """Plays a walk with its ledger on a server."""

    def fault_of(self, given: Given) -> Any:
        """What befalls the way to the server, and when."""
        return given.get("server")


def write_events(path: Path, rows: list[tuple[int, str, str]]) -> None:
    """Add events to a file that the judge reads."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)


def draw_served(seed: int) -> Walk:
    """The walk of a seed, with faults of the way to the server in the place of those of a disk, and more of them."""
    walk, random = draw(seed), Random(f"server {seed}")
    steps = [[word, dict(given)] for word, given in walk.steps if word not in OF_A_FILE]
    for word, given in steps:
        if word == "sweep":
            given.pop("disk", None)
            given["within"] = [each for each in given.get("within", ()) if each[2] not in OF_A_FILE]
            if random.random() < 0.6:
                given["server"] = f"{random.choice(BEFALLS)} {random.choice((1, 2, 3, 4, 6, 8, 12))}"
    return replace(walk, steps=steps)


@contextmanager
def served_player(walk: Walk) -> Iterator[ServedPlayer]:
    """Whoever plays a walk on a database of its own."""
    postgres, folder = shared_postgres(), Path(mkdtemp(prefix="w-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None))
    try:
        with postgres.lend(start=nothing_beside) as lent:
            name = lent.url.partition("@/")[2].partition("?")[0]
            with psycopg.connect(f"host={postgres.folder} user={USER} dbname={name}", autocommit=True) as look:

                def begin(**given: Any) -> Simulation:
                    simulation = ServedSimulation(**given, server=lent, look=look, behind=postgres.folder)
                    simulation.server = replace(lent, clock=simulation.clock, head=anchor_path(simulation.ledger_path))
                    return simulation

                yield ServedPlayer(walk=walk, folder=folder / "walk", kind=begin)
    finally:
        shutil.rmtree(folder)
