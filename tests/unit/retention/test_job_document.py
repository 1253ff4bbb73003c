"""The plain form of a job: nothing of it is lost on the way there and back, and nothing else is taken for one."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from builders import make_job
from hypothesis import example, given
from hypothesis import strategies as st

from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.retention.job_document import describe_job, read_job

TEXT = st.none() | st.text(max_size=5)
TIME = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])).filter(
    lambda time: datetime(2, 1, 1, tzinfo=UTC) < time < datetime(9998, 1, 1, tzinfo=UTC)
)
COUNT = st.none() | st.integers(min_value=0, max_value=99)
JOBS = st.builds(
    Job,
    id=st.text(min_size=1, max_size=5),
    phase=st.sampled_from(Phase),
    other_phases=st.frozensets(st.sampled_from(Phase), max_size=2),
    **dict.fromkeys(("name", "owner", "kind", "workspace", "description", "experiment"), TEXT),
    **dict.fromkeys(("created_at", "started_at", "finished_at"), TIME),
    labels=st.none()
    | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2).map(lambda d: tuple(sorted(d.items()))),
    resources=st.builds(
        Resources, flavor=TEXT, pool=TEXT, node_count=COUNT, accelerators=COUNT, runs=st.integers(min_value=0, max_value=99)
    ),
    never_started=st.booleans(),
    outputs=st.lists(st.text(max_size=3), max_size=2).map(tuple),
)


@example(job=make_job(owner=None, labels=None))
@given(job=JOBS)
def test_a_job_written_as_json_and_read_back_is_the_same_in_every_field(job: Job) -> None:
    read = read_job(json.loads(json.dumps(describe_job(job))))
    assert {each.name: getattr(read, each.name) for each in fields(Job)} == {
        each.name: getattr(job, each.name) for each in fields(Job)
    }


def test_jobs_on_the_same_machines_share_what_tells_of_them() -> None:
    document = describe_job(make_job(resources=Resources(flavor="p3", node_count=2)))
    assert read_job(document).resources is read_job(document).resources


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("colour", "red", "colour: no job has such a field"),
        ("id", None, "id: is no text"),
        ("owner", 7, "owner: is no text"),
        ("phase", "Completd", "phase: is no phase"),
        ("phase", None, "phase: is no phase"),
        ("other_phases", "failed", "other_phases: is no list"),
        ("created_at", "2026-11-23", "created_at: is no time"),
        ("created_at", "2026-11-23T03:00:00+01:00", "created_at: is no time"),
        ("created_at", "2026-02-30T03:00:00Z", "created_at: "),
        ("finished_at", 1_700_000_000, "finished_at: is no time"),
        ("labels", ["team"], "labels: is no object"),
        ("labels", {"team": None}, "labels: is no text"),
        ("node_count", True, "node_count: is no whole number"),
        ("accelerators", -1, "accelerators: is no whole number"),
        ("runs", None, "runs: is no whole number"),
        ("runs", True, "runs: is no whole number"),
        ("never_started", "false", "never_started: is neither"),
        ("outputs", [1], "outputs: is no text"),
    ],
)
def test_what_is_no_job_is_refused_by_the_name_of_its_key(key: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        read_job(describe_job(make_job()) | {key: value})


@pytest.mark.parametrize("key", sorted(describe_job(make_job())))
def test_a_key_that_is_left_out_is_no_null(key: str) -> None:
    document = describe_job(make_job())
    del document[key]
    with pytest.raises(ValueError, match=f"^{key}: is missing"):
        read_job(document)
