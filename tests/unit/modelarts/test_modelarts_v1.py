"""The v1 client: ids as numbers, the documented routes, and versions that are all there or an error."""

from typing import Any

import pytest
from unit.modelarts.modelarts_stage import PROJECT, Stage, answer
from unit.modelarts.v1_answers import JOB, VERSION, client, page, versions

from janitor.modelarts import (
    DoesNotAddUp,
    ProtocolError,
    Search,
    is_v1_job_id,
)


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
