"""Owns the wiring: the only place that names concrete adapters, clocks, threads and ids."""

import getpass
import math
import os
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from janitor.clock import SystemClock, ThreadSpawner, start_beside
from janitor.core import events
from janitor.core.errors import ConfigError, UsageError
from janitor.core.seams import Clock
from janitor.core.secret import Scrubber
from janitor.ledger.chain import Draft
from janitor.ledger.opening import Where, missing_ledger, open_ledger, read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Ledger, Pen
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.keyrings import Keyrings, KeyScope
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.transport import Transport
from janitor.modelarts.v1_listing import is_v1_job_id
from janitor.modelarts.v2_page import is_job_id
from janitor.modelarts.watch import Unwatched, Watcher
from janitor.notify.by_apprise import EXTRA, is_installed, send_by_apprise
from janitor.notify.courier import Courier
from janitor.notify.strain import Abandoned, Strain
from janitor.retention.describe import describe_hold, describe_policy, policy_digest
from janitor.settings.find import find_policy_file
from janitor.settings.load import load_settings
from janitor.settings.model import (
    Settings,
    TargetSettings,
)
from janitor.settings.rules import rules_of
from janitor.settings.stop_file import find_stop_file
from janitor.sweep.notices import Notifier
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools, say_nothing
from janitor.wiring_target import backend_of, disconnect, endpoint_of, iam_of, provider_of


def cli_actor() -> str:
    """Who acts on the command line: `cli:USER@HOST`."""
    user = str(os.getuid())
    with suppress(KeyError, OSError):
        user = getpass.getuser()
    return f"cli:{user}@{socket.gethostname()}"


def schedule_actor() -> str:
    """Who acts where nobody asked: `schedule@HOST`."""
    return f"schedule@{socket.gethostname()}"


Work = Callable[[Tools], TargetReport]
"""A sweep of one target, or what else comes to a report of it, with the tools that it is to use."""


def plainly(_target: str, tools: Tools, work: Work) -> TargetReport:
    """Sweep, with nothing around it."""
    return work(tools)


_ABANDONED = Abandoned()
"""Threads are those of the process, whichever version of the policy file it goes by."""
_JOB_IDS: dict[tuple[str, str], tuple[Callable[[object], bool], str]] = {
    ("modelarts", "v2"): (is_job_id, "a UUID of 36 characters, as `janitor list` shows it"),
    ("modelarts", "v1"): (is_v1_job_id, "a whole number, as `janitor list` shows it"),
}
"""How the ids of each backend's jobs look."""


