"""Owns the daemon's main loop: tick, reload, stop; nothing else in it waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, Lock

from apscheduler.executors.base import BaseExecutor

from janitor.core import events
from janitor.core.errors import ConfigError, LedgerError
from janitor.core.seams import Clock
from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.policy_file import PolicyFile
from janitor.service.sweeper import Sweeper, Turns
from janitor.service.timetable import Happening, Timetable
from janitor.settings.model import Schedule, Settings
from janitor.sweep.target import say_nothing
from janitor.wiring import App

TICK_S = 0.5

_NOTED = {"error": events.SWEEP_CRASHED, "missed": events.SWEEP_MISSED, "overlapped": events.SWEEP_OVERLAPPED}


@dataclass(kw_only=True)
class Daemon:
    """Sweeps each target at its times until `stop` is set; `reload` asks for the policy file to be read again at once.

    Every version of the file has a sweeper of its own. A version that is replaced or refused is told to stop: its sweeps
    end after their batch, and are due again, at once, under the version that follows.
    """

    file: PolicyFile
    metrics: Metrics
    health: Health
    clock: Clock
    make_say: Callable[[App], Callable[..., None]]
    stop: Event = field(default_factory=Event)
    reload: Event = field(default_factory=Event)
    executor: BaseExecutor | None = None

    def __post_init__(self) -> None:
        """Build the timetable; nothing runs yet."""
        self._timetable = Timetable(self._sweep, self._last_finished, self._happened, self.clock, self.executor)
        self._turns = Turns()
        self._lock = Lock()
        self._sweeper: Sweeper | None = None
        self._cut_short: set[str] = set()
        self._due_again: set[str] = set()
        self._ledger_path: Path | None = None
        self.say: Callable[..., None] = say_nothing

    def begin(self) -> None:
        """Read the file, open the ledger, start the timetable; raises ConfigError or LedgerError, with nothing started."""
        self.file.load()
        if self.file.app is None:
            raise ConfigError(self.file.problem)
        sweeper = self._take_over(self.file.app)
        self._timetable.start()
        self._timetable.set(schedules_of(sweeper.app.settings))
        for name in self.health.target_names():
            self._timetable.run_now(f"recovery of {name}", partial(sweeper.recover, name))
        self.say(events.SERVICE_STARTED, targets=list(self.health.target_names()))

    def run(self) -> None:
        """Tick until asked to stop, then let the sweeps under way end."""
        try:
            while not self.clock.wait(TICK_S, self.stop):
                self.tick()
        finally:
            self.end()

    def tick(self) -> None:
        """One round: show that the loop is alive, take a changed file over, start what is due."""
        self.health.beat()
        if self.reload.is_set() or self.file.has_changed():
            self.reload.clear()
            self._reload()
        self._renew_cut_short()
        self._timetable.tick()
        self._show_next()

    def end(self) -> None:
        """Start nothing more, ask every sweep to end, and return when they have."""
        self.say(events.SERVICE_STOPPING)
        self._retire()
        self._timetable.stop()
        self.say(events.SERVICE_STOPPED)

    def _reload(self) -> None:
        before = self.file.problem
        self._retire()
        self.file.load()
        try:
            schedules = schedules_of(self._take_over(self.file.app).app.settings) if self.file.app else {}
        except LedgerError as error:
            self.file.refuse(str(error))
            schedules = {}
        self._timetable.set(schedules)
        if self.file.problem is not None:
            self._refuse(self.file.problem, is_new=self.file.problem != before)

    def _take_over(self, app: App) -> Sweeper:
        """Put a version of the file in force; the ledger it names is created only where no earlier version had it open."""
        self.say = self.make_say(app)
        names = tuple(target.name for target in app.settings.targets)
        self.metrics.set_targets(names)
        sweeper = Sweeper(app=app, metrics=self.metrics, health=self.health, say=self.say, turns=self._turns)
        self.health.file_loaded(None, names)
        sweeper.begin(is_known=self._ledger_path == app.settings.ledger.path)
        self._ledger_path = app.settings.ledger.path
        self.metrics.file_loaded(ok=True)
        self.say(events.POLICY_FILE_LOADED, source=str(app.settings.source))
        with self._lock:
            self._sweeper = sweeper
        return sweeper

    def _refuse(self, problem: str, *, is_new: bool) -> None:
        self.health.file_loaded(problem)
        if is_new:
            self.metrics.file_loaded(ok=False)
            self.say(events.POLICY_FILE_REFUSED, reason="; ".join(problem.splitlines()))

    def _retire(self) -> None:
        with self._lock:
            if self._sweeper is not None:
                self._sweeper.app.stop.set()
            self._sweeper = None

    def _sweep(self, target: str) -> None:
        with self._lock:
            sweeper = self._sweeper
        if sweeper is None:
            return
        try:
            sweeper.sweep(target)
        finally:
            with self._lock:
                if sweeper is not self._sweeper:
                    self._cut_short.add(target)

    def _last_finished(self, target: str) -> datetime | None:
        with self._lock:
            sweeper = self._sweeper
        return None if sweeper is None else sweeper.last_finished(target)

    def _happened(self, happening: Happening) -> None:
        """Let health, metrics and the log know, and note a sweep that a new file cut short."""
        self.health.happened(happening)
        if happening.what != "submitted":
            self.metrics.schedule_event(happening.target, happening.what)
        if happening.what == "error":
            self.metrics.sweep_broke(happening.target)
        if happening.what in _NOTED:
            self.say(_NOTED[happening.what], target=happening.target, reason=_reason(happening))
        with self._lock:
            if happening.what in ("executed", "error") and happening.target in self._cut_short:
                self._cut_short.discard(happening.target)
                self._due_again.add(happening.target)

    def _renew_cut_short(self) -> None:
        """Make targets due again whose sweep a new file cut short.

        In the main loop: at the end, the timetable waits for the threads of sweeps, so they must never wait for it.
        """
        with self._lock:
            names, self._due_again = self._due_again, set()
        for name in names:
            self._timetable.renew(name)

    def _show_next(self) -> None:
        for name in self.health.target_names():
            due = self._timetable.next_fire(name)
            self.health.note(name, next_sweep=due)
            self.metrics.next_sweep(name, due)


def schedules_of(settings: Settings) -> dict[str, Schedule]:
    """The schedule of each target; raises ConfigError where one has none, as nothing would ever sweep it."""
    without = [target.name for target in settings.targets if target.schedule is None]
    if without:
        raise ConfigError(
            f"{settings.source}: no schedule for {', '.join(without)}; add one to the file or to the target, such as "
            'schedule: {cron: "0 3 * * *"}'
        )
    return {target.name: target.schedule for target in settings.targets if target.schedule is not None}


def _reason(happening: Happening) -> str:
    if happening.error is not None:
        return f"unexpected {type(happening.error).__name__}: {happening.error} (at {happening.where})"
    return "the last sweep was still under way" if happening.what == "overlapped" else "it was not started in time"
