"""What belongs to the account and not to a job: quotas and workspaces; and the events of a job."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from emulator_probe import ACCOUNT, JOBS, NOW, HandClock, MakeProbe, Probe, job_id, make_jobs

from janitor.emulator.clock import to_ms

QUOTAS = f"/v2/{ACCOUNT.project_id}/training-quotas"
WORKSPACES = f"/v1/{ACCOUNT.project_id}/workspaces"
SPACE = "a" * 32
JOB = job_id(1)


def test_quota_counts_every_job_until_it_is_gone(make_probe: MakeProbe) -> None:
    probe = make_probe([*make_jobs(2), *make_jobs(1, id=job_id(9), phase="Running")], quota_limit=7)
    wanted = {"resource": "job-num"}
    assert probe.send("GET", QUOTAS, query=wanted).json == {"quotas": [{"resource": "job-num", "quota": 7, "used": 3}]}
    probe.delete(job_id(1))
    assert probe.send("GET", QUOTAS).json["quotas"][0]["used"] == 2
    assert probe.send("GET", QUOTAS, query={"resource": "other"}).error == (400, "ModelArts.0104")
    assert {record.route for record in probe.emulator.requests} == {"quota", "delete"}


def test_written_quota_is_read_and_kept_to(probe: Probe) -> None:
    body = {"quotas": [{"resource": "job-num", "quota": 3}, {"resource": "job-retention-enabled", "quota": 1}]}
    answer = probe.send("PUT", QUOTAS, body)
    assert (answer.status, answer.json) == (200, {"user_id": ACCOUNT.user_id, **body})
    assert probe.send("GET", QUOTAS).json["quotas"] == [{"resource": "job-num", "quota": 3, "used": 3}]
    assert probe.send("POST", JOBS, {"kind": "job", "metadata": {"name": "x"}}).error == (400, "ModelArts.2815")


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("quotas", "code"),
    [
        ([], "2788"),
        ([{"resource": "gpu-num", "quota": 1}], "2788"),
        ([{"resource": "job-num", "quota": -1}], "2788"),
        ([{"resource": "job-num", "quota": 2**31}], "2788"),
        ([{"resource": "job-num", "quota": 5}, {"resource": "job-num", "quota": 0}], "0104"),
        ([{"resource": "job-retention-enabled", "quota": 2}], "0104"),
        ([{"resource": "job-num-quota-notify", "quota": 1, "extra_info": "urn:smn:x"}], "0104"),
    ],
)
def test_quota_that_cannot_be_is_refused_and_none_is_written(probe: Probe, quotas: Any, code: str) -> None:
    assert probe.send("PUT", QUOTAS, {"quotas": quotas}).error == (400, f"ModelArts.{code}")
    assert probe.send("GET", QUOTAS).json["quotas"][0]["quota"] == 10_000


@pytest.mark.parametrize(("quota", "error"), [("absent", (404, "APIG.0101")), ("refused", (403, "ModelArts.0108"))])
def test_quotas_can_be_absent_or_refused(make_probe: MakeProbe, quota: str, error: tuple[int, str]) -> None:
    probe = make_probe(quota=quota)
    assert probe.send("GET", QUOTAS).error == error
    assert probe.send("PUT", QUOTAS, {"quotas": [{"resource": "job-num", "quota": 1}]}).error == error


def test_quotas_of_another_user_are_not_for_us(probe: Probe) -> None:
    assert probe.send("GET", QUOTAS, query={"user_id": ACCOUNT.user_id}).status == 200
    assert probe.send("GET", QUOTAS, query={"user_id": "f" * 32}).error == (403, "ModelArts.0108")


def spaces(probe: Probe, **query: str) -> list[str]:
    return [each["id"] for each in probe.send("GET", WORKSPACES, query=query).json["workspaces"]]


def test_workspaces_are_those_of_the_jobs(make_probe: MakeProbe) -> None:
    probe = make_probe([*make_jobs(1), *make_jobs(1, id=job_id(9), workspace=SPACE)])
    answer = probe.send("GET", WORKSPACES).json
    assert (answer["total_count"], answer["count"]) == (2, 2)
    assert spaces(probe) == [SPACE, "0"]
    assert spaces(probe, order="asc") == ["0", SPACE]
    assert spaces(probe, limit="1", offset="1", order="asc") == [SPACE]
    assert spaces(probe, name="team") == [SPACE]
    assert spaces(probe, enterprise_project_id="other") == []
    assert spaces(probe, sort_by="status", order="asc", filter_accessible="true", enterprise_project_id="0") == ["0", SPACE]
    assert make_probe(workspaces_enabled=False).send("GET", WORKSPACES).error == (400, "ModelArts.7002")


@pytest.mark.parametrize("mode", ["page", "record"])
def test_offset_of_workspaces_counts_what_that_of_jobs_counts(make_probe: MakeProbe, mode: str) -> None:
    jobs = [make_jobs(1, id=job_id(number), workspace=f"{number:032d}")[0] for number in range(1, 5)]
    probe = make_probe(jobs, offset_mode=mode)
    everything = spaces(probe, order="asc")
    expected = everything[2:4] if mode == "page" else everything[1:3]
    assert spaces(probe, order="asc", limit="2", offset="1") == expected


@pytest.mark.some(2)
@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "1001"}, {"limit": "+5x"}, {"offset": "-1"}, {"sort_by": "create_time"}, {"order": "up"}]
    + [{"filter_accessible": "perhaps"}],
)
def test_parameter_of_workspaces_that_is_not_understood_is_refused(probe: Probe, query: dict[str, str]) -> None:
    assert probe.send("GET", WORKSPACES, query=query).error == (400, "ModelArts.0104")


def events(probe: Probe, **query: str) -> Any:
    return probe.send("GET", f"{JOBS}/{JOB}/events", query=query).json


def test_events_tell_a_jobs_history(probe: Probe) -> None:
    shown = events(probe, order="asc")
    assert [event["message"] for event in shown["events"]] == [
        "Training job is created.",
        "Training job is running.",
        "Training job is completed.",
    ]
    assert (shown["total"], shown["limit"], shown["offset"], shown["order"]) == (3, 50, 0, "asc")
    job = probe.get(JOB).json
    ends = job["status"]["start_time"] + job["status"]["duration"]
    moments = [to_ms(datetime.fromisoformat(event["time"])) for event in shown["events"]]
    assert moments == [job["metadata"]["create_time"], job["status"]["start_time"], ends]


def test_newest_event_is_that_of_the_last_change(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(2, phase="Running"), terminate_delay_s=5)
    probe.send("POST", f"{JOBS}/{JOB}/actions", {"action_type": "terminate"})
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(60)
    (newest,) = events(probe, order="desc", limit="1")["events"]
    assert (newest["message"], newest["level"]) == ("Training job is terminated.", "Warning")
    assert datetime.fromisoformat(newest["time"]) == NOW + timedelta(seconds=5)


def test_events_are_narrowed_and_paged(make_probe: MakeProbe) -> None:
    probe = make_probe(make_jobs(2, phase="Failed"))
    assert [each["level"] for each in events(probe, level="Error")["events"]] == ["Error"]
    assert events(probe, pattern="running")["total"] == 1
    created = str(probe.get(JOB).json["metadata"]["create_time"])
    assert events(probe, start_time=created, end_time=created)["total"] == 1
    assert [len(events(probe, limit="2", offset=offset)["events"]) for offset in ("0", "1", "2")] == [2, 1, 0]


@pytest.mark.some(3)
@pytest.mark.parametrize(
    "query",
    [{"limit": "101"}, {"limit": "0"}, {"offset": "-1"}, {"order": "up"}, {"level": "Fatal"}, {"pattern": "p" * 257}]
    + [{"start_time": "1"}, {"end_time": "1"}, {"start_time": "yesterday", "end_time": "1"}],
)
def test_query_of_events_that_is_not_understood_has_its_own_code(probe: Probe, query: dict[str, str]) -> None:
    assert probe.send("GET", f"{JOBS}/{JOB}/events", query=query).error == (400, "ModelArts.50004000")


def test_events_of_an_unknown_job_are_not_found(probe: Probe) -> None:
    assert probe.send("GET", f"{JOBS}/{job_id(99)}/events").error == (400, "ModelArts.2775")


def test_events_of_a_job_with_absurd_times_are_still_shown(probe: Probe) -> None:
    probe.emulator.world.change(JOB, create_time=10**20, start_time=-5, duration="x")
    assert [event["message"] for event in events(probe)["events"]] == ["Training job is created."]
