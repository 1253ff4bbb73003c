"""`janitor doctor` against the emulator: each trouble shows as its own fault, and nothing is deleted or written."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from stage import ACCOUNT, Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
CHECKS = ["reachable", "signed", "identity", "clock", "list", "get", "quota"]


def doctor(stage: Stage, *arguments: str) -> tuple[int, dict[str, dict[str, str]], dict[str, Any]]:
    """Run it as JSON: exit code, the one target's checks by name, the ledger's; it asks for nothing that changes a job."""
    code, out, error = stage.janitor("doctor", "--output", "json", *arguments)
    assert error == ""
    document = json.loads(out)
    (target,) = document["targets"]
    assert (document["version"], [check["check"] for check in target["checks"]]) == (1, CHECKS)
    for check in [*target["checks"], document["ledger"]]:
        assert set(check) == {"check", "result", "message", "advice"}
        assert check["advice"] or check["result"] != "fault"
    assert {record.method for record in stage.emulator.requests} <= {"GET", "POST"}
    reading = {"list", "find_by_tags", "get", "tags", "identity", "quota", "workspaces"}
    assert {record.route for record in stage.emulator.requests} <= reading
    assert stage.deleted_in_truth() == []
    assert not stage.ledger_path.exists()
    return code, {check["check"]: check for check in target["checks"]}, document["ledger"]


def results(checks: dict[str, dict[str, str]]) -> str:
    return " ".join(f"{name}={check['result']}" for name, check in checks.items() if check["result"] != "ok")


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    staged = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2), make_document(now_ms, 1, "Running")])
    staged.write()
    return staged


def test_where_all_is_well_it_says_what_it_saw_and_exits_0(stage: Stage) -> None:
    code, checks, ledger = doctor(stage)
    assert (code, results(checks), ledger["result"]) == (0, "", "ok")
    assert ACCOUNT.project_id in checks["identity"]["message"]
    assert checks["list"]["message"].startswith("complete: 2 finished jobs in 1 workspace(s)")
    assert checks["quota"]["message"] == "3 of 10000 jobs used"


def test_as_text_each_check_is_a_line_and_a_fault_says_what_to_do(stage: Stage) -> None:
    code, out, _ = stage.janitor("doctor")
    lines = out.splitlines()
    assert (code, lines[0], lines[2], len(lines)) == (0, "ledger", "research", 10)
    assert [line.split()[:2] for line in lines[3:]] == [["ok", name] for name in CHECKS]
    stage.write(target="project_name: elsewhere\n")
    code, out, _ = stage.janitor("doctor")
    (place,) = (number for number, line in enumerate(out.splitlines()) if line.startswith("  FAULT    identity "))
    assert (code, out.splitlines()[place + 1].strip().startswith("do: ")) == (3, True)


def test_a_wrong_secret_is_one_refused_request_and_a_fault_of_the_signature(make_stage: MakeStage) -> None:
    stage = make_stage(account=Account(secret_key="another-secret-key"))
    stage.write()
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=fault identity=skipped list=skipped get=skipped quota=skipped")
    assert [record.status for record in stage.emulator.requests] == [401]


def test_a_wrong_project_name_is_a_fault_of_the_identity(stage: Stage) -> None:
    stage.write(target="project_name: elsewhere\n")
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "identity=fault")


def test_a_wrong_project_id_is_told_and_the_identity_says_the_right_one(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text().replace(ACCOUNT.project_id, "f" * 32))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown identity=fault list=fault get=skipped quota=skipped")
    assert ACCOUNT.project_id in checks["identity"]["message"]


@pytest.mark.parametrize(
    ("offset_s", "code", "expected"),
    [(200, 0, ""), (600, 3, "clock=fault")]
    + [(1200, 3, "signed=skipped identity=skipped clock=fault list=skipped get=skipped quota=skipped")],
)
def test_a_skewed_clock_is_a_fault_above_5_minutes(
    make_stage: MakeStage, now_ms: int, offset_s: int, code: int, expected: str
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)], switches=Switches(clock_offset_s=offset_s))
    stage.write()
    found, checks, _ = doctor(stage)
    assert (found, results(checks)) == (code, expected)
    assert any(str(offset_s + moment) in checks["clock"]["message"] for moment in (-2, -1, 0, 1))


def test_an_absent_quota_route_is_unknown_and_no_fault(make_stage: MakeStage, now_ms: int) -> None:
    for quota in ("absent", "refused"):
        stage = make_stage(jobs=[make_document(now_ms, 60)], switches=Switches(quota=quota))
        stage.write()
        code, checks, _ = doctor(stage)
        assert (code, results(checks)) == (0, "quota=unknown")


def test_a_listing_that_is_not_permitted_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown list=fault get=skipped quota=skipped")
    assert "modelarts:trainJob:list" in checks["list"]["advice"]


def test_an_absent_api_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=404, code="APIG.0101", times=None))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown list=fault get=skipped quota=skipped")


def test_a_listing_without_proof_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "endless", times=None))
    stage.emulator.faults.add(Fault("list", "grow_total", times=None, by=1000))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "list=fault get=skipped quota=skipped")


def test_an_answer_that_is_not_understood_is_no_answer(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "html", times=None))
    code, checks, _ = doctor(stage)
    assert (code, checks["reachable"]["result"], checks["list"]["result"]) == (3, "fault", "skipped")


def test_a_server_that_is_not_there_is_not_reachable(stage: Stage) -> None:
    stage.write(endpoint="http://127.0.0.1:9")
    code, checks, _ = doctor(stage)
    skipped = " ".join(f"{name}=skipped" for name in CHECKS[1:])
    assert (code, results(checks)) == (3, f"reachable=fault {skipped}")


def test_an_empty_project_has_no_job_to_look_at_and_no_fault(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (0, "get=unknown")


def test_a_ledger_that_must_be_there_and_is_not_is_a_fault_and_the_targets_are_checked_all_the_same(stage: Stage) -> None:
    stage.write(top="ledger: {path: ledger.db, create: false}\n")
    code, checks, ledger = doctor(stage)
    assert (code, results(checks), ledger["result"]) == (3, "", "fault")


def test_after_a_sweep_the_ledger_and_its_head_are_seen(stage: Stage) -> None:
    stage.sweep()
    code, out, _ = stage.janitor("doctor")
    assert (code, "its anchored head is in it" in out) == (0, True)


def test_an_unknown_target_is_a_usage_error_and_nothing_is_asked(stage: Stage) -> None:
    code, _, error = stage.janitor("doctor", "--target", "nonsense")
    assert (code, "research" in error, stage.emulator.requests) == (2, True, [])


def test_hostile_answers_are_inert_and_secrets_stay_secret(stage: Stage) -> None:
    hostile = f"x\x1b[2J\u202e\n  ok       signed {ACCOUNT.secret_key}"
    for route in ("list", "quota"):
        stage.emulator.faults.clear()
        stage.emulator.faults.add(Fault(route, "status", status=403, code="ModelArts.0108", message=hostile, times=None))
        for output in ("text", "json"):
            _, out, _ = stage.janitor("doctor", "--output", output)
            assert "x\\x1b[2J" in out.replace("\\\\", "\\")
            for forbidden in ("\x1b", "\u202e", ACCOUNT.secret_key):
                assert forbidden not in out
            assert "\n  ok       signed ***" not in out


def test_of_two_targets_each_has_its_own_checks_and_one_fault_is_enough(stage: Stage) -> None:
    text = stage.config.read_text()
    start, end = text.index("  - name: research"), text.index("policies:")
    broken = text[start:end].replace("research", "nowhere").replace(stage.emulator.url, "http://127.0.0.1:9")
    stage.config.write_text(text[:end] + broken + text[end:])
    code, out, _ = stage.janitor("doctor", "--output", "json")
    good, bad = json.loads(out)["targets"]
    assert (code, good["target"], bad["target"]) == (3, "research", "nowhere")
    assert [target["checks"][0]["result"] for target in (good, bad)] == ["ok", "fault"]
    assert stage.janitor("doctor", "--target", "research")[0] == 0
