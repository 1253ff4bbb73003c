"""The main job from outside: what expired is gone, nothing else is, and report, ledger and truth agree id by id."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from amount import cases
from documents import make_document, never_started
from judge import Rule, may_go
from stage import Stage

from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
POLICIES = """\
policies:
  - name: failures
    mode: enforce
    match: {phase: [failed, abnormal]}
    except: {name: "*-baseline"}
    expire: {after: 7d}
  - name: trials
    mode: enforce
    match: {name: "trial-*", phase: [completed]}
    expire: {after: 30d}
  - name: rest
    fallback: true
    mode: enforce
    match: {phase: [completed, terminated]}
    expire: {after: 90d}
"""
WORKSPACES = ("0", "w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "w2bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")


def build_project(now_ms: int) -> list[dict[str, Any]]:
    """1 230 jobs in three workspaces: every phase, ages from an hour to 200 days, some that never started."""
    rng = random.Random(7)
    phases = ("Completed", "Failed", "Terminated", "Abnormal", "Running", "Pending", "Terminating", "Mystery")
    weights = (40, 25, 10, 5, 8, 4, 4, 4)
    jobs = []
    for number in range(1230):
        phase = rng.choices(phases, weights)[0]
        days = rng.choice((0.05, 0.9, 3, 6.9, 7.1, 20, 31, 80, 95, 200)) + rng.random() / 100
        name = rng.choice((f"trial-{number}", f"nightly-{number}", f"exp-{number}-baseline"))
        job = make_document(now_ms, days, phase, name=name, workspace_id=WORKSPACES[number % 3])
        if phase == "Running" or rng.random() < 0.9:
            jobs.append(job)
        else:
            jobs.append(never_started(job))
    return jobs


def expected(jobs: list[dict[str, Any]], now_ms: int) -> set[str]:
    """What an evaluator of its own says may go, of the two configured workspaces."""
    failures = Rule(phases=("Failed", "Abnormal"), days=7)
    trials = Rule(phases=("Completed",), days=30, names=("trial-*",))
    rest = Rule(phases=("Completed", "Terminated"), days=90)
    found = set()
    for job in jobs:
        name, phase = job["metadata"]["name"], job["status"]["phase"]
        if job["metadata"]["workspace_id"] not in WORKSPACES[:2] or (name.endswith("-baseline") and phase in failures.phases):
            continue
        named = [rule for rule in (failures, trials) if phase in rule.phases and (rule is failures or name.startswith("trial-"))]
        if may_go(job, named or [rest], now_ms):
            found.add(job["metadata"]["id"])
    return found


@pytest.mark.parametrize(("offset_mode", "count_mode"), [("page", "matches"), ("record", "page")][:: cases(-2, 1)])
def test_1230_jobs_in_three_workspaces_end_exactly_right(
    make_stage: MakeStage, now_ms: int, offset_mode: Any, count_mode: Any
) -> None:
    jobs = build_project(now_ms)
    switches = Switches(offset_mode=offset_mode, count_mode=count_mode, delete_delay_s=0.3)
    stage = make_stage(jobs=jobs, switches=switches)
    stage.write(POLICIES, target=f'workspaces: ["{WORKSPACES[0]}", "{WORKSPACES[1]}"]\n')
    wanted = expected(jobs, now_ms)
    assert 150 < len(wanted) < 600

    code, report = stage.sweep()

    assert code == 0
    assert report["deletions"]["confirmed"] == len(wanted) == report["verdicts"]["expired"]
    assert {job["id"] for job in report["jobs"]} == wanted
    assert sorted(stage.deleted_in_truth()) == sorted(wanted)
    assert stage.closings() == dict.fromkeys(wanted, "confirmed")
    left = {job["metadata"]["id"] for job in stage.emulator.world.jobs()}
    assert left == {job["metadata"]["id"] for job in jobs} - wanted
    assert sorted(stage.asked()) == sorted(wanted)

    again, report = stage.sweep()
    assert (again, report["verdicts"]["expired"], report["requests"]["delete"]) == (0, 0, 0)


def test_every_workspace_is_swept_when_the_file_says_all(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 30, workspace_id=workspace) for workspace in WORKSPACES for _ in range(4)]
    stage = make_stage(jobs=jobs)
    stage.write(target="workspaces: all\n")
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 12)
    assert sorted(report["listing"]["workspaces"]) == sorted(WORKSPACES)


def test_a_server_that_ignores_the_workspace_does_not_widen_the_target(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 30, workspace_id=workspace) for workspace in WORKSPACES]
    stage = make_stage(jobs=jobs, switches=Switches(honour_workspace=False))
    stage.write()
    code, _ = stage.sweep()
    assert code in (0, 6)
    assert set(stage.deleted_in_truth()) <= {jobs[0]["metadata"]["id"]}


def test_a_dry_run_and_a_plan_say_what_the_sweep_does_and_send_no_delete(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, days) for days in (1, 5, 8, 30, 60)]
    stage = make_stage(jobs=jobs)
    stage.write()
    code, dry = stage.sweep("--dry-run")
    assert (code, dry["not_attempted"]["planned"], dry["dry_run"]) == (0, 3, True)
    assert not stage.ledger_path.exists()
    code, text, _ = stage.janitor("plan")
    assert code == 0
    assert all(job["id"] in text for job in dry["jobs"])
    assert stage.asked() == []
    _, real = stage.sweep()
    assert {job["id"] for job in real["jobs"]} == {job["id"] for job in dry["jobs"]}


def test_explain_a_kept_a_deleted_and_an_unknown_job(make_stage: MakeStage, now_ms: int) -> None:
    young = make_document(now_ms, 3, id="00000000-0000-4000-8000-0000000000ab")
    old = make_document(now_ms, 30, id="00000000-0000-4000-8000-0000000000cd")
    stage = make_stage(jobs=[young, old])
    stage.write()
    stage.sweep()
    code, text, _ = stage.janitor("explain", young["metadata"]["id"])
    assert code == 0
    assert "policy weekly waits 1w" in text
    assert "in 3 d 23 h" in text or "in 4 d" in text  # rounded up, within the first moments
    code, text, _ = stage.janitor("explain", old["metadata"]["id"])
    assert code == 0
    assert "deletion    confirmed" in text
    code, upper, _ = stage.janitor("explain", old["metadata"]["id"].upper())
    assert (code, upper) == (0, text)
    code, upper, _ = stage.janitor("explain", young["metadata"]["id"].upper())
    assert (code, "policy weekly waits 1w" in upper) == (0, True)
    code, _, error = stage.janitor("explain", "00000000-0000-4000-8000-000000000000")
    assert (code, "no target shows it" in error) == (2, True)


def test_d11_an_id_that_is_no_id_is_a_usage_error_and_no_request(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    for hostile in ("../../v2/other", "a/b", "x?y=1", "%2e%2e", "155500", "batch-delete"):
        code, _, error = stage.janitor("explain", hostile)
        assert (code, "is no id of a job of target research" in error) == (2, True)
    assert stage.emulator.requests == []
