"""The v1 client: what a success is there, ids as numbers, a list that is whole or an error (traps 14 to 22 of the platform)."""

from collections.abc import Callable
from typing import Any

import pytest
from unit.modelarts.modelarts_stage import PROJECT, Act, ScriptedServer, Stage, answer, raw

from janitor.modelarts import (
    Conflict,
    DoesNotAddUp,
    JobQuota,
    ListingIncomplete,
    Misconfigured,
    ModelArtsError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolError,
    Rejected,
    RouteAbsent,
    Search,
    Throttled,
    TrainingJobsV1,
    Unavailable,
    is_v1_job_id,
)

JOB = 155500
VERSION = 278813


def client(stage: Stage, server: ScriptedServer, **limits: Any) -> TrainingJobsV1:
    return TrainingJobsV1(stage.transport(server, **limits), PROJECT)


def denied(code: str | None, status: int = 200, **text: str) -> Act:
    """A refusal in the words of v1."""
    return answer(status, {"is_success": False, **({} if code is None else {"error_code": code}), **text})


def version(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "version_id": number,
        "status": 10,
        "create_time": 1767949200000,
        "start_time": 1767949300000,
        "duration": 60000,
    } | changes


def versions(*numbers: int, job_id: object = JOB, count: object = None) -> dict[str, Any]:
    found = [version(number) for number in numbers]
    return {"is_success": True, "job_id": job_id, "version_count": len(found) if count is None else count, "versions": found}


def row(job_id: object, **changes: Any) -> dict[str, Any]:
    return {"job_id": job_id, "job_name": f"job-{job_id}", "status": 10, "create_time": 1, "version_count": 1} | changes


def page(*rows: Any, total: object = None) -> Act:
    return answer(200, {"is_success": True, "job_total_count": len(rows) if total is None else total, "jobs": list(rows)})


def of_page(job_ids: range, total: object) -> Act:
    return page(*map(row, job_ids), total=total)


# What a success is


@pytest.mark.parametrize("status", [200, 202])
def test_a_deletion_is_accepted_only_with_is_success_true(stage: Stage, status: int) -> None:
    accepted = client(stage, stage.serve(answer(status, {"is_success": True}))).delete_job(JOB)
    assert accepted.attempts == 1


UNSAID: dict[str, Act] = {
    "missing": answer(200, {}),
    "null": answer(200, {"is_success": None}),
    "text": answer(200, {"is_success": "true"}),
    "number": answer(200, {"is_success": 1}),
    "no object": answer(200, ""),
    "nothing": answer(202, body=b""),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "true beside an error": answer(200, {"is_success": True, "error_code": "ModelArts.2775"}),
    "html": answer(200, body=b"<html>"),
    "unknown code": denied("ModelArts.0105"),
    "no code": denied(None),
    "0105 under 400": denied("ModelArts.0105", 400),
    "gone under 404": denied("ModelArts.2775", 404),
    "server error": denied("ModelArts.0010", 500),
    "true under an error": answer(500, {"is_success": True}),
}


@pytest.mark.parametrize("act", UNSAID.values(), ids=UNSAID)
def test_a26_a_deletion_without_a_clear_answer_may_have_happened_and_is_not_repeated(stage: Stage, act: Act) -> None:
    server = stage.serve(*[act] * 3)
    with pytest.raises(OutcomeUnknown):
        client(stage, server).delete_job(JOB)
    assert len(server.received) == 1


REFUSED: dict[str, type[ModelArtsError]] = {
    "ModelArts.2775": NotFound,
    "ModelArts.2771": PermissionDenied,
    "ModelArts.0104": Rejected,
    "ModelArts.7005": Misconfigured,
}


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("key", ["error_message", "error_msg"])
@pytest.mark.parametrize(("code", "kind"), REFUSED.items())
def test_a26_a_refusal_means_the_same_under_200_and_400(
    stage: Stage, status: int, key: str, code: str, kind: type[ModelArtsError]
) -> None:
    jobs = client(stage, stage.serve(*[denied(code, status, **{key: "the reason"})] * 2))
    asks: list[Callable[[int], object]] = [jobs.delete_job, jobs.get_versions]
    for ask in asks:
        with pytest.raises(kind, match="the reason") as caught:
            ask(JOB)
        assert (type(caught.value), caught.value.status, caught.value.code) == (kind, 400, code)


def test_an_http_error_keeps_its_own_meaning(stage: Stage) -> None:
    told = {(409, "ModelArts.2878"): Conflict, (403, "ModelArts.0108"): PermissionDenied, (404, "APIG.0101"): RouteAbsent}
    for (status, code), kind in told.items():
        with pytest.raises(kind):
            client(stage, stage.serve(denied(code, status))).delete_job(JOB)


