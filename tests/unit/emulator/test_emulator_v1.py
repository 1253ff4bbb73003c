"""The first generation's reading routes: the list, its rows and pages, the versions, and how they refuse."""

import time
from typing import Any

import pytest
from documents_v1 import DAY_MS, seed_jobs_v1
from emulator_probe import JOBS as V2_JOBS
from emulator_probe import MakeProbe, job_id
from v1_probe import JOBS, NOW_MS, MakeOld, ask, delete, failure, ids, old, statuses, versions

SPACE = "a" * 32


def test_row_mirrors_the_newest_version_alone(make_old: MakeOld) -> None:
    probe = make_old(old(8, 10, name="mixed", description="kept"), unknown_fields=False)
    (row,) = ask(probe)["jobs"]
    created = row.pop("create_time")
    assert row == {
        "job_id": 7,
        "job_name": "mixed",
        "job_desc": "kept",
        "user": {"name": "ci-bot"},
        "version_id": 702,
        "version_count": 2,
        "status": 10,
        "duration": 5_400_000,
    }
    running, newest = versions(probe)["versions"]
    assert (running["status"], running["version_name"], running["pre_version_id"]) == (8, "V0001", 0)
    assert (newest["status"], newest["version_name"], newest["pre_version_id"]) == (10, "V0002", 701)
    assert newest["start_time"] + newest["duration"] == NOW_MS - 100 * DAY_MS
    assert created == running["create_time"] < newest["create_time"]


def test_page_counts_what_there_is_and_what_may_be_created(make_old: MakeOld) -> None:
    probe = make_old(old(), old(11, job_id=8), quota_limit=5, unknown_fields=False)
    page = ask(probe, status=11)
    rows = page.pop("jobs")
    assert page == {"is_success": True, "quotas": 5, "job_total_count": 2, "job_count_limit": 3}
    assert [row["job_id"] for row in rows] == [8]


def test_total_can_count_the_matches(make_old: MakeOld) -> None:
    probe = make_old(old(), old(11, job_id=8), count_mode="page")
    assert ask(probe, status=11)["job_total_count"] == 1
    assert ask(probe, per_page=1)["job_total_count"] == 2


def test_pages_are_counted_from_one_and_ten_long_by_default(make_old: MakeOld) -> None:
    probe = make_old(*(old(job_id=number, name=f"n-{number:02d}") for number in range(1, 13)))
    assert ids(ask(probe)) == list(range(1, 11))
    assert ids(ask(probe, page=2)) == [11, 12]
    assert ids(ask(probe, page=3)) == []
    assert ids(ask(probe, per_page=5, page=2, order="desc")) == [7, 6, 5, 4, 3]


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("job_name", [2, 3, 1]),
        ("job_desc", [3, 1, 2]),
        ("status", [1, 3, 2]),
        ("duration", [2, 1, 3]),
        ("version_count", [2, 3, 1]),
        ("create_time", [1, 2, 3]),
    ],
)
def test_order_is_that_of_the_sort_key_then_of_the_ids(make_old: MakeOld, sort_by: str, expected: list[int]) -> None:
    jobs = [
        old(11, 10, job_id=1, name="c", description="m"),
        old(11, job_id=2, name="a", description="z", minutes=30),
        old(10, job_id=3, name="b", description="", minutes=200),
    ]
    for number, job in enumerate(jobs):
        job["create_time"] = NOW_MS - 10 + number
    probe = make_old(*jobs)
    assert ids(ask(probe, sortBy=sort_by)) == expected
    assert ids(ask(probe, sortBy=sort_by, order="desc")) == expected[::-1]


def test_order_has_its_own_spelling_and_another_one_is_ignored(make_old: MakeOld) -> None:
    probe = make_old(old(job_id=1, name="b"), old(job_id=2, name="a"))
    assert ids(ask(probe, sort_by="create_time", order="asc")) == [2, 1]


