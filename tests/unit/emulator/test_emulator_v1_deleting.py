"""Deleting and stopping in the first generation: accepted, delayed, never, refused; and what the truth log says of it."""

from itertools import product
from pathlib import Path

import pytest
from emulator_probe import ACCOUNT
from v1_probe import JOBS, NOW_MS, MakeOld, advance, ask, changes, delete, failure, ids, old, statuses, versions

from janitor.emulator.document import ABSENT
from janitor.emulator.document_v1 import RUNS_NOW, STATUSES
from janitor.emulator.server import Emulator
from janitor.emulator.truth import read_truth


def test_deleted_job_is_gone_with_all_of_its_versions(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11), old(job_id=8))
    seen = delete(probe)
    assert (seen.status, seen.json) == (200, {"is_success": True})
    assert ids(ask(probe)) == [8]
    for path in ("7/versions", "7/versions/701", "7/versions/702"):
        assert failure(probe.send("GET", f"{JOBS}/{path}")) == (200, "2775")
    assert failure(delete(probe)) == (200, "2775")
    assert changes(probe) == [("delete_accepted", None), ("deleted", None)]


def test_deleted_version_leaves_the_others_and_the_last_one_takes_the_job_along(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11))
    assert delete(probe, "7/versions/702").json == {"is_success": True}
    assert [(row["version_id"], row["version_count"], row["status"]) for row in ask(probe)["jobs"]] == [(701, 1, 10)]
    assert failure(delete(probe, "7/versions/702")) == (200, "2775")
    delete(probe, "7/versions/701")
    assert ids(ask(probe)) == []
    first, last = [("delete_accepted", 702), ("deleted", 702)], [("delete_accepted", 701), ("deleted", 701), ("deleted", None)]
    assert changes(probe) == first + last


def test_deletion_happens_after_the_delay_without_any_request(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11), old(10, 11, job_id=8), delete_delay_s=30)
    assert delete(probe).json == delete(probe, "8/versions/801").json == {"is_success": True}
    advance(probe, 29)
    assert (statuses(probe), statuses(probe, 8)) == ([10, 11], [10, 11])
    advance(probe, 1)
    assert [each.change for each in probe.emulator.truth] == ["delete_accepted"] * 2 + ["deleted"] * 2
    assert (ids(ask(probe)), statuses(probe, 8)) == ([8], [11])


@pytest.mark.some(2)
@pytest.mark.parametrize(("answer", "succeeds"), [("accept", True), ("not_found", False)])
@pytest.mark.parametrize(("first", "second"), [("7", "7"), ("7/versions/701", "7/versions/701"), ("7", "7/versions/701")])
def test_second_delete_during_the_delay_changes_nothing(
    make_old: MakeOld, answer: str, succeeds: bool, first: str, second: str
) -> None:
    probe = make_old(old(10, 11), delete_delay_s=30, second_delete=answer)
    delete(probe, first)
    advance(probe, 10)
    assert delete(probe, second).json["is_success"] is succeeds
    advance(probe, 20)
    assert [each.change for each in probe.emulator.truth] == ["delete_accepted", "deleted"]


def test_job_can_go_while_one_of_its_versions_is_going(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11), delete_delay_s=30)
    delete(probe, "7/versions/701")
    advance(probe, 10)
    delete(probe)
    advance(probe, 30)
    assert ids(ask(probe)) == []
    assert changes(probe) == [("delete_accepted", 701), ("delete_accepted", None), ("deleted", 701), ("deleted", None)]


def test_accepted_deletion_may_never_happen_or_fail(make_old: MakeOld) -> None:
    switches = {"never_delete": frozenset({"7"}), "v1_delete_fails": frozenset({"8"})}
    probe = make_old(old(10, 11), old(10, 11, job_id=8), **switches)
    assert delete(probe).json == delete(probe, "7/versions/701").json == delete(probe, "8").json == {"is_success": True}
    advance(probe, 86400)
    assert (statuses(probe), statuses(probe, 8)) == ([10, 11], [6, 6])
    assert not probe.emulator.truth.records("deleted")
    probe.emulator.world.switches = type(probe.emulator.world.switches)()
    delete(probe, "8")
    assert ids(ask(probe)) == [7]


def test_pending_deletion_does_not_reach_the_next_job_with_that_id(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11), delete_delay_s=30)
    delete(probe)
    delete(probe, "7/versions/701")
    probe.emulator.v1.remove(7)
    probe.emulator.v1.add(old(10, 11, name="other"))
    advance(probe, 60)
    assert ([row["job_name"] for row in ask(probe)["jobs"]], statuses(probe)) == (["other"], [10, 11])
    assert [each.change for each in probe.emulator.truth] == ["delete_accepted", "removed", "added"]


def test_forbidden_job_is_refused_and_kept(make_old: MakeOld) -> None:
    probe = make_old(old(), old(job_id=8), forbidden_ids=frozenset({"7"}), v1_error_style="http4xx")
    for path in ("7", "7/versions/701"):
        assert failure(delete(probe, path)) == (403, "0108")
    delete(probe, "8")
    assert ids(ask(probe)) == [7]


@pytest.mark.parametrize("style", ["http200", "http4xx"])
def test_active_versions_can_be_defended(make_old: MakeOld, style: str) -> None:
    """Whatever version is active, not only the one that the list shows; another one may go."""
    probe = make_old(old(8, 10), delete_active="reject_409", v1_error_style=style)
    for path in ("7", "7/versions/701"):
        assert failure(delete(probe, path)) == ({"http200": 200, "http4xx": 409}[style], "2878")
    assert statuses(probe) == [8, 10]
    assert delete(probe, "7/versions/702").json == {"is_success": True}
    assert statuses(probe) == [8]


