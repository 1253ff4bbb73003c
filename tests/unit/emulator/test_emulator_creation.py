"""Jobs that are made, described and move by themselves, and names that are taken."""

from typing import Any

import pytest
from emulator_probe import ACCOUNT, JOBS, NOW, HandClock, MakeProbe, Probe, job_id, make_jobs

from janitor.emulator.clock import to_ms

NAMES = f"/v2/{ACCOUNT.project_id}/training-job-names"


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def wanted(name: str = "fresh-1", **metadata: Any) -> dict[str, Any]:
    algorithm = {"code_dir": "obs://b/code/", "boot_file": "obs://b/code/train.py"}
    spec = {"resource": {"flavor_id": "modelarts.vm.cpu.8u", "node_count": 2}}
    return {"kind": "job", "metadata": {"name": name, **metadata}, "algorithm": algorithm, "spec": spec}


def create(probe: Probe, **changes: Any) -> str:
    seen = probe.send("POST", JOBS, wanted(**changes))
    assert seen.status == 201
    return str(seen.json["metadata"]["id"])


def status_of(probe: Probe, job: str) -> Any:
    return probe.get(job).json["status"]


def test_created_job_has_not_begun(make_probe: MakeProbe) -> None:
    probe = make_probe(unknown_fields=False)
    seen = probe.send("POST", JOBS, wanted(description="first"))
    created = seen.json
    assert (seen.status, created["kind"]) == (201, "job")
    metadata = {name: created["metadata"][name] for name in ("name", "description", "create_time", "workspace_id")}
    assert metadata == {"name": "fresh-1", "description": "first", "create_time": to_ms(NOW), "workspace_id": "0"}
    status = {name: created["status"][name] for name in ("phase", "duration", "start_time", "node_count_metrics", "tasks")}
    assert status == {
        "phase": "Creating",
        "duration": 0,
        "start_time": 0,
        "node_count_metrics": None,
        "tasks": ["worker-0", "worker-1"],
    }
    assert created["spec"]["resource"].items() >= wanted()["spec"]["resource"].items()
    assert probe.get(created["metadata"]["id"]).json == created
    (record,) = probe.emulator.truth
    assert (record.change, record.source, record.job_id) == ("added", "api", created["metadata"]["id"])


def test_created_job_shows_what_its_flavor_is_and_the_experiment_it_belongs_to(probe: Probe) -> None:
    body = wanted(training_experiment_reference={"name": "lr"})
    body["spec"]["resource"] |= {"flavor_id": "modelarts.bm.npu.ascend8", "pool_id": "pool-1"}
    first, second = (probe.send("POST", JOBS, body | {"metadata": body["metadata"] | {"name": name}}).json for name in "ab")
    resource = first["spec"]["resource"]
    assert (resource["pool_id"], resource["flavor_detail"]["flavor_type"]) == ("pool-1", "Ascend")
    assert resource["flavor_detail"]["flavor_info"]["npu"]["unit_num"] == "8"
    reference = first["metadata"]["training_experiment_reference"]
    assert (reference["name"], len(reference["id"])) == ("lr", 36)
    assert second["metadata"]["training_experiment_reference"] == reference
    joined = wanted(name="c", training_experiment_reference={"id": reference["id"]})
    assert probe.send("POST", JOBS, joined).json["metadata"]["training_experiment_reference"]["id"] == reference["id"]
    by_id = [{"key": "training_experiment_id", "operator": "in", "value": [reference["id"]]}]
    assert {item["metadata"]["name"] for item in probe.list(filters=by_id).json["items"]} == {"a", "b", "c"}


def test_created_job_of_a_flavor_that_is_not_known_is_shown_as_it_was_asked_for(probe: Probe) -> None:
    body = wanted()
    body["spec"]["resource"] = {"flavor_id": "nobody's", "node_count": 3}
    created = probe.send("POST", JOBS, body).json
    assert created["spec"]["resource"].items() >= body["spec"]["resource"].items()
    assert "flavor_detail" not in created["spec"]["resource"]


def test_name_is_taken_until_its_job_is_gone(probe: Probe) -> None:
    def is_duplicate() -> Any:
        return probe.send("GET", NAMES, query={"job_name": "fresh-1"}).json["is_duplicate"]

    assert is_duplicate() is False
    job = create(probe)
    assert is_duplicate() is True
    seen = probe.send("POST", JOBS, wanted())
    assert seen.error == (400, "ModelArts.2751")
    assert seen.json["error_solution"]
    probe.delete(job)
    assert is_duplicate() is False
    assert create(probe) != job


@pytest.mark.parametrize("query", [{}, {"job_name": ""}, {"job_name": "a b"}, {"job_name": "a" * 65}])
def test_name_that_no_job_can_have_is_refused(probe: Probe, query: dict[str, str]) -> None:
    assert probe.send("GET", NAMES, query=query).error == (400, "ModelArts.0104")
    assert probe.send("GET", NAMES, query={"job_name": "a", "workspace_id": "b" * 32}).error == (400, "ModelArts.7005")


