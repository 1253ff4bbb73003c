"""Owns one scheduled sweep: its own ledger handle and backend, made for it and released after it, and what is told of it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock

from janitor.core import events
from janitor.core.errors import JanitorError, LedgerError
from janitor.ledger.anchor import check_anchor
from janitor.ledger.facts import last_success, last_sweep, list_open_intents
from janitor.ledger.store import Ledger
from janitor.service.health import Health
from janitor.service.leadership import wait_for_predecessor
from janitor.service.metrics import Metrics
from janitor.service.readings import note_ledger, note_quota, note_target
from janitor.sweep.entry import fail_target, recover_target, sweep_target
from janitor.sweep.notices import Notifier
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools
from janitor.wiring import App


class Turns:
    """One turn at a time for each target, over all versions of the file: who comes second waits instead of being refused."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: dict[str, Lock] = {}

    def of(self, name: str) -> Lock:
        """The turn of a target."""
        with self._lock:
            return self._turns.setdefault(name, Lock())


@dataclass(kw_only=True)
class Sweeper:
    """Sweeps the targets of one version of the policy file; its policies are in the audit log before its first sweep."""

    app: App
    metrics: Metrics
    health: Health
    say: Callable[..., None]
    turns: Turns
    _lock: Lock = field(default_factory=Lock)
    _is_recorded: bool = False
    _met: set[str] = field(default_factory=set)
    _ends: dict[str, datetime | None] = field(default_factory=dict)
    _notifier: Notifier | None = field(init=False)

    def __post_init__(self) -> None:
        """Raises ConfigError where the file asks for notices and nothing can send them."""
        self._notifier = self.app.notifier()

    def begin(self, ledger: Ledger) -> None:
        """Record the policies, and tell what the ledger knows of the targets; raises LedgerError."""
        self._record(ledger)
        note_ledger(self.metrics, ledger)
        for target in self.app.settings.targets:
            note_target(self.metrics, ledger, target, self.app.clock.now())
            self.health.note(target.name, last_success=last_success(ledger, target.name))
            self._ends[target.name] = last_sweep(ledger, target.name)

    def sweep(self, name: str) -> TargetReport:
        """Sweep one target; every way in which it can end is in the report."""
        target, tools = self._prepare(name)
        with self.turns.of(name), closing(target.backend):
            self.metrics.sweep_began(name)
            report = self._sweep(target, tools)
            self.metrics.sweep_ended(report)
            self.health.ended(report)
            note_quota(self.metrics, target, report)
        return report

    def has(self, name: str) -> bool:
        """Whether this version of the file has a target."""
        return any(target.name == name for target in self.app.settings.targets)

    def is_ledger_good(self) -> bool:
        """Whether the ledger is there and is the one that its anchor knows."""
        try:
            with self._open() as ledger:
                check_anchor(ledger)
        except LedgerError:
            return False
        return True

    def recover(self, name: str) -> None:
        """Look at what an earlier process left open, without waiting for the next sweep; deletes nothing."""
        target, tools = self._prepare(name)
        try:
            with self.turns.of(name), closing(target.backend), self._open() as ledger:
                self._meet(ledger, name)
                if list_open_intents(ledger, name):
                    recover_target(target, ledger, tools)
        except JanitorError as error:
            self.say(events.RECOVERY_FAILED, target=name, reason=str(error))

    def last_finished(self, name: str) -> datetime | None:
        """When a target's last finished sweep ended; None where there is none or the ledger cannot be read.

        It is asked first of all targets at once, by the main loop: what `begin` read is the answer then, and no handle is opened.
        """
        if name in self._ends:
            return self._ends.pop(name)
        try:
            with self._open() as ledger:
                return last_sweep(ledger, name)
        except LedgerError as error:
            self.say(events.LEDGER_UNREADABLE, target=name, reason=str(error))
            return None

    def _meet(self, ledger: Ledger, name: str) -> None:
        """Before the first turn of a target, let one who led before come to an end."""
        if name not in self._met:
            wait_for_predecessor(ledger, name, lambda seconds: self.app.clock.wait(seconds, self.app.stop))
            self._met.add(name)

    def _prepare(self, name: str) -> tuple[Target, Tools]:
        (target,) = self.app.targets((name,))
        return target, self.app.tools(self.say)

    def _sweep(self, target: Target, tools: Tools) -> TargetReport:
        try:
            ledger = self._open()
        except LedgerError as error:
            return self.app.around(target.name, tools, partial(fail_target, target, error=error))
        with ledger:
            self._meet(ledger, target.name)
            report = self.app.around(target.name, tools, partial(sweep_target, target, ledger))
            self._note(ledger, target)
            if self._notifier is not None:
                told = [each.is_delivered for each in self._notifier.tell(target, ledger, tools, report)]
                self.metrics.notices_sent(target.name, delivered=told.count(True), failed=told.count(False))
            return report

    def _note(self, ledger: Ledger, target: Target) -> None:
        """What the metrics take from a ledger; that it cannot be read any more takes nothing from what the sweep told."""
        try:
            note_ledger(self.metrics, ledger)
            note_target(self.metrics, ledger, target, self.app.clock.now())
        except LedgerError as error:
            self.say(events.LEDGER_UNREADABLE, target=target.name, reason=str(error))

    def _open(self) -> Ledger:
        """A handle of its own for each sweep: a failed write poisons this one, and the next sweep starts afresh."""
        ledger = self.app.reopen_ledger()
        self._record(ledger)
        return ledger

    def _record(self, ledger: Ledger) -> None:
        with self._lock:
            if not self._is_recorded:
                self.app.record_policies(ledger)
                self._is_recorded = True
