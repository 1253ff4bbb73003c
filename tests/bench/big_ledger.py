"""Builds a large ledger in a minute: a year of three targets, with a true chain; written in bulk, no sweep is played."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from janitor.core.canonical import timestamp
from janitor.ledger.chain import GENESIS
from janitor.ledger.file import create_ledger

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TARGETS = {"research": 0.7, "vision": 0.25, "speech": 0.05}
"""Each with its share of the jobs and of the deletions."""
OWNERS, DAYS, STONES = 40, 330, 3000
STEPS = ("deletion.intended", "deletion.accepted", "deletion.confirmed")
POLICIES = ("failed-runs", "nightly", "trials", "everything-else")
VERDICTS = ("kept", "kept", "kept", "kept", "expiring", "held", "unmanaged", "expired", "undecidable", "kept")
PHASES = ("completed", "completed", "failed", "terminated", "abnormal", "running")


@dataclass(kw_only=True)
class Chain:
    """The events so far, and the rows that follow from them."""

    rows: list[tuple[int, str, str]] = field(default_factory=list)
    intents: list[tuple[Any, ...]] = field(default_factory=list)
    sweeps: list[tuple[Any, ...]] = field(default_factory=list)
    stones: list[tuple[Any, ...]] = field(default_factory=list)
    seq: int = 0
    head: str = GENESIS

    def add(self, **event: Any) -> int:
        """Seal one more event."""
        self.seq += 1
        whole = {"version": 1, "seq": self.seq, "actor": "schedule@here", "prev": self.head, **event}
        body = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        self.head = sha256(body.encode()).hexdigest()
        self.rows.append((self.seq, body, self.head))
        return self.seq

    def sweep(self, target: str, at: datetime, deletions: int, listed: int) -> None:
        """One sweep that deletes so many."""
        sweep_id = f"{target}-{at:%Y%m%d}"
        known = {"sweep_id": sweep_id, "target": target}
        began = self.add(event="sweep.started", at=timestamp(at), epoch=1, project_id="p", kind="sweep", **known)
        outcomes = {"confirmed": deletions, "failed": 0}
        for number in range(deletions):
            self._delete(known, at + timedelta(seconds=2 + number * 0.5), f"{self.seq:08x}-0000-4000-8000-{number:012x}")
        end = timestamp(at + timedelta(seconds=10 + deletions))
        self.add(event="sweep.finished", at=end, outcomes=outcomes, lifted=[], **known)
        self.sweeps.append((sweep_id, target, timestamp(at), end, "finished", "[]", "sweep", '["0"]', listed, deletions, began))

    def _delete(self, known: dict[str, Any], at: datetime, job_id: str) -> None:
        facts = {
            "project_id": "p",
            "job_id": job_id,
            "job_name": f"trial-{self.seq}",
            "created_at": timestamp(at - timedelta(days=40)),
            "phase": "failed",
            "other_phases": [],
            "owner": f"user-{self.seq % OWNERS}",
            "policy": POLICIES[self.seq % 4],
            "policies": [POLICIES[self.seq % 4]],
            "policy_digest": GENESIS,
            "reason": "finished 40 days ago, and failed-runs lets go after 30 days",
            "reason_code": "expired",
            "intent_id": f"intent-{job_id}",
            "attempts": 1,
            "request_id": None,
            "error_code": None,
            "tombstone": GENESIS,
        }
        seqs = [self.add(event=step, at=timestamp(at), **known, **facts) for step in STEPS]
        row = (facts["intent_id"], known["target"], job_id, known["sweep_id"], timestamp(at), timestamp(at), 1)
        self.intents.append((*row, "confirmed", 0, seqs[0], seqs[2]))
        self.stones.append((facts["intent_id"], known["target"], job_id, timestamp(at), facts["owner"], "[]", GENESIS, "{}"))


def build(path: Path, jobs: int, events: int) -> None:
    """A ledger with so many jobs in its last listings, and about so many events."""
    create_ledger(path)
    chain, a_day = Chain(), events / DAYS / 3
    for day in range(DAYS):
        at = NOW - timedelta(days=DAYS - day, hours=6)
        for place, (target, share) in enumerate(TARGETS.items()):
            number = round(a_day * share)
            chain.sweep(target, at + timedelta(hours=place), number, round(jobs * share))
    columns = (
        "sweep_id",
        "target",
        "started_at",
        "finished_at",
        "status",
        "survivors",
        "kind",
        "workspaces",
        "listed",
        "planned",
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        _insert(connection, "events", chain.rows)
        _insert(connection, "intents", chain.intents)
        _insert(connection, f"sweeps ({', '.join(columns)}, seq)", chain.sweeps)
        _insert(connection, "tombstones", chain.stones[-STONES:])
        _insert(connection, "jobs", list(_jobs(jobs)))


def _insert(connection: sqlite3.Connection, where: str, rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {where} VALUES ({marks})", rows)  # noqa: S608  our own tables


def _jobs(number: int) -> Iterator[tuple[Any, ...]]:
    seen = timestamp(NOW - timedelta(hours=6))
    names = [name for name, share in TARGETS.items() for _ in range(round(share * 20))]
    for each in range(number):
        target, verdict = names[each % 20], VERDICTS[each * 7 % 10]
        created = NOW - timedelta(minutes=each * 5 % 200_000)
        policy = None if verdict in ("unmanaged", "held") else POLICIES[each % 4]
        due = timestamp(created + timedelta(days=60 + each % 90)) if verdict in ("kept", "expiring", "expired") else None
        phase = PHASES[each % 6]
        times = timestamp(created), f"resnet-{each % 977}-{each}", f"user-{each * 13 % OWNERS}", phase, "", 1
        ends = timestamp(created), timestamp(created + timedelta(hours=2)), seen, seen
        told = verdict, f"it is {verdict}: finished 12 days ago, policy {policy} lets go after 30 days", "young", policy, due
        yield (target, f"{each:08x}-aaaa-4000-8000-{each:012x}", *times, *ends, *told, seen, due)
