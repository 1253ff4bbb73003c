"""Deleting and stopping a job: accepted, delayed, never, refused; and what the truth log says of it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emulator_probe import ACCOUNT, JOBS, HandClock, MakeProbe, Probe, ids_of, job_id, make_jobs

from janitor.emulator.truth import TruthLog, read_truth

JOB = job_id(1)


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def changes(probe: Probe) -> list[str]:
    return [record.change for record in probe.emulator.truth]


def test_deleted_job_is_gone_from_list_and_details(probe: Probe) -> None:
    seen = probe.delete(JOB)
    assert (seen.status, seen.body, seen.headers["content-type"]) == (202, b'""', "application/json")
    assert probe.get(JOB).error == (400, "ModelArts.2775")
    assert JOB not in ids_of(probe.list().json)
    assert probe.delete(JOB).error == (400, "ModelArts.2775")


def test_accepted_answer_can_be_empty(make_probe: MakeProbe) -> None:
    seen = make_probe(empty_202="").delete(JOB)
    assert (seen.status, seen.body) == (202, b"")
    assert "content-type" not in seen.headers


def test_unknown_job_can_be_a_404(make_probe: MakeProbe) -> None:
    assert make_probe(not_found_style="404").get(job_id(99)).error == (404, "ModelArts.2775")


def test_deletion_happens_after_the_delay_without_any_request(make_probe: MakeProbe) -> None:
    probe = make_probe(delete_delay_s=30)
    assert probe.delete(JOB).status == 202
    advance(probe, 29)
    assert probe.get(JOB).status == 200
    assert JOB in ids_of(probe.list().json)
    assert changes(probe) == ["delete_accepted"]
    advance(probe, 1)
    assert changes(probe) == ["delete_accepted", "deleted"]
    assert probe.get(JOB).status == 400


@pytest.mark.parametrize(("answer", "status"), [("accept", 202), ("not_found", 400)])
def test_second_delete_during_the_delay_changes_nothing(make_probe: MakeProbe, answer: str, status: int) -> None:
    probe = make_probe(delete_delay_s=30, second_delete=answer)
    probe.delete(JOB)
    advance(probe, 10)
    assert probe.delete(JOB).status == status
    advance(probe, 20)
    assert probe.get(JOB).status == 400
    assert changes(probe) == ["delete_accepted", "deleted"]


def test_accepted_deletion_may_never_happen(make_probe: MakeProbe) -> None:
    probe = make_probe(never_delete=frozenset({JOB}))
    assert probe.delete(JOB).status == 202
    advance(probe, 86400)
    assert probe.get(JOB).status == 200
    assert changes(probe) == ["delete_accepted"]


def test_pending_deletion_does_not_reach_the_next_job_with_that_id(make_probe: MakeProbe) -> None:
    probe = make_probe(delete_delay_s=30)
    probe.delete(JOB)
    probe.emulator.world.remove(JOB)
    probe.emulator.world.add(make_jobs(2, name="other")[1])
    advance(probe, 60)
    assert probe.get(JOB).json["metadata"]["name"] == "other"
    assert changes(probe) == ["delete_accepted", "removed", "added"]


def test_forbidden_job_is_refused_and_kept(make_probe: MakeProbe) -> None:
    probe = make_probe(forbidden_ids=frozenset({JOB}))
    assert probe.delete(JOB).error == (403, "ModelArts.0108")
    assert probe.delete(job_id(0)).status == 202
    assert {record.job_id for record in probe.emulator.truth} == {job_id(0)}


@pytest.mark.some(2)
@pytest.mark.parametrize(("mode", "status"), [("accept", 202), ("reject_409", 409)])
@pytest.mark.parametrize("phase", ["Creating", "Pending", "Running", "Terminating"])
def test_active_job_is_killed_or_defended(make_probe: MakeProbe, mode: str, status: int, phase: str) -> None:
    probe = make_probe(make_jobs(2, phase=phase), delete_active=mode)
    assert probe.delete(JOB).status == status
    phases = [record.phase_before for record in probe.emulator.truth]
    assert phases == ([phase, phase] if status == 202 else [])


def test_stopped_job_terminates_then_is_terminated(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(2, phase="Running"), terminate_delay_s=5)
    seen = probe.send("POST", f"{JOBS}/{JOB}/actions", {"action_type": "terminate"})
    assert (seen.status, seen.json["status"]["phase"]) == (202, "Terminating")
    assert probe.get(JOB).json["status"]["phase"] == "Terminating"
    advance(probe, 5)
    assert probe.get(JOB).json["status"]["phase"] == "Terminated"
    assert changes(probe) == ["changed", "changed"]


def test_finished_job_cannot_be_stopped(probe: Probe) -> None:
    path = f"{JOBS}/{JOB}/actions"
    assert probe.send("POST", path, {"action_type": "terminate"}).error == (409, "ModelArts.2796")
    assert probe.send("POST", path, {"action_type": "pause"}).error == (400, "ModelArts.2812")
    unknown = f"{JOBS}/{job_id(99)}/actions"
    assert probe.send("POST", unknown, {"action_type": "terminate"}).error == (400, "ModelArts.2775")


def test_truth_names_who_did_what_to_which_incarnation(probe: Probe) -> None:
    seen = probe.delete(JOB)
    accepted, deleted = probe.emulator.truth
    (document,) = [job for job in make_jobs(3) if job["metadata"]["id"] == JOB]
    assert (accepted.change, deleted.change) == ("delete_accepted", "deleted")
    for record in (accepted, deleted):
        assert (record.job_id, record.name, record.workspace) == (JOB, "trial-0001", "0")
        assert (record.create_time, record.phase_before) == (document["metadata"]["create_time"], "Completed")
        assert (record.source, record.access_key, record.path) == ("api", ACCOUNT.access_key, f"{JOBS}/{JOB}")
        assert record.request_id == seen.headers["x-request-id"]
        assert record.moment == probe.emulator.clock()


def test_truth_tells_changes_from_outside_apart(probe: Probe) -> None:
    world = probe.emulator.world
    world.set_phase(JOB, "Running")
    world.rename(JOB, "renamed")
    world.remove(JOB)
    records = probe.emulator.truth.records()
    assert [(record.change, record.phase_before, record.name) for record in records] == [
        ("changed", "Completed", "trial-0001"),
        ("changed", "Running", "trial-0001"),
        ("removed", "Running", "renamed"),
    ]
    assert {record.source for record in records} == {"world"}


def test_truth_is_on_disk_before_the_answer(make_probe: MakeProbe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every synchronisation finds its record in the file already, and the answer comes after it."""
    path = tmp_path / "truth.jsonl"
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        synced.append(len(read_truth(path)))

    probe = make_probe(truth_path=path)
    monkeypatch.setattr(os, "fsync", fsync)
    for number in range(3):
        assert probe.delete(job_id(number)).status == 202
        assert synced == list(range(1, 2 * number + 3))
        assert [record.seq for record in read_truth(path)] == synced
    assert read_truth(path) == probe.emulator.truth.records()


