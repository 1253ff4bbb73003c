"""`janitor list` and `janitor delete` from outside: their documents, their exit codes, and who is asked before anything goes."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from amount import IS_SOAK
from documents import make_document, never_started
from forks import Forked, Start
from stage import POLICY, Stage

from janitor.emulator.faults import Fault

MakeStage = Callable[..., Stage]
NOWHERE = "00000000-0000-4000-8000-0000000000ff"


def listed(stage: Stage, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = stage.janitor("list", "--output", "json", *arguments)
    document = json.loads(out)
    assert document["version"] == 1
    (target,) = document["targets"]
    return code, target


def delete(stage: Stage, *arguments: str) -> tuple[int, dict[str, Any]]:
    words = ["--target", "research", "--reason", "a mistake", "--yes", "--output", "json"]
    code, out, _ = stage.janitor("delete", *arguments, *words)
    (report,) = json.loads(out)["targets"]
    assert sum(report["verdicts"].values()) == report["listed"]
    assert sum(report["deletions"].values()) + sum(report["not_attempted"].values()) == report["verdicts"]["expired"]
    return code, report


def id_of(job: dict[str, Any]) -> str:
    found: str = job["metadata"]["id"]
    return found


def test_list_has_every_job_with_verdict_policy_reason_and_day_oldest_first(make_stage: MakeStage, now_ms: int) -> None:
    expired, young = make_document(now_ms, 60, name="b"), make_document(now_ms, 2, name="c")
    odd = never_started(make_document(now_ms, 90, name="a"))
    held = make_document(now_ms, 70, description="janitor-hold=paper")
    stage = make_stage(jobs=[young, expired, odd, held, make_document(now_ms, 60, "Running")])
    stage.write()
    code, target = listed(stage)
    assert (code, target["target"], target["listed"], target["error"], target["refused"]) == (0, "research", 4, None, None)
    assert target["listing"] == {"complete": True, "workspaces": ["0"]}
    assert target["verdicts"] == {"kept": 1, "held": 1, "unmanaged": 0, "undecidable": 1, "expiring": 0, "expired": 1}
    assert [job["id"] for job in target["jobs"]] == [id_of(job) for job in (odd, held, expired, young)]
    assert [job["verdict"] for job in target["jobs"]] == ["undecidable", "held", "expired", "kept"]
    last = target["jobs"][-1]
    assert set(last) == {
        *(
            "id",
            "name",
            "owner",
            "phase",
            "other_phases",
            "created_at",
            "finished_at",
            "verdict",
            "policy",
            "reason",
            "eligible_at",
        ),
    }
    assert (last["name"], last["phase"], last["policy"]) == ("c", "failed", "weekly")
    assert last["finished_at"] < last["eligible_at"]
    assert target["jobs"][0]["finished_at"] is None
    assert not stage.ledger_path.exists()


def test_list_narrows_to_verdicts_without_changing_a_count(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(
        jobs=[make_document(now_ms, 60), make_document(now_ms, 2), make_document(now_ms, 60, description=" janitor-hold")]
    )
    stage.write()
    _, target = listed(stage, "--verdict", "kept", "--verdict", "held")
    assert sorted(job["verdict"] for job in target["jobs"]) == ["held", "kept"]
    assert (target["listed"], target["verdicts"]["expired"]) == (3, 1)
    code, out, _ = stage.janitor("list", "--verdict", "unmanaged")
    assert (code, "listed      3" in out, "verdict" in out) == (0, True, False)


def test_an_unknown_verdict_or_target_is_exit_2_with_the_choices(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    code, _, error = stage.janitor("list", "--verdict", "doomed")
    assert (code, "'kept', 'held', 'unmanaged', 'undecidable', 'expiring', 'expired'" in error) == (2, True)
    assert stage.janitor("list", "--target", "nowhere")[0] == 2


def test_list_is_exit_6_where_a_target_cannot_be_read_and_4_where_a_guard_lets_nothing_be_listed(
    make_stage: MakeStage, now_ms: int
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60) for _ in range(30)])
    stage.write(top="limits: {max_share: 1%}\n")
    assert stage.janitor("plan")[0] == 4
    code, target = listed(stage)
    assert (code, target["refused"]["by"], len(target["jobs"])) == (0, "max_share", 30)
    stage.write(target="project_name: another\n")
    code, target = listed(stage)
    assert (code, target["refused"]["by"], target["jobs"]) == (4, "identity", [])
    stage.write(endpoint="http://127.0.0.1:9")
    code, target = listed(stage)
    assert (code, target["error"]["code"], target["jobs"]) == (6, "unreachable", [])


@pytest.mark.on_a_file
def test_list_is_exit_5_where_the_ledger_cannot_be_trusted(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    stage.ledger_path.write_bytes(b"no database at all" * 100)
    code, target = listed(stage)
    assert (code, target["error"]["code"]) == (5, "ledger_failed")


def test_delete_overrides_policies_and_says_so_in_report_and_log(make_stage: MakeStage, now_ms: int) -> None:
    young, other = make_document(now_ms, 2), make_document(now_ms, 60)
    stage = make_stage(jobs=[young, other])
    stage.write()
    code, report = delete(stage, id_of(young).upper())
    assert (code, report["deletions"]["confirmed"], report["listed"]) == (0, 1, 1)
    (job,) = report["jobs"]
    assert (job["id"], job["policy"], job["reason"]) == (id_of(young), "manual", "deleted by hand: a mistake")
    assert stage.deleted_in_truth() == [id_of(young)]
    assert stage.closings() == {id_of(young): "confirmed"}
    events = [event for event in stage.events() if event["event"].startswith("deletion.")]
    assert [event["policies"] for event in events] == [["manual"]] * 3
    assert "policy      manual" in stage.janitor("explain", id_of(young))[1]


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        ({"phase": "Running"}, "phase"),
        ({"phase": "Mystery"}, "phase"),
        ({"description": "janitor-hold"}, "mark"),
        ({"days_ago": 0.5}, "min_age"),
    ],
)
def test_one_job_that_may_not_go_keeps_all(make_stage: MakeStage, now_ms: int, changes: dict[str, Any], by: str) -> None:
    free, victim = make_document(now_ms, 60), make_document(now_ms, **({"days_ago": 60} | changes))
    stage = make_stage(jobs=[free, victim])
    stage.write()
    code, report = delete(stage, id_of(free), id_of(victim))
    assert (code, report["refused"]["by"], report["not_attempted"]["refused"]) == (4, by, 1)
    assert id_of(victim) in report["refused"]["message"]
    assert stage.deleted_in_truth() == []


def test_a_hold_an_observing_policy_the_pace_and_a_pause_are_never_overridden(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60) for _ in range(2)]
    stage = make_stage(jobs=jobs)
    first, second = map(id_of, jobs)
    stage.write(top="pace: {per_sweep: 1, per_day: 10}\n")
    assert delete(stage, first, second)[1]["refused"]["by"] == "pace"
    stage.write(POLICY.replace("mode: enforce", "mode: observe"))
    assert delete(stage, first)[1]["refused"]["by"] == "mode"
    stage.write()
    stage.janitor("pause", "--reason", "incident")
    assert delete(stage, first)[1]["refused"]["by"] == "pause"
    stage.janitor("resume")
    (stage.folder / "STOP").touch()
    assert delete(stage, first)[1]["refused"]["by"] == "pause"
    (stage.folder / "STOP").unlink()
    stage.janitor("hold", "add", first, "--target", "research", "--reason", "audited")
    code, report = delete(stage, first, second)
    assert (code, report["refused"]["by"], stage.deleted_in_truth()) == (4, "hold", [])
    assert delete(stage, second)[0] == 0


def test_a_job_that_does_not_exist_is_exit_2_and_nothing_goes(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 60)
    stage = make_stage(jobs=[job])
    stage.write()
    code, report = delete(stage, id_of(job), NOWHERE)
    assert (code, report["error"]["code"], NOWHERE in report["error"]["message"]) == (2, "no_such_job", True)
    assert stage.deleted_in_truth() == []


def test_a_target_that_cannot_be_read_is_exit_6(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write(endpoint="http://127.0.0.1:9")
    code, report = delete(stage, NOWHERE)
    assert (code, report["error"]["code"]) == (6, "unreachable")


def test_a28_a_job_that_is_started_again_at_the_last_moment_is_skipped_with_exit_3(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 60)
    stage = make_stage(jobs=[job])
    stage.write()
    change = lambda world: world.set_phase(id_of(job), "Running")  # noqa: E731  one change of the world
    stage.emulator.faults.add(Fault("get", "before", nth=2, job_id=id_of(job), change=change))
    code, report = delete(stage, id_of(job))
    assert (code, report["deletions"]["skipped"], stage.deleted_in_truth()) == (3, 1, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense", "--target", "research", "--reason", "x", "--yes"], "'nonsense' is no id of a job"),
        ([f"{NOWHERE}/..", "--target", "research", "--reason", "x", "--yes"], "is no id of a job"),
        ([NOWHERE, NOWHERE.upper(), "--target", "research", "--reason", "x", "--yes"], "is named twice"),
        ([NOWHERE, "--target", "nowhere", "--reason", "x", "--yes"], "there is no target"),
        ([NOWHERE, "--target", "research", "--reason", "  ", "--yes"], "--reason is blank"),
        ([NOWHERE, "--target", "research", "--yes"], "--reason"),
        ([NOWHERE, "--reason", "x", "--yes"], "--target"),
        (["--target", "research", "--reason", "x", "--yes"], "JOB_ID"),
        ([NOWHERE, "--target", "research", "--reason", "x"], "say --yes"),
    ],
)
def test_a_mistake_is_exit_2_before_anybody_is_asked(make_stage: MakeStage, arguments: list[str], said: str) -> None:
    stage = make_stage()
    stage.write()
    code, out, error = stage.janitor("delete", *arguments)
    assert (code, out, said in error) == (2, "", True)
    assert stage.emulator.requests == []
    assert not stage.ledger_path.exists()


def ask(stage: Stage, answer: bytes, *arguments: str) -> tuple[int, str, str]:
    """Run `janitor delete` on a terminal and type an answer: exit code, standard output, and what the terminal showed."""
    ours, theirs = pty.openpty()
    words = ["delete", *arguments, "--target", "research", "--reason", "why", "--config", str(stage.config)]
    process = Forked(words, Start(stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, is_leader=True))
    os.close(theirs)
    os.write(ours, answer)
    shown = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        shown += more
        if not more:
            break
    code, out, _ = process.ended()
    os.close(ours)
    return code, out, shown.decode()


def test_d6_on_a_terminal_the_jobs_are_shown_and_only_a_yes_deletes(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60, name="evil\u202e\x1b[2J"), make_document(now_ms, 2, user_name="ann")]
    stage = make_stage(jobs=jobs)
    stage.write()
    for answer in (b"n\n", b"\n", b"\x04") if IS_SOAK else (b"\n", b"\x04"):
        code, out, shown = ask(stage, answer, *map(id_of, jobs))
        assert (code, out, stage.deleted_in_truth()) == (130, "", [])
    for part in (
        *map(id_of, jobs),
        "evil\\u202e\\x1b[2J",
        "ann",
        "expired",
        "kept, goes 20",
        "Delete these 2 jobs of target research",
    ):
        assert part in shown
    assert "\u202e" not in shown
    assert not stage.ledger_path.exists()
    code, out, _ = ask(stage, b"y\n", *map(id_of, jobs))
    assert (code, "confirmed 2" in out, sorted(stage.deleted_in_truth())) == (0, True, sorted(map(id_of, jobs)))


def test_on_a_terminal_an_obstacle_is_shown_and_nobody_is_asked(make_stage: MakeStage, now_ms: int) -> None:
    job, other = make_document(now_ms, 60, description="janitor-hold"), make_document(now_ms, 60)
    stage = make_stage(jobs=[job, other])
    stage.write()
    code, out, shown = ask(stage, b"y\n", id_of(job), id_of(other))
    assert (code, "REFUSED     by mark" in out, "Delete these" in shown) == (4, True, False)
    assert "mark: its description says janitor-hold" in shown
    code, out, shown = ask(stage, b"y\n", NOWHERE)
    assert (code, "no_such_job" in out, "Delete this" in shown) == (2, True, False)
    assert stage.deleted_in_truth() == []
