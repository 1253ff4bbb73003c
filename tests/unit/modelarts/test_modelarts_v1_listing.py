"""The list of v1 jobs: whole or an error, and the quota that its pages tell."""

from typing import Any

import pytest
from unit.modelarts.modelarts_stage import Act, Stage, answer
from unit.modelarts.v1_answers import client, of_page, page, row

from janitor.modelarts import (
    JobQuota,
    ListingIncomplete,
    ModelArtsError,
    ProtocolError,
)


def test_the_list_tells_the_quota(stage: Stage) -> None:
    server = stage.serve(answer(200, {"is_success": True, "quotas": 10_000, "job_count_limit": 9_998, "jobs": []}))
    assert client(stage, server).read_job_quota() == JobQuota(limit=10_000, used=2)
    assert "per_page=1&" in server.lines[0]


@pytest.mark.parametrize("told", [{}, {"quotas": 5}, {"quotas": 5, "job_count_limit": 6}, {"quotas": True, "job_count_limit": 0}])
def test_a_quota_that_makes_no_sense_is_no_answer(stage: Stage, told: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(answer(200, {"is_success": True} | told))).read_job_quota()


def test_a_total_that_every_page_agrees_on_proves_a_list(stage: Stage) -> None:
    server = stage.serve(of_page(range(1, 1001), 1200), of_page(range(1001, 1201), 1200))
    assert [found["job_id"] for found in client(stage, server).list_jobs("0")] == list(range(1, 1201))
    assert len(server.received) == 2


@pytest.mark.parametrize("total", [None, 9000, "3", True, -1])
def test_without_a_total_that_fits_two_equal_readings_are_the_proof(stage: Stage, total: object) -> None:
    one_reading = [page(*map(row, (1, 2, 3)), total=total or "?"), page(total=total or "?")]
    server = stage.serve(*one_reading * 2)
    assert [found["job_id"] for found in client(stage, server).list_jobs("0")] == [1, 2, 3]
    assert len(server.received) == 4


def test_a13_what_a_total_must_prove_is_not_proven_by_two_equal_readings(stage: Stage) -> None:
    server = stage.serve(*[page(row(1), total=2), page(total=2)] * 2)
    with pytest.raises(ListingIncomplete, match="job_total_count"):
        client(stage, server).list_jobs("0", by_total=True)
    assert len(client(stage, stage.serve(page(row(1), total=1))).list_jobs("0", by_total=True)) == 1


def test_a13_a_page_shorter_than_asked_for_is_not_the_end(stage: Stage) -> None:
    acts = [of_page(range(start, start + 10), 25) for start in (1, 11)]
    server = stage.serve(*acts, of_page(range(21, 26), 25))
    assert [found["job_id"] for found in client(stage, server).list_jobs("0")] == list(range(1, 26))


def test_a12_rows_that_come_twice_count_once(stage: Stage) -> None:
    server = stage.serve(page(row(1), row(2), total=3), page(row(2), row(3), total=3))
    assert [found["job_id"] for found in client(stage, server).list_jobs("0")] == [1, 2, 3]


def test_a15_a_list_that_never_agrees_with_itself_is_incomplete(stage: Stage) -> None:
    readings = [[page(*map(row, range(1, n)), total=99), page(total=99)] for n in (3, 4, 5)]
    with pytest.raises(ListingIncomplete):
        client(stage, stage.serve(*[act for reading in readings for act in reading])).list_jobs("0")


def test_a_list_without_an_end_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janitor.modelarts.v2_listing.MOST_JOBS", 1000)
    acts = [page(row(number), total=10**6) for number in range(1, 40)]
    with pytest.raises(ListingIncomplete, match="does not end"):
        client(stage, stage.serve(*acts)).list_jobs("0")


@pytest.mark.parametrize("failure", [answer(404, {"error_code": "APIG.0101"}), answer(200, {"is_success": True})])
def test_a_page_that_fails_fails_the_whole_list(stage: Stage, failure: Act) -> None:
    with pytest.raises(ModelArtsError):
        client(stage, stage.serve(page(row(1), total=3), failure)).list_jobs("0")


DRIFT: dict[str, Any] = {
    "an id as text": row("155500"),
    "an id as a bool": row(True),
    "an id that is no number": row(1.5),
    "a UUID": row("7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef"),
    "no id": {"job_name": "x", "status": 10, "create_time": 1, "version_count": 1},
    "no status": {key: value for key, value in row(1).items() if key != "status"},
    "no name": {key: value for key, value in row(1).items() if key != "job_name"},
    "no creation": {key: value for key, value in row(1).items() if key != "create_time"},
    "no count of versions": {key: value for key, value in row(1).items() if key != "version_count"},
    "no object": 155500,
}


@pytest.mark.parametrize("item", DRIFT.values(), ids=DRIFT)
def test_a_row_that_is_not_as_documented_refuses_the_list(stage: Stage, item: Any) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(page(item))).list_jobs("0")


@pytest.mark.parametrize("document", [{"jobs": None}, {}, {"jobs": {}}, {"jobs": [], "workspace_id": "1"}])
def test_a_page_that_is_not_as_documented_is_never_an_empty_one(stage: Stage, document: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(answer(200, {"is_success": True, "job_total_count": 0} | document))).list_jobs("0")


def test_a_page_larger_than_asked_for_is_refused(stage: Stage) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(of_page(range(1, 1002), 1001))).list_jobs("0")
