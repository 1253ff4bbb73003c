"""Tags of jobs: read, added, removed, and jobs found by them."""

from typing import Any

import pytest
from emulator_probe import ACCOUNT, MakeProbe, Probe, job_id, make_jobs

PREFIX = f"/v2/{ACCOUNT.project_id}/modelarts-training-job"
SPACE = "a" * 32


def path(number: int, rest: str = "") -> str:
    return f"{PREFIX}/{job_id(number)}/tags{rest}"


def add(probe: Probe, number: int, **tags: str) -> None:
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    assert probe.send("POST", path(number, "/create"), {"tags": pairs}).status == 204


def tags_of(probe: Probe, number: int) -> dict[str, str]:
    seen = probe.send("GET", path(number))
    assert seen.status == 200
    return {tag["key"]: tag["value"] for tag in seen.json["tags"]}


def find(probe: Probe, query: dict[str, str] | None = None, **body: Any) -> Any:
    return probe.send("POST", f"{PREFIX}/resource-instances/filter", body, query)


def found(probe: Probe, **body: Any) -> list[str]:
    return [each["resource_id"] for each in find(probe, **body).json["resources"]]


def test_tag_is_added_overwritten_and_removed(probe: Probe) -> None:
    assert tags_of(probe, 1) == {}
    add(probe, 1, team="nlp", keep="true")
    add(probe, 1, team="vision")
    assert tags_of(probe, 1) == {"team": "vision", "keep": "true"}
    assert probe.send("DELETE", path(1, "/delete"), {"tags": [{"key": "team"}, {"key": "unknown"}]}).status == 204
    assert tags_of(probe, 1) == {"keep": "true"}
    assert tags_of(probe, 0) == {}
    assert [record.change for record in probe.emulator.truth] == ["changed"] * 3


def test_tag_is_removed_only_with_the_value_that_is_named(probe: Probe) -> None:
    add(probe, 1, team="nlp", keep="true")
    body = {"tags": [{"key": "team", "value": "vision"}, {"key": "keep", "value": "true"}]}
    assert probe.send("DELETE", path(1, "/delete"), body).status == 204
    assert tags_of(probe, 1) == {"team": "nlp"}


def test_body_of_a_removal_is_signed(probe: Probe) -> None:
    add(probe, 1, team="nlp")
    headers = probe.sign("DELETE", path(1, "/delete"), "", b"")
    assert probe.send_raw("DELETE", path(1, "/delete"), b'{"tags":[{"key":"team"}]}', headers).status == 401
    assert tags_of(probe, 1) == {"team": "nlp"}


@pytest.mark.some(3)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tags": []},
        {"tags": [{"value": "x"}]},
        {"tags": [{"key": "_sys_team", "value": "x"}]},
        {"tags": [{"key": "team ", "value": "x"}]},
        {"tags": [{"key": "k" * 129}]},
        {"tags": [{"key": "team", "value": "v" * 256}]},
        {"tags": [{"key": "team", "value": "a,b"}]},
        {"tags": [{"key": "team", "value": 1}]},
    ],
)
def test_what_is_no_tag_is_refused(probe: Probe, body: Any) -> None:
    assert probe.send("POST", path(1, "/create"), body).error == (400, "ModelArts.2788")
    assert tags_of(probe, 1) == {}


def test_tags_end_with_their_job(probe: Probe) -> None:
    add(probe, 1, team="nlp")
    probe.delete(job_id(1))
    for method, rest in (("GET", ""), ("POST", "/create"), ("DELETE", "/delete")):
        body = None if method == "GET" else {"tags": [{"key": "team"}]}
        assert probe.send(method, path(1, rest), body).error == (400, "ModelArts.2775")
    probe.emulator.world.add(make_jobs(2)[1])
    assert tags_of(probe, 1) == {}


def test_all_tags_of_the_project_are_listed_by_key(probe: Probe) -> None:
    add(probe, 0, team="nlp", keep="true")
    add(probe, 1, team="vision")
    assert probe.send("GET", f"{PREFIX}/tags").json["tags"] == [
        {"key": "keep", "values": ["true"]},
        {"key": "team", "values": ["nlp", "vision"]},
    ]
    second = probe.send("GET", f"{PREFIX}/tags", query={"limit": "1", "offset": "1"}).json["tags"]
    assert [each["key"] for each in second] == ["team"]
    for query in ({"limit": "0"}, {"limit": "1001"}, {"offset": "-1"}, {"limit": "ten"}):
        assert probe.send("GET", f"{PREFIX}/tags", query=query).error == (400, "ModelArts.0104")


