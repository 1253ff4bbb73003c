"""Two snapshots are the same job unchanged, or the differing fields are named; times must be believable."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, make_job

from janitor.core.job import Job, Resources, differing_fields, is_plausible
from janitor.core.phase import Phase


def test_an_unchanged_snapshot_differs_in_nothing() -> None:
    job = make_job()
    assert differing_fields(job, replace(job)) == ()


def test_every_changed_field_is_named() -> None:
    job = make_job()
    fresh = replace(job, phase=Phase.RUNNING, owner="somebody", description="janitor-hold")
    assert differing_fields(job, fresh) == ("owner", "phase", "description")


def test_outputs_do_not_make_it_another_job() -> None:
    job = make_job(outputs=("/team-bkt/out/",))
    assert differing_fields(job, replace(job, outputs=())) == ()
    assert job == replace(job, outputs=())


def test_every_field_but_the_outputs_takes_part_in_the_comparison() -> None:
    job = make_job()
    names = [each.name for each in fields(Job) if each.name not in ("outputs", "document", "resources")]
    parts = [each.name for each in fields(Resources)]
    other = Job(**dict.fromkeys(names, "another"), resources=Resources(**dict.fromkeys(parts, "another")))  # type: ignore[arg-type]
    assert differing_fields(job, other) == (*names, *parts)


def test_what_nothing_reads_is_left_out_of_the_comparison_and_nothing_else() -> None:
    job = make_job(experiment=None)
    fresh = replace(job, experiment="lr", owner="somebody", resources=Resources(flavor="gpu", pool="pool-1"))
    assert differing_fields(job, fresh, frozenset({"experiment", "flavor"})) == ("owner", "pool")


def test_nobody_tells_the_duration_of_several_runs_unless_none_of_them_ever_started() -> None:
    job = make_job()
    assert job.duration == timedelta(hours=1)
    assert [replace(job, resources=Resources(runs=runs)).duration for runs in (0, 1, 2)] == [None, timedelta(hours=1), None]
    assert replace(job, never_started=True, resources=Resources(runs=2)).duration == timedelta(0)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (None, False),
        (datetime(1970, 1, 21, tzinfo=UTC), False),
        (datetime(2014, 12, 31, tzinfo=UTC), False),
        (datetime(2015, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(minutes=5), True),
        (NOW + timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a34_a35_only_times_from_2015_to_now_are_believed(time: datetime | None, expected: bool) -> None:
    assert is_plausible(time, NOW) is expected
