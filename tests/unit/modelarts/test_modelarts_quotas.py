"""Reading the quota of training jobs."""

from typing import Any

import pytest
from unit.modelarts.modelarts_stage import PROJECT, Stage, answer, fault

from janitor.modelarts import JobQuota, Misconfigured, ModelArtsError, PermissionDenied, ProtocolError, Quotas, RouteKind

ROW = {"resource": "job-num", "quota": 10000, "used": 42}
OTHER = {"resource": "visual-job-num", "quota": 5, "used": 1}


def read(stage: Stage, *acts: Any) -> JobQuota:
    return Quotas(stage.transport(stage.serve(*acts)), PROJECT).read_job_quota()


def test_the_quota_of_jobs_is_asked_for_and_counted_as_other(stage: Stage) -> None:
    server = stage.serve(answer(200, {"quotas": [OTHER, ROW], "news": 1}))
    transport = stage.transport(server)
    assert Quotas(transport, PROJECT).read_job_quota() == JobQuota(limit=10000, used=42)
    assert server.lines == [f"GET /v2/{PROJECT}/training-quotas?resource=job-num HTTP/1.1"]
    assert transport.traffic.snapshot()[RouteKind.OTHER] == 1


def test_a_quota_may_be_nothing_and_may_be_exceeded(stage: Stage) -> None:
    assert read(stage, answer(200, {"quotas": [ROW | {"quota": 0, "used": 7}]})) == JobQuota(limit=0, used=7)


@pytest.mark.parametrize("key", ["quota", "used"])
@pytest.mark.parametrize("value", [True, False, -1, 1.5, 3.0, "42", None, [], {}])
def test_a_quota_that_is_no_whole_number_is_an_error(stage: Stage, key: str, value: object) -> None:
    with pytest.raises(ProtocolError, match=key):
        read(stage, answer(200, {"quotas": [ROW | {key: value}]}))


@pytest.mark.parametrize(
    "document",
    [{}, [], "", [ROW], {"quotas": None}, {"quotas": ROW}, {"quotas": [ROW, None]}]
    + [{"quotas": []}, {"quotas": [OTHER]}, {"quotas": [ROW, ROW]}, {"quotas": [{"resource": "job-num"}]}],
)
def test_quotas_of_another_shape_are_an_error(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        read(stage, answer(200, document))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "APIG.0101", Misconfigured), (404, "ModelArts.2786", Misconfigured), (403, "ModelArts.0108", PermissionDenied)],
)
def test_an_absent_or_refused_route_is_an_error_with_its_status_and_code(
    stage: Stage, status: int, code: str, kind: type[ModelArtsError]
) -> None:
    with pytest.raises(kind) as caught:
        read(stage, fault(status, code))
    assert (caught.value.status, caught.value.code) == (status, code)


AGING = {"resource": "job-retention-enabled", "quota": 1, "used": 0}


@pytest.mark.parametrize(("quota", "is_on"), [(0, False), (1, True)])
def test_the_switch_for_aging_is_read_where_it_is_told(stage: Stage, quota: int, is_on: bool) -> None:
    server = stage.serve(answer(200, {"quotas": [ROW, AGING | {"quota": quota}]}))
    assert Quotas(stage.transport(server), PROJECT).read_aging() is is_on
    assert server.lines == [f"GET /v2/{PROJECT}/training-quotas?resource=job-retention-enabled HTTP/1.1"]


@pytest.mark.parametrize(
    "document", [{"quotas": [AGING | {"quota": 2}]}, {"quotas": [AGING | {"quota": True}]}, {"quotas": [ROW]}]
)
def test_any_other_answer_about_aging_is_no_answer(stage: Stage, document: object) -> None:
    with pytest.raises(ProtocolError):
        Quotas(stage.transport(stage.serve(answer(200, document))), PROJECT).read_aging()


def test_a_project_id_that_is_a_path_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="project id"):
        Quotas(stage.transport(stage.serve()), "../x")