@pytest.mark.parametrize("path", ["7", "7/versions/701", "7/versions/702"])
def test_truth_tells_whether_anything_active_was_deleted(make_old: MakeOld, path: str) -> None:
    for first, second in product((8, 10), (9, 11)):
        probe = make_old(old(first, second))
        delete(probe, path)
        killed = {"7": first == 8 or second == 9, "7/versions/701": first == 8, "7/versions/702": second == 9}[path]
        assert [each.was_active for each in probe.emulator.truth] == [killed, killed]
        named = first if path.endswith("701") else second
        assert {each.phase_before for each in probe.emulator.truth} == {STATUSES[named]}


def test_truth_judges_by_the_moment_at_which_a_deletion_is_applied(make_old: MakeOld) -> None:
    probe = make_old(old(10, 10), delete_delay_s=30)
    delete(probe)
    probe.emulator.v1.add_version(7)
    advance(probe, 30)
    accepted, added, deleted = probe.emulator.truth
    assert (accepted.change, accepted.was_active, accepted.phase_before) == ("delete_accepted", False, "JOBSTAT_COMPLETED")
    assert added.change == "changed"
    assert (deleted.change, deleted.was_active, deleted.phase_before) == ("deleted", True, "JOBSTAT_RUNNING")


def test_truth_names_who_did_what_to_which_incarnation(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    job = old(description="x")
    with Emulator(jobs_v1=[job], truth_path=path) as emulator:
        emulator.v1.remove(7)
        emulator.v1.add(job | {"create_time": NOW_MS})
        assert read_truth(path) == list(emulator.truth)
    removed, added = read_truth(path)
    assert (removed.job_id, removed.name, removed.workspace, removed.create_time) == ("7", "trial-v1-7", "0", job["create_time"])
    assert (removed.change, removed.source, removed.was_active) == ("removed", "world", False)
    assert (added.change, added.create_time, added.phase_before, added.was_active) == ("added", NOW_MS, None, None)


def test_truth_names_the_request(make_old: MakeOld) -> None:
    probe = make_old(old())
    seen = delete(probe)
    for record in probe.emulator.truth:
        assert (record.source, record.access_key, record.path) == ("api", ACCOUNT.access_key, f"{JOBS}/7")
        assert record.request_id == seen.headers["x-request-id"]
    request = probe.emulator.requests[-1]
    assert (request.route, request.job_id, request.status) == ("v1_delete", "7", 200)


def test_running_version_is_killing_then_killed(make_old: MakeOld) -> None:
    probe = make_old(old(8, 8), terminate_delay_s=5)
    assert probe.send("POST", f"{JOBS}/7/versions/701/stop").json == {"is_success": True}
    assert statuses(probe) == [9, 8]
    advance(probe, 5)
    assert statuses(probe) == [12, 8]
    stopped = versions(probe)["versions"][0]
    assert stopped["start_time"] + stopped["duration"] == NOW_MS + 5000
    assert changes(probe) == [("changed", 701), ("changed", 701)]


def test_only_a_running_version_can_be_stopped(make_old: MakeOld) -> None:
    others = [status for status in STATUSES if status != 8]
    probe = make_old(old(*others))
    for number in range(1, len(others) + 1):
        assert failure(probe.send("POST", f"{JOBS}/7/versions/{700 + number}/stop")) == (200, "2796")
    assert failure(probe.send("POST", f"{JOBS}/7/versions/799/stop")) == (200, "2775")
    assert statuses(probe) == others


def test_stop_does_not_overrule_what_happened_meanwhile(make_old: MakeOld) -> None:
    probe = make_old(old(8), old(8, job_id=8), terminate_delay_s=5)
    for path in ("7/versions/701", "8/versions/801"):
        probe.send("POST", f"{JOBS}/{path}/stop")
    probe.emulator.v1.set_status(7, 701, 10)
    probe.emulator.v1.remove(8)
    advance(probe, 5)
    assert statuses(probe) == [10]


def test_outsiders_change_jobs_and_versions(make_old: MakeOld) -> None:
    probe = make_old(old(10), old(job_id=8))
    v1 = probe.emulator.v1
    v1.change(7, job_name="new", user={"name": "mei"})
    v1.change_version(7, 701, duration=ABSENT, start_time=ABSENT)
    assert v1.add_version(7, 7, train_url="/elsewhere/") == 702
    v1.remove(8)
    (row,) = ask(probe)["jobs"]
    assert (row["job_name"], row["user"], row["version_id"], row["status"]) == ("new", {"name": "mei"}, 702, 7)
    first, second = versions(probe)["versions"]
    assert not {"duration", "start_time"} & set(first)
    assert (second["train_url"], second["version_name"], second["pre_version_id"]) == ("/elsewhere/", "V0002", 701)
    assert (second["create_time"], second["start_time"]) == (NOW_MS, 0)
    assert {each.source for each in probe.emulator.truth} == {"world"}
    with pytest.raises(ValueError, match="a job with id 7 exists"):
        v1.add(old())
    with pytest.raises(KeyError, match="no version 799"):
        v1.set_status(7, 799, 8)


def test_every_code_has_a_name_and_what_runs_has_started() -> None:
    assert list(STATUSES) == list(range(23))
    assert (STATUSES[6], STATUSES[9], STATUSES[13], STATUSES[22]) == (
        *("JOBSTAT_DELETE_FAILED", "JOBSTAT_KILLING", "JOBSTAT_CANCELED"),
        "MOUNT_FAILED",
    )
    assert {8, 9, 15} == RUNS_NOW
