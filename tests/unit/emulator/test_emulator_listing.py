"""The v2 list: both readings of offset, counts, order, filters, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from emulator_probe import NOW, MakeProbe, Probe, ids_of, job_id, make_jobs

SPACE = "a" * 32


def walk(probe: Probe, offsets: list[int], **body: Any) -> list[list[str]]:
    return [ids_of(probe.list(offset=offset, **body).json) for offset in offsets]


def flat(pages: list[list[str]]) -> list[str]:
    return [each for page in pages for each in page]


def test_offset_counts_pages(make_probe: MakeProbe) -> None:
    probe = make_probe(130, offset_mode="page")
    pages = walk(probe, [0, 1, 2, 3])
    assert [len(page) for page in pages] == [50, 50, 30, 0]
    assert flat(pages) == [job_id(number) for number in range(130)]


def test_stepping_pages_by_limit_silently_loses_jobs(make_probe: MakeProbe) -> None:
    """The trap of §7.1, which a client must survive: no error, just an empty page."""
    assert walk(make_probe(130, offset_mode="page"), [50]) == [[]]


def test_offset_counts_records(make_probe: MakeProbe) -> None:
    probe = make_probe(130, offset_mode="record")
    pages = walk(probe, [0, 50, 100, 130])
    assert [len(page) for page in pages] == [50, 50, 30, 0]
    assert flat(pages) == [job_id(number) for number in range(130)]
    assert walk(probe, [1])[0][0] == job_id(1)


@pytest.mark.parametrize("mode", ["page", "record"])
def test_descending_is_the_exact_reverse(make_probe: MakeProbe, mode: str) -> None:
    probe = make_probe(60, offset_mode=mode)
    offsets = [0, 1, 2, 3] if mode == "page" else [0, 20, 40, 60]
    found = flat(walk(probe, offsets, limit=20, order="desc"))
    assert found == [job_id(number) for number in reversed(range(60))]


def test_jobs_of_one_instant_are_ordered_by_id(make_probe: MakeProbe) -> None:
    jobs = make_jobs(3)
    for job in jobs:
        job["metadata"]["create_time"] = 1767949200123
    probe = make_probe([jobs[2], jobs[0], jobs[1]])
    assert walk(probe, [0]) == [[job_id(0), job_id(1), job_id(2)]]


def test_answer_echoes_what_was_in_force(probe: Probe) -> None:
    page = probe.send("POST", probe_path(probe), {}).json
    assert (page["limit"], page["offset"], page["order"], page["sort_by"]) == (10, 0, "desc", "create_time")
    assert (page["workspace_id"], page["group_by"]) == ("0", "")


def probe_path(probe: Probe) -> str:
    return f"/v2/{probe.account.project_id}/training-job-searches"


def test_counts_mean_one_thing_or_the_other(make_probe: MakeProbe) -> None:
    jobs = make_jobs(6) + [job | {"status": job["status"] | {"phase": "Failed"}} for job in make_jobs(10)[6:]]
    failed = [{"key": "phase", "operator": "in", "value": ["Failed"]}]
    for mode, expected in (("matches", (10, 4)), ("page", (4, 3))):
        page = make_probe(jobs, count_mode=mode).list(filters=failed, limit=3).json
        assert (page["total"], page["count"]) == expected


def test_list_is_of_one_workspace(make_probe: MakeProbe) -> None:
    elsewhere = [job | {"metadata": job["metadata"] | {"workspace_id": SPACE}} for job in make_jobs(5)[3:]]
    jobs = make_jobs(3) + elsewhere
    assert len(ids_of(make_probe(jobs).list().json)) == 3
    assert ids_of(make_probe(jobs).list(workspace_id=SPACE).json) == [job_id(3), job_id(4)]
    assert len(ids_of(make_probe(jobs, honour_workspace=False).list(workspace_id=SPACE).json)) == 5
    assert make_probe(jobs).list(workspace_id="b" * 32).error == (400, "ModelArts.7005")


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"key": "name", "operator": "like", "value": ["-000"]}], [0, 1, 2, 3]),
        ([{"key": "name", "operator": "like", "value": ["0002", "0003"]}], [2, 3]),
        ([{"key": "name", "value": ["trial-0001"]}], [1]),
        ([{"key": "id", "operator": "not", "value": [job_id(0)]}], [1, 2, 3]),
        ([{"key": "phase", "operator": "in", "value": ["Failed"]}], []),
        ([{"key": "phase", "operator": "in", "value": [""]}, {"key": "kind", "value": []}], [0, 1, 2, 3]),
        ([{"key": "phase", "value": ["Completed"]}, {"key": "id", "value": [job_id(2)]}], [2]),
        (
            [{"key": "create_time", "operator": "between", "value": ["2026-01-14T05:30:00Z", "2026-01-14T07:30:00+01:00"]}],
            [1, 2],
        ),
    ],
)
def test_filters_narrow_the_list(make_probe: MakeProbe, filters: Any, expected: list[int]) -> None:
    found = ids_of(make_probe(4).list(filters=filters).json)
    assert found == [job_id(number) for number in expected]


@pytest.mark.some(7)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"limit": 0}, "2788"),
        ({"limit": 51}, "2788"),
        ({"limit": "50"}, "2788"),
        ({"limit": True}, "2788"),
        ({"offset": -1}, "2788"),
        ({"order": "up"}, "2790"),
        ({"sort_by": "name"}, "2790"),
        ({"workspace_id": "team a"}, "0102"),
        ({"workspace_id": None}, "0102"),
        ({"filters": {}}, "2789"),
        ({"filters": ["phase"]}, "2789"),
        ({"filters": [{"key": "phase", "value": ["Failed"]}] * 21}, "2789"),
        ({"filters": [{"key": "finish_time", "value": ["1"]}]}, "2807"),
        ({"filters": [{"key": "phase", "operator": "eq", "value": ["Failed"]}]}, "2808"),
        ({"filters": [{"key": "phase", "operator": "between", "value": ["a", "b"]}]}, "2808"),
        ({"filters": [{"key": "phase", "value": "Failed"}]}, "2809"),
        ({"filters": [{"key": "phase", "value": [1]}]}, "2809"),
        ({"filters": [{"key": "phase", "value": ["Failed"] * 11}]}, "2809"),
        ({"filters": [{"key": "create_time", "operator": "between", "value": ["2026-01-01T00:00:00Z"]}]}, "2809"),
        (
            {"filters": [{"key": "create_time", "operator": "between", "value": ["2026-01-01T00:00:00", "2026-01-02T00:00:00"]}]},
            "2809",
        ),
        (
            {
                "filters": [
                    {"key": "create_time", "operator": "between", "value": ["2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"]}
                ]
            },
            "2809",
        ),
    ],
)
def test_what_is_not_understood_is_refused_not_ignored(probe: Probe, body: dict[str, Any], code: str) -> None:
    assert probe.list(**body).error == (400, f"ModelArts.{code}")


def test_body_that_is_no_object_is_refused(probe: Probe) -> None:
    assert probe.send("POST", probe_path(probe), [1]).error == (400, "ModelArts.2788")


def test_undocumented_fields_can_be_left_out(make_probe: MakeProbe) -> None:
    documented = make_probe(1, unknown_fields=False).list().json
    assert documented["items"] == make_jobs(1)
    strange = make_probe(1).list().json
    assert strange.keys() - documented.keys() == {"console_revision"}
    assert strange["items"][0]["metadata"].keys() - documented["items"][0]["metadata"].keys() == {"console_hint"}


def test_unchanged_world_is_not_searched_again(make_probe: MakeProbe) -> None:
    """This is what keeps the pages of 100 000 jobs cheap."""
    probe = make_probe(60)
    world = probe.emulator.world
    assert world.find("0") is world.find("0")
    before = world.find("0")
    probe.delete(job_id(59))
    assert world.find("0") is not before


def aged(*days: int) -> list[dict[str, Any]]:
    """One finished job for each age, in days."""
    return [make_jobs(1, id=job_id(age), name=f"aged-{age}", created=NOW - timedelta(days=age))[0] for age in days]


def window(first_days_ago: int, last_days_ago: int) -> list[dict[str, Any]]:
    ends = [(NOW - timedelta(days=days)).isoformat() for days in (first_days_ago, last_days_ago)]
    return [{"key": "create_time", "operator": "between", "value": ends}]


def test_tags_search_the_last_31_days_unless_a_window_is_given(make_probe: MakeProbe) -> None:
    """The trap of §7.9: the old jobs that a retention run looks for are not found, without any error."""
    probe = make_probe(aged(60, 40, 20, 10))
    for age in (60, 40, 20, 10):
        probe.emulator.world.tag(job_id(age), {"team": "nlp"})
    nlp = [{"key": "team", "values": ["nlp"]}]
    assert ids_of(probe.list(tags=nlp).json) == [job_id(20), job_id(10)]
    assert ids_of(probe.list(tags=nlp, filters=window(61, 31)).json) == [job_id(60), job_id(40)]
    assert probe.list(tags=nlp, filters=window(61, 29)).error == (400, "ModelArts.2809")
    assert len(ids_of(probe.list().json)) == 4


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([{"key": "team", "values": ["nlp"]}], [1, 2]),
        ([{"key": "team", "values": ["nlp", "vision"]}], [1, 2, 3]),
        ([{"key": "team"}], [1, 2, 3]),
        ([{"key": "team", "values": [""]}], [1, 2, 3]),
        ([{"key": "team", "values": ["nlp"]}, {"key": "keep", "values": ["true"]}], [2]),
        ([{"key": "colour"}], []),
        ([], [0, 1, 2, 3]),
    ],
)
def test_values_of_a_tag_are_or_ed_and_tags_and_ed(make_probe: MakeProbe, tags: Any, expected: list[int]) -> None:
    probe = make_probe(4)
    for number, pairs in {1: {"team": "nlp"}, 2: {"team": "nlp", "keep": "true"}, 3: {"team": "vision"}}.items():
        probe.emulator.world.tag(job_id(number), pairs)
    assert ids_of(probe.list(tags=tags).json) == [job_id(number) for number in expected]


def test_search_by_hosts_shows_the_addresses_that_match_and_no_other_list_does(make_probe: MakeProbe) -> None:
    probe = make_probe(3)
    tasks = [{"task": f"worker-{number}", "ip": f"172.16.0.{number}", "host_ip": f"10.0.0.{number}"} for number in range(3)]
    for number in (1, 2):
        fields: dict[str, Any] = {"status.task_ips": tasks[: number + 1]}
        probe.emulator.world.change(job_id(number), **fields)
    (found,) = probe.list(host_ips=["10.0.0.2", "fe80::1"]).json["items"]
    assert (found["metadata"]["id"], found["status"]["task_ips"]) == (job_id(2), tasks[2:])
    assert ids_of(probe.list(host_ips=["10.0.0.1"]).json) == [job_id(1), job_id(2)]
    assert not any("task_ips" in item["status"] for item in [*probe.list().json["items"], probe.get(job_id(2)).json])


def test_fine_tuning_jobs_are_listed_only_together_with_the_others(make_probe: MakeProbe) -> None:
    probe = make_probe(2)
    probe.emulator.world.add({**make_jobs(1, id=job_id(9))[0], "ftjob_config": {}})
    assert len(ids_of(probe.list().json)) == len(ids_of(probe.list(train_type="ftjob").json)) == 2
    assert len(ids_of(probe.list(unified_jobs=True).json)) == 3
    assert ids_of(probe.list(unified_jobs=True, train_type="ftjob").json) == [job_id(9)]
    assert len(ids_of(probe.list(unified_jobs=True, train_type="job").json)) == 2


@pytest.mark.some(7)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"tags": None, "host_ips": None}, None),
        ({"tags": {}}, "2789"),
        ({"tags": [{"key": "team", "values": ""}]}, "2809"),
        ({"tags": {"key": "team"}}, "2789"),
        ({"tags": ["team"]}, "2789"),
        ({"tags": [{"key": f"k{number}"} for number in range(11)]}, "2789"),
        ({"tags": [{"key": ""}]}, "2807"),
        ({"tags": [{"key": " team"}]}, "2807"),
        ({"tags": [{"key": "te/am"}]}, "2807"),
        ({"tags": [{"key": "k" * 129}]}, "2807"),
        ({"tags": [{"key": "team"}, {"key": "team"}]}, "2807"),
        ({"tags": [{"key": "team", "values": "nlp"}]}, "2809"),
        ({"tags": [{"key": "team", "values": ["n?"]}]}, "2809"),
        ({"tags": [{"key": "team", "values": ["nlp", "nlp"]}]}, "2809"),
        ({"tags": [{"key": "team", "values": [str(number) for number in range(11)]}]}, "2809"),
        ({"host_ips": "10.0.0.1"}, "2789"),
        ({"host_ips": ["10.0.0.1"] * 11}, "2789"),
        ({"host_ips": ["10.0.0"]}, "2809"),
        ({"host_ips": [7]}, "2809"),
        ({"unified_jobs": "yes"}, "2788"),
        ({"train_type": "all"}, "2788"),
    ],
)
def test_narrowing_that_is_not_understood_is_refused(probe: Probe, body: dict[str, Any], code: str | None) -> None:
    seen = probe.list(**body)
    assert seen.status == (200 if code is None else 400)
    assert code is None or seen.error == (400, f"ModelArts.{code}")


def test_region_without_tags_refuses_to_search_by_them(make_probe: MakeProbe) -> None:
    assert make_probe(tags="absent").list(tags=[{"key": "team"}]).error == (400, "ModelArts.2858")
