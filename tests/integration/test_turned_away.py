"""A target that turns the sweep away, before it or in the middle: another project, refused credentials (faults A20, A22)."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from documents import make_document
from stage import ACCOUNT, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
JOBS = 30


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    """Thirty expired jobs, asked for singly, and one that stays."""
    jobs = [make_document(now_ms, 60 - number / 10) for number in range(JOBS)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 1)], switches=Switches(batch_mode="absent"))
    stage.write(top="confirm_within: 2s\n", target="looks: single\n")
    return stage


def refusals(stage: Stage) -> int:
    return sum(record.status == 401 for record in stage.emulator.requests)


@pytest.mark.parametrize("name", ["", f"    project_name: {ACCOUNT.project_name}\n"])
def test_a20_c18_another_project_is_refused_by_identity_with_or_without_its_name(stage: Stage, name: str) -> None:
    text = stage.config.read_text().replace(f"    project_name: {ACCOUNT.project_name}\n", name)
    stage.config.write_text(text.replace(f"project_id: {ACCOUNT.project_id}", f"project_id: {'f' * 32}"))
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], report["listed"]) == (4, "identity", 0)
    assert (stage.asked(), stage.deleted_in_truth()) == ([], [])
    assert stage.janitor("plan")[0] == 4


@pytest.mark.some(1)
@pytest.mark.parametrize("route", ["get", "delete"])
def test_a20_another_project_in_mid_sweep_ends_it_and_nothing_more_is_asked_for(stage: Stage, route: Any) -> None:
    stage.emulator.faults.add(Fault(route, "status", nth=8, times=None, status=404, code="ModelArts.2786"))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (4, "identity")
    assert 0 < len(stage.deleted_in_truth()) < JOBS
    for job_id, end in stage.closings().items():
        assert (end in ("confirmed", "already_gone")) <= (stage.emulator.world.get(job_id) is None)
    assert report["deletions"]["skipped"] > 0
    turned_away = [record for record in stage.emulator.requests if (record.route, record.status) == (route, 404)]
    assert len(turned_away) < JOBS / 2  # the rest of one batch, and the first look at what was accepted


@pytest.mark.some(1)
@pytest.mark.parametrize("route", ["get", "delete"])
def test_a22_a_key_that_is_refused_in_mid_sweep_ends_it_with_exit_6_after_four_tries_at_most(stage: Stage, route: Any) -> None:
    stage.emulator.faults.add(Fault(route, "status", nth=8, times=None, status=401, code="APIG.0301"))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "not_permitted")
    assert 1 <= refusals(stage) <= 4
    refused = [record for record in stage.emulator.requests if record.route == "delete" and record.status == 401]
    assert report["deletions"]["failed"] == len(refused)  # what never left is skipped
    gone = stage.deleted_in_truth()
    assert 0 < len(gone) < JOBS
    stage.emulator.faults.clear()
    code, report = stage.sweep()
    assert code == 0
    assert sorted(stage.deleted_in_truth()) == sorted(set(stage.closings()))
    assert len(stage.deleted_in_truth()) == JOBS


def test_a22_a_key_that_is_refused_while_jobs_are_looked_at_by_lists_ends_it_as_well(stage: Stage) -> None:
    stage.write(top="confirm_within: 2s\n")
    stage.emulator.faults.add(Fault("list", "status", nth=5, times=None, status=401, code="APIG.0301"))
    stage.emulator.faults.add(Fault("get", "status", nth=8, times=None, status=401, code="APIG.0301"))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "not_permitted")
    assert 1 <= refusals(stage) <= 8
    assert 0 < len(stage.deleted_in_truth()) < JOBS


def test_a22_a_key_refused_from_the_start_is_tried_once(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("any", "status", times=None, status=401, code="APIG.0301"))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], refusals(stage)) == (6, "not_permitted", 1)


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("status", "code", "ends"), [(401, "APIG.0301", (6, "not_permitted")), (404, "ModelArts.2786", (4, "identity"))]
)
def test_a20_a22_what_turns_away_while_deletions_are_confirmed_ends_the_waiting(
    stage: Stage, status: int, code: str, ends: tuple[int, str]
) -> None:
    stage.write(top="confirm_within: 60s\n")
    stage.emulator.world.switches = replace(stage.emulator.world.switches, delete_delay_s=2)
    away = Fault("get", "status", times=None, status=status, code=code)
    stage.emulator.faults.add(Fault("delete", "before", nth=JOBS, change=lambda _: stage.emulator.faults.add(away)))
    code_, report = stage.sweep()
    assert (code_, report["error"]["code"]) == ends
    assert (report["deletions"]["accepted"], report["duration_s"] < 30) == (JOBS, True)
    assert (stage.closings(), refusals(stage) <= 4) == ({}, True)
    stage.emulator.faults.clear()
    stage.emulator.world.switches = replace(stage.emulator.world.switches, delete_delay_s=0)
    while stage.emulator.world.count() > 1:  # the platform takes two seconds
        time.sleep(0.05)
    assert stage.sweep()[0] == 0
    assert set(stage.closings().values()) == {"confirmed"}


def test_a22_a_refused_key_shows_even_where_a_job_could_not_be_looked_at_before(stage: Stage) -> None:
    broken = Fault("get", "status", nth=6, times=1, status=418, code="ModelArts.9999")
    stage.emulator.faults.add(broken)
    stage.emulator.faults.add(Fault("get", "status", nth=20, times=None, status=401, code="APIG.0301"))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "not_permitted")
    assert "look_failed" in {event.get("reason_code") for event in stage.events()}
