"""One janitor process of a simulation: the real sweep on a ledger of its own files, until it ends or is ended."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random

from builders import SerialSpawner
from faulty_disk import Disk, Lost
from simulation.passages import AT_THE_SYNC, Sizes, running
from simulation.wire import Platform, SimulatedWire

from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.core.errors import LedgerError
from janitor.ledger.opening import open_ledger
from janitor.ledger.place import free_bytes
from janitor.ledger.store import Ledger, Pen
from janitor.modelarts.credentials import AccessKey
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.transport import Transport
from janitor.sweep.entry import fail_target, sweep_target
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools

KEY = AccessKey("AK", "SK")
ENDPOINT = Endpoint(url="https://modelarts.example")


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a process was started for: it may be one that only looks."""

    work: Callable[[Target, Ledger, Tools], TargetReport] = sweep_target
    is_dry: bool = False


SWEEP = Errand()


class Crashed(BaseException):
    """The process ended in mid-instruction: what still runs of it changes nothing any more."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What happens when a replica comes to a point for the nth time."""

    point: str
    nth: int
    what: "Callable[[Replica], None]"


@dataclass(kw_only=True)
class Replica:
    """A janitor process: its name, its disk while it runs, and what is to happen where; `began` and `target` are evidence."""

    name: str
    platform: Platform
    ledger_path: Path
    disk: Disk
    room: Callable[[Path], int] = free_bytes
    sizes: Sizes = field(default_factory=dict)
    errand: Errand = SWEEP
    happenings: tuple[Happening, ...] = ()
    passed: Counter[str] = field(default_factory=Counter)
    ended_at: int | None = None
    lost: Lost = Lost.KEPT
    began: datetime | None = None
    target: Target | None = None
    _dies_at_sync: bool = False

    def sweep(self, make_target: Callable[[ModelArtsV1 | ModelArtsV2], Target], api: str = "v2") -> TargetReport | None:
        """Do its errand once; None where it crashed."""
        clock, ids = self.platform.clock, count(1)
        self.began = clock.true
        clock.check_alive, self.disk.on_sync = self.check_alive, self.note_sync
        tools = Tools(clock=clock, spawner=SerialSpawner(), new_id=lambda: f"{self.name}-{next(ids)}")
        self.disk.note(f"begin {self.name}")
        try:
            with running(self, self.sizes), self.open_ledger() as ledger:
                self.target = make_target(self._backend(api))
                report = self.errand.work(self.target, ledger, tools)
            self.check_alive()
        except Crashed:
            return None
        except LedgerError as error:  # the ledger could not be opened: every target fails
            return fail_target(make_target(self._backend(api)), tools, error)
        finally:
            self.disk.note(f"end {self.name}")
        return report

    def open_ledger(self) -> Ledger:
        pen = Pen(now=self.platform.clock.now, actor=f"{self.name}@simulation")
        return open_ledger(self.ledger_path, pen, create=False, room=self.room)

    def passing(self, point: str) -> None:
        """It has come to a point."""
        self.check_alive()
        self.passed[point] += 1
        for happening in self.happenings:
            if happening.point == point and happening.nth == self.passed[point]:
                happening.what(self)

    def crash(self, point: str, lost: Lost) -> None:
        """End it here, or where this is a commit at its sync, when all is written and nothing synced; so much is lost."""
        self.lost = lost
        if point in AT_THE_SYNC:
            self._dies_at_sync = True
            return
        self.ended_at = len(self.disk.trace)
        self.check_alive()

    def note_sync(self) -> None:
        """Something is about to be synced."""
        if self._dies_at_sync and self.ended_at is None:
            self.ended_at = len(self.disk.trace)

    def moment(self) -> int:
        """Now, as a place among all that happened on its disk."""
        return len(self.disk.trace)

    def check_alive(self) -> None:
        if self.ended_at is not None:
            raise Crashed

    def image(self) -> dict[str, bytes]:
        """What lies on the disk after its end."""
        if self.ended_at is None:
            return self.disk.image_at(len(self.disk.trace), Lost.KEPT)
        return self.disk.image_at(self.ended_at, self.lost)

    def _backend(self, api: str) -> ModelArtsV1 | ModelArtsV2:
        wire = SimulatedWire(platform=self.platform, process=self.name, passing=self.passing, moment=self.moment)
        surroundings = Surroundings(clock=self.platform.clock, random=Random(0), open_wire=lambda *_: wire)
        limits = TransportLimits(requests_per_second=1000.0)
        modelarts, iam = (Transport(ENDPOINT, KEY, limits=limits, surroundings=surroundings) for _ in range(2))
        account = self.platform.world.account
        scope = Scope(project_id=account.project_id, project_name=account.project_name, workspaces=("0",))
        if api == "v1":
            return ModelArtsV1(modelarts, iam, scope, SerialSpawner())
        return ModelArtsV2(modelarts, iam, scope)


def crash(point: str, lost: Lost = Lost.KEPT, nth: int = 1) -> Happening:
    """The process ends at a point; what was not synced is kept (as after kill -9), dropped or torn (as after a power cut)."""
    return Happening(point=point, nth=nth, what=lambda replica: replica.crash(point, lost))


def meanwhile(point: str, change: Callable[[], object], nth: int = 1) -> Happening:
    """Something changes while the process is at a point."""
    return Happening(point=point, nth=nth, what=lambda _: _ignore(change()))


def _ignore(_: object) -> None:
    return None