def test_search_is_for_a_part_of_the_name_and_one_status_of_the_newest_version(make_old: MakeOld) -> None:
    probe = make_old(old(8, 10, job_id=1, name="nightly-a"), old(8, job_id=2, name="trial-a"), old(job_id=3, name="nightly-b"))
    assert ids(ask(probe, search_content="ightly")) == [1, 3]
    assert ids(ask(probe, status="8")) == [2]
    assert ids(ask(probe, status="10", search_content="-a")) == [1]


def test_list_is_of_one_workspace(make_old: MakeOld) -> None:
    other = old(job_id=8) | {"workspace_id": SPACE}
    probe = make_old(old(), other)
    assert ids(ask(probe)) == [7]
    page = ask(probe, workspace_id=SPACE)
    assert (ids(page), page["job_total_count"]) == ([8], 1)
    assert failure(probe.send("GET", JOBS, query={"workspace_id": "b" * 32})) == (200, "7005")
    assert ids(ask(make_old(old(), other, honour_workspace=False), workspace_id=SPACE)) == [7, 8]
    spaces = probe.send("GET", JOBS.replace("training-jobs", "workspaces")).json["workspaces"]
    assert {each["id"] for each in spaces} == {"0", SPACE}


@pytest.mark.some(4)
@pytest.mark.parametrize(
    "query",
    [
        *({"page": value} for value in ("0", "65536", "x")),
        *({"per_page": value} for value in ("0", "1001")),
        *({"status": value} for value in ("23", "8,10", "")),
        {"sortBy": "job_id"},
        {"order": "up"},
        {"search_content": "x" * 65},
        {"workspace_id": "two words"},
    ],
)
def test_query_that_is_not_understood_is_refused(make_old: MakeOld, query: dict[str, str]) -> None:
    assert failure(make_old(old()).send("GET", JOBS, query=query)) == (200, "0104")


def test_versions_are_paged_only_on_request(make_old: MakeOld) -> None:
    probe = make_old(old(*[10] * 12))
    assert len(versions(probe)["versions"]) == 12
    assert len(versions(probe, per_page=5)["versions"]) == 12
    page = versions(probe, page=3, per_page=5)
    assert ([each["version_id"] for each in page["versions"]], page["version_count"]) == ([711, 712], 12)
    assert len(versions(probe, page=1)["versions"]) == 10


def test_details_are_flat_and_show_what_has_not_started(make_old: MakeOld) -> None:
    probe = make_old(old(10, 7, name="mixed", description="kept"))
    shown = probe.send("GET", f"{JOBS}/7/versions/702").json
    expected = {"is_success": True, "job_id": 7, "job_name": "mixed", "job_desc": "kept", "version_id": 702, "status": 7}
    assert expected | {"start_time": 0, "duration": 0} == {name: shown[name] for name in (*expected, "start_time", "duration")}
    assert (shown["train_url"], shown["log_url"]) == ("/team-bkt/mixed/V0002/out/", "/team-bkt/mixed/V0002/log/")


def test_status_can_be_a_text(make_old: MakeOld) -> None:
    probe = make_old(old(10, 8), v1_status="str")
    assert ask(probe, status="8")["jobs"][0]["status"] == "8"
    assert statuses(probe) == ["10", "8"]
    assert probe.send("GET", f"{JOBS}/7/versions/701").json["status"] == "10"


@pytest.mark.parametrize(
    ("switches", "status", "code", "key"),
    [
        ({}, 200, "2775", "error_message"),
        ({"v1_error_key": "error_msg", "v1_not_found": "ModelArts.0105"}, 200, "0105", "error_msg"),
        ({"v1_error_style": "http4xx"}, 400, "2775", "error_message"),
        ({"v1_error_style": "http4xx", "not_found_style": "404"}, 404, "2775", "error_message"),
    ],
)
def test_unknown_job_and_version_are_refused_as_the_switches_say(
    make_old: MakeOld, switches: dict[str, Any], status: int, code: str, key: str
) -> None:
    probe = make_old(old(), **switches)
    for path in ("/99/versions", "/99/versions/701", "/7/versions/799"):
        seen = probe.send("GET", JOBS + path)
        assert failure(seen) == (status, code)
        assert set(seen.json) == {"is_success", "error_code", key}


