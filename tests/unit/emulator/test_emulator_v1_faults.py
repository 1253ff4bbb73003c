"""Scripted faults on the routes of the first generation, and the control routes that drive its jobs."""

from typing import Any

import pytest
import requests
from emulator_probe import Probe
from v1_probe import JOBS, MakeOld, advance, ask, delete, failure, ids, old, statuses, versions

from janitor.emulator.faults import Fault, Scripted


def script(probe: Probe, route: Any, action: Any, **details: Any) -> Scripted:
    return probe.emulator.faults.add(Fault(route, action, **details))


@pytest.fixture
def probe(make_old: MakeOld) -> Probe:
    return make_old(*(old(10, 11, 12, job_id=number, name=f"n-{number}") for number in range(1, 8)))


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("route", "method", "path"),
    [
        ("v1_list", "GET", ""),
        ("v1_versions", "GET", "/7/versions"),
        ("v1_version", "GET", "/7/versions/701"),
        ("v1_delete", "DELETE", "/7"),
        ("v1_delete_version", "DELETE", "/7/versions/701"),
        ("v1_stop", "POST", "/7/versions/701/stop"),
        ("v1_update", "PUT", "/7"),
    ],
)
def test_every_route_can_be_struck_by_its_name(probe: Probe, route: str, method: str, path: str) -> None:
    script(probe, route, "status", status=503, job_id="7")
    body = {"job_desc": "x"} if method == "PUT" else None
    assert probe.send(method, JOBS + path, body).error == (503, "Scripted.503")
    assert probe.emulator.requests[-1].route == route
    assert not list(probe.emulator.truth)
    if path:
        script(probe, route, "status", status=503, job_id="6")
        assert probe.send(method, JOBS + path, body).status == 200


def test_list_effects_rewrite_a_page_of_jobs(probe: Probe) -> None:
    script(probe, "v1_list", "empty_list")
    script(probe, "v1_list", "grow_total", nth=2, by=3)
    script(probe, "v1_list", "drop_item", nth=3, job_id="2")
    script(probe, "v1_list", "drop_item", nth=4)
    script(probe, "v1_list", "duplicate_item", nth=6)
    assert (ids(page := ask(probe)), page["job_total_count"]) == ([], 0)
    assert ask(probe)["job_total_count"] == 10
    assert ids(ask(probe)) == [1, 3, 4, 5, 6, 7]
    assert ids(ask(probe)) == [1, 2, 3, 5, 6, 7]
    assert ids(ask(probe, per_page=3, page=1)) == [1, 2, 3]
    assert ids(ask(probe, per_page=3, page=2)) == [3, 4, 5, 6]
    assert ids(ask(probe)) == [1, 2, 3, 4, 5, 6, 7]


def test_list_can_be_without_end(probe: Probe) -> None:
    script(probe, "v1_list", "endless", times=2)
    assert ids(ask(probe, page=9, per_page=9)) == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    assert len(ids(ask(probe, page=9))) == 10
    script(probe, "v1_list", "endless", fresh=True, times=None)
    pages = [ids(ask(probe, page=page)) for page in (1, 2)]
    assert pages[0][:7] == [1, 2, 3, 4, 5, 6, 7]
    assert len({*pages[0], *pages[1]}) == 20
    assert all(0 < each < 2**63 for page in pages for each in page)


def test_list_effects_rewrite_the_versions_of_a_job(probe: Probe) -> None:
    script(probe, "v1_versions", "drop_item", job_id="7")
    assert [each["version_id"] for each in versions(probe, 6)["versions"]] == [601, 602, 603]
    missing = versions(probe, 7)
    assert ([each["version_id"] for each in missing["versions"]], missing["version_count"]) == ([701, 703], 3)
    script(probe, "v1_versions", "empty_list")
    assert (versions(probe)["versions"], versions(probe)["version_count"]) == ([], 3)
    script(probe, "v1_versions", "grow_total")
    assert versions(probe)["version_count"] == 4
    script(probe, "v1_versions", "endless", fresh=True)
    assert len({each["version_id"] for each in versions(probe, page=1, per_page=5)["versions"]}) == 5
    script(probe, "v1_versions", "drop_item")
    assert failure(probe.send("GET", f"{JOBS}/99/versions")) == (200, "2775")


