"""What a simulation leaves behind for its judge: the platform's requests and truth, the disk, and the ledger as it lies there."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from faulty_disk import Disk
from simulation.backlog import Backlog, intents_of_a_day, jobs_let_go, ready_jobs
from simulation.chronicle import Chronicle, Event, Intent, Violation, is_of
from simulation.invariants import CHECKS, NAMES
from simulation.readings import Look, Told
from simulation.reference import Law
from simulation.replica import Replica
from simulation.routes import DELETING
from simulation.wire import Platform, Request
from simulation.witness import State, Witness

from janitor.sweep.report import TargetReport


@dataclass(frozen=True, kw_only=True)
class Process:
    """One janitor that has ended: what it was given, what it sent, what became of its disk, what it told at its end."""

    name: str
    began: datetime
    per_sweep: int
    per_day: int
    grace: timedelta = timedelta(0)
    enforces: bool = True
    is_dry: bool = False
    has_tags: bool = True
    requests: tuple[Request, ...] = ()
    disk: Disk = field(default_factory=Disk)
    report: TargetReport | None = None

    @property
    def deletions(self) -> list[Request]:
        """Its requests that ask for a deletion, in their order."""
        return [request for request in self.requests if request.route in DELETING]

    @property
    def failed_at(self) -> int | None:
        """When its own disk failed for the first time, as a place in the trace; another process may have run in between."""
        running = list[str]()
        for place, step in enumerate(self.disk.trace):
            word, _, name = step.note.partition(" ")
            if word == "begin":
                running.append(name)
            elif word == "end":
                running.remove(name)
            elif word == "fault" and running[-1:] == [self.name]:
                return place
        return None

    def last_look(self, job_id: str, request: Request) -> Look | None:
        """The last reading of a job that was answered before a request of it left."""
        return self.told.last_look(job_id, request.left)

    @cached_property
    def told(self) -> Told:
        """All that it was told of jobs and their labels."""
        return Told(requests=self.requests, has_tags=self.has_tags)


@dataclass(kw_only=True)
class Evidence:
    """Everything so far; `checked` counts what each invariant was asked about, so that none is true of nothing.

    `names` are the invariants that are asked, `process` is the one that is judged; `plans` are the jobs of each frozen plan, by
    its digest, and when they were created; `races` counts requests whose job changed after its last look, which nobody can see.
    """

    platform: Platform
    witness: Witness
    law: Law
    ledger_path: Path
    checked: Counter[str] = field(default_factory=Counter)
    heads: list[tuple[int, str]] = field(default_factory=list)
    plans: dict[str, dict[str, str | None]] = field(default_factory=dict)
    races: int = 0
    process: Process | None = None
    names: frozenset[str] = NAMES
    processes: dict[str, Process] = field(default_factory=dict)
    backlog: Backlog | None = None
    ledger: Chronicle = field(init=False)
    _sent: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    _asked: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    _seen: int = 0

    def __post_init__(self) -> None:
        self.ledger = Chronicle(path=self.ledger_path)

    @property
    def events(self) -> list[Event]:
        return self.ledger.events

    @property
    def requests(self) -> list[Request]:
        """The deletions that the process asked for."""
        return [] if self.process is None else self.process.deletions

    def meet(self, replica: Replica, report: TargetReport | None) -> None:
        """A replica ran beside others, of which each is judged in its turn: what it did is known to all of them."""
        self.processes[replica.name] = self._process(replica, report)

    def note(self, replica: Replica, report: TargetReport | None) -> None:
        """A replica has ended: read what it left, and judge."""
        known = self.processes.get(replica.name)
        process = self.process = self.processes[replica.name] = known or self._process(replica, report)
        self.ledger.read()
        if report is not None and report.head is not None:
            seq, _, digest = report.head.partition(":")
            self.heads.append((int(seq), digest))
        self._note_backlog(process)
        self.judge("always")
        self.processes[replica.name] = replace(process, disk=Disk(), requests=tuple(process.deletions))  # its disk is large

    def begin_to_settle(self) -> None:
        """All faults are over: from here on note what there is to do."""
        self.backlog = Backlog()

    def settled(self) -> None:
        """Nothing is left to do: judge what must be true then."""
        self.judge("settled")
        self.backlog = None

    def judge(self, when: str) -> None:
        """Ask every invariant that holds then; raises Violation with all that is wrong."""
        wrong = list[str]()
        for name, moment, check in CHECKS:
            if moment == when and name in self.names:
                verdict = check(self)
                self.checked[name] += verdict.checked
                wrong += [f"{name}: {text}" for text in verdict.wrong]
        if wrong:
            raise Violation("; ".join(wrong))

    def open_intents(self) -> dict[str, str]:
        """The intents without an end, and their jobs."""
        return {intent.intent_id: intent.job_id for intent in self.ledger.intents.values() if intent.is_open}

    def expired_now(self) -> set[str]:
        """The jobs on the platform that may go at this moment, by the law, the holds of the ledger and the true time."""
        return jobs_let_go(self.witness, self.law, self.ledger, self.platform.clock.true)

    def deleted(self) -> Counter[str]:
        """How often each job was deleted for a request, by the truth log."""
        return Counter(record.job_id for record in self.witness.records("deleted") if record.source == "api")

    def intent_of(self, request: Request, job_id: str) -> Intent | None:
        """The intent under which a process asked for the deletion of a job."""
        own = [intent for intent in self.ledger.by_job.get(job_id, []) if intent.process == request.process]
        return own[-1] if own else None

    def asked_under(self, intent: Intent) -> list[Request]:
        """The requests that were sent under an intent."""
        return [request for request in self._asked[intent.process] if intent.job_id in request.job_ids]

    def asked_jobs(self) -> Iterator[tuple[Request, str]]:
        """Every job that a request of the process named."""
        yield from ((request, job_id) for request in self.requests for job_id in request.job_ids)

    def states_since_look(self, request: Request, job_id: str) -> list[State]:
        """Every state that a job was in from its last look on until a request for it was there."""
        look = None if self.process is None else self.process.last_look(job_id, request)
        return list(self.witness.states(job_id, request.at if look is None else look.at, request.at))

    def _note_backlog(self, process: Process) -> None:
        """Note the jobs that a healthy sweep found ready, where its plan was not refused and its day not used up."""
        built = [event for event in self.ledger.fresh if event["event"] == "plan.built" and is_of(event, process.name)]
        is_refused = process.report is None or process.report.refusal is not None
        if self.backlog is None or not built or is_refused:
            return
        ready = ready_jobs(self.witness, self.law, self.ledger, process.began, built[0])
        self.backlog.per_sweep = max(1, min(process.per_sweep, process.per_day))
        if ready and intents_of_a_day(self.ledger, built[0]) + self.backlog.per_sweep <= process.per_day:
            self.backlog.sweeps += 1
            self.backlog.jobs |= ready

    def _process(self, replica: Replica, report: TargetReport | None) -> Process:
        for request in self.platform.requests[self._seen :]:
            self._sent[request.process].append(request)
            if request.route in DELETING:
                self._asked[request.process].append(request)
        self._seen = len(self.platform.requests)
        target = replica.target
        return Process(
            name=replica.name,
            began=replica.began or self.platform.clock.true,
            per_sweep=0 if target is None else target.pace.per_sweep,
            per_day=0 if target is None else target.pace.per_day,
            grace=timedelta(0) if target is None else min(policy.grace for policy in target.rules.policies),
            enforces=target is not None and target.rules.mode == "enforce",
            is_dry=replica.errand.is_dry,
            has_tags=self.platform.world.switches.tags != "absent",
            requests=tuple(self._sent.pop(replica.name, ())),
            disk=replica.disk,
            report=report,
        )
