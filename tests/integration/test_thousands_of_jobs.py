"""Thousands of jobs, with and without the batch route: what expired is gone, nothing else is, id by id."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from amount import cases
from documents import make_document
from judge import Rule, may_go
from stage import Stage

from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
JOBS = 5000
RULE = Rule(phases=("Completed", "Failed", "Terminated"), days=7)


def build_project(now_ms: int, count: int) -> list[dict[str, Any]]:
    """Every phase in two workspaces; one in sixteen has expired, and some of those are held or of another kind."""
    rng = random.Random(5000)
    jobs = []
    for number in range(count):
        phase = rng.choices(("Completed", "Failed", "Terminated", "Abnormal", "Running", "Mystery"), (50, 20, 10, 5, 10, 5))[0]
        days = rng.choices((30, 6.5, 0.1), (8, 48, 44))[0] + rng.random() / 10
        job = make_document(now_ms, days, phase, workspace_id="0" if number % 3 else "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
        job["metadata"]["description"] = "janitor-hold" if rng.random() < 0.01 else ""
        job["kind"] = "hetero_job" if rng.random() < 0.01 else "job"
        jobs.append(job)
    return jobs


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("batch_mode", "count"),
    [("all_or_nothing", cases(600, JOBS)), ("partial", cases(600, JOBS)), ("absent", cases(400, JOBS))],
)
def test_thousands_of_jobs_end_exactly_right_whatever_the_batch_route_does(
    make_stage: MakeStage, now_ms: int, batch_mode: Any, count: int
) -> None:
    """Five thousand each in `make soak`."""
    jobs = build_project(now_ms, count)
    wanted = {job["metadata"]["id"] for job in jobs if may_go(job, [RULE], now_ms)}
    assert 250 < len(wanted) * JOBS / count < 400
    oldest_first = sorted(jobs, key=lambda job: int(job["metadata"]["create_time"]))
    in_order = [job["metadata"]["id"] for job in oldest_first if job["metadata"]["id"] in wanted]
    forbidden = frozenset({in_order[len(wanted) // 2], in_order[-1]})
    switches = Switches(batch_mode=batch_mode, delete_delay_s=0.2, forbidden_ids=forbidden)
    stage = make_stage(jobs=jobs, switches=switches)
    stage.write(target="workspaces: all\n")

    code, report = stage.sweep()

    assert code == 3  # the two that may not be deleted
    assert report["verdicts"]["expired"] == len(wanted)
    assert {job["id"] for job in report["jobs"] if job["outcome"] == "failed"} == forbidden
    assert sorted(stage.deleted_in_truth()) == sorted(wanted - forbidden)
    closings = stage.closings()
    assert set(closings) == wanted
    assert {job_id for job_id, end in closings.items() if end in ("confirmed", "already_gone")} == wanted - forbidden
    left = {job["metadata"]["id"] for job in stage.emulator.world.jobs()}
    assert left == {job["metadata"]["id"] for job in jobs} - wanted | forbidden
    batches = report["requests"]["batch_delete"]
    assert batches == 1 if batch_mode == "absent" else 2 < batches < 20
    assert (report["requests"]["delete"] < len(wanted)) is (batch_mode != "absent")
    assert report["deletions"]["confirmed"] + report["deletions"]["already_gone"] == len(wanted) - 2
