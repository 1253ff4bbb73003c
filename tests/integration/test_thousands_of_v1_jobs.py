"""A project of the first generation: none goes that has a version which may still run, every expired one does."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from amount import cases
from documents_v1 import make_job_v1
from judge import may_go_v1
from stage import Stage

from janitor.emulator.document_v1 import ACTIVE
from janitor.emulator.switches import Switches

JOBS = cases(400, 3400)
WITH_VERSIONS = cases(80, 600)
ENDED = {3, 5, 10, 11, 12, 13, 16, 17, 21, 22}
EVERY = (*range(23), 10, 10, 10, 11, 12)


def build_project(now_ms: int) -> list[dict[str, Any]]:
    """One job in ten is old; one in six has 2 to 5 versions, of any status each; some are marked."""
    rng = random.Random(3400)
    jobs = []
    for number in range(JOBS):
        count = rng.randint(2, 5) if number < WITH_VERSIONS else 1
        statuses = tuple(rng.choice(EVERY if rng.random() < 0.3 else (10, 11, 12)) for _ in range(count))
        days = 10 + rng.random() * 90 if rng.random() < 0.1 or number < WITH_VERSIONS / 2 else rng.random() * 6
        mark = "janitor-hold" if rng.random() < 0.02 else ""
        jobs.append(make_job_v1(now_ms, days, statuses, job_id=200_000 + number, description=mark))
    return jobs


@pytest.mark.soak
def test_a_project_of_v1_jobs_ends_exactly_right(make_stage: Callable[..., Stage], now_ms: int) -> None:
    """850 jobs; 3 400 in `make soak`."""
    jobs = build_project(now_ms)
    wanted = {str(job["job_id"]) for job in jobs if may_go_v1(job, ENDED, 7, now_ms)}
    several = {str(job["job_id"]) for job in jobs if len(job["versions"]) > 1}
    active = {str(job["job_id"]) for job in jobs if any(version["status"] in ACTIVE for version in job["versions"])}
    hidden = {str(job["job_id"]) for job in jobs if job["versions"][-1]["status"] in ENDED} & active
    many, some = JOBS // 14, JOBS // 68
    assert (len(several), len(wanted) > many, len(wanted & several) > some, len(hidden) > some) == (WITH_VERSIONS, *(True,) * 3)
    stage = make_stage(api="v1", jobs_v1=jobs, switches=Switches(delete_delay_s=0.2))
    stage.write()

    code, report = stage.sweep()

    assert (code, report["verdicts"]["expired"], report["requests"]["batch_delete"]) == (0, len(wanted), 0)
    assert sorted(stage.deleted_in_truth()) == sorted(wanted)
    assert not [record for record in stage.emulator.truth.records() if record.change == "deleted" and record.was_active]
    closings = stage.closings()
    assert set(closings) == wanted
    assert set(closings.values()) <= {"confirmed", "already_gone"}
    assert {str(job["job_id"]) for job in stage.emulator.v1.jobs()} == {str(job["job_id"]) for job in jobs} - wanted
    assert len(stage.asked()) == len(set(stage.asked())) == len(wanted)
