"""Deleting many jobs in one request: what is refused before it is sent, and what an answer proves (faults A6, A18, A26)."""

import json
from collections.abc import Callable

import pytest
from unit.modelarts.modelarts_stage import JOB_ID, PROJECT, Act, Stage, answer, fault, raw, reset

from janitor.modelarts import (
    BATCH,
    AccountBlocked,
    AuthFailed,
    Conflict,
    Misconfigured,
    ModelArtsError,
    NotFound,
    OutcomeUnknown,
    RouteAbsent,
    Throttled,
    TooLate,
    TrainingJobsV2,
)

OTHER_ID = "1f0c6a52-3d1b-4e7e-9f3a-5d2b7c8e9a01"
JOBS = [("job", JOB_ID), ("hetero_job", OTHER_ID)]


def client(stage: Stage, *acts: Act) -> TrainingJobsV2:
    return TrainingJobsV2(stage.transport(stage.serve(*acts)), PROJECT)


def numbered(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def test_a_batch_names_each_job_with_its_kind(stage: Stage) -> None:
    server = stage.serve(answer(202, "", headers={"X-Request-Id": "8c1f"}))
    accepted = TrainingJobsV2(stage.transport(server), PROJECT).delete_jobs(JOBS)
    (request,) = server.received
    assert request.line == f"POST /v2/{PROJECT}/training-jobs/batch-delete HTTP/1.1"
    assert json.loads(request.body) == {
        "jobs": [{"kind": "job", "metadata": {"id": JOB_ID}}, {"kind": "hetero_job", "metadata": {"id": OTHER_ID}}]
    }
    assert (accepted.request_id, accepted.attempts) == ("8c1f", 1)


@pytest.mark.parametrize(
    "act", [answer(202, body=b""), answer(200, {}), raw(b"HTTP/1.1 204 No Content\r\n\r\n")], ids=["nothing", "object", "204"]
)
def test_every_documented_acceptance_is_one(stage: Stage, act: Act) -> None:
    assert client(stage, act).delete_jobs(JOBS).attempts == 1


@pytest.mark.parametrize(
    "jobs",
    [
        [],
        [("job", numbered(number)) for number in range(BATCH + 1)],
        [("job", JOB_ID), ("job", JOB_ID)],
        [("job", JOB_ID), ("job", JOB_ID.upper())],
        [("job", JOB_ID), ("", OTHER_ID)],
        [("job", JOB_ID), (" ", OTHER_ID)],
        [("job", JOB_ID), ("job", "batch-delete")],
        [("job", JOB_ID), ("job", "155500")],
    ],
    ids=["none", "101", "twice", "twice by case", "no kind", "blank kind", "a route", "a number"],
)
def test_a_batch_that_cannot_be_meant_is_not_sent(stage: Stage, jobs: list[tuple[str, str]]) -> None:
    server = stage.serve(answer(202, ""))
    with pytest.raises(ValueError, match=r"."):
        TrainingJobsV2(stage.transport(server), PROJECT).delete_jobs(jobs)
    assert server.received == []


def test_a_hundred_jobs_are_one_request(stage: Stage) -> None:
    server = stage.serve(answer(202, ""))
    TrainingJobsV2(stage.transport(server), PROJECT).delete_jobs([("job", numbered(number)) for number in range(BATCH)])
    assert len(json.loads(server.received[0].body)["jobs"]) == 100


LOOK_AT_EACH: dict[str, Act] = {
    "a job is not there": fault(400, "ModelArts.2775"),
    "a parameter is wrong": fault(400, "ModelArts.0104"),
    "a workspace is wrong": fault(400, "ModelArts.7005"),
    "a job is not permitted": fault(403, "ModelArts.0108"),
    "a policy denies": fault(400, "ModelArts.2838"),
    "a job has changed": fault(409, "ModelArts.2878"),
    "another project": fault(404, "ModelArts.2786"),
    "404 of nobody": answer(404, body=b"<html>"),
    "405 of the gateway": fault(405, "APIG.0501"),
    "500": fault(500, "ModelArts.0010"),
    "504": fault(504, "APIG.0201"),
    "reset": reset,
    "is_success false": answer(200, {"is_success": False}),
    "text": answer(202, "deleted"),
    "something about each job": answer(202, {"jobs": [{"id": JOB_ID, "error_code": "ModelArts.2775"}]}),
    "301": answer(301, None, headers={"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("name", LOOK_AT_EACH)
def test_a6_a_batch_that_may_have_been_applied_in_part_is_sent_once_and_unknown(stage: Stage, name: str) -> None:
    server = stage.serve(LOOK_AT_EACH[name], answer(202, ""))
    with pytest.raises(OutcomeUnknown) as caught:
        TrainingJobsV2(stage.transport(server), PROJECT).delete_jobs(JOBS)
    assert len(server.received) == caught.value.attempts == 1


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (fault(404, "APIG.0101"), RouteAbsent),
        (fault(404, "ModelArts.4204"), RouteAbsent),
        (fault(404, "ModelArts.2836"), RouteAbsent),
        (fault(405, "ModelArts.2803"), RouteAbsent),
        (answer(405, body=b""), RouteAbsent),
        (fault(401, "APIG.0301"), AuthFailed),
        (fault(403, "ModelArts.4116"), AccountBlocked),
    ],
)
def test_a_refusal_of_the_whole_batch_is_told_from_doubt(stage: Stage, act: Act, kind: type[ModelArtsError]) -> None:
    with pytest.raises(kind) as caught:
        client(stage, act, answer(202, "")).delete_jobs(JOBS)
    assert type(caught.value) is kind


def test_a_throttled_batch_is_repeated_and_then_refused(stage: Stage) -> None:
    limited = fault(429, "APIG.0308")
    assert client(stage, limited, answer(202, "")).delete_jobs(JOBS).attempts == 2
    with pytest.raises(Throttled):
        client(stage, *[limited] * 4).delete_jobs(JOBS)


def test_a_batch_does_not_leave_after_its_deadline(stage: Stage) -> None:
    server = stage.serve(answer(202, ""))
    with pytest.raises(TooLate):
        TrainingJobsV2(stage.transport(server), PROJECT).delete_jobs(JOBS, not_after=stage.clock.monotonic() - 1)
    assert server.received == []


def test_a_batch_is_counted_apart_from_single_deletions(stage: Stage) -> None:
    transport = stage.transport(stage.serve(answer(202, "")))
    TrainingJobsV2(transport, PROJECT).delete_jobs(JOBS)
    assert transport.traffic.snapshot() == {"list": 0, "get": 0, "delete": 0, "batch_delete": 1, "other": 0}


@pytest.mark.parametrize("act", [fault(404, "APIG.0101"), fault(405, "ModelArts.2803"), answer(405, body=b"")])
def test_an_absent_route_is_a_wrong_configuration_for_every_call(stage: Stage, act: Act) -> None:
    calls: list[Callable[[TrainingJobsV2], object]] = [
        lambda jobs: jobs.get_job(JOB_ID),
        lambda jobs: jobs.delete_job(JOB_ID),
        lambda jobs: jobs.list_jobs("0", ["Failed"]),
        lambda jobs: jobs.terminate_job(JOB_ID),
    ]
    for call in calls:
        with pytest.raises(RouteAbsent) as caught:
            call(client(stage, act))
        assert isinstance(caught.value, Misconfigured)


def test_a_job_is_stopped_by_an_action(stage: Stage) -> None:
    server = stage.serve(answer(202, {"kind": "job"}), answer(200, None))
    jobs = TrainingJobsV2(stage.transport(server), PROJECT)
    for _ in range(2):
        jobs.terminate_job(JOB_ID)
    first, second = server.received
    assert first.line == second.line == f"POST /v2/{PROJECT}/training-jobs/{JOB_ID}/actions HTTP/1.1"
    assert json.loads(first.body) == {"action_type": "terminate"}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (fault(409, "ModelArts.2796"), Conflict),
        (fault(400, "ModelArts.2775"), NotFound),
        (fault(502, "APIG.0201"), OutcomeUnknown),
        (answer(204, None), OutcomeUnknown),
    ],
)
def test_a_stop_that_is_not_accepted_says_why(stage: Stage, act: Act, kind: type[ModelArtsError]) -> None:
    with pytest.raises(kind) as caught:
        client(stage, act, answer(202, "")).terminate_job(JOB_ID)
    assert type(caught.value) is kind


def test_a_stop_of_what_is_no_job_id_is_not_sent(stage: Stage) -> None:
    with pytest.raises(ValueError, match="UUID"):
        client(stage).terminate_job("../training-quotas")
