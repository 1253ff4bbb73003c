"""What happens around a sweep in its own process: memory that ends, a disk that is slow, somebody who is told and fails."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from amount import cases
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend
from sqlalchemy import event as sql

from janitor.backends.port import Answer, Reply
from janitor.core import events
from janitor.core.job import Job
from janitor.ledger.chain import find_break
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.sweep.entry import sweep_target
from janitor.sweep.look import FRESH_FOR_S

LARGE = """
import resource, sys, tempfile
from dataclasses import replace
from pathlib import Path
from builders import FakeClock, make_job, make_target, make_tools
from janitor.backends.memory import MemoryBackend
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Pen
from janitor.sweep.entry import sweep_target

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

clock, backend = FakeClock(), MemoryBackend()
old, young = make_job(days_ago=100), make_job(days_ago=2)
for number in range(int(sys.argv[1])):
    job = replace(young if number % 1000 else old, id=f"job-{number}", name=f"trial-{number}")
    backend.jobs[job.id] = job
before = peak()
with open_ledger(Path(sys.argv[2]) / "l.db", Pen(now=clock.now, actor="a"), create=True) as ledger:
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
print(report.verdicts["kept"], len(backend.deleted), peak() - before)
"""


@pytest.mark.soak
def test_b7_a_sweep_takes_little_more_memory_than_the_jobs_themselves(tmp_path: Path) -> None:
    """In `make soak` of 100 000 jobs, here of 20 000."""
    jobs = cases(20_000, 100_000)
    command = [sys.executable, "-c", LARGE, str(jobs), str(tmp_path)]
    paths = f"{Path(__file__).parents[2]}:{Path(__file__).parents[3]}"
    done = subprocess.run(command, env={"PYTHONPATH": paths}, capture_output=True, text=True, check=False, timeout=100)
    kept, deleted, more_mb = (int(word) for word in done.stdout.split())
    print(f"{more_mb} MB more")
    assert (kept, deleted) == (jobs - jobs // 1000, jobs // 1000)
    assert more_mb < jobs // 1000


@pytest.mark.parametrize("where", ["listing", "evaluation", "look", "intent"])
def test_b7_memory_that_ends_is_no_answer_and_deletes_nothing(
    ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(), make_job(days_ago=1))

    def run_out(*_: Any, **__: Any) -> Any:
        raise MemoryError

    if where == "listing":
        backend.listing = run_out
    elif where == "look":
        backend.before_get = run_out
    else:
        name = {"evaluation": "janitor.sweep.planning.evaluate_all", "intent": "janitor.sweep.journal.subject_of"}[where]
        monkeypatch.setattr(name, run_out)
    with pytest.raises(MemoryError):
        sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (backend.asked, list_open_intents(ledger, "research")) == ([], ())
    monkeypatch.undo()


@dataclass
class PunctualBackend(ScriptedBackend):
    """Sends nothing after `not_after`, like the real one, and notes how old each look was when its request left."""

    clock: FakeClock = field(default_factory=FakeClock)
    looked: dict[str, list[float]] = field(default_factory=dict)
    ages: list[float] = field(default_factory=list)
    before_sending: Callable[[str], None] = lambda _job_id: None

    def get_job(self, job_id: str) -> Job:
        self.looked.setdefault(job_id, []).append(self.clock.monotonic())
        return super().get_job(job_id)

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        for job in jobs:
            self.before_sending(job.id)
        if self.clock.monotonic() > not_after:
            return Reply(answer=Answer.LATE, code="late", message="its look is too old")
        self.ages += [self.clock.monotonic() - self.looked[job.id][-1] for job in jobs]
        return super().delete_jobs(jobs, not_after=not_after)


@pytest.mark.parametrize("most_at_once", [1, 100])
def test_b19_where_a_sync_takes_a_minute_every_job_is_looked_at_again_before_its_request(
    ledger: Ledger, clock: FakeClock, most_at_once: int
) -> None:
    jobs = [make_job() for _ in range(6)]
    kept = make_job(days_ago=1)
    backend = PunctualBackend(jobs={job.id: job for job in (*jobs, kept)}, clock=clock, most_at_once=most_at_once)
    changed = jobs[3]

    def sync_slowly(_connection: Any) -> None:
        if list(backend.looked):
            clock.advance(60)

    def change(job_id: str) -> None:
        if job_id == changed.id and len(backend.looked[job_id]) == 2:
            backend.change(job_id, description="janitor-hold")

    backend.before_get = change
    sql.listen(ledger.storage.engine, "commit", sync_slowly)
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert len(backend.ages) == 5
    assert max(backend.ages) <= FRESH_FOR_S
    assert all(len(backend.looked[job.id]) >= 2 for job in jobs)
    assert set(backend.jobs) == {kept.id, changed.id}
    assert report.outcomes()["skipped"] == 1


@pytest.mark.parametrize("most_at_once", [1, 100])
def test_b22_what_stood_still_while_another_sweep_took_over_sends_nothing_more(
    ledger: Ledger, clock: FakeClock, most_at_once: int
) -> None:
    """Its look is too old when it wakes; before it looks again it asks whether the target is still its own."""
    jobs = [make_job() for _ in range(6)]
    backend = PunctualBackend(jobs={job.id: job for job in (*jobs, make_job(days_ago=1))}, clock=clock, most_at_once=most_at_once)
    slept = list[str]()

    def sleep_before_the_second(job_id: str) -> None:
        if job_id != jobs[0].id and not slept:
            slept.append(job_id)
            clock.advance(60)
            ledger.claim("research")

    backend.before_sending = sleep_before_the_second
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (report.exit_code, len(slept)) == (5, 1)
    assert backend.asked == [jobs[0].id]
    looks = {job.id: len(backend.looked[job.id]) for job in jobs[1:]}
    assert set(looks.values()) == {1}


@pytest.mark.parametrize("name", [events.SWEEP_FINISHED, events.PLAN_BUILT, events.DELETION_INTENDED, events.DELETION_ACCEPTED])
def test_b31_whoever_is_told_and_fails_changes_no_deletion_and_no_record(ledger: Ledger, clock: FakeClock, name: str) -> None:
    backend, told = ScriptedBackend.holding(*[make_job() for _ in range(4)], make_job(days_ago=1)), list[str]()

    def say(said: str, **_fields: Any) -> None:
        told.append(said)
        if said == name:
            raise BrokenPipeError("nobody reads this any more")

    report = sweep_target(make_target(backend), ledger, make_tools(clock, say=say))
    assert (report.outcomes()["confirmed"], report.exit_code, len(backend.deleted)) == (4, 0, 4)
    assert (list_open_intents(ledger, "research"), find_break(ledger.rows())[0]) == ((), None)
    assert name in told
    assert told[-1] == events.SWEEP_FINISHED


def test_the_backend_of_these_tests_is_punctual(clock: FakeClock) -> None:
    """A test of lateness proves nothing on a backend that is never late."""
    job = make_job()
    backend = PunctualBackend(jobs={job.id: job}, clock=clock)
    backend.get_job(job.id)
    assert backend.delete_jobs([job], not_after=clock.monotonic() - 1).answer is Answer.LATE
    assert backend.delete_jobs([job], not_after=clock.monotonic()).answer is Answer.ACCEPTED
