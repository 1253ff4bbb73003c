"""Faults around a deletion, through the whole program, where jobs are asked for singly and where they go by batches."""

import csv
import io
import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Literal

import pytest
from documents import make_document
from stage import POLICY, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World

MakeStage = Callable[..., Stage]
Build = Callable[..., tuple[Stage, list[str]]]
JOBS = 6
"""The first goes alone; so without a batch route there are six requests, with one there are two."""

by_each_way = pytest.mark.parametrize("batch_mode", ["absent", "all_or_nothing"])
in_every_mode = pytest.mark.parametrize("batch_mode", ["absent", "all_or_nothing", "partial"])
Route = Literal["delete", "batch_delete"]


@pytest.fixture
def build(make_stage: MakeStage, now_ms: int) -> Build:
    """A project with six jobs that expired and one that survives; the ids of the expired ones, oldest first."""

    def _build(batch_mode: Any, quiet: str = "1s", **switches: Any) -> tuple[Stage, list[str]]:
        jobs = [make_document(now_ms, 60 - number) for number in range(JOBS)]
        stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)], switches=Switches(batch_mode=batch_mode, **switches))
        stage.write(top=f"confirm_within: 1s\nquiet_period: {quiet}\n")
        return stage, [job["metadata"]["id"] for job in jobs]

    return _build


def route_of(batch_mode: str) -> Route:
    """Where the requests go that follow the first single one."""
    return "delete" if batch_mode == "absent" else "batch_delete"


@pytest.mark.some(1)
@by_each_way
def test_a1_requests_that_were_lost_are_sent_again_under_the_same_intents(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.faults.add(Fault(route_of(batch_mode), "reset_before", nth=1 if batch_mode != "absent" else 2))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, JOBS)
    assert sorted(stage.deleted_in_truth()) == sorted(ids)
    intents = {event["intent_id"] for event in stage.events() if event["event"] == "deletion.intended"}
    assert len(intents) == JOBS