def test_a_read_without_is_success_is_no_answer(stage: Stage) -> None:
    document = versions(VERSION)
    del document["is_success"]
    with pytest.raises(ProtocolError, match="does not say whether it succeeded"):
        client(stage, stage.serve(answer(200, document))).get_versions(JOB)


def test_not_found_in_a_listing_is_not_about_a_job(stage: Stage) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(denied("ModelArts.2775"))).list_jobs("0")


def test_many_jobs_that_are_gone_do_not_open_the_breaker(stage: Stage) -> None:
    """Told under HTTP 200 as well, "no such job" is a sound answer of a platform that is well."""
    jobs = client(stage, stage.serve(*[denied("ModelArts.2775")] * 12))
    for _ in range(12):
        with pytest.raises(NotFound):
            jobs.get_versions(JOB)


def test_reads_are_repeated_and_throttled_deletions_too(stage: Stage) -> None:
    server = stage.serve(answer(503, None), answer(200, versions(VERSION)))
    assert client(stage, server).get_versions(JOB)["job_id"] == JOB
    server = stage.serve(denied("APIG.0308", 429), answer(200, {"is_success": True}))
    assert client(stage, server).delete_job(JOB).attempts == 2
    with pytest.raises(Throttled):
        client(stage, stage.serve(*[denied("APIG.0308", 429)] * 4)).delete_job(JOB)
    with pytest.raises(Unavailable):
        client(stage, stage.serve(*[answer(503, None)] * 4)).get_versions(JOB)


# Ids


@pytest.mark.parametrize("value", ["155500", "7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef", True, 0, -1, 1.0, None, 2**63, "../1"])
def test_a_value_that_is_no_id_is_refused_before_anything_is_sent(stage: Stage, value: Any) -> None:
    server = stage.serve()
    jobs = client(stage, server)
    for ask in (jobs.get_versions, jobs.delete_job, lambda it: jobs.get_version(JOB, it), lambda it: jobs.delete_version(it, 1)):
        with pytest.raises(ValueError, match="whole number"):
            ask(value)
    with pytest.raises(ValueError, match="whole number"):
        jobs.stop_version(JOB, value)
    assert server.received == []


def test_the_id_of_a_v1_job_is_a_number_or_exactly_its_decimal_text() -> None:
    assert [value for value in (155500, "155500", 1, "9223372036854775807") if is_v1_job_id(value)] == [
        155500,
        "155500",
        1,
        "9223372036854775807",
    ]
    doubtful = ["0155500", "0", "", " 1", "1 ", "+1", "1.0", "¹", "١٥", "9223372036854775808", "9" * 5000, True, 0, -1, None, 1.0]
    assert [value for value in doubtful if is_v1_job_id(value)] == []


# Routes


def test_the_routes_are_those_that_are_documented(stage: Stage) -> None:
    yes = answer(200, {"is_success": True})
    detail = answer(200, {"is_success": True, "job_id": JOB, "version_id": VERSION, "status": 8})
    server = stage.serve(answer(200, versions(VERSION)), detail, yes, yes, yes)
    jobs = client(stage, server)
    jobs.get_versions(JOB)
    assert jobs.get_version(JOB, VERSION)["status"] == 8
    jobs.delete_job(JOB)
    jobs.delete_version(JOB, VERSION)
    jobs.stop_version(JOB, VERSION)
    path = f"/v1/{PROJECT}/training-jobs/{JOB}"
    assert [line.removesuffix(" HTTP/1.1") for line in server.lines] == [
        f"GET {path}/versions?page=0&per_page=1000",
        f"GET {path}/versions/{VERSION}",
        f"DELETE {path}",
        f"DELETE {path}/versions/{VERSION}",
        f"POST {path}/versions/{VERSION}/stop",
    ]


def test_a_list_leaves_nothing_to_the_defaults_of_the_platform(stage: Stage) -> None:
    server = stage.serve(page(), page())
    jobs = client(stage, server)
    jobs.list_jobs("0")
    jobs.list_page(Search(status=8, page=2, per_page=5, sort_by="job_name", order="desc", search_content="a b"))
    asked = f"GET /v1/{PROJECT}/training-jobs?"
    assert server.lines[0] == f"{asked}order=asc&page=1&per_page=1000&sortBy=create_time&workspace_id=0 HTTP/1.1"
    every = "order=desc&page=2&per_page=5&search_content=a%20b&sortBy=job_name&status=8&workspace_id=0"
    assert server.lines[1] == f"{asked}{every} HTTP/1.1"