@pytest.mark.parametrize("key", ["error_message", "error_msg"])
def test_false_answers_have_the_shape_of_the_generation(make_old: MakeOld, key: str) -> None:
    probe = make_old(old(), v1_error_key=key, v1_not_found="ModelArts.0105")
    script(probe, "any", "not_found_all")
    script(probe, "v1_delete", "false_success", nth=2)
    for code in ("0105", "0105"):
        seen = delete(probe)
        assert failure(seen) == (200, code)
        assert set(seen.json) == {"is_success", "error_code", key}
    assert statuses(probe) == [10]


@pytest.mark.parametrize(("path", "left"), [("7", None), ("7/versions/702", [10, 12])])
def test_late_delete_arrives_when_nobody_waits_any_more(probe: Probe, path: str, left: list[int] | None) -> None:
    script(probe, "any", "late_delete", seconds=120)
    with pytest.raises(ConnectionResetError):
        delete(probe, path)
    assert statuses(probe) == [10, 11, 12]
    advance(probe, 120)
    assert versions(probe)["is_success"] is (left is not None)
    assert left is None or statuses(probe) == left


def test_change_happens_just_before_the_request(probe: Probe) -> None:
    script(probe, "v1_delete", "before", change=lambda _: probe.emulator.v1.set_status(7, 701, 8))
    delete(probe)
    assert [(each.change, each.was_active) for each in probe.emulator.truth] == [
        ("changed", False),
        ("delete_accepted", True),
        ("deleted", True),
    ]


def test_another_process_can_drive_the_jobs(probe: Probe) -> None:
    url = f"{probe.emulator.url}/_emulator/v1/jobs"
    with requests.Session() as session:
        assert [job["job_id"] for job in session.get(url, timeout=5).json()] == [1, 2, 3, 4, 5, 6, 7]
        assert session.post(url, json=[old(job_id=8), old(job_id=9)], timeout=5).status_code == 201
        assert session.post(url, json=old(job_id=9), timeout=5).status_code == 400
        assert session.patch(f"{url}/7", json={"job_name": "new"}, timeout=5).json()["job_name"] == "new"
        assert session.post(f"{url}/7/versions", json={"status": 7}, timeout=5).json() == {"version_id": 704}
        session.patch(f"{url}/7/versions/701", json={"status": 8}, timeout=5)
        session.delete(f"{url}/7/versions/702", timeout=5)
        session.delete(f"{url}/8", timeout=5)
        for wrong in ("x", "99", "7/versions/799", "7/versions/y"):
            assert session.delete(f"{url}/{wrong}", timeout=5).status_code == 400
        truth = session.get(f"{probe.emulator.url}/_emulator/truth", timeout=5).json()
    assert statuses(probe) == [8, 12, 7]
    assert ids(ask(probe)) == [1, 2, 3, 4, 5, 6, 7, 9]
    assert [each["job_id"] for each in truth if each["change"] == "removed"] == ["7", "8"]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"add": old(job_id=8)}, [10, 11, 12]),
        ({"add_version": 7, "fields": {"status": 7}}, [10, 11, 12, 7]),
        ({"remove": 7, "version": 701}, [11, 12]),
        ({"change": 7, "version": 701, "fields": {"status": 8}}, [8, 11, 12]),
        ({"change": 7, "fields": {"job_name": "new"}}, [10, 11, 12]),
    ],
)
def test_another_process_can_script_a_change(probe: Probe, change: dict[str, Any], left: list[int]) -> None:
    url = f"{probe.emulator.url}/_emulator/faults"
    fault = {"route": "v1_versions", "action": "before", "change": {"v1": change}}
    assert requests.post(url, json=fault, timeout=5).status_code == 201
    assert statuses(probe) == left
    assert [each.change for each in probe.emulator.truth] == [
        "added" if "add" in change else "removed" if "remove" in change else "changed"
    ]


def test_change_that_is_not_understood_is_refused(probe: Probe) -> None:
    url = f"{probe.emulator.url}/_emulator/faults"
    for change in ({"v1": {"remove": "7"}}, {"v1": {"change": 7}}, {"v1": 7}):
        assert requests.post(url, json={"route": "any", "action": "before", "change": change}, timeout=5).status_code == 400
