"""What `janitor doctor` says of a region's features and of permissions, and at what price it asks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from doctoring import doctor, results, skipped
from documents import make_document
from documents_v1 import make_job_v1
from stage import POLICY, Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault, Route
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    staged = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2), make_document(now_ms, 1, "Running")])
    staged.write()
    return staged


SITES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"batch_mode": "absent"}, "", "batch", "absent: jobs are deleted one at a time"),
    ({"batch_mode": "absent_405"}, "", "batch", "absent: jobs are deleted one at a time"),
    ({"tags": "absent"}, "", "tags", "absent: marks are read from descriptions alone"),
    ({"workspaces_enabled": False}, "", "workspaces", "not enabled"),
    ({"aging": "hidden"}, "aging=unknown", "aging", "GET"),
]


@pytest.mark.some(2)
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


@pytest.mark.parametrize(
    ("route", "check", "action"),
    [("find_by_tags", "list", "modelarts::listResourcesByTag"), ("tags", "get", "modelarts:tag:list")],
)
def test_tags_that_may_not_be_read_are_a_fault_and_the_permission_is_named(
    stage: Stage, route: Route, check: str, action: str
) -> None:
    """They are read with the listing and with each look, and what cannot be told keeps every job."""
    stage.emulator.faults.add(Fault(route, "status", status=403, code="ModelArts.0108", times=None))
    code, checks, _ = doctor(stage)
    assert (code, results(checks).removeprefix("signed=unknown ")) == (3, f"{check}=fault")
    assert f"user {action} in" in checks[check]["advice"]
    assert f"refused: {action};" in checks["permissions"]["message"]


def test_a_policy_that_asks_for_labels_where_there_are_none_is_a_fault(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)], switches=Switches(tags="absent"))
    policy = POLICY.replace("match: {", "match: {labels: {team: nlp}, ")
    stage.write(policy)
    code, checks, _ = doctor(stage)
    assert (code, results(checks), "weekly" in checks["tags"]["message"]) == (3, "tags=fault", True)


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
    assert sorted(set(asked)) == ["batch_delete", "find_by_tags", "get", "identity", "quota", "tags", "workspaces"]
    assert len(asked) == 9  # the tags with the listing, too, and the quota and the ageing by one route


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
