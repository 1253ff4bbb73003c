"""`janitor doctor` against the emulator: each trouble shows as its own fault, and nothing is deleted or written."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from stage import ACCOUNT, Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
THE_WAY = ["endpoints", "reachable", "tls", "credentials", "signed", "identity", "clock"]
JOBS = ["list", "offsets", "get"]
FEATURES = ["batch", "tags", "workspaces", "quota", "aging"]
CHECKS = [*THE_WAY, *JOBS, "delete", *FEATURES, "permissions"]
NEVER_TOLD = {"delete": "unknown", "permissions": "unknown"}
"""What stays unknown though all is well."""
ASKING = {"list", "get", "tags", "identity", "quota", "workspaces", "find_by_tags", "batch_delete"}


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
    assert {record.route for record in stage.emulator.requests} <= ASKING
    assert [record.job_ids for record in stage.emulator.requests if record.route == "batch_delete" and record.job_ids] == []
    assert stage.deleted_in_truth() == []
    assert not stage.ledger_path.exists()
    return code, {check["check"]: check for check in target["checks"]}, document["ledger"]


def results(checks: dict[str, dict[str, str]]) -> str:
    """What came to something else than where all is well, but for what was skipped, and how the listing was paged."""
    found = {name: check["result"] for name, check in checks.items() if check["result"] != "skipped" and name != "offsets"}
    return " ".join(f"{name}={result}" for name, result in found.items() if result != NEVER_TOLD.get(name, "ok"))


def skipped(checks: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, check in checks.items() if check["result"] == "skipped"]


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


def test_a_wrong_project_id_is_told_and_the_identity_says_the_right_one(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text().replace(ACCOUNT.project_id, "f" * 32))
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (3, "signed=unknown identity=fault list=fault")
    assert ACCOUNT.project_id in checks["identity"]["message"]


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


SITES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"batch_mode": "absent"}, "", "batch", "absent: jobs are deleted one at a time"),
    ({"batch_mode": "absent_405"}, "", "batch", "absent: jobs are deleted one at a time"),
    ({"tags": "absent"}, "", "tags", "absent: marks are read from descriptions alone"),
    ({"workspaces_enabled": False}, "", "workspaces", "not enabled"),
    ({"aging": "hidden"}, "aging=unknown", "aging", "GET"),
]


@pytest.mark.parametrize(("switches", "differs", "name", "text"), SITES, ids=[str(switches) for switches, *_ in SITES])
def test_what_a_region_lacks_is_said_and_no_fault(
    make_stage: MakeStage, switches: dict[str, Any], differs: str, name: str, text: str
) -> None:
    stage = make_stage(jobs=[make_document(1_700_000_000_000, 1)], switches=Switches(**switches))
    stage.write()
    code, checks, _ = doctor(stage)
    assert (code, results(checks), checks[name]["message"].startswith(text)) == (0, differs, True)


def test_of_v1_it_is_said_what_it_cannot_have_and_nothing_is_asked_for(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs_v1=[make_job_v1(now_ms, 60)])
    stage.api = "v1"
    stage.write()
    code, out, _ = stage.janitor("doctor", "--output", "json")
    checks = {check["check"]: check for check in json.loads(out)["targets"][0]["checks"]}
    assert (code, results(checks), skipped(checks)) == (0, "", [])
    for name in ("batch", "tags", "aging"):
        assert checks[name]["message"].startswith("this API has none")
    assert "modelarts:trainJobVersion:list" in checks["permissions"]["message"]
    asked = {record.route for record in stage.emulator.requests}
    assert asked == {"v1_list", "v1_versions", "workspaces", "identity"}


def test_a_batch_route_is_asked_for_by_a_request_that_is_refused_unread(stage: Stage) -> None:
    doctor(stage)
    (request,) = [record for record in stage.emulator.requests if record.route == "batch_delete"]
    assert (request.status, request.job_ids) == (400, ())
    assert list(stage.emulator.truth) == []


def test_tags_that_are_not_permitted_are_a_fault_and_the_permission_is_named(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("find_by_tags", "status", status=403, code="ModelArts.0108", times=None))
    code, checks, _ = doctor(stage)
    assert (code, checks["list"]["result"]) == (3, "fault")
    assert "grant the credentials' user modelarts::listResourcesByTag in this project" in checks["list"]["advice"]
    assert "refused: modelarts::listResourcesByTag;" in checks["permissions"]["message"]


def test_deleting_is_untested_and_the_narrow_policy_of_the_mode_is_named(stage: Stage) -> None:
    _, checks, _ = doctor(stage)
    assert checks["delete"]["message"].startswith("untested")
    assert checks["delete"]["message"].endswith("modelarts:trainJob:delete, modelarts:trainJob:batchDelete")
    assert "deploy/iam/modelarts-enforce.json" in checks["permissions"]["advice"]
    stage.config.write_text(stage.config.read_text().replace("    mode: enforce\n    backend", "    mode: observe\n    backend"))
    assert "deploy/iam/modelarts-observe.json" in doctor(stage)[1]["permissions"]["advice"]


@pytest.mark.parametrize(("count", "mode", "text"), [(1, "page", "too few"), (60, "page", "pages"), (60, "record", "records")])
def test_a14_how_offsets_count_is_said_where_the_listing_showed_it(
    make_stage: MakeStage, now_ms: int, count: int, mode: Any, text: str
) -> None:
    jobs = [make_document(now_ms, 60 + number) for number in range(count)]
    stage = make_stage(jobs=jobs, switches=Switches(offset_mode=mode))
    stage.write()
    code, checks, _ = doctor(stage)
    assert (code, results(checks), text in checks["offsets"]["message"]) == (0, "", True)


def test_it_is_a_handful_of_requests(stage: Stage) -> None:
    doctor(stage)
    asked = [record.route for record in stage.emulator.requests if record.route != "list"]
    assert sorted(asked) == [
        "batch_delete",
        "find_by_tags",
        "find_by_tags",
        "get",
        "identity",
        "quota",
        "quota",
        "tags",
        "workspaces",
    ]


def test_a_temporary_key_is_named_as_one_and_never_shown(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)], account=Account(security_token="token-of-a-temporary-key"))
    stage.write()
    (stage.folder / "token").write_text("token-of-a-temporary-key")
    text = stage.config.read_text().replace("secret_key: {file: sk}", "secret_key: {file: sk}, security_token: {file: token}")
    stage.config.write_text(text)
    code, checks, _ = doctor(stage)
    assert (code, results(checks)) == (0, "credentials=unknown")
    assert checks["credentials"]["message"].startswith("temporary key")
    assert "token-of" not in json.dumps(checks)


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