def test_ids_of_one_generation_mean_nothing_to_the_other(make_probe: MakeProbe, make_old: MakeOld) -> None:
    v1, v2 = make_old(old(), old(job_id=8)), make_probe()
    for path in (job_id(1), "07", "%2B7", "7.0", "0", "7%0A", "%D9%A7", "7_0"):
        assert failure(delete(v1, path)) == (200, "0104")
        assert failure(v1.send("GET", f"{JOBS}/{path}/versions")) == (200, "0104")
    assert ids(ask(v1)) == [7, 8]
    assert v2.send("DELETE", f"{V2_JOBS}/7").error == (400, "ModelArts.2775")
    assert [*v1.emulator.truth, *v2.emulator.truth] == []


def test_gateway_speaks_the_same_on_every_path(make_old: MakeOld) -> None:
    probe = make_old(old())
    assert probe.send_raw("GET", JOBS, b"", {"host": "x"}).error == (401, "APIG.0301")
    assert probe.send("GET", JOBS.replace("/v1/", "/v1/x")).error == (404, "ModelArts.2786")
    assert probe.send("GET", f"{JOBS}/7/nothing").error == (404, "APIG.0101")
    assert probe.send("GET", f"{JOBS}/7").error == (405, "ModelArts.2803")


def test_documents_may_be_as_odd_as_a_test_wants_them(make_old: MakeOld) -> None:
    odd = old(job_id=8) | {"create_time": "soon", "job_desc": None, "versions": []}
    bare: dict[str, Any] = {"job_id": 9, "versions": [{"version_id": 901}]}
    probe = make_old(old(), odd, bare)
    for sort_by in ("job_name", "job_desc", "status", "duration", "version_count", "create_time"):
        assert sorted(ids(ask(probe, sortBy=sort_by))) == [7, 8, 9]
    assert ids(ask(probe, sortBy="create_time")) == [7, 9, 8]
    assert ids(ask(probe, search_content="trial", status="10")) == [7]
    assert versions(probe, 8)["versions"] == []
    assert "status" not in versions(probe, 9)["versions"][0]
    assert [job["job_id"] for job in probe.emulator.v1.jobs()] == [7, 9, 8]
    for path in ("8", "9"):
        assert delete(probe, path).json == {"is_success": True}
    assert [(each.job_id, each.phase_before, each.was_active) for each in probe.emulator.truth.records("deleted")] == [
        ("8", None, False),
        ("9", None, False),
    ]


def test_description_can_be_changed(make_old: MakeOld) -> None:
    probe = make_old(old())
    assert probe.send("PUT", f"{JOBS}/7", {"job_desc": "x" * 256}).json == {"is_success": True}
    assert ask(probe)["jobs"][0]["job_desc"] == "x" * 256
    for body, code in (({"job_desc": "x" * 257}, "2788"), ({}, "2788"), ({"job_desc": 7}, "2788")):
        assert failure(probe.send("PUT", f"{JOBS}/7", body)) == (200, code)
    assert failure(probe.send("PUT", f"{JOBS}/9", {"job_desc": "x"})) == (200, "2775")


@pytest.mark.soak
def test_a_team_s_worth_of_jobs_is_built_and_listed_in_no_time(make_old: MakeOld) -> None:
    started = time.process_time()
    jobs = seed_jobs_v1(NOW_MS, 3400, 600)
    probe = make_old(*jobs, unknown_fields=False)
    took = time.process_time() - started
    several = [job for job in jobs if len(job["versions"]) > 1]
    assert len(several) == 600
    assert {len(job["versions"]) for job in several} <= {2, 3, 4, 5}
    assert jobs == seed_jobs_v1(NOW_MS, 3400, 600)
    pages = [ask(probe, page=page, per_page=1000, sortBy="create_time") for page in range(1, 6)]
    assert [len(page["jobs"]) for page in pages] == [1000, 1000, 1000, 400, 0]
    assert len({job for page in pages for job in ids(page)}) == pages[0]["job_total_count"] == 3400
    assert took < 1
