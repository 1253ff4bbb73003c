"""Owns the daemon's main loop: tick, lead or stand by, reload, stop; nothing else in it waits."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import Event, Lock

from apscheduler.executors.base import BaseExecutor

from janitor.core import events
from janitor.core.errors import ConfigError, Defect, LedgerError, LedgerUnreachable
from janitor.core.seams import Clock
from janitor.ledger.store import Ledger
from janitor.service.health import Health
from janitor.service.leadership import Leadership
from janitor.service.metrics import Metrics
from janitor.service.policy_file import RETRY_S, PolicyFile
from janitor.service.sweeper import Sweeper, Turns
from janitor.service.timetable import Happening, Timetable, schedules_of
from janitor.sweep.target import say_nothing
from janitor.wiring import App

TICK_S = 0.5
INTERRUPTED = 130

_NOTED = {"error": events.SWEEP_CRASHED, "missed": events.SWEEP_MISSED, "overlapped": events.SWEEP_OVERLAPPED}


@dataclass(kw_only=True)
class Daemon:
    """Sweeps each target at its times until `stop` is set; `reload` asks for the policy file to be read again at once.

    Of several on one ledger, one leads; the others have their files read and can be asked, but sweep, recover and write nothing.

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
        self._leadership = Leadership(self.clock)
        self._sweeper: Sweeper | None = None
        self._under_way: dict[str, Sweeper] = {}
        self._cut_short: set[str] = set()
        self._due_again: set[str] = set()
        self._ledger_waiters: set[str] = set()
        self._ledger_tried_at = self.clock.monotonic()
        self.say: Callable[..., None] = say_nothing

    def begin(self) -> None:
        """Read the file, open the ledger, start the timetable, lead or stand by; raises ConfigError or LedgerError.

        Then nothing was started. A server that does not answer yet is waited for.
        """
        self.file.load()
        if self.file.app is None:
            raise ConfigError(self.file.problem)
        sweeper = self._put_in_force(self.file.app)
        self._timetable.start()
        self._schedule(sweeper)
        self.say(events.SERVICE_STARTED, targets=list(self.health.target_names()))

    def ask_to_stop(self) -> None:
        """Let no new request start, at once, and the main loop end; safe to call from any thread."""
        self.stop.set()
        self._retire()

    def run(self) -> None:
        """Tick until asked to stop, then let the sweeps under way end."""
        try:
            while not self.clock.wait(TICK_S, self.stop):
                self.tick()
        finally:
            self.end()

    def tick(self) -> None:
        """One round: show that the loop is alive, lead or stand by, take a changed file over, start what is due."""
        self.health.beat()
        self._mind_the_lead()
        if self.reload.is_set() or self.file.has_changed():
            self.reload.clear()
            self._reload()
        self._try_ledger_again()
        self._renew_due_again()
        self._timetable.tick()
        self._show_next()

    def end(self) -> None:
        """Start nothing more, ask every sweep to end, and return when they have."""
        self.ask_to_stop()
        self.say(events.SERVICE_STOPPING)
        self._timetable.stop()
        self._leadership.leave()
        self.say(events.SERVICE_STOPPED)

    def _reload(self) -> None:
        before = self.file.problem
        self._retire()
        self.file.load()
        try:
            self._schedule(self._put_in_force(self.file.app) if self.file.app else None)
        except LedgerError as error:
            self.file.refuse(str(error))
            self._schedule(None)
            self._stand_by()
        if self.file.problem is not None:
            self._refuse(self.file.problem, is_new=self.file.problem != before)

    def _schedule(self, sweeper: Sweeper | None) -> None:
        """Set the schedules of a version of the file, and look at what was left open; without a version nothing is due."""
        schedules = {} if sweeper is None else schedules_of(sweeper.app.settings)
        self._timetable.set(schedules)
        for name in schedules:
            self._timetable.run_now(f"recovery of {name}", partial(self._recover, name))

    def _put_in_force(self, app: App) -> Sweeper | None:
        """Put a version of the file in force; the answer sweeps by it, None while another replica leads or the ledger is away."""
        self.say = self.make_say(app)
        names = tuple(target.name for target in app.settings.targets)
        self.metrics.set_targets(names)
        self.health.set_targets(names)
        sweeper, trouble = None, None
        try:
            with self._leadership.contend(app) as ledger:
                sweeper = self._lead(app, ledger) if self._leadership.ask() else None
        except LedgerUnreachable as error:
            trouble = str(error)
        self.health.file_loaded(None)
        self.metrics.file_loaded(ok=True)
        self.say(events.POLICY_FILE_LOADED, source=str(app.settings.source))
        if sweeper is None:
            self._await_the_lead(trouble)
        return sweeper

    def _await_the_lead(self, trouble: str | None) -> None:
        self._stand_by(trouble)
        if trouble is None:
            self.say(events.LEADERSHIP_AWAITED)
        else:
            self.say(events.LEDGER_UNREADABLE, reason=trouble)

    def _lead(self, app: App, ledger: Ledger) -> Sweeper:
        """Be the one that sweeps, by this version of the file."""
        app = replace(app, stop=Event())  # it may have led before, and was stopped when it lost the lead
        sweeper = Sweeper(app=app, metrics=self.metrics, health=self.health, say=self.say, turns=self._turns)
        self.health.leads(is_leading=True)
        self.metrics.leads(is_leading=True)
        sweeper.begin(ledger)
        with self._lock:
            self._sweeper = sweeper
            if self.stop.is_set():
                app.stop.set()
        if self._leadership.is_news():
            self.say(events.LEADERSHIP_TAKEN)
        return sweeper

    def _stand_by(self, trouble: str | None = None) -> None:
        """Let another replica lead, and say nothing of how the targets are, not even by sweeps that ended only now."""
        self._leadership.give_up()
        self.health.leads(is_leading=False, trouble=trouble)
        self.metrics.leads(is_leading=False)

    def _mind_the_lead(self) -> None:
        """Stop at once where another replica may lead by now; where none does, take the lead."""
        if self._leadership.is_over():
            self._retire()
            self._schedule(None)
            self._stand_by()
            self.say(events.LEADERSHIP_LOST)
        elif self.file.app is not None and not self._leadership.is_held:
            self._ask_for_the_lead(self.file.app)

    def _ask_for_the_lead(self, app: App) -> None:
        before, trouble = self.health.trouble, None
        try:
            if not self._leadership.is_open:
                self._leadership.contend(app).close()
            if self._leadership.ask():
                with app.reopen_ledger() as ledger:
                    return self._schedule(self._lead(app, ledger))
        except LedgerError as error:
            trouble = str(error)
        self._stand_by(trouble)
        if trouble not in (None, before):
            self.say(events.LEDGER_UNREADABLE, reason=trouble)
        return None

    def _refuse(self, problem: str, *, is_new: bool) -> None:
        self.health.file_loaded(problem)
        if is_new:
            self.metrics.file_loaded(ok=False)
            for line in problem.splitlines():
                self.say(events.POLICY_FILE_REFUSED, reason=line)

    def _retire(self) -> None:
        with self._lock:
            if self._sweeper is not None:
                self._sweeper.app.stop.set()
            self._sweeper = None

    def _sweep(self, target: str) -> None:
        """Sweep a target under the version in force; where there is none any more, its turn is kept."""
        with self._lock:
            sweeper = self._sweeper
            if sweeper is None or sweeper.app.stop.is_set() or not sweeper.has(target):
                self._cut_short.add(target)
                return
            self._under_way[target] = sweeper
        report = None
        try:
            report = sweeper.sweep(target)
        finally:
            with self._lock:
                del self._under_way[target]
                if sweeper is not self._sweeper and (report is None or report.exit_code in (INTERRUPTED, Defect.exit_code)):
                    self._cut_short.add(target)
                if report is not None and report.exit_code == LedgerError.exit_code and not report.traffic.total():
                    self._ledger_waiters.add(target)

    def _recover(self, target: str) -> None:
        with self._lock:
            sweeper = self._sweeper
        if sweeper is not None and sweeper.has(target):
            sweeper.recover(target)

    def _last_finished(self, target: str) -> datetime | None:
        with self._lock:
            sweeper = self._sweeper
        return None if sweeper is None else sweeper.last_finished(target)

    def _happened(self, happening: Happening) -> None:
        """Let health, metrics and the log know, and note a sweep that a new file cut short."""
        if happening.what == "overlapped" and self._is_ending(happening.target):
            return
        self.health.happened(happening)
        if happening.what != "submitted":
            self.metrics.schedule_event(happening.target, happening.what)
        if happening.what == "error":
            self.metrics.sweep_broke(happening.target)
        if happening.what in _NOTED:
            self.say(_NOTED[happening.what], target=happening.target, reason=happening.reason)
        with self._lock:
            if happening.what in ("executed", "error") and happening.target in self._cut_short:
                self._cut_short.discard(happening.target)
                self._due_again.add(happening.target)

    def _is_ending(self, target: str) -> bool:
        """Whether the sweep of a target under way is one of an earlier version of the file, about to end and to be due again."""
        with self._lock:
            return target in self._under_way and self._under_way[target] is not self._sweeper

    def _renew_due_again(self) -> None:
        """Make targets due whose turn was cut short, as soon as a version of the file is in force.

        In the main loop: at the end, the timetable waits for the threads of sweeps, so they must never wait for it.
        """
        with self._lock:
            if self._sweeper is None:
                return
            names, self._due_again = self._due_again, set()
        for name in names:
            self._timetable.renew(name, at_once=True)

    def _try_ledger_again(self) -> None:
        """Make targets due whose sweep failed on the ledger before its first request, once the ledger can be used again."""
        now, sweeper = self.clock.monotonic(), self._sweeper
        if not self._ledger_waiters or sweeper is None or now - self._ledger_tried_at < RETRY_S:
            return
        self._ledger_tried_at = now
        if sweeper.is_ledger_good():
            with self._lock:
                self._due_again |= self._ledger_waiters
                self._ledger_waiters = set()

    def _show_next(self) -> None:
        for name in self.health.target_names():
            due = self._timetable.next_fire(name)
            self.health.note(name, next_sweep=due)
            self.metrics.next_sweep(name, due)
