"""The v2 list: both readings of offset, counts, order, filters, and what is refused."""

from typing import Any

import pytest
from emulator_probe import MakeProbe, Probe, ids_of, job_id, make_jobs

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
        ({"tags": [{"key": "keep"}]}, "2858"),
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