def test_quota_ends_creation_and_not_before(make_probe: MakeProbe) -> None:
    probe = make_probe(2, quota_limit=3)
    create(probe)
    assert probe.send("POST", JOBS, wanted("fresh-2")).error == (400, "ModelArts.2815")
    probe.delete(job_id(0))
    create(probe, name="fresh-2")


@pytest.mark.some(3)
@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"kind": "job"},
        {"kind": "job", "metadata": {}},
        {"kind": "batch", "metadata": {"name": "x"}},
        {"kind": "job", "metadata": {"name": "a b"}},
        {"kind": "job", "metadata": {"name": "x", "description": "d" * 257}},
        {"kind": "job", "metadata": {"name": 7}},
        {"kind": "job", "metadata": {"name": "x"}, "spec": {"resource": {"node_count": 0}}},
        {"kind": "job", "metadata": {"name": "x"}, "algorithm": "train.py"},
    ],
)
def test_job_that_cannot_be_made_is_refused(probe: Probe, body: Any) -> None:
    assert probe.send("POST", JOBS, body).error == (400, "ModelArts.2788")
    assert len(probe.emulator.world.jobs()) == 3


def test_body_that_is_no_json_is_refused_as_a_body(probe: Probe) -> None:
    for body in (b"{", b"\xff\xfe", b"\x12\xf1", b""):
        headers = probe.sign("POST", JOBS, "", body)
        assert probe.send_raw("POST", JOBS, body, headers).error == (400, "ModelArts.2788")


def test_job_of_an_unknown_workspace_is_refused(probe: Probe) -> None:
    assert probe.send("POST", JOBS, wanted(workspace_id="b" * 32)).error == (400, "ModelArts.7005")


def test_description_is_changed_and_the_answer_is_null(probe: Probe) -> None:
    seen = probe.send("PUT", f"{JOBS}/{job_id(1)}", {"description": "janitor-hold"})
    assert (seen.status, seen.json) == (200, None)
    assert probe.get(job_id(1)).json["metadata"]["description"] == "janitor-hold"
    assert [(record.change, record.source) for record in probe.emulator.truth] == [("changed", "api")]
    assert probe.send("PUT", f"{JOBS}/{job_id(1)}", {"description": "d" * 257}).error == (400, "ModelArts.2788")
    assert probe.send("PUT", f"{JOBS}/{job_id(99)}", {"description": ""}).error == (400, "ModelArts.2775")


def test_jobs_stay_in_their_phase_unless_told_otherwise(probe: Probe) -> None:
    job = create(probe)
    advance(probe, 86400)
    assert status_of(probe, job)["phase"] == "Creating"


@pytest.mark.parametrize("ends_as", ["Completed", "Failed", "Abnormal"])
def test_job_moves_by_the_timetable_and_its_times_add_up(make_probe: MakeProbe, ends_as: str) -> None:
    probe = make_probe(0, creating_s=1, pending_s=2, running_s=30, ends_as=ends_as)
    job = create(probe)
    phases = []
    for seconds in (0.5, 0.5, 1, 1, 29, 1):
        advance(probe, seconds)
        phases.append(status_of(probe, job)["phase"])
    assert phases == ["Creating", "Pending", "Pending", "Running", "Running", ends_as]
    ended = status_of(probe, job)
    start = to_ms(NOW) + 3000
    assert (ended["start_time"], ended["duration"]) == (start, 30_000)
    assert ended["node_count_metrics"] == [[start, 2], [start + 30_000, 0]]
    (record,) = ended["running_records"]
    assert (record["start_at"], record["end_at"]) == (start // 1000, start // 1000 + 30)
    assert ended["task_statuses"][0]["exit_code"] == int(ends_as != "Completed")
    records = probe.emulator.truth.records("changed")
    assert [(each.phase_before, each.source) for each in records] == [
        ("Creating", "world"),
        ("Pending", "world"),
        ("Running", "world"),
    ]


def test_job_that_is_there_from_the_start_moves_too(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(1, phase="Running"), running_s=10)
    advance(probe, 10)
    assert status_of(probe, job_id(0))["phase"] == "Completed"


def test_step_that_was_due_from_an_earlier_phase_is_forgotten(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(1, phase="Running"), running_s=10)
    advance(probe, 6)
    probe.emulator.world.set_phase(job_id(0), "Failed")
    probe.emulator.world.set_phase(job_id(0), "Running")
    advance(probe, 6)
    assert status_of(probe, job_id(0))["phase"] == "Running"
    advance(probe, 4)
    assert status_of(probe, job_id(0))["phase"] == "Completed"


def test_stopped_or_deleted_job_does_not_move_on(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(2, phase="Running"), running_s=10, terminate_delay_s=5)
    probe.send("POST", f"{JOBS}/{job_id(0)}/actions", {"action_type": "terminate"})
    probe.delete(job_id(1))
    advance(probe, 60)
    assert status_of(probe, job_id(0))["phase"] == "Terminated"
    assert probe.get(job_id(1)).status == 400
