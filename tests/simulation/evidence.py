"""What a simulation leaves behind for its judge: the platform's requests and truth, the disk, and the ledger as it lies there."""

import hashlib
import json
import shutil
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faulty_disk import Step
from simulation.invariants import CHECKS, Verdict
from simulation.reference import Law
from simulation.replica import Replica
from simulation.wire import Platform, Request
from simulation.witness import Witness

from janitor.sweep.report import TargetReport

Event = dict[str, Any]
CLOSING = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass(kw_only=True)
class Evidence:
    """Everything so far; `checked` counts what each invariant was asked about, so that none is true of nothing."""

    platform: Platform
    witness: Witness
    law: Law
    ledger_path: Path
    checked: Counter[str] = field(default_factory=Counter)
    events: list[Event] = field(default_factory=list)
    heads: list[tuple[int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    trace: list[Step] = field(default_factory=list)
    races: int = 0

    def note(self, replica: Replica, report: TargetReport | None) -> None:
        """A replica has ended: read what it left, and judge."""
        self.trace = replica.disk.trace
        self.requests = [request for request in self.platform.deletions() if request.process == replica.name]
        self.events = read_events(self.ledger_path)
        self.judge("always")
        if report is not None and report.head is not None:
            seq, _, digest = report.head.partition(":")
            self.heads.append((int(seq), digest))

    def settled(self, sweeps: int) -> None:
        """All faults are over and nothing is left to do: judge what must be true then."""
        self.sweeps = sweeps
        self.judge("settled")

    def judge(self, when: str) -> None:
        """Ask every invariant that holds then; raises Violation with all that is wrong."""
        wrong = list[str]()
        for invariant, (moment, check) in CHECKS.items():
            if moment != when:
                continue
            verdict: Verdict = check(self)
            self.checked[invariant] += verdict.checked
            wrong += [f"{invariant}: {text}" for text in verdict.wrong]
        if wrong:
            raise Violation("; ".join(wrong))

    def open_intents(self) -> dict[str, str]:
        """The intents without an end, and their jobs."""
        found = {event["intent_id"]: event["job_id"] for event in self.events if event["event"] == "deletion.intended"}
        for event in self.events:
            if event["event"] in CLOSING:
                found.pop(event["intent_id"], None)
        return found

    def expired_now(self) -> set[str]:
        """The jobs on the platform that may go at this moment, by the law and the true time."""
        now = self.platform.clock.true
        world = self.platform.world
        return {
            job["metadata"]["id"]
            for job in world.jobs()
            if self.law.lets_go(dict(job), dict(world.tags.of(job["metadata"]["id"])), now)
        }

    def deleted(self) -> Counter[str]:
        """How often each job was deleted for a request, by the truth log."""
        return Counter(record.job_id for record in self.witness.records("deleted") if record.source == "api")

    def intents_by_job(self) -> dict[str, list[Event]]:
        found = defaultdict(list)
        for event in self.events:
            if event["event"] == "deletion.intended":
                found[event["job_id"]].append(event)
        return found


def read_events(ledger: Path) -> list[Event]:
    """The events of a ledger, read from a copy of its files; raises Violation where the chain breaks."""
    folder = ledger.with_name("judge")
    folder.mkdir(exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        copy = folder / f"{ledger.name}{suffix}"
        copy.unlink(missing_ok=True)
        if suffix != "-shm" and (source := ledger.with_name(ledger.name + suffix)).exists():
            shutil.copyfile(source, copy)
    with closing(sqlite3.connect(folder / ledger.name)) as connection:
        rows = connection.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()
    previous, events = "0" * 64, list[Event]()
    for number, (seq, body, digest) in enumerate(rows, 1):
        event = json.loads(body)
        is_sound = hashlib.sha256(body.encode()).hexdigest() == digest
        if not is_sound or (seq, event["seq"], event["prev"]) != (number, number, previous):
            raise Violation(f"S-21: event {number} does not follow the one before it")
        previous = digest
        events.append(event | {"hash": digest})
    return events
