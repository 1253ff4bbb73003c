"""`janitor plan --format md|csv`: the page and the rows, from the command line against the emulator."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from stage import ACCOUNT, POLICY, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]


def with_output(document: dict[str, Any], url: str) -> dict[str, Any]:
    document["algorithm"] = {"outputs": [{"name": "train_url", "remote": {"obs": {"obs_url": url}}}]}
    return document


@pytest.fixture
def jobs(now_ms: int) -> list[dict[str, Any]]:
    """Three that expired, of two owners, and two that did not."""
    expired = [with_output(make_document(now_ms, 60, user_name=owner), "/bkt/out/") for owner in ("ann", "ann", "bob")]
    return [*expired, make_document(now_ms, 2), make_document(now_ms, 1, "Running")]


@pytest.fixture
def stage(make_stage: MakeStage, jobs: list[dict[str, Any]]) -> Stage:
    staged = make_stage(jobs=jobs)
    staged.write()
    return staged


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_page_shows_counts_owners_quota_and_what_stays_and_changes_nothing(stage: Stage) -> None:
    code, out, _ = stage.janitor("plan", "--format", "md")
    assert code == 0
    assert out.startswith("# What janitor would delete\n\n## Target `research`, as of ")
    assert "Of 4 jobs listed, 3 would go: 3 would be deleted now, 0 are only observed. The others stay: 1 kept" in out
    assert "Job quota: 5 of 10000 used; about 2 after what would be deleted now." in out
    assert "| `ann` | 2 | 0 | 0 | 60 days (" in out
    assert "In object storage, 1 address of 3 expired jobs stays. Deleting a job frees its place in the quota" in out
    assert "| `ann` | 2 | 0 | 1 |\n| `bob` | 1 | 0 | 1 |\n\n| bucket | jobs | addresses |" in out
    assert "janitor-hold" in out.splitlines()[-1]
    assert {record.route for record in stage.emulator.requests} == {"identity", "list", "find_by_tags", "quota"}
    assert not stage.ledger_path.exists()


@pytest.mark.parametrize("output", ["text", "json", "csv"])
def test_no_other_format_asks_for_the_quota(stage: Stage, output: str) -> None:
    assert stage.janitor("plan", "--format", output)[0] == 0
    assert stage.janitor("sweep", "--dry-run")[0] == 0
    assert "quota" not in {record.route for record in stage.emulator.requests}


def test_observing_jobs_are_on_the_page_too(stage: Stage) -> None:
    stage.write(POLICY.replace("mode: enforce", "mode: observe"))
    _, out, _ = stage.janitor("plan", "--format", "md")
    assert "3 would go: 0 would be deleted now, 3 are only observed." in out
    assert "because of these policies: `weekly`." in out


@pytest.mark.parametrize(
    "fault",
    [
        Fault("quota", "status", status=403, code="ModelArts.0108", times=None),
        Fault("quota", "status", status=500, times=None),
        Fault("quota", "body", body='{"quotas": [{"resource": "job-num", "quota": -1, "used": true}]}', times=None),
        Fault("quota", "html", times=None),
        Fault("quota", "reset_before", times=None),
        Fault("quota", "status", status=401, code="APIG.0301", times=None),
    ],
    ids=["refused", "broken", "odd", "html", "reset", "credentials"],
)
def test_a_quota_that_fails_is_a_sentence_and_never_fails_the_plan(stage: Stage, fault: Fault) -> None:
    stage.emulator.faults.add(fault)
    code, out, _ = stage.janitor("plan", "--format", "md")
    assert (code, "3 would be deleted now" in out, "Job quota: not shown, because `" in out) == (0, True, True)


def test_a_platform_without_a_quota_is_a_sentence(make_stage: MakeStage, jobs: list[dict[str, Any]]) -> None:
    stage = make_stage(jobs=jobs, switches=Switches(quota="absent"))
    stage.write()
    code, out, _ = stage.janitor("plan", "--format", "md")
    assert (code, "Job quota: not shown, because `the platform has no route that tells it`." in out) == (0, True)


def test_a_failed_target_stands_on_the_page_with_what_to_do_and_its_exit_code(stage: Stage) -> None:
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, out, _ = stage.janitor("plan", "--format", "md")
    assert (code, "**ERROR not_permitted:** `" in out, "janitor doctor --target research" in out) == (6, True, True)
    assert "quota" not in {record.route for record in stage.emulator.requests}


def test_csv_has_a_row_for_each_expired_job_and_nothing_else_on_standard_output(stage: Stage) -> None:
    code, out, _ = stage.janitor("plan", "--format", "csv")
    rows = read_csv(out)
    assert (code, sorted(row["owner"] for row in rows)) == (0, ["ann", "ann", "bob"])
    for row in rows:
        assert (row["target"], row["outcome"], row["policy"], row["phase"]) == ("research", "planned", "weekly", "failed")
        assert (row["age_days"], row["outputs"]) == ("60", "/bkt/out/")


def test_what_stays_in_storage_is_told_by_the_plan_and_by_the_sweep_that_deleted(make_stage: MakeStage, now_ms: int) -> None:
    silent, told = make_document(now_ms, 60, user_name="bob"), make_document(now_ms, 60, user_name="ann")
    stage = make_stage(jobs=[silent, with_output(told, "/bkt/a/")])
    stage.write()
    (target,) = json.loads(stage.janitor("plan", "--format", "json")[1])["targets"]
    assert {row["owner"]: row["outputs"] for row in target["jobs"]} == {"ann": ["/bkt/a/"], "bob": None}
    assert "in storage once they are deleted: 1 address of 1 expired job stays; of 1 more" in stage.janitor("plan")[1]
    (target,) = json.loads(stage.janitor("sweep", "--dry-run", "--output", "json")[1])["targets"]
    assert set(target["jobs"][0]) == {"id", "name", "owner", "policy", "outcome", "reason"}
    assert "in storage" not in stage.janitor("sweep", "--dry-run")[1]
    out = stage.janitor("sweep")[1]
    assert "  in storage  1 address of 1 deleted job stays; of 1 more no address is known; sizes are not known\n" in out
    assert "    by owner: ann 1, bob not known\n" in out
    assert "in storage" not in stage.janitor("sweep")[1]


def test_in_csv_a_refusal_is_one_line_on_standard_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANITOR_LOG", "quiet")
    stage.write(target="project_name: elsewhere\n")
    code, out, error = stage.janitor("plan", "--format", "csv")
    assert (code, read_csv(out), out.count("\r\n")) == (4, [], 1)
    assert (len(error.splitlines()), error.startswith("janitor: research: REFUSED by identity: ")) == (1, True)
    stage.write(endpoint="http://127.0.0.1:9")
    code, out, error = stage.janitor("plan", "--format", "csv")
    assert (code, read_csv(out), error.startswith("janitor: research: ERROR unreachable: ")) == (6, [], True)


def test_d1_d3_hostile_names_and_secrets_take_no_effect_in_page_and_rows(make_stage: MakeStage, now_ms: int) -> None:
    hostile = f"=x\x1b[2J\u202e\n| [a](https://evil.example) <b> {ACCOUNT.secret_key} @all"
    stage = make_stage(jobs=[with_output(make_document(now_ms, 60, name=hostile, user_name=hostile), hostile)])
    stage.write()
    for output in ("md", "csv"):
        code, out, error = stage.janitor("plan", "--format", output)
        assert code == 0
        for forbidden in ("\x1b", "\u202e", ACCOUNT.secret_key, "\n| [a]"):
            assert forbidden not in out + error
        assert "***" in out
    (row,) = read_csv(stage.janitor("plan", "--format", "csv")[1])
    assert (row["name"][:2], row["owner"][:2], row["outputs"][:2]) == ("'=", "'=", "'=")
