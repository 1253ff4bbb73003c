"""An ordinary year passes without a refusal, and each catalogued disaster after it is refused, with nothing deleted.

`make test` lives some weeks of a small project; `make soak` lives whole years of one of 10 000 jobs.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from amount import cases
from scripted import ScriptedBackend
from year import Project
from year_operation import PACE, Operation
from year_policies import AUDIT, OBSERVED_FOR

from janitor.core.job import Job
from janitor.retention.policy import Rules
from janitor.sweep.report import TargetReport

SIZE, DAYS = cases(300, 10_000), cases(24, 365)
SEEDS = range(cases(1, 2))
DAY = timedelta(days=1)
YEAR = 365 * DAY


@pytest.fixture(scope="module", params=SEEDS)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """The operation after its ordinary time, with a copy of its ledger as it was some time before."""
    operation = Operation.begin(tmp_path_factory.mktemp("year"), seed=request.param, size=SIZE)
    operation.live(DAYS - 10)
    operation.close()
    shutil.copy(operation.path, operation.folder / "backup.db")
    operation.live(10)
    return operation


@pytest.fixture
def tomorrow(lived: Operation, tmp_path: Path) -> Iterator[Operation]:
    """The night after, in a copy: whatever happens there does not happen to the others."""
    operation = lived.fork(tmp_path)
    operation.project.live_until(operation.project.now + DAY)
    yield operation
    operation.close()
    shutil.rmtree(tmp_path)  # a year's ledger is large


def test_an_ordinary_year_is_never_refused(lived: Operation) -> None:
    assert [(night.day, night.report.refusal) for night in lived.nights if night.report.refusal is not None] == []


def test_it_is_no_idle_year(lived: Operation) -> None:
    """It begins with a backlog that the pace spreads, has bursts and quiet nights, and what is held stays."""
    project, deleted = lived.project, [night.deleted for night in lived.nights]
    assert sum(deleted) > SIZE * cases(40, 200) // 100
    assert max(deleted) == SIZE // PACE
    assert deleted[: OBSERVED_FOR - 1] == [0] * (OBSERVED_FOR - 1)
    assert sum(number == SIZE // PACE for number in deleted) >= 3
    assert project.bursts >= cases(2, 12)
    assert project.by_hand >= cases(2, 500)
    assert not [job_id for job_id in project.backend.deleted if job_id in project.audited]


def test_the_night_after_is_ordinary_too(tomorrow: Operation) -> None:
    """So that what refuses a disaster is the disaster."""
    report = tomorrow.sweep()
    assert (report.refusal, report.trouble) == (None, None)
    assert report.outcomes()["confirmed"] == tomorrow.nights[-1].deleted > 0


def other_project(operation: Operation, size: int) -> None:
    other = Project(seed=operation.project.seed + 1000, size=size, clock=operation.project.clock)
    other.begin()
    operation.project.backend.jobs = other.jobs


def each_job(operation: Operation, change: Callable[[Job], Job]) -> None:
    operation.project.backend.jobs = {job.id: change(job) for job in operation.project.jobs.values()}


def shifted(by: timedelta) -> Callable[[Job], Job]:
    return lambda job: replace(
        job,
        created_at=job.created_at and job.created_at + by,
        started_at=job.started_at and job.started_at + by,
        finished_at=job.finished_at and job.finished_at + by,
    )


def in_seconds(job: Job) -> Job:
    """As if milliseconds were read that are seconds."""
    times = {name: getattr(job, name) for name in ("created_at", "started_at", "finished_at")}
    return replace(job, **{n: t and t.fromtimestamp(t.timestamp() / 1000, t.tzinfo) for n, t in times.items()})


def duplicated(operation: Operation, copies: int) -> None:
    jobs = list(operation.project.jobs.values())
    twins = [replace(job, id=f"{number}{job.id[1:]}") for number in range(1, copies) for job in jobs]
    operation.project.backend.jobs = {job.id: job for job in [*jobs, *twins]}


def from_nowhere(operation: Operation) -> None:
    for number in range(SIZE // 3):
        operation.project.add(operation.project.now - timedelta(days=200 + number % 90))


def keep_some(operation: Operation, percent: int) -> None:
    jobs = list(operation.project.jobs.items())
    operation.project.backend.jobs = dict(jobs[: len(jobs) * percent // 100])


DISASTERS: dict[str, tuple[str, Callable[[Operation], None]]] = {
    "a16 an empty listing": ("listing_shrank", lambda operation: keep_some(operation, 0)),
    "a16 less than half of a listing": ("listing_shrank", lambda operation: keep_some(operation, 45)),
    "a20 a smaller project's jobs": ("listing_shrank", lambda operation: other_project(operation, SIZE // 4)),
    "c18 a larger project's jobs": ("listing_grew", lambda operation: other_project(operation, SIZE * 3)),
    "c18 another project of this size": ("deletions_jumped", lambda operation: other_project(operation, SIZE)),
    "a12 every job three times": ("listing_grew", lambda operation: duplicated(operation, 3)),
    "a34 seconds for milliseconds": ("ages_implausible", lambda operation: each_job(operation, in_seconds)),
    "a34 local time for UTC": ("ages_implausible", lambda operation: each_job(operation, shifted(timedelta(hours=-8)))),
    "a34 times of a year ago": ("ages_implausible", lambda operation: each_job(operation, shifted(-YEAR))),
    "a29 labels are lost": ("deletions_jumped", lambda operation: each_job(operation, lambda job: replace(job, labels=()))),
    "a29 labels are told no more": (
        "labels_unavailable",
        lambda operation: setattr(operation.project.backend, "has_labels", False),
    ),
    "jobs from nowhere": ("deletions_jumped", from_nowhere),
}


@pytest.mark.some(5)
@pytest.mark.parametrize("name", DISASTERS)
def test_a_disaster_of_the_platform_is_refused_by_its_guard(tomorrow: Operation, name: str) -> None:
    guard, strike = DISASTERS[name]
    strike(tomorrow)
    assert_refused(tomorrow, tomorrow.sweep(), guard)


def without_audit(rules: Rules) -> Rules:
    return replace(rules, holds=tuple(hold for hold in rules.holds if hold != AUDIT))


def ten_times_shorter(rules: Rules) -> Rules:
    """`after: 18d` where 180d was meant."""
    policies = [replace(each, after=18 * DAY) if each.name == "everything-else" else each for each in rules.policies]
    return replace(rules, policies=tuple(policies))


@pytest.mark.parametrize(
    ("guard", "edit"),
    [("policy_changed", ten_times_shorter), ("deletions_jumped", without_audit)],
    ids=["c27 an age", "a hold lost"],
)
def test_a_disaster_of_the_policy_file_is_refused_by_its_guard(
    tomorrow: Operation, guard: str, edit: Callable[[Rules], Rules]
) -> None:
    rules = edit(tomorrow.rules)
    assert_refused(tomorrow, tomorrow.sweep(rules=rules), guard)
    tomorrow.project.live_until(tomorrow.project.now + DAY)
    assert_refused(tomorrow, tomorrow.sweep(rules=rules), guard)


@pytest.mark.parametrize("years", [1, -1], ids=["b25 a year ahead", "b26 a year behind"])
def test_a_clock_that_is_a_year_off_is_refused(tomorrow: Operation, years: int) -> None:
    """Ahead it shows by the server's clock, behind by the ledger's too."""
    tomorrow.project.clock.advance(years * YEAR.total_seconds())
    tomorrow.project.backend.skew = -YEAR if years > 0 else None
    assert_refused(tomorrow, tomorrow.sweep(), "clock")


def test_b3_a_crash_loop_is_refused(tomorrow: Operation) -> None:
    for _ in range(3):
        tomorrow.crash()
        tomorrow.project.clock.advance(120)
    assert_refused(tomorrow, tomorrow.sweep(), "crash_loop")


def test_b15_a_ledger_that_was_put_back_is_refused_at_its_opening(lived: Operation, tomorrow: Operation) -> None:
    tomorrow.close()
    shutil.copy(lived.folder / "backup.db", tomorrow.path)
    report = tomorrow.sweep()
    assert report.trouble is not None
    assert (report.trouble.exit_code, tomorrow.nights[-1].deleted) == (5, 0)


def test_a12_a_listing_that_shows_its_jobs_twice_is_not_believed(tomorrow: Operation) -> None:
    listing = ScriptedBackend.holding(*tomorrow.project.jobs.values()).list_jobs()
    tomorrow.project.backend.listing = lambda: replace(listing, jobs=listing.jobs * 2)
    report = tomorrow.sweep()
    assert report.trouble is not None
    assert (report.trouble.exit_code, tomorrow.nights[-1].deleted) == (6, 0)


def assert_refused(operation: Operation, report: TargetReport, guard: str) -> None:
    assert report.refusal is not None, (report.trouble, report.outcomes())
    assert report.refusal.by == guard, report.refusal.message
    assert operation.nights[-1].deleted == 0
    assert report.outcomes()["confirmed"] == 0
