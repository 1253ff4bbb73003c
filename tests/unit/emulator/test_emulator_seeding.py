"""Seeded jobs: the same for a seed, believable for a team, and nothing in the future."""

import re
from datetime import timedelta
from typing import Any

import pytest
from emulator_probe import NOW

from janitor.emulator.clock import to_ms
from janitor.emulator.document import ACTIVE
from janitor.emulator.document_v1 import ACTIVE as ACTIVE_V1
from janitor.emulator.seeding import seed_jobs
from janitor.emulator.seeding_v1 import seed_jobs_v1

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def jobs() -> list[dict[str, Any]]:
    return seed_jobs(800, 7, NOW, ("0", "a" * 32))


def test_same_seed_gives_the_same_jobs() -> None:
    assert seed_jobs(50, 3, NOW) == seed_jobs(50, 3, NOW)
    assert seed_jobs(50, 3, NOW) != seed_jobs(50, 4, NOW)


def test_ids_and_names_are_unique_and_well_formed(jobs: list[dict[str, Any]]) -> None:
    metadata = [job["metadata"] for job in jobs]
    assert len({each["id"] for each in metadata}) == len({each["name"] for each in metadata}) == len(jobs)
    for each in metadata:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each["id"])
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", each["name"])


def test_team_is_varied(jobs: list[dict[str, Any]]) -> None:
    assert {job["status"]["phase"] for job in jobs} == {
        *("Completed", "Failed", "Terminated", "Abnormal", "Running", "Pending", "Creating")
    }
    assert len({job["metadata"]["user_name"] for job in jobs}) >= 5
    assert {job["metadata"]["workspace_id"] for job in jobs} == {"0", "a" * 32}
    families = {re.sub(r"-\d+$", "", job["metadata"]["name"]) for job in jobs}
    assert {"nightly-resnet", "trial-unet", "rc-detector", "sweep-lr"} <= families
    assert {job["status"]["node_count_metrics"] is None for job in jobs} == {True, False}
    assert {job["status"]["start_time"] == 0 for job in jobs} == {True, False}


def test_nothing_lies_in_the_future_or_too_far_back(jobs: list[dict[str, Any]]) -> None:
    now = to_ms(NOW)
    for job in jobs:
        created, status = job["metadata"]["create_time"], job["status"]
        assert now - timedelta(days=201) // timedelta(milliseconds=1) <= created < now
        assert created <= (status["start_time"] or created)
        assert (status["start_time"] or created) + status["duration"] <= now
        if status["phase"] not in ACTIVE:
            assert created <= now - HOUR_MS


def test_records_of_a_run_are_in_seconds(jobs: list[dict[str, Any]]) -> None:
    for job in jobs:
        start = job["status"]["start_time"]
        for record in job["status"].get("running_records", ()):
            assert record["start_at"] == start // 1000
            assert ("end_at" in record) is (job["status"]["phase"] not in ACTIVE)


def test_some_jobs_leave_outputs_and_logs_behind_and_others_nothing(jobs: list[dict[str, Any]]) -> None:
    outputs = [url["remote"]["obs"]["obs_url"] for job in jobs for url in job["algorithm"]["outputs"]]
    logs = [job["spec"]["log_export_path"] for job in jobs]
    assert len(set(outputs)) == len(outputs) < len(jobs)
    assert {tuple(log) for log in logs} == {(), ("obs_url",)}
    assert all(url.startswith("/team-bkt/") and url.endswith("/") for url in outputs)


def resource(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["resource"]
    return found


def test_jobs_run_on_machines_of_each_kind_in_pools_and_experiments_or_in_none(jobs: list[dict[str, Any]]) -> None:
    details = [resource(job)["flavor_detail"] for job in jobs]
    assert {detail["flavor_type"] for detail in details} == {"CPU", "GPU", "Ascend"}
    kinds = {"CPU": set(), "GPU": {"gpu"}, "Ascend": {"npu"}}
    assert all(kinds[each["flavor_type"]] == {"gpu", "npu"} & set(each["flavor_info"]) for each in details)
    assert {resource(job).get("pool_id") for job in jobs} == {None, "pool-nightly", "pool-speech"}
    assert not any("pool_id" in resource(job) for job in jobs if resource(job)["flavor_detail"]["flavor_type"] == "CPU")
    assert {resource(job)["node_count"] for job in jobs} == {1, 2, 4, 8}
    references = [job["metadata"].get("training_experiment_reference") for job in jobs]
    named = {each["name"]: each["id"] for each in references if each}
    assert set(named) == {"unet-depth", "unet-loss", "whisper-tiny", "learning-rate"}
    assert len(set(named.values())) == len(named)
    assert None in references


def test_some_jobs_ended_without_having_begun_and_nothing_about_them_says_otherwise(jobs: list[dict[str, Any]]) -> None:
    idle = [job["status"] for job in jobs if job["status"]["start_time"] == 0 and job["status"]["phase"] not in ACTIVE]
    assert {status["phase"] for status in idle} == {"Failed", "Terminated", "Abnormal"}
    assert all(status["duration"] == 0 and status["node_count_metrics"] is None for status in idle)
    assert not any({"running_records", "task_statuses"} & set(status) for status in idle)


def test_numbers_of_a_family_follow_its_ages(jobs: list[dict[str, Any]]) -> None:
    nightly = [job for job in jobs if job["metadata"]["name"].startswith("nightly-resnet-")]
    assert [job["metadata"]["name"] for job in nightly] == sorted(job["metadata"]["name"] for job in nightly)
    assert nightly[0]["metadata"]["name"] == "nightly-resnet-0001"


def test_jobs_of_the_first_generation_are_drawn_alike() -> None:
    """Different ids and names, all states, several versions, some of them running behind a row that has ended; no future."""
    jobs = seed_jobs_v1(800, 7, NOW, ("0", "a" * 32))
    assert jobs == seed_jobs_v1(800, 7, NOW, ("0", "a" * 32)) != seed_jobs_v1(800, 8, NOW, ("0", "a" * 32))
    assert len({job["job_id"] for job in jobs}) == len({job["job_name"] for job in jobs}) == 800
    assert [job["create_time"] for job in jobs] == sorted(job["create_time"] for job in jobs)
    assert {job["workspace_id"] for job in jobs} == {"0", "a" * 32}
    assert {len(job["versions"]) for job in jobs} == {1, 2, 3, 4, 5}
    versions = [version for job in jobs for version in job["versions"]]
    assert {version["status"] for version in versions} == {3, 5, 8, 10, 11, 12, 13, 14}
    assert any(job["versions"][0]["status"] == 8 and job["versions"][-1]["status"] not in ACTIVE_V1 for job in jobs)
    assert {(version["spec_id"], version["gpu_num"], version["worker_server_num"]) for version in versions} == {
        *((1, 0, 1), (4, 1, 1), (5, 8, 2))
    }
    assert {version.get("pool_id") for version in versions} == {None, "pool-old"}
    assert all(version["create_time"] <= to_ms(NOW) for version in versions)
    assert all(version["start_time"] + version["duration"] <= to_ms(NOW) for version in versions)
