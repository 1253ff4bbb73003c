"""Deleting many jobs at once: all, some or none go, and the answer never says which."""

from typing import Any

import pytest
from emulator_probe import ACCOUNT, JOBS, HandClock, MakeProbe, Probe, ids_of, job_id, make_jobs

from janitor.emulator.faults import Fault

SPACE = "a" * 32
BATCH = f"{JOBS}/batch-delete"
FORBIDDEN, ELSEWHERE, HETERO, RUNNING, UNKNOWN = (job_id(number) for number in (2, 7, 8, 9, 99))


def mixed() -> list[dict[str, Any]]:
    """Five ordinary jobs, one of another workspace, one of another kind, one that runs."""
    hetero = [job | {"kind": "hetero_job"} for job in make_jobs(1, id=HETERO)]
    return [*make_jobs(5), *make_jobs(1, id=ELSEWHERE, workspace=SPACE), *hetero, *make_jobs(1, id=RUNNING, phase="Running")]


def left(probe: Probe) -> set[str]:
    return {job["metadata"]["id"] for job in probe.emulator.world.jobs()}


def test_batch_is_accepted_without_a_word_about_its_jobs(probe: Probe) -> None:
    seen = probe.delete_batch(job_id(0), job_id(2))
    assert (seen.status, seen.body) == (202, b'""')
    assert ids_of(probe.list().json) == [job_id(1)]
    assert probe.get(job_id(0)).error == (400, "ModelArts.2775")


OBSTACLES = {
    "unknown": (UNKNOWN, (400, "ModelArts.2775")),
    "of another workspace": (ELSEWHERE, (400, "ModelArts.0104")),
    "of another kind": (HETERO, (400, "ModelArts.0104")),
    "forbidden": (FORBIDDEN, (403, "ModelArts.0108")),
    "defended": (RUNNING, (409, "ModelArts.2878")),
}


@pytest.mark.some(3)
@pytest.mark.parametrize("name", OBSTACLES)
@pytest.mark.parametrize("mode", ["all_or_nothing", "partial"])
def test_one_obstacle_refuses_the_batch_and_the_same_error_may_hide_what_went(
    make_probe: MakeProbe, mode: str, name: str
) -> None:
    obstacle, error = OBSTACLES[name]
    probe = make_probe(mixed(), batch_mode=mode, forbidden_ids=frozenset({FORBIDDEN}), delete_active="reject_409")
    before = left(probe)
    seen = probe.delete_batch(job_id(0), obstacle, job_id(4))
    assert seen.error == error
    assert set(seen.json) <= {"error_code", "error_msg"}
    gone = {job_id(0), job_id(4)} if mode == "partial" else set()
    assert before - left(probe) == gone
    assert {record.job_id for record in probe.emulator.truth} == gone


@pytest.mark.some(10)
@pytest.mark.parametrize("mode", ["all_or_nothing", "partial"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2788"),
        ({"jobs": []}, "2788"),
        ({"jobs": {}}, "2788"),
        ({"jobs": [job_id(0)]}, "2788"),
        ({"jobs": [{"metadata": {"id": job_id(0)}}]}, "2788"),
        ({"jobs": [{"kind": "job"}]}, "2788"),
        ({"jobs": [{"kind": "job", "metadata": {"id": 7}}]}, "2788"),
        ({"jobs": [{"kind": "batch_job", "metadata": {"id": job_id(0)}}]}, "0104"),
        ({"jobs": [{"kind": "job", "metadata": {"id": job_id(0)}}] * 2}, "0104"),
        ({"jobs": [{"kind": "job", "metadata": {"id": job_id(number)}} for number in range(101)]}, "0104"),
    ],
)
def test_batch_that_is_wrong_as_a_whole_deletes_nothing(make_probe: MakeProbe, mode: str, body: Any, code: str) -> None:
    probe = make_probe(101, batch_mode=mode)
    assert probe.send("POST", BATCH, body).error == (400, f"ModelArts.{code}")
    assert len(left(probe)) == 101


def test_a_hundred_jobs_are_not_too_many(make_probe: MakeProbe) -> None:
    probe = make_probe(101)
    assert probe.delete_batch(*(job_id(number) for number in range(100))).status == 202
    assert left(probe) == {job_id(100)}


@pytest.mark.parametrize(("mode", "error"), [("absent", (404, "APIG.0101")), ("absent_405", (405, "ModelArts.2803"))])
def test_route_can_be_absent(make_probe: MakeProbe, mode: str, error: tuple[int, str]) -> None:
    probe = make_probe(batch_mode=mode)
    assert probe.delete_batch(job_id(0)).error == error
    assert probe.delete(job_id(0)).status == 202


def test_each_job_of_a_batch_has_its_own_delay_and_fate(make_probe: MakeProbe) -> None:
    probe = make_probe(delete_delay_s=30, never_delete=frozenset({job_id(2)}), second_delete="not_found", batch_mode="partial")
    assert probe.delete_batch(job_id(0), job_id(2)).status == 202
    assert probe.delete_batch(job_id(0), job_id(1)).error == (400, "ModelArts.2775")
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(30)
    assert ids_of(probe.list().json) == [job_id(2)]
    changes = [(record.change, record.job_id) for record in probe.emulator.truth]
    assert changes == [
        *(("delete_accepted", job_id(number)) for number in (0, 2, 1)),
        *(("deleted", job_id(number)) for number in (0, 1)),
    ]


def test_truth_names_the_batch_that_removed_a_job(probe: Probe) -> None:
    seen = probe.delete_batch(job_id(0), job_id(1))
    records = probe.emulator.truth.records()
    assert [record.change for record in records] == ["delete_accepted", "deleted"] * 2
    assert {record.path for record in records} == {BATCH}
    assert {(record.access_key, record.request_id) for record in records} == {(ACCOUNT.access_key, seen.headers["x-request-id"])}


def test_fault_strikes_the_batches_that_name_its_job(probe: Probe) -> None:
    probe.emulator.faults.add(Fault("batch_delete", "status", status=503, job_id=job_id(1), times=None))
    assert probe.delete_batch(job_id(0), job_id(1)).status == 503
    assert probe.delete_batch(job_id(0)).status == 202
    first, second = probe.emulator.requests
    assert (first.route, first.job_ids, first.job_id) == ("batch_delete", (job_id(0), job_id(1)), None)
    assert (second.route, second.job_id, second.faults) == ("batch_delete", job_id(0), ())


def test_late_batch_arrives_when_nobody_waits_any_more(probe: Probe) -> None:
    probe.emulator.faults.add(Fault("batch_delete", "late_delete", seconds=120))
    with pytest.raises(ConnectionResetError):
        probe.delete_batch(job_id(0), job_id(2))
    assert len(left(probe)) == 3
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(120)
    assert ids_of(probe.list().json) == [job_id(1)]


def test_body_that_cannot_be_understood_names_no_job(probe: Probe) -> None:
    headers = probe.sign("POST", BATCH, "", b"[[")
    assert probe.send_raw("POST", BATCH, b"[[", headers).error == (400, "ModelArts.2788")
    assert probe.emulator.requests[-1].job_ids == ()
