"""What counts in a group and when a grace period begins, over several sweeps of a platform that is slow, odd or shared."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.backends.port import Answer, Reply
from janitor.core.phase import Phase
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen
from janitor.retention.keep import Keep
from janitor.sweep.entry import delete_jobs, sweep_target
from janitor.sweep.manual import Order


def opened(folder: Path, clock: FakeClock) -> Ledger:
    return open_ledger(folder / "ledger.db", Pen(now=clock.now, actor="t@h"), create=True)


def sweep(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, policy: Any, **changes: Any) -> Any:
    clock.advance(1)
    return sweep_target(make_target(backend, rules=make_rules(policy), **changes), ledger, tools(clock))


_made = iter(range(1, 1000))


def tools(clock: FakeClock) -> Any:
    made, prefix = make_tools(clock), next(_made)
    return replace(made, new_id=lambda: f"{prefix}-{made.new_id()}")


KEEP_ONE = make_policy(keep=Keep(last=1))


def test_a_job_whose_deletion_was_accepted_takes_no_place_in_a_kept_group(tmp_path: Path) -> None:
    """By hand the newest goes (accepted, still shown); the next sweep must not take it for the one that stays."""
    clock = FakeClock()
    newest, older = make_job(days_ago=50), make_job(days_ago=60)
    canary = make_job(days_ago=1, phase=Phase.TERMINATED)
    backend = ScriptedBackend.holding(newest, older, canary)
    backend.lingering = {newest.id}
    backend.script[newest.id] = [Reply(answer=Answer.ACCEPTED)]
    with opened(tmp_path, clock) as ledger:
        target = make_target(backend, rules=make_rules(KEEP_ONE))
        by_hand = delete_jobs(target, ledger, tools(clock), Order(job_ids=(newest.id,), reason="a mistake"))
        assert by_hand.refusal is None, by_hand
        assert newest.id in backend.jobs, "the platform is slow"
        sweep(backend, ledger, clock, KEEP_ONE)
        backend.jobs.pop(newest.id)
        assert older.id in backend.jobs, "the group was emptied, though last is 1"


def test_grace_is_counted_from_when_the_job_was_seen_not_from_when_the_sweep_began(tmp_path: Path) -> None:
    """The machine stands still for three days in the middle of a sweep (suspend, a stuck proxy, a long Retry-After)."""
    clock = FakeClock()
    job, canary = make_job(days_ago=50), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, canary)
    policy = make_policy(grace=timedelta(days=2))
    shown = backend.list_jobs

    def stand_still() -> Any:
        backend.listing = None
        clock.advance(3 * 86_400)
        return shown()

    backend.listing = stand_still
    with opened(tmp_path, clock) as ledger:
        first = sweep(backend, ledger, clock, policy)
        assert first.verdicts["expiring"] == 1, first
        clock.advance(60)
        sweep(backend, ledger, clock, policy)
    assert job.id in backend.jobs, "deleted a minute after the first mark was written, with a grace period of 2 days"


def test_a_job_that_never_started_is_first_seen_when_it_was_listed(tmp_path: Path) -> None:
    """It ended while the sweep that saw it was under way; nothing goes that ended less than min_age ago."""
    clock = FakeClock()
    canary = make_job(days_ago=1)
    backend = ScriptedBackend.holding(canary)
    policy = make_policy(after=timedelta(hours=24))
    shown = backend.list_jobs
    unstarted = make_job(
        phase=Phase.FAILED, created_at=NOW - timedelta(days=9), started_at=None, finished_at=None, never_started=True
    )

    def stand_still() -> Any:
        backend.listing = None
        clock.advance(3 * 86_400)
        backend.jobs[unstarted.id] = unstarted  # only now it ended
        return shown()

    backend.listing = stand_still
    with opened(tmp_path, clock) as ledger:
        sweep(backend, ledger, clock, policy)
        clock.advance(60)
        sweep(backend, ledger, clock, policy)
    assert unstarted.id in backend.jobs, "it ended a minute before, and min_age is 24 h"


def test_old_jobs_that_never_started_push_out_no_newer_run(tmp_path: Path) -> None:
    """A new ledger: what failed in the queue years ago is first seen today, and takes the place of last month's results."""
    clock = FakeClock()
    policy = make_policy(keep=Keep(last=1))
    best = make_job(days_ago=30, phase=Phase.COMPLETED)
    stale = make_job(
        phase=Phase.FAILED, created_at=NOW - timedelta(days=900), started_at=None, finished_at=None, never_started=True
    )
    backend = ScriptedBackend.holding(best, stale)
    with opened(tmp_path, clock) as ledger:
        sweep(backend, ledger, clock, policy)
        assert set(backend.jobs) == {best.id, stale.id}
        clock.advance(60)
        sweep(backend, ledger, clock, policy)
    assert best.id in backend.jobs, "the newest run went for a job that never started and was created 900 days ago"


def test_a_mark_is_not_taken_away_where_the_group_is_not_known_for_once(tmp_path: Path) -> None:
    """Only a firm keep unmarks: a field that is missing in one listing begins no grace period anew."""
    clock = FakeClock()
    policy = make_policy(grace=timedelta(days=2), keep=Keep(last=1, per=("experiment",)))
    job, newer = make_job(days_ago=50, experiment="e"), make_job(days_ago=40, experiment="e")
    backend = ScriptedBackend.holding(job, newer)
    with opened(tmp_path, clock) as ledger:
        assert sweep(backend, ledger, clock, policy).verdicts["expiring"] == 1
        clock.advance(86_400)
        backend.change(job.id, experiment=None)
        sweep(backend, ledger, clock, policy)
        backend.change(job.id, experiment="e")
        clock.advance(86_400)
        sweep(backend, ledger, clock, policy)
        events = [row.event()["event"] for row in ledger.rows()]
    assert "job.unmarked" not in events, events.count("job.unmarked")


def test_marks_of_jobs_that_others_deleted_are_taken_away(tmp_path: Path) -> None:
    """They are read in every sweep, for ever."""
    clock = FakeClock()
    policy = make_policy(grace=timedelta(days=2))
    jobs = [make_job(days_ago=50) for _ in range(3)]
    backend = ScriptedBackend.holding(*jobs, *(make_job(days_ago=1) for _ in range(4)))
    with opened(tmp_path, clock) as ledger:
        sweep(backend, ledger, clock, policy)
        for job in jobs:
            del backend.jobs[job.id]
        for _ in range(3):
            clock.advance(10 * 86_400)
            sweep(backend, ledger, clock, policy)
        with ledger.reading() as connection:
            left = connection.exec_driver_sql("select count(*) from marks").scalar()
    assert left == 0


def test_a_job_that_is_known_to_be_gone_takes_no_place_in_a_kept_group(tmp_path: Path) -> None:
    """A listing that lags: the newest was deleted and proven gone a minute ago, and is still listed."""
    clock = FakeClock()
    newest, older = make_job(days_ago=50), make_job(days_ago=60)
    backend = ScriptedBackend.holding(newest, older, make_job(days_ago=1, phase=Phase.TERMINATED))
    stale = backend.list_jobs()
    with opened(tmp_path, clock) as ledger:
        target = make_target(backend, rules=make_rules(KEEP_ONE))
        by_hand = delete_jobs(target, ledger, tools(clock), Order(job_ids=(newest.id,), reason="a mistake"))
        assert by_hand.refusal is None
        assert newest.id not in backend.jobs
        assert "deletion.confirmed" in [row.event()["event"] for row in ledger.rows()]
        backend.listing = lambda: stale
        sweep(backend, ledger, clock, KEEP_ONE)
    assert older.id in backend.jobs