def test_truth_survives_a_torn_last_line(tmp_path: Path, probe: Probe) -> None:
    probe.delete(JOB)
    (record, _) = probe.emulator.truth
    path = tmp_path / "truth.jsonl"
    first = TruthLog(path)
    first.append(record)
    first.close()
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "at"')
    assert len(read_truth(path)) == 1
    again = TruthLog(path)
    again.append(record)
    again.close()
    assert read_truth(path) == [replace(record, seq=1), replace(record, seq=2)]


def test_world_takes_any_change_that_a_test_needs(probe: Probe) -> None:
    world = probe.emulator.world
    fields: dict[str, Any] = {"user_name": "mei", "duration": "12", "spec.resource.pool_id": "pool-1"}
    world.change(JOB, **fields)
    job = probe.get(JOB).json
    assert (job["metadata"]["user_name"], job["status"]["duration"]) == ("mei", "12")
    assert job["spec"]["resource"]["pool_id"] == "pool-1"
    with pytest.raises(ValueError, match="colour is no field"):
        world.change(JOB, colour="red")
    with pytest.raises(ValueError, match="cannot change"):
        world.change(JOB, id=job_id(77))
    with pytest.raises(ValueError, match="exists"):
        world.add(make_jobs(2)[1])


def test_moved_job_is_listed_in_its_new_place(probe: Probe) -> None:
    world = probe.emulator.world
    world.change(job_id(0), create_time=1790000000000)
    assert ids_of(probe.list().json) == [job_id(1), job_id(2), job_id(0)]
    world.change(job_id(1), workspace_id="c" * 32)
    assert ids_of(probe.list().json) == [job_id(2), job_id(0)]
    assert ids_of(probe.list(workspace_id="c" * 32).json) == [job_id(1)]