@dataclass(frozen=True, kw_only=True)
class App:
    """One policy file, ready to use; targets are wired when asked for, so that a command pays for what it uses."""

    settings: Settings
    stop: Event = field(default_factory=Event)
    clock: Clock = field(default_factory=SystemClock)
    actor: str = field(default_factory=cli_actor)
    keyrings: Keyrings = field(default_factory=Keyrings)
    watch: Callable[[str], Watcher] | None = None
    """Who watches the requests of the target of that name."""
    around: Callable[[str, Tools, Work], TargetReport] = plainly
    """What is around each sweep of the target of that name; it may listen, and answers with the sweep's own report."""

    @property
    def scrubber(self) -> Scrubber:
        """Removes every secret of the file, and every one that was obtained since, from what is written."""
        return Scrubber(self.settings.secrets, self.keyrings.secrets)

    def forget_other_logins(self) -> None:
        """Drop what the keyrings hold of logins that no target of this file has."""
        self.keyrings.keep([provider_of(target, iam_of(target)) for target in self.settings.targets])

    def tools(self, say: Callable[..., None] | None = None) -> Tools:
        """The seams of a sweep, real ones."""
        limit = max(target.concurrency for target in self.settings.targets)
        return Tools(
            clock=self.clock,
            spawner=ThreadSpawner(limit),
            new_id=lambda: str(uuid.uuid4()),
            stop=self.stop,
            say=say or say_nothing,
            halted=lambda: find_stop_file(self.settings.source),
        )

    def targets(self, names: tuple[str, ...] = ()) -> list[Target]:
        """The targets of these names, or all; raises UsageError for a name that the file does not have."""
        known = {target.name: target for target in self.settings.targets}
        return [self._target(known[name]) for name in self.target_names(names)]

    def target_names(self, names: Sequence[str] = ()) -> tuple[str, ...]:
        """These names, each once, or those of all targets; raises UsageError for a name that the file does not have."""
        known = [target.name for target in self.settings.targets]
        for name in names:
            if name not in known:
                raise UsageError(f"{self.settings.source}: there is no target {name!r}; there are {', '.join(known)}")
        return tuple(dict.fromkeys(names or known))

    def parse_job_ids(self, target: str, words: Sequence[str]) -> tuple[str, ...]:
        """The ids of jobs of a target, in lower case as the platform writes them; raises UsageError for what is none."""
        for word in words:
            if not self.fits_job_id((target,), word):
                raise UsageError(self.refuse_job_id((target,), word))
        return tuple(word.lower() for word in words)

    def fits_job_id(self, targets: Sequence[str], word: str) -> tuple[str, ...]:
        """Of these targets, those whose jobs have ids that look like this one."""
        return tuple(name for name, (is_id, _) in self._job_ids(targets).items() if is_id(word))

    def refuse_job_id(self, targets: Sequence[str], word: str) -> str:
        """The sentence that a word is no id of a job of any of these targets, and how their ids look."""
        forms: dict[str, list[str]] = {}
        for name, (_, form) in self._job_ids(targets).items():
            forms.setdefault(form, []).append(name)
        told = "; of target ".join(f"{', '.join(names)}: that is {form}" for form, names in forms.items())
        return f"{word!r} is no id of a job of target {told}"

    def _job_ids(self, targets: Sequence[str]) -> dict[str, tuple[Callable[[object], bool], str]]:
        return {each.name: _JOB_IDS[each.backend, each.api] for each in self.settings.targets if each.name in targets}

    def notifier(self, most_lost_s: float = math.inf) -> Notifier | None:
        """Who tells people what sweeps came to, None where the file names nobody; raises ConfigError where nothing can be.

        So much time in seconds may be lost to channels that fail, of all sweeps together.
        """
        if not self.settings.channels:
            return None
        if not is_installed():
            raise ConfigError(
                f"{self.settings.source}: asks for notices, which Apprise sends, and that is not installed; install it with "
                f"`pip install 'training-janitor[{EXTRA}]'`, or remove notify and owners"
            )
        strain = Strain(abandoned=_ABANDONED, most_lost_s=most_lost_s)
        courier = Courier(send=send_by_apprise, clock=self.clock, start=start_beside, strain=strain)
        return Notifier(channels=self.settings.channels, courier=courier)

    def check_policies(self, names: tuple[str, ...]) -> frozenset[str]:
        """The policies of these names; raises UsageError for a name that the file does not have."""
        known = {policy.name for policy in self.settings.policies}
        for name in names:
            if name not in known:
                raise UsageError(f"{self.settings.source}: there is no policy {name!r}; there are {', '.join(sorted(known))}")
        return frozenset(names)

    def where(self) -> Where:
        """Where the ledger is."""
        given = self.settings.ledger
        if given.url is None:
            return given.path or Path()
        return Server(url=given.url, password=given.password, head=given.head, clock=self.clock, start=start_beside)

    def open_ledger(self) -> Ledger:
        """The ledger, for writing, created where the file allows it; what is loaded is recorded at once."""
        ledger = self.open_unrecorded()
        self.record_policies(ledger)
        return ledger

    def open_unrecorded(self) -> Ledger:
        """The same with nothing written into it, for a process that may have nothing to do there."""
        return open_ledger(self.where(), self.pen(), create=self.settings.ledger.create)

    def reopen_ledger(self) -> Ledger:
        """The ledger again, for a process that had it open before: where it is missing now, it was lost, and none is created."""
        return open_ledger(self.where(), self.pen(), create=False)

    def record_policies(self, ledger: Ledger) -> None:
        """Write the policies as understood into the audit log; no sweep deletes by policies that are not in it."""
        policies = [describe_policy(policy) for policy in self.settings.policies]
        holds = [describe_hold(hold) for hold in self.settings.holds]
        fields: dict[str, Any] = {
            "source": str(self.settings.source),
            "policies": policies,
            "holds": holds,
            "policy_digests": self.policy_digests(),
        }
        ledger.append([Draft(event=events.CONFIG_LOADED, fields=fields)])

    def policy_digests(self) -> dict[str, str]:
        """What names the policies of each target, as they are in the file."""
        return {target.name: policy_digest(rules_of(self.settings, target)) for target in self.settings.targets}

    def read_ledger(self) -> Ledger | None:
        """The ledger, for reading, or None where there is none yet; raises LedgerError where there must be one."""
        ledger = read_ledger(self.where())
        if ledger is None and not self.settings.ledger.create:
            raise missing_ledger(self.where())
        return ledger

    def pen(self) -> Pen:
        """What is written with every event."""
        return Pen(now=self.clock.now, actor=self.actor, scrub=self.scrubber.scrub)

    def _target(self, target: TargetSettings) -> Target:
        iam = iam_of(target)
        connect = self._connector(target, iam)
        transports = (connect(endpoint_of(target, target.endpoint)), None if iam is None else connect(iam))
        return Target(
            name=target.name,
            rules=rules_of(self.settings, target),
            backend=backend_of(target, *transports),
            disconnect=partial(disconnect, transports),
            pace=target.pace,
            limits=target.limits,
            project_id=target.project_id,
            project_name=target.project_name,
            is_narrow=target.listing == "narrow",
            looks_together=target.looks == "together",
            platform=f"{target.backend}/{target.api}",
            tombstones=self.settings.tombstones,
            confirm_within=self.settings.confirm_within,
            quiet_period=self.settings.quiet_period,
            max_duration=self.settings.max_duration,
        )

    def _connector(self, target: TargetSettings, iam: Endpoint | None) -> Callable[[Endpoint], Transport]:
        """What makes the transports of a target, which share its login and its limits."""
        limits = TransportLimits(requests_per_second=target.requests_per_second, concurrency=target.concurrency)
        watch = Unwatched() if self.watch is None else self.watch(target.name)
        surroundings = Surroundings(clock=self.clock, stop=self.stop, watch=watch)
        identity = KeyScope(project_id=target.project_id, project_name=target.project_name, iam=iam)
        keyring = self.keyrings.keyring_of(provider_of(target, iam), self.clock, identity)
        return partial(Transport, key=keyring, limits=limits, surroundings=surroundings)


def load_app(
    config: Path | None, environ: Mapping[str, str] = os.environ, stop: Event | None = None, keyrings: Keyrings | None = None
) -> App:
    """Find and load the policy file; raises ConfigError. Who loads it again and again keeps its keyrings."""
    settings = load_settings(find_policy_file(config, environ), environ)
    app = App(settings=settings, stop=stop or Event(), keyrings=keyrings or Keyrings())
    app.forget_other_logins()
    return app


def make_keyrings() -> Keyrings:
    """The keyrings of a process that loads its policy file more than once."""
    return Keyrings()