@pytest.mark.parametrize(
    "search",
    [
        Search(workspace_id=""),
        Search(page=0),
        Search(page=65_536),
        Search(per_page=0),
        Search(per_page=1001),
        Search(sort_by="name"),
        Search(order="up"),
        Search(search_content="x" * 101),
    ],
)
def test_a_list_that_the_route_does_not_take_is_refused_before_anything_is_sent(stage: Stage, search: Search) -> None:
    server = stage.serve()
    with pytest.raises(ValueError, match=r"\w"):
        client(stage, server).list_page(search)
    assert server.received == []


# Versions


def test_all_versions_come_from_one_request_where_the_platform_gives_them(stage: Stage) -> None:
    document = client(stage, stage.serve(answer(200, versions(1, 2, 3)))).get_versions(JOB)
    assert [each["version_id"] for each in document["versions"]] == [1, 2, 3]


def test_versions_that_come_in_pages_are_read_to_the_end(stage: Stage) -> None:
    acts = [answer(200, versions(*some, count=5)) for some in ([1, 2], [1, 2], [3, 4], [5])]
    server = stage.serve(*acts)
    document = client(stage, server).get_versions(JOB)
    assert [each["version_id"] for each in document["versions"]] == [1, 2, 3, 4, 5]
    assert [line.split("page=")[1][0] for line in server.lines] == ["0", "1", "2", "3"]


NO_VERSIONS: dict[str, list[Any]] = {
    "one is missing": [versions(1, 2, count=3)] * 4,
    "one too many": [versions(1, 2, count=1)],
    "none of two": [versions(count=2)] * 4,
    "the count changes": [versions(1, count=2), versions(2, count=3)],
    "twice the same": [versions(1, 1)],
    "another job": [versions(1, job_id=155501)],
    "a job as text": [versions(1, job_id="155500")],
    "no job": [{"is_success": True, "version_count": 0, "versions": []}],
    "no count": [{"is_success": True, "job_id": JOB, "versions": []}],
    "a count that is no number": [versions(1, count="1")],
    "a count that is a bool": [versions(1, count=True)],
    "a negative count": [versions(count=-1)],
    "no list": [{"is_success": True, "job_id": JOB, "version_count": 0, "versions": None}],
    "a version that is no object": [{"is_success": True, "job_id": JOB, "version_count": 1, "versions": [1]}],
    "a version without an id": [{"is_success": True, "job_id": JOB, "version_count": 1, "versions": [{"status": 10}]}],
}


@pytest.mark.parametrize("documents", NO_VERSIONS.values(), ids=NO_VERSIONS)
def test_versions_that_do_not_add_up_are_no_answer(stage: Stage, documents: list[Any]) -> None:
    with pytest.raises(DoesNotAddUp):
        client(stage, stage.serve(*[answer(200, document) for document in documents])).get_versions(JOB)


def test_versions_that_do_not_say_that_they_were_found_are_no_answer_of_this_one_job(stage: Stage) -> None:
    with pytest.raises(ProtocolError) as caught:
        client(stage, stage.serve(answer(200, []))).get_versions(JOB)
    assert not isinstance(caught.value, DoesNotAddUp)


def test_a_job_of_one_version_whose_id_is_true_is_not_job_1(stage: Stage) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(answer(200, versions(1, job_id=True)))).get_versions(1)


@pytest.mark.parametrize("named", [{"job_id": 1}, {"version_id": 1}, {"job_id": None}])
def test_a_version_is_the_one_that_was_asked_for(stage: Stage, named: dict[str, Any]) -> None:
    document = {"is_success": True, "job_id": JOB, "version_id": VERSION} | named
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(answer(200, document))).get_version(JOB, VERSION)


# The quota


def test_the_list_tells_the_quota(stage: Stage) -> None:
    server = stage.serve(answer(200, {"is_success": True, "quotas": 10_000, "job_count_limit": 9_998, "jobs": []}))
    assert client(stage, server).read_job_quota() == JobQuota(limit=10_000, used=2)
    assert "per_page=1&" in server.lines[0]


@pytest.mark.parametrize("told", [{}, {"quotas": 5}, {"quotas": 5, "job_count_limit": 6}, {"quotas": True, "job_count_limit": 0}])
def test_a_quota_that_makes_no_sense_is_no_answer(stage: Stage, told: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        client(stage, stage.serve(answer(200, {"is_success": True} | told))).read_job_quota()


# The whole list


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
