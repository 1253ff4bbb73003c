"""What a sweep keeps of jobs before they go, and what it purges: on a scripted backend, step by step."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer
from janitor.core import events as names
from janitor.core.job import Job, Resources
from janitor.ledger.derivation import find_difference
from janitor.ledger.store import Ledger
from janitor.ledger.tombstones import find_tombstones
from janitor.retention.tombstones import TombstoneRules
from janitor.sweep import purge
from janitor.sweep.entry import delete_jobs, sweep_target
from janitor.sweep.look import look_at
from janitor.sweep.manual import Order
from janitor.sweep.records import Scribe
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools


class Untold(ScriptedBackend):
    """A platform whose looks tell no document of one job."""

    silent: str = ""

    def get_job(self, job_id: str) -> Job:
        job = super().get_job(job_id)
        return replace(job, document=None) if job_id == self.silent else job


def tools_of(clock: FakeClock) -> Tools:
    ids = iter(range(10_000))
    return make_tools(clock, new_id=lambda: f"id-{clock.elapsed}-{next(ids)}")


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **changes: Any) -> TargetReport:
    report = sweep_target(make_target(backend, **changes), ledger, tools_of(clock))
    assert find_difference(ledger) is None
    clock.advance(1)
    return report


def written(ledger: Ledger, event: str) -> list[dict[str, Any]]:
    return [found for found in (row.event() for row in ledger.rows()) if found["event"] == event]


def test_a_job_of_which_nothing_was_told_stays_and_the_sweep_says_so(ledger: Ledger, clock: FakeClock) -> None:
    silent, other = make_job(days_ago=50), make_job(days_ago=51)
    backend = Untold(jobs={job.id: job for job in (silent, other, make_job(days_ago=1))})
    backend.silent = silent.id
    report = run(backend, ledger, clock)
    (skipped,) = written(ledger, names.DELETION_SKIPPED)
    assert (backend.asked, report.exit_code, skipped["job_id"]) == ([other.id], 3, silent.id)
    assert (skipped["reason_code"], skipped["intent_id"]) == ("tombstone_failed", None)


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNSENT])
def test_a_job_that_was_not_deleted_after_all_has_no_tombstone(ledger: Ledger, clock: FakeClock, answer: Answer) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.script[job.id] = [reply(answer)]
    run(backend, ledger, clock)
    (intended,) = written(ledger, names.DELETION_INTENDED)
    assert len(intended["tombstone"]) == 64
    assert find_tombstones(ledger, job.id) == ()


def test_a_recovered_intent_keeps_its_tombstone_where_the_job_is_gone_and_loses_it_where_it_is_not(
    ledger: Ledger, clock: FakeClock
) -> None:
    gone, there = make_job(days_ago=50), make_job(days_ago=51)
    backend = ScriptedBackend.holding(gone, there, make_job(days_ago=1))
    for job in (gone, there):
        backend.script[job.id] = [reply(Answer.UNKNOWN)] * 3
    assert run(backend, ledger, clock, confirm_within=timedelta(0)).exit_code == 3
    opened = [event["job_id"] for event in written(ledger, names.DELETION_INTENDED)]
    for job_id in opened:
        assert find_tombstones(ledger, job_id) != ()
    backend.jobs.pop(opened[0])
    clock.advance(3600)
    assert run(backend, ledger, clock).recovered["already_gone"] == 1
    (stone,) = find_tombstones(ledger, opened[0])
    (closed,) = [event for event in written(ledger, names.DELETION_ALREADY_GONE) if event["job_id"] == opened[0]]
    assert closed["tombstone"] == stone.sha256


def test_a_job_whose_unknown_request_was_given_up_keeps_its_tombstone(ledger: Ledger, clock: FakeClock) -> None:
    """The request may be applied after the closing: then only the tombstone tells what the job was."""
    waits, differs = make_job(days_ago=50), make_job(days_ago=51)
    backend = ScriptedBackend.holding(waits, differs, make_job(days_ago=1))
    backend.script[waits.id] = [reply(Answer.UNKNOWN)] * 3
    backend.script[differs.id] = [reply(Answer.UNKNOWN)]
    run(backend, ledger, clock, confirm_within=timedelta(0))
    backend.script = {}
    clock.advance(3600)
    assert run(backend, ledger, clock).recovered["failed"] > 0
    closed = [event for event in written(ledger, names.DELETION_FAILED) if event["reason_code"] == "not_applied"]
    assert closed != []
    for event in closed:
        assert event["tombstone"] in {stone.sha256 for stone in find_tombstones(ledger, event["job_id"])}


def test_as_many_tombstones_are_purged_as_jobs_may_go_in_a_day_some_in_each_transaction(
    ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "AT_ONCE", 2)
    backend = ScriptedBackend.holding(*(make_job(days_ago=50 + number) for number in range(6)), make_job(days_ago=1))
    assert run(backend, ledger, clock).outcomes()["confirmed"] == 6
    fence, scribe = ledger.claim("research"), Scribe(target="research", project_id="p", sweep_id="s")
    for per_day, left in ((0, 4), (3, 1)):
        rules = purge.Purge(keep_for=timedelta(0), per_day=per_day)
        purge.purge_tombstones(ledger, fence, scribe, rules, clock.now())
        assert len(written(ledger, names.TOMBSTONE_PURGED)) == 6 - left


def test_the_tombstone_is_of_the_last_look_before_the_intent(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    backend = ScriptedBackend.holding(job, make_job(days_ago=1))
    backend.before_get = lambda job_id: backend.change(job_id, outputs=("obs://late",))
    run(backend, ledger, clock)
    (stone,) = find_tombstones(ledger, job.id)
    assert json.loads(stone.body)["document"]["outputs"] == ["obs://late"]


def test_a_look_tells_the_document_once_and_neither_its_snapshot_nor_its_repr_holds_it(clock: FakeClock) -> None:
    """Attempts live until they are confirmed, thousands of them; documents must not."""
    job = make_job()
    backend = ScriptedBackend.holding(job)
    assert (look_at(job, backend, clock).document is not None, look_at(job, backend, clock).seen) == (True, None)
    backend.jobs[job.id] = replace(job, resources=Resources(pool="p"))
    look = look_at(job, backend, clock, frozenset({"pool"}))
    assert (look.document is not None, look.seen is not None and look.seen.document) == (True, None)
    assert "document" not in repr(look)


def by_hand(target: Target, ledger: Ledger, clock: FakeClock, job: Job) -> TargetReport:
    return delete_jobs(target, ledger, tools_of(clock), Order(job_ids=(job.id,), reason="a mistake"))


def test_nothing_is_purged_by_a_sweep_that_cannot_trust_its_clock_or_listing_nor_by_hand(
    ledger: Ledger, clock: FakeClock
) -> None:
    jobs = [make_job(days_ago=50 + number) for number in range(2)]
    backend = ScriptedBackend.holding(jobs[0], make_job(days_ago=1))
    rules = {"tombstones": TombstoneRules(keep_for=timedelta(days=1))}
    assert run(backend, ledger, clock, **rules).outcomes()["confirmed"] == 1
    clock.advance(2 * 86_400)
    backend.jobs[jobs[1].id] = jobs[1]
    backend.skew = timedelta(hours=1)
    assert run(backend, ledger, clock, **rules).exit_code == 4
    backend.skew = None
    backend.projects = ()
    assert run(backend, ledger, clock, **rules).exit_code != 0
    backend.projects = (("memory", "memory"),)
    assert by_hand(make_target(backend, **rules), ledger, clock, jobs[1]).outcomes()["confirmed"] == 1
    assert (written(ledger, names.TOMBSTONE_PURGED), len(find_tombstones(ledger, jobs[0].id))) == ([], 1)
    clock.advance(1)
    assert run(backend, ledger, clock, **rules).exit_code == 0
    (purged,) = written(ledger, names.TOMBSTONE_PURGED)
    assert (purged["job_id"], purged["at"] > NOW.isoformat()) == (jobs[0].id, True)