@pytest.mark.some(1)
@by_each_way
def test_a2_requests_whose_answer_was_lost_are_found_done_and_not_sent_again(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.faults.add(Fault(route_of(batch_mode), "reset_after", nth=1 if batch_mode != "absent" else 2))
    code, report = stage.sweep()
    lost = 1 if batch_mode == "absent" else JOBS - 1
    assert (code, report["deletions"]["confirmed"], report["deletions"]["already_gone"]) == (0, JOBS - lost, lost)
    assert sorted(stage.asked()) == sorted(ids)
    assert sorted(stage.deleted_in_truth()) == sorted(ids)


def test_a3_a_delete_that_is_applied_late_but_within_the_quiet_period_is_sent_once(build: Build) -> None:
    stage, ids = build("absent", quiet="2s")
    stage.emulator.faults.add(Fault("delete", "late_delete", job_id=ids[2], seconds=1.0))
    code, report = stage.sweep()
    assert (code, report["deletions"]["already_gone"]) == (0, 1)
    assert stage.asked().count(ids[2]) == stage.deleted_in_truth().count(ids[2]) == 1


def test_a3_a_delete_that_is_applied_after_a_second_one_was_sent_harms_nothing(build: Build) -> None:
    stage, ids = build("absent", second_delete="not_found", delete_delay_s=0.5)
    stage.emulator.faults.add(Fault("delete", "late_delete", job_id=ids[2], seconds=1.2))
    code, report = stage.sweep()
    assert code == 0
    assert sum(report["deletions"][word] for word in ("confirmed", "already_gone", "accepted")) == JOBS
    assert stage.asked().count(ids[2]) == 2
    assert stage.deleted_in_truth().count(ids[2]) == 1
    found = [event for event in stage.events() if event.get("job_id") == ids[2]]
    assert len({event["intent_id"] for event in found}) == 1


@pytest.mark.some(2)
@in_every_mode
@pytest.mark.parametrize("action", ["status", "status_after"])
def test_a6_after_a_5xx_every_job_is_looked_at(build: Build, batch_mode: str, action: Any) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.faults.add(Fault(route_of(batch_mode), action, status=502, nth=1 if batch_mode != "absent" else 2))
    code, report = stage.sweep()
    assert code == 0
    assert report["deletions"]["confirmed"] + report["deletions"]["already_gone"] == JOBS
    assert sorted(stage.deleted_in_truth()) == sorted(ids)


def test_a17_a_listing_that_lags_behind_never_decides_alone(make_stage: MakeStage, now_ms: int) -> None:
    old, running, survivor = make_document(now_ms, 60), make_document(now_ms, 60, "Running"), make_document(now_ms, 2)
    stage = make_stage(jobs=[old, running, survivor])
    stage.write()
    as_it_was = running | {"status": old["status"]}
    listing = {"items": [old, as_it_was, survivor], "total": 3, "count": 3, "limit": 50, "offset": 0}
    stage.emulator.faults.add(Fault("list", "body", body=json.dumps(listing), times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["skipped"]) == (0, 1, 1)
    assert stage.asked() == [old["metadata"]["id"]]


def test_a17_a_look_that_lags_behind_proves_nothing_and_repeats_nothing(build: Build) -> None:
    stage, ids = build("absent")
    stale = stage.emulator.world.get(ids[1])
    assert stale is not None
    stage.emulator.faults.add(Fault("get", "body", body=json.dumps(stale), job_id=ids[1], nth=2, times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["accepted"]) == (0, JOBS - 1, 1)
    stage.emulator.faults.clear()
    _, report = stage.sweep()
    assert report["recovered"]["confirmed"] == 1
    assert stage.asked().count(ids[1]) == 1


@pytest.mark.some(1)
@by_each_way
def test_a24_accepted_deletions_that_do_not_happen_stay_open_and_are_not_sent_again(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.world.switches = Switches(batch_mode=batch_mode, never_delete=frozenset(ids[2:4]))  # type: ignore[arg-type]
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["accepted"]) == (0, JOBS - 2, 2)
    before = stage.asked()
    code, report = stage.sweep()
    assert (code, report["not_attempted"]["deferred"], report["recovered"]["open"]) == (0, 2, 2)
    assert stage.asked() == before


def test_a25_a_job_that_comes_back_is_another_job_and_goes_only_by_an_intent_of_its_own(build: Build) -> None:
    stage, ids = build("absent")
    back = dict(stage.emulator.world.get(ids[0]) or {})
    assert stage.sweep()[0] == 0
    assert stage.closings()[ids[0]] == "confirmed"
    stage.emulator.world.add(back)
    stage.write(policies=POLICY.replace("mode: enforce", "mode: observe"))
    assert stage.sweep()[1]["not_attempted"]["observed"] == 1
    assert sorted(stage.asked()) == sorted(ids)
    stage.write()
    assert stage.sweep()[0] == 0
    assert sorted(stage.asked()) == sorted([*ids, ids[0]])
    intended = [event["job_id"] for event in stage.events() if event["event"] == "deletion.intended"]
    assert sorted(intended) == sorted([*ids, ids[0]])


@pytest.mark.some(1)
@by_each_way
def test_a26_a_success_that_its_body_takes_back_is_never_confirmed(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    for route in ("delete", "batch_delete"):
        stage.emulator.faults.add(Fault(route, "false_success", times=None, nth=2 if route == "delete" else 1))
    code, report = stage.sweep()
    assert (code, report["deletions"]["unknown"]) == (3, JOBS - 1)
    assert set(stage.closings()) <= {ids[0]}
    assert all(stage.emulator.world.get(job_id) is not None for job_id in ids[1:])


@pytest.mark.some(1)
@by_each_way
def test_a27_d13_a_redirect_of_any_delete_request_is_never_followed_and_nothing_leaks(
    build: Build, make_stage: MakeStage, batch_mode: str
) -> None:
    stage, ids = build(batch_mode)
    sink = make_stage()
    stage.emulator.faults.add(
        Fault(route_of(batch_mode), "redirect", status=307, location=f"{sink.emulator.url}/steal", nth=1, times=None)
    )
    code, report = stage.sweep()
    assert sink.emulator.requests == []
    assert code == (3 if batch_mode == "absent" else 0)
    assert report["deletions"]["confirmed"] == (0 if batch_mode == "absent" else JOBS)
    assert set(stage.deleted_in_truth()) <= set(ids)


@pytest.mark.some(1)
@by_each_way
def test_a28_a_job_that_restarts_before_its_batch_is_left_out_of_it(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.faults.add(Fault("get", "before", job_id=ids[3], change=partial(_restart, ids[3])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["skipped"]) == (0, JOBS - 1, 1)
    assert ids[3] not in stage.asked()


def test_a30_a_job_that_restarts_between_look_and_request_is_refused_by_a_platform_that_minds(build: Build) -> None:
    stage, ids = build("absent", delete_active="reject_409")
    stage.emulator.faults.add(Fault("delete", "before", job_id=ids[3], change=partial(_restart, ids[3])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["failed"]) == (3, JOBS - 1, 1)
    assert stage.emulator.world.get(ids[3]) is not None
    assert stage.asked().count(ids[3]) == 1


@pytest.mark.some(1)
@by_each_way
def test_a30_the_window_between_look_and_request_is_bounded_and_nothing_else_can_slip_in(build: Build, batch_mode: str) -> None:
    """What changes within it cannot be seen: the platform has no conditional delete. So it is measured, on the server."""
    stage, ids = build(batch_mode)
    assert stage.sweep()[0] == 0
    looked, window = dict[str, Any](), dict[str, timedelta]()
    for record in stage.emulator.requests:
        if record.route == "get":
            looked.setdefault(str(record.job_id), record.at)
        named = [str(record.job_id)] if record.method == "DELETE" else []
        if record.route == "batch_delete" and record.status == 202:
            named = [job["metadata"]["id"] for job in json.loads(record.body)["jobs"]]
        window |= {job_id: record.at - looked[job_id] for job_id in named}
    assert set(window) == set(ids)
    assert max(window.values()) < timedelta(seconds=10)


@pytest.mark.some(1)
@by_each_way
def test_a31_an_id_that_belongs_to_another_job_by_now_is_left_alone(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)

    def replace(world: World) -> None:
        job = world.get(ids[2])
        assert job is not None
        world.remove(ids[2])
        world.add(dict(job) | {"metadata": job["metadata"] | {"create_time": job["metadata"]["create_time"] + 1}})

    stage.emulator.faults.add(Fault("get", "before", job_id=ids[2], change=replace))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"]) == (0, 1)
    assert ids[2] not in stage.asked()


def test_a36_a_conflict_is_a_refusal_of_that_job_alone_and_tried_once_a_sweep(build: Build) -> None:
    stage, ids = build("absent")
    stage.emulator.faults.add(Fault("delete", "status", status=409, code="ModelArts.2878", job_id=ids[2], times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["failed"]) == (3, JOBS - 1, 1)
    assert stage.asked().count(ids[2]) == 1
    (failed,) = [event for event in stage.events() if event["event"] == "deletion.failed"]
    assert (failed["reason_code"], failed["error_code"]) == ("conflict", "ModelArts.2878")
    assert stage.sweep()[1]["deletions"]["failed"] == 1
    assert stage.asked().count(ids[2]) == 2


def test_a37_a_job_that_is_gone_at_its_first_request_is_not_counted_as_ours(build: Build) -> None:
    stage, ids = build("absent")
    stage.emulator.faults.add(Fault("delete", "before", job_id=ids[2], change=lambda world: world.remove(ids[2])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["already_gone"]) == (0, JOBS - 1, 1)
    assert stage.closings()[ids[2]] == "already_gone"
    assert ids[2] not in stage.deleted_in_truth()


def test_a37_a_404_that_is_about_something_else_is_no_gone_job_and_ends_the_sweep(build: Build) -> None:
    stage, ids = build("absent")
    stage.emulator.faults.add(Fault("delete", "status", status=404, code="ModelArts.2786", job_id=ids[2], times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["failed"], report["error"]["code"]) == (4, 1, "identity")
    assert stage.emulator.world.get(ids[2]) is not None


def test_a38_the_plan_names_what_stays_behind_and_nothing_goes_that_it_does_not_name(make_stage: MakeStage, now_ms: int) -> None:
    job, child = make_document(now_ms, 60), make_document(now_ms, 60)
    job["algorithm"] = {"outputs": [{"name": "out", "remote": {"obs": {"obs_url": "/team/out/"}}}]}
    child["kind"] = "hetero_job"
    stage = make_stage(jobs=[job, child, make_document(now_ms, 2)])
    stage.write()
    code, out, _ = stage.janitor("plan", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (code, row["id"], row["outputs"]) == (0, job["metadata"]["id"], "/team/out/")
    assert stage.sweep()[0] == 0
    assert stage.deleted_in_truth() == [job["metadata"]["id"]]


@pytest.mark.soak
def test_a40_a_job_whose_document_is_too_large_to_be_looked_at_is_left_alone(build: Build) -> None:
    """Whatever else it says: here it says all that it should, and there is only too much of it."""
    stage, ids = build("absent")
    huge = {**(stage.emulator.world.get(ids[2]) or {}), "padding": "x" * 40_000_000}
    stage.emulator.faults.add(Fault("get", "body", body=json.dumps(huge), job_id=ids[2], times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["skipped"]) == (3, JOBS - 1, 1)
    assert ids[2] not in stage.asked()


@pytest.mark.some(2)
@in_every_mode
def test_a42_v4_a_job_that_may_not_be_deleted_does_not_stop_the_others(build: Build, batch_mode: str) -> None:
    stage, ids = build(batch_mode)
    stage.emulator.world.switches = Switches(batch_mode=batch_mode, forbidden_ids=frozenset({ids[3]}))  # type: ignore[arg-type]
    code, report = stage.sweep()
    gone = report["deletions"]["confirmed"] + report["deletions"]["already_gone"]
    assert (code, gone, report["deletions"]["failed"]) == (3, JOBS - 1, 1)
    assert sorted(stage.deleted_in_truth()) == sorted(set(ids) - {ids[3]})


@pytest.mark.some(1)
@by_each_way
def test_a42_jobs_that_cannot_be_deleted_end_the_sweep_when_there_are_too_many_in_a_row_and_go_last_in_the_next(
    make_stage: MakeStage, now_ms: int, batch_mode: Any
) -> None:
    """Of a dozen, the second to the ninth: whatever order four threads finish in, five of them do before the tenth begins."""
    jobs = [make_document(now_ms, 60 - number) for number in range(12)]
    ids = [job["metadata"]["id"] for job in jobs]
    bad = frozenset(ids[1:9])
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)], switches=Switches(batch_mode=batch_mode, forbidden_ids=bad))
    stage.write(top="confirm_within: 1s\nquiet_period: 1s\n")
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (3, "breaker")
    assert len(set(stage.deleted_in_truth())) <= 4
    told = {job["id"]: job["reason"] for job in report["jobs"] if job["outcome"] == "skipped"}
    assert batch_mode != "absent" or (set(ids[9:]) <= set(told) and all("in a row" in reason for reason in told.values()))
    assert [event["event"] for event in stage.events()][-1] == "sweep.aborted"
    time.sleep(1.1)  # the quiet period, in which nobody takes an unknown deletion for one that was not applied
    _, report = stage.sweep()
    assert set(stage.deleted_in_truth()) == set(ids) - bad, json.dumps(report)


@pytest.mark.some(1)
@pytest.mark.parametrize(("status", "error_code"), [(404, "APIG.0101"), (404, "ModelArts.2836"), (405, "ModelArts.2803")])
def test_a_batch_route_that_is_absent_is_asked_for_once(build: Build, status: int, error_code: str) -> None:
    stage, ids = build("all_or_nothing")
    stage.emulator.faults.add(Fault("batch_delete", "status", status=status, code=error_code, times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, JOBS)
    assert report["requests"]["batch_delete"] == 1
    assert report["requests"]["delete"] == JOBS
    assert sorted(stage.deleted_in_truth()) == sorted(ids)


def test_a_refused_batch_is_no_answer_about_any_job_so_each_is_looked_at(build: Build) -> None:
    stage, ids = build("all_or_nothing")
    stage.emulator.faults.add(Fault("batch_delete", "status", status=404, code="ModelArts.2786", times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, JOBS)
    unknown = [event for event in stage.events() if event["event"] == "deletion.unknown" and event["attempts"] == 1]
    assert {event["job_id"] for event in unknown} == set(ids[1:])
    assert {event["reason_code"] for event in unknown} == {"batch_unclear", "trying_again"}


def test_a_missing_permission_for_batches_leaves_single_requests(build: Build) -> None:
    stage, ids = build("all_or_nothing")
    stage.emulator.faults.add(Fault("batch_delete", "status", status=403, code="ModelArts.0108", times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["requests"]["batch_delete"]) == (0, JOBS, 1)
    assert sorted(stage.deleted_in_truth()) == sorted(ids)


def _restart(job_id: str, world: World) -> None:
    world.set_phase(job_id, "Running")