def test_jobs_of_any_age_are_found_by_tags(make_probe: MakeProbe) -> None:
    probe = make_probe(1200)
    for number, tags in {0: {"team": "nlp"}, 1: {"team": "nlp", "keep": ""}, 2: {"team": "vision"}}.items():
        add(probe, number, **tags)
    nlp = {"key": "team", "values": ["nlp"]}
    (first, second) = find(probe, tags=[nlp]).json["resources"]
    assert first == {
        "resource_id": job_id(0),
        "resource_name": "trial-0000",
        "workspace_id": "0",
        "resource_detail": {},
        "tags": [{"key": "team", "value": "nlp"}],
    }
    assert second["resource_id"] == job_id(1)
    assert found(probe, tags=[nlp, {"key": "keep"}]) == [job_id(1)]
    assert found(probe, tags=[{"key": "team", "values": ["nlp", "vision"]}]) == [job_id(number) for number in range(3)]
    assert found(probe, matches=[{"key": "resource_name", "value": "TRIAL-0002"}]) == [job_id(2)]


def test_untagged_jobs_are_found_whatever_tags_are_named(probe: Probe) -> None:
    add(probe, 1, team="nlp")
    wanted: dict[str, Any] = {"without_any_tag": True, "tags": [{"key": "team"}]}
    assert found(probe, **wanted) == [job_id(0), job_id(2)]
    assert {tuple(each["tags"]) for each in find(probe, **wanted).json["resources"]} == {()}


def test_jobs_found_by_tags_are_paged_by_record_and_counted(make_probe: MakeProbe) -> None:
    probe = make_probe(5)
    page = find(probe, {"limit": "2", "offset": "3"}).json
    assert ([each["resource_id"] for each in page["resources"]], page["total_count"]) == ([job_id(3), job_id(4)], 5)
    path = f"{PREFIX}/resource-instances/count"
    assert probe.send("POST", path, {}, {"limit": "1"}).json == {"total_count": 5}
    assert probe.send("POST", path, {"tags": [{"key": "team"}]}).json == {"total_count": 0}


@pytest.mark.some(2)
@pytest.mark.parametrize(
    "body",
    [
        {"tags": [{"key": "team"}, {"key": "team"}]},
        {"tags": [{"key": "team", "values": ["a", "a"]}]},
        {"tags": [{"key": "team", "values": [str(number) for number in range(11)]}]},
        {"matches": [{"key": "resource_id", "value": "x"}]},
        {"matches": [{"key": "resource_name", "value": ""}]},
        {"matches": [{"key": "resource_name", "value": "x"}] * 2},
        {"without_any_tag": "yes"},
    ],
)
def test_search_that_is_not_understood_is_refused(probe: Probe, body: dict[str, Any]) -> None:
    assert find(probe, **body).error == (400, "ModelArts.2788")


def test_search_by_tags_is_of_one_workspace(make_probe: MakeProbe) -> None:
    probe = make_probe([*make_jobs(1), *make_jobs(1, id=job_id(9), workspace=SPACE)])
    assert found(probe) == [job_id(0)]
    assert found(probe, workspace_id=SPACE) == [job_id(9)]
    assert find(probe, workspace_id="b" * 32).error == (400, "ModelArts.7005")


def test_region_without_tags_has_none_of_these_routes(make_probe: MakeProbe) -> None:
    probe = make_probe(tags="absent")
    body = {"tags": [{"key": "team"}]}
    asked = [("GET", path(1), None), ("POST", path(1, "/create"), body), ("DELETE", path(1, "/delete"), body)]
    asked += [("GET", f"{PREFIX}/tags", None)]
    asked += [("POST", f"{PREFIX}/resource-instances/{verb}", {}) for verb in ("filter", "count")]
    for method, where, sent in asked:
        assert probe.send(method, where, sent).error == (404, "APIG.0101")
    assert {record.route for record in probe.emulator.requests} == {
        *("tags", "add_tags", "remove_tags", "all_tags", "find_by_tags", "count_by_tags")
    }
