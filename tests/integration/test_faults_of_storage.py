"""Faults of the disk under the ledger, through the whole program: the kernel refuses the write, nothing is simulated."""

import os
from collections.abc import Callable

import pytest
from amount import IS_SOAK
from documents import make_document
from forks import run_forked
from stage import Stage

MakeStage = Callable[..., Stage]
JOBS = 12


def sweep_limited(stage: Stage, limit: str, most: int) -> tuple[int, str]:
    """Sweep in a process of its own, under a limit of the kernel's: its exit code, and all that it said."""
    quiet = os.environ | {"JANITOR_LOG": "quiet"}
    code, out, error = run_forked("sweep", "--config", str(stage.config), env=quiet, limits={limit: most})
    return code, out + error


def sweep_with_room(stage: Stage, room: int) -> int:
    """Sweep where no file grows beyond so many bytes: a write at the edge is cut short, the next one fails. Its exit code."""
    return sweep_limited(stage, "RLIMIT_FSIZE", room)[0]


def asked(stage: Stage) -> set[str]:
    return {str(record.job_id) for record in stage.emulator.requests if record.method == "DELETE"}


ROOMS = [(0, False), (40_000, False), (140_000, True), (200_000, True)] if IS_SOAK else [(40_000, False), (140_000, True)]


@pytest.mark.on_a_file
@pytest.mark.parametrize(("room", "is_any_sent"), ROOMS)
def test_b8_b9_b10_wherever_the_disk_is_full_no_delete_is_without_its_intent(
    make_stage: MakeStage, now_ms: int, room: int, is_any_sent: bool
) -> None:
    """The room ends before the sweep, before its first intent, and twice between an intent and the last outcome."""
    expired = [make_document(now_ms, 60 - number) for number in range(JOBS)]
    stage = make_stage(jobs=[*expired, make_document(now_ms, 2)])
    stage.write()
    assert stage.janitor("init", "--ledger")[0] == 0

    code = sweep_with_room(stage, room)

    intended = {event["job_id"] for event in stage.events() if event["event"] == "deletion.intended"}
    assert (code, bool(asked(stage))) == (5, is_any_sent)
    assert asked(stage) <= intended
    assert set(stage.deleted_in_truth()) <= intended
    requests = len(stage.emulator.requests)
    assert sweep_with_room(stage, 0) == 5
    assert len([record for record in stage.emulator.requests[requests:] if record.method == "DELETE"]) == 0


def test_b9_what_a_full_disk_left_open_is_closed_once_there_is_room(make_stage: MakeStage, now_ms: int) -> None:
    expired = [make_document(now_ms, 60 - number) for number in range(JOBS)]
    stage = make_stage(jobs=[*expired, make_document(now_ms, 2)])
    stage.write(top="quiet_period: 1s\n")
    for room in (140_000, 200_000):
        assert sweep_with_room(stage, room) in (0, 5)
    for _ in range(2):
        code, report = stage.sweep()
        assert code == 0
    assert report["recovered"]["open"] == report["verdicts"]["expired"] == 0
    ids = {job["metadata"]["id"] for job in expired}
    assert set(stage.deleted_in_truth()) == ids
    gone = {job_id for job_id, end in stage.closings().items() if end in ("confirmed", "already_gone")}
    assert gone == ids


@pytest.mark.some(1)
@pytest.mark.on_a_file
@pytest.mark.parametrize("most", [6, 9, 13, 20] if IS_SOAK else [9, 20])
def test_b36_with_too_few_open_files_no_delete_is_without_its_intent_and_the_error_is_clear(
    make_stage: MakeStage, now_ms: int, most: int
) -> None:
    """The file that cannot be opened is, as the number rises: the ledger, the lock, the head at the end; 20 are enough."""
    stage = make_stage(jobs=[*(make_document(now_ms, 60 - number) for number in range(JOBS)), make_document(now_ms, 2)])
    stage.write()
    assert stage.janitor("init", "--ledger")[0] == 0

    code, said = sweep_limited(stage, "RLIMIT_NOFILE", most)

    intended = {event["job_id"] for event in stage.events() if event["event"] == "deletion.intended"}
    assert set(stage.deleted_in_truth()) <= intended
    assert code in ((0,) if most == 20 else (5, 6))
    assert "Traceback" not in said
    assert "unexpected" not in said
    if most < 10:
        assert (intended, stage.emulator.requests) == (set(), [])
        assert any(text in said for text in ("Too many open files", "unable to open", "disk I/O error"))
    code, _ = stage.sweep()
    assert (code, len(stage.deleted_in_truth())) == (0, JOBS)
