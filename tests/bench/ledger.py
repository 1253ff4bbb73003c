"""Measures a ledger of a million events, made by the real appends of sweeps: appends, `audit verify`, and how fast one starts."""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from janitor.backends.port import Answer, Reply
from janitor.core import events
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber, Secret
from janitor.core.tombstone import Tombstone
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.ledger.anchor import check_tail, write_anchor
from janitor.ledger.facts import read_facts, remember_survivors
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Fence, Ledger, Pen
from janitor.ledger.tombstones import append_intents
from janitor.sweep.records import Note, Scribe, subject_of

EVENTS, A_SWEEP, BATCH = 1_000_000, 10_000, 100
MOST_START_S = 5.0
TARGET, DIGEST = "research", "0" * 64
STEPS = (events.DELETION_ACCEPTED, events.DELETION_CONFIRMED)
SECRETS = Secret("AKIAIOSFODNN7EXAMPLE"), Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
POLICY_FILE = """\
version: 1
ledger: {{path: {ledger}}}
targets:
  - name: research
    project_id: p
    endpoint: https://modelarts.example.com
    credentials: {{access_key: {{file: ak}}, secret_key: {{file: ak}}}}
policies:
  - {{name: old, match: {{phase: [failed]}}, expire: {{after: 30d}}}}
"""


def main() -> int:
    """Print what each takes; exit code 1 where a start takes too long, or the ledger does not verify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.start is not None:
        return start(arguments.start)
    print(f"on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with TemporaryDirectory(prefix="janitor-bench-") as name:
        path = Path(name) / "ledger.db"
        began, cpu = time.monotonic(), time.process_time()
        seq = build(path, arguments.events)
        took, worked = time.monotonic() - began, time.process_time() - cpu
        print(f"  {seq} events appended, {BATCH} jobs a commit: {seq / took:.0f} a second, {seq / worked:.0f} a second of CPU")
        print(f"  the file has {path.stat().st_size / seq:.0f} bytes an event")
        verified = verify(path, seq)
        before = cpu_of_children()
        started = run([sys.executable, __file__, "--start", str(path)], Path(name))
        own = cpu_of_children() - before
        told = f"{started:.2f} s, {own:.2f} s of CPU (limit {MOST_START_S:.0f} s)"
        print(f"  a new process opens it, checks its tail, reads what a sweep needs: {told}")
    return 0 if verified and started <= MOST_START_S else 1


def build(path: Path, wanted: int) -> int:
    """Sweeps that delete as many jobs as make so many events; the answer is the number of the last."""
    with open_ledger(
        path, Pen(now=lambda: datetime.now(UTC), actor="bench@here", scrub=Scrubber(SECRETS).scrub), create=True
    ) as ledger:
        while (seq := ledger.head().seq) < wanted:
            with ledger.hold(TARGET) as fence:
                sweep(ledger, fence, min(A_SWEEP, -(-(wanted - seq) // 3)), seq)
            write_anchor(ledger)
        return seq


def sweep(ledger: Ledger, fence: Fence, deletions: int, before: int) -> None:
    """One sweep, as far as the ledger sees it."""
    scribe = Scribe(target=TARGET, project_id="p", sweep_id=f"sweep-{before}")
    ledger.append([scribe.draft(events.SWEEP_STARTED, epoch=fence.epoch, project_id="p", kind="sweep")], fence)
    ledger.append([scribe.draft(events.LISTING_COMPLETED, listed=deletions, workspaces=["0"], has_labels=True)], fence)
    jobs = list(make_decisions(before, deletions))
    for first in range(0, deletions, BATCH):
        delete(ledger, fence, scribe, jobs[first : first + BATCH])
    counts = {"outcomes": {"confirmed": deletions}, "requests": {}}
    remember_survivors(ledger, scribe.sweep_id, ("survivor",), [scribe.draft(events.SWEEP_FINISHED, lifted=[], **counts)], fence)


def delete(ledger: Ledger, fence: Fence, scribe: Scribe, jobs: list[Decision]) -> None:
    """A batch: its intents with their tombstones, what the request came to, and the proofs; a commit each."""
    notes, stones = list[Note](), list[Tombstone]()
    for decision in jobs:
        stones.append(make_stone(decision))
        subject = subject_of(decision, DIGEST)
        notes.append(Note(subject=subject, reason=decision.reason, intent_id=f"i-{decision.job.id}", tombstone=stones[-1].sha256))
    append_intents(ledger, [scribe.deletion(events.DELETION_INTENDED, note) for note in notes], fence, 0, stones)
    reply = Reply(answer=Answer.ACCEPTED, request_id="4a3e2b0c")
    for step in STEPS:
        ledger.append([scribe.deletion(step, replace(note, attempts=1, reply=reply)) for note in notes], fence)


def make_decisions(before: int, count: int) -> Iterator[Decision]:
    """Jobs of this sweep alone, each with the reason for which it goes."""
    now = datetime.now(UTC)
    for number in range(before, before + count):
        created = now - timedelta(days=40, minutes=number % 5000)
        job = Job(
            id=f"{number:08x}-1c2d-4e3f-8a4b-{number:012x}",
            name=f"resnet50-sweep-{number % 977}-{number}",
            owner=f"user-{number % 200}",
            kind="job",
            workspace="0",
            phase=Phase.FAILED,
            created_at=created,
            started_at=created,
            finished_at=created + timedelta(hours=2),
        )
        text = "finished 40d 2h ago, and policy old lets it go after 30d"
        yield Decision(
            job=job, verdict=Verdict.EXPIRED, reason=Reason(code="expired", text=text), policy="old", policies=("old",)
        )


def make_stone(decision: Decision) -> Tombstone:
    """One without a document."""
    job = decision.job
    facts: dict[str, object] = {"job_id": job.id, "name": job.name, "owner": job.owner, "outputs": [], "document": None}
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return Tombstone(body=body, sha256=sha256(body.encode()).hexdigest(), owner=job.owner, outputs=())


def verify(path: Path, seq: int) -> bool:
    """The command that operators run."""
    folder = path.parent
    (folder / "ak").write_text("a-key-that-nobody-has")
    (folder / "janitor.yaml").write_text(POLICY_FILE.format(ledger=path.name))
    before = cpu_of_children()
    took = run([sys.executable, "-m", "janitor", "audit", "verify", "--config", str(folder / "janitor.yaml")], folder)
    most_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"  `janitor audit verify`: {took:.1f} s, {took / seq * 1e6:.1f} s a million events "
        f"({cpu_of_children() - before:.1f} s of CPU, {most_mb:.0f} MB at most)"
    )
    return took > 0


def cpu_of_children() -> float:
    """Processor time of all processes that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command: list[str], folder: Path) -> float:
    """Run to its end, and say how long that took; raises where it fails."""
    began = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.monotonic() - began


def start(path: Path) -> int:
    """In a process of its own: what every sweep begins with."""
    with open_ledger(path, Pen(now=lambda: datetime.now(UTC), actor="bench@here"), create=False) as ledger:
        check_tail(ledger)
        read_facts(ledger, TARGET, datetime.now(UTC), DIGEST)
    return 0


if __name__ == "__main__":
    sys.exit(main())
