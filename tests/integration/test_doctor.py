"""`janitor doctor` against the emulator: each trouble shows as its own fault, and nothing is deleted or written."""

import json
from collections.abc import Callable

import pytest
from doctoring import CHECKS, FEATURES, JOBS, NEVER_TOLD, doctor, results, skipped
from documents import make_document
from stage import ACCOUNT, Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    staged = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2), make_document(now_ms, 1, "Running")])
    staged.write()
    return staged


def test_where_all_is_well_it_says_what_it_saw_and_exits_0(stage: Stage) -> None:
    code, checks, ledger = doctor(stage)
    assert (code, results(checks), skipped(checks), ledger["result"]) == (0, "", [], "ok")
    assert ACCOUNT.project_id in checks["identity"]["message"]
    assert checks["list"]["message"].startswith("complete: 2 finished jobs in 1 workspace(s)")
    assert checks["quota"]["message"] == "3 of 10000 jobs used"


def test_as_text_each_check_is_a_line_and_a_fault_says_what_to_do(stage: Stage) -> None:
    code, out, _ = stage.janitor("doctor")
    lines = out.splitlines()
    assert (code, lines[0], lines[2]) == (0, "ledger", "research")
    told = [line.split()[:2] for line in lines[3:] if line.split()[0] != "do:"]
    assert told == [[NEVER_TOLD.get(name, "ok"), name] for name in CHECKS]
    stage.write(target="project_name: elsewhere\n")
    code, out, _ = stage.janitor("doctor")
    (place,) = (number for number, line in enumerate(out.splitlines()) if line.startswith("  FAULT    identity "))
    assert (code, out.splitlines()[place + 1].strip().startswith("do: ")) == (3, True)


def test_a_wrong_secret_is_one_refused_request_and_a_fault_of_the_signature(make_stage: MakeStage) -> None:
    stage = make_stage(account=Account(secret_key="another-secret-key"))
    stage.write()
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=fault")
    assert skipped(checks) == ["identity", *JOBS, *FEATURES, "permissions"]
    assert [record.status for record in stage.emulator.requests] == [401]


def test_a_wrong_project_name_is_a_fault_of_the_identity(stage: Stage) -> None:
    stage.write(target="project_name: elsewhere\n")
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "identity=fault")


def test_a20_credentials_that_are_renewed_need_their_project_to_be_told_with_or_without_its_name(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text().replace(f"    project_name: {ACCOUNT.project_name}\n", ""))
    assert doctor(stage)[1]["identity"]["message"] == f"the credentials see project with id {ACCOUNT.project_id}"
    stage.emulator.faults.add(Fault("identity", "status", status=403, code="IAM.0003", times=None))
    code, checks, _ = doctor(stage)
    assert (code, checks["identity"]["result"], checks["identity"]["message"].startswith("WARNING")) == (0, "ok", True)
    assert "iam:projects:listProjects" in checks["identity"]["advice"]


def test_a_wrong_project_id_is_told_and_the_identity_says_the_right_one(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text().replace(ACCOUNT.project_id, "f" * 32))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown identity=fault list=fault")
    assert ACCOUNT.project_id in checks["identity"]["message"]


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("offset_s", "code", "expected"),
    [(200, 0, ""), (600, 3, "clock=fault"), (1200, 3, "clock=fault")],
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
        assert (code, results(checks)) == (0, "quota=unknown aging=unknown")


def test_a_listing_that_is_not_permitted_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown list=fault")
    assert "modelarts:trainJob:list" in checks["list"]["advice"]


def test_an_absent_api_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=404, code="APIG.0101", times=None))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown list=fault")


def test_a_listing_without_proof_is_a_fault_of_the_listing(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "endless", times=None))
    stage.emulator.faults.add(Fault("list", "grow_total", times=None, by=1000))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "list=fault")


def test_an_answer_that_is_not_understood_is_no_answer(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "html", times=None))
    code, checks, _ = doctor(stage)
    assert (code, checks["reachable"]["result"], checks["list"]["result"]) == (3, "fault", "skipped")


def test_a_server_that_is_not_there_is_not_reachable(stage: Stage) -> None:
    stage.write(endpoint="http://127.0.0.1:9")
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "reachable=fault")
    assert skipped(checks) == ["tls", "signed", "identity", "clock", *JOBS, *FEATURES, "permissions"]


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
    assert [target["checks"][1]["result"] for target in (good, bad)] == ["ok", "fault"]
    assert stage.janitor("doctor", "--target", "research")[0] == 0
