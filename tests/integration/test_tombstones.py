"""What is remembered of deleted jobs, from outside: in the ledger, in the audit log, on the command line."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from postgres import IS_ON_POSTGRES
from stage import POLICY, Stage

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.ledger.schema import tombstones

MakeStage = Callable[..., Stage]
VALUES = {"WANDB_API_KEY": "canary-of-a-variable", "SEED": "canary-of-a-seed"}


def rich(now_ms: int, **changes: Any) -> dict[str, Any]:
    """A job that uses whatever may stand in the body of a creation."""
    document = make_document(now_ms, 60, **changes)
    document["metadata"]["training_experiment_reference"] = {"name": "depth", "id": "e-1", "serial_number": "0"}
    document["algorithm"] = {
        "code_dir": "obs://team-bkt/code/",
        "boot_file": "obs://team-bkt/code/train.py",
        "command": "python train.py --token canary-of-a-command --epochs 3",
        "engine": {"engine_id": "pytorch_1.8.0", "engine_name": "PyTorch"},
        "parameters": [{"name": "lr", "value": "canary-of-a-parameter", "description": "how fast"}],
        "environments": VALUES,
        "inputs": [{"name": "data_url", "remote": {"obs": {"obs_url": "/team-bkt/data/"}}}],
        "outputs": [{"name": "train_url", "remote": {"obs": {"obs_url": "/team-bkt/out/"}}}],
    }
    document["spec"] |= {"schedule_policy": {"priority": 2}, "log_export_path": {"obs_url": "/team-bkt/log/"}}
    return document


def swept(stage: Stage, top: str = "") -> Stage:
    stage.write(top=top)
    assert stage.sweep()[0] == 0
    return stage


def rows(stage: Stage) -> list[dict[str, Any]]:
    names = tuple(column.name for column in tombstones.columns)
    with stage.hand() as hand:
        return [dict(zip(names, row, strict=True)) for row in hand.execute("SELECT * FROM tombstones ORDER BY job_id")]


@pytest.mark.parametrize("api", ["v2", "v1"])
def test_a_deleted_job_leaves_a_tombstone_whose_hash_every_event_of_its_intent_tells(
    make_stage: MakeStage, now_ms: int, api: str
) -> None:
    documents = [make_document(now_ms, 60), make_document(now_ms, 2)]
    jobs = [make_job_v1(now_ms, 60, (10,)), make_job_v1(now_ms, 2, (10,))]
    stage = make_stage(api=api, **({"jobs": documents} if api == "v2" else {"jobs_v1": jobs}))
    stage.write()
    assert stage.sweep()[0] == 0
    (row,) = rows(stage)
    told = [event for event in stage.events() if event["event"].startswith("deletion.")]
    assert {event["tombstone"] for event in told} == {sha256(row["document"].encode()).hexdigest()} == {row["sha256"]}
    stone = json.loads(row["document"])
    assert (stone["platform"], stone["job_id"]) == (f"modelarts/{api}", told[0]["job_id"])
    assert (stone["version"], stone["target"], stone["policy"], stone["phase"]) == (1, "research", "weekly", told[0]["phase"])
    job = stone["document"]["job"]
    if api == "v2":
        assert {key: job["metadata"][key] for key in documents[0]["metadata"]} == documents[0]["metadata"]
    else:
        assert [version["version_id"] for version in job["versions"]] == [each["version_id"] for each in jobs[0]["versions"]]
        assert stone["document"]["row"] == {"owner": "ci-bot", "workspace": "0", "description": ""}
    code, out, _ = stage.janitor("tombstone", "show", row["job_id"])
    assert (code, row["sha256"] in out, "confirmed" in out) == (0, True, True)


def test_values_of_variables_and_parameters_and_what_looks_like_a_credential_are_nowhere(
    make_stage: MakeStage, now_ms: int
) -> None:
    old = rich(now_ms)
    (tmp := make_stage(jobs=[old, make_document(now_ms, 2)])).folder.joinpath("archive").mkdir()
    tmp.write(f"{POLICY}    archive: {{dir: archive}}\n", top="ledger: {path: state/ledger.db}\n")
    assert tmp.sweep()[0] == 0
    job_id = old["metadata"]["id"]
    words = (["tombstone", "show"], ["tombstone", "export"], ["recreate"], ["explain"])
    shown = {" ".join(each): "".join(map(str, tmp.janitor(*each, job_id))) for each in words}
    shown |= {str(path): path.read_text("latin-1") for path in tmp.folder.rglob("*") if path.is_file()}
    assert any(name.endswith("ledger.db") for name in shown)
    assert any("/archive/research/" in name for name in shown)
    assert {name: text.count("canary") for name, text in shown.items() if "canary" in text} == {}
    assert "WANDB_API_KEY" in shown["tombstone show"]
    assert "fill in algorithm.environments.WANDB_API_KEY, which was not kept" in shown["recreate"]
    assert "--token *** --epochs 3" in shown["recreate"]


@pytest.mark.on_a_file
def test_d1_a_secret_of_the_policy_file_is_in_no_tombstone_even_where_values_are_kept(make_stage: MakeStage, now_ms: int) -> None:
    account = Account(secret_key="SK-canary/0123456789+xyz")
    old = rich(now_ms)
    old["algorithm"]["environments"] = {"OBS_SK": account.secret_key}
    old["algorithm"]["command"] = f"run {account.secret_key}"
    stage = make_stage(jobs=[old, make_document(now_ms, 2)], account=account)
    stage.write(
        top="tombstones: {keep_values: [environment, parameters]}\n",
        credentials="{access_key: {file: ak}, secret_key: {file: sk}}",
    )
    (stage.folder / "ak").write_text(account.access_key)
    (stage.folder / "sk").write_text(account.secret_key)
    assert stage.sweep()[0] == 0
    assert account.secret_key not in stage.ledger_path.read_text("latin-1")
    stone = json.loads(stage.janitor("tombstone", "export", old["metadata"]["id"])[1])
    algorithm = stone["document"]["job"]["algorithm"]
    assert (algorithm["environments"], algorithm["command"]) == ({"OBS_SK": "***"}, "run ***")
    assert algorithm["parameters"][0]["value"] == "canary-of-a-parameter"


def test_export_writes_the_very_bytes_whose_hash_stands_in_the_audit_log(make_stage: MakeStage, now_ms: int) -> None:
    old = make_document(now_ms, 60, name="nächtlich")
    stage = swept(make_stage(jobs=[old, make_document(now_ms, 2)]))
    (sha,) = {event["tombstone"] for event in stage.events() if event["event"].startswith("deletion.")}
    job_id, file = old["metadata"]["id"], stage.folder / "stone.json"
    assert sha256(stage.janitor("tombstone", "export", job_id)[1].encode()).hexdigest() == sha
    for _ in range(2):
        assert stage.janitor("tombstone", "export", job_id, "-o", str(file)) == (0, "", "")
    assert sha256(file.read_bytes()).hexdigest() == sha
    file.write_text("mine")
    code, _, error = stage.janitor("tombstone", "export", job_id, "-o", str(file))
    assert (code, "is no earlier output" in error, file.read_text()) == (2, True, "mine")


@pytest.mark.soak
def test_show_tells_what_it_was_who_deleted_it_by_which_rule_and_what_is_left_behind(make_stage: MakeStage, now_ms: int) -> None:
    old = rich(now_ms, user_name="amina")
    stage = swept(make_stage(jobs=[old, make_document(now_ms, 2)]))
    code, out, _ = stage.janitor("tombstone", "show", old["metadata"]["id"].upper())
    (row,) = rows(stage)
    assert code == 0
    for text in ("amina", "weekly", "confirmed", "cli:", "/team-bkt/out/", "/team-bkt/log/", row["sha256"], "WANDB_API_KEY"):
        assert text in out
    assert json.loads(row["outputs"]) == ["/team-bkt/out/", "/team-bkt/log/"]
    told = json.loads(stage.janitor("tombstone", "show", old["metadata"]["id"], "--output", "json")[1])
    assert (told["state"], told["tombstone"]["owner"], len(told["masked"])) == ("confirmed", "amina", 4)
    stage.config.write_text(stage.config.read_text().replace("name: research", "name: renamed"))
    assert stage.janitor("tombstone", "show", old["metadata"]["id"])[0] == 0


@pytest.mark.soak
def test_a_job_without_a_tombstone_says_why(make_stage: MakeStage, now_ms: int) -> None:
    kept, refused, old = make_document(now_ms, 2), make_document(now_ms, 60), make_document(now_ms, 61)
    stage = make_stage(
        jobs=[kept, refused, old], switches=Switches(batch_mode="absent", forbidden_ids=frozenset({refused["metadata"]["id"]}))
    )
    stage.write()

    def said(document: dict[str, Any], *more: str) -> str:
        code, out, error = stage.janitor("tombstone", "show", document["metadata"]["id"], *more)
        assert (code, out) == (2, "")
        return error

    assert IS_ON_POSTGRES or "there is no ledger" in said(kept)
    assert stage.sweep()[0] == 3
    assert "has never deleted it" in said(kept)
    assert "came to nothing (deletion.failed" in said(refused)
    assert "has never deleted it in target other" in said(old, "--target", "other")
    assert [row["job_id"] for row in rows(stage)] == [old["metadata"]["id"]]


def test_a_tombstone_is_purged_once_its_time_is_over_and_then_everybody_says_so(make_stage: MakeStage, now_ms: int) -> None:
    old, open_ = make_document(now_ms, 60), make_document(now_ms, 61)
    stage = make_stage(
        jobs=[old, open_, make_document(now_ms, 2)], switches=Switches(never_delete=frozenset((open_["metadata"]["id"],)))
    )
    swept(stage, "tombstones: {keep_for: 1s}\nconfirm_within: 1s\n")
    job_id, sha = old["metadata"]["id"], rows(stage)[0]["sha256"]
    time.sleep(1.1)
    assert stage.janitor("plan")[0] == 0
    assert stage.janitor("sweep", "--dry-run")[0] == 0
    assert len(rows(stage)) == 2
    assert stage.sweep()[0] == 0
    assert [row["job_id"] for row in rows(stage)] == [open_["metadata"]["id"]]
    (purged,) = [event for event in stage.events() if event["event"] == "tombstone.purged"]
    closed = next(event for event in stage.events() if event["event"] == "deletion.confirmed")
    assert (purged["job_id"], purged["intent_id"], purged["deleted_at"]) == (job_id, closed["intent_id"], closed["at"])
    assert purged["tombstone"] == sha == closed["tombstone"]
    code, _, error = stage.janitor("tombstone", "show", job_id)
    assert (code, "was purged at" in error) == (2, True)
    assert "tombstone   purged at" in stage.janitor("explain", job_id)[1]
    assert stage.janitor("audit", "verify")[0] == 0


def test_a_deletion_that_was_given_up_unproven_is_told_as_one_that_may_have_come_late(make_stage: MakeStage, now_ms: int) -> None:
    late, other = make_document(now_ms, 60), make_document(now_ms, 61)
    job_id = late["metadata"]["id"]
    stage = make_stage(jobs=[late, other, make_document(now_ms, 2)], switches=Switches(batch_mode="absent"))
    stage.emulator.faults.add(Fault("delete", "status", job_id=job_id, times=None, status=503))
    stage.write(top="confirm_within: 1s\nquiet_period: 1s\ntombstones: {keep_for: 3s}\n")
    assert stage.sweep()[0] == 3
    time.sleep(1.2)
    stage.write(POLICY.replace("7d", "90d"), top="confirm_within: 1s\nquiet_period: 1s\ntombstones: {keep_for: 1s}\n")
    assert stage.sweep()[0] == 0
    code, out, _ = stage.janitor("tombstone", "show", job_id)
    assert (code, "time" in out, "not seen to be applied by" in out, "it may have been applied later" in out) == (
        0,
        True,
        True,
        True,
    )
    told = stage.janitor("explain", job_id)[1]
    assert ("it may have been applied later" in told, "tombstone   kept" in told) == (True, True)
    assert stage.janitor("recreate", job_id)[0] == 0
    assert stage.janitor("audit", "verify")[0] == 0
    time.sleep(1.1)
    assert stage.sweep()[0] == 0
    code, _, error = stage.janitor("tombstone", "show", job_id)
    assert (code, "given up unproven at" in error, "was purged at" in error) == (2, True, True)
    assert stage.janitor("audit", "verify")[0] == 0


def test_an_open_deletion_of_a_ledger_without_tombstones_is_told_as_open(make_stage: MakeStage, now_ms: int) -> None:
    """As one of an earlier version is, before the next sweep."""
    old = make_document(now_ms, 60)
    switches = Switches(never_delete=frozenset((old["metadata"]["id"],)))
    stage = swept(make_stage(jobs=[old, make_document(now_ms, 2)], switches=switches), "confirm_within: 1s\n")
    with stage.hand() as hand:
        hand.execute("DELETE FROM tombstones")
        hand.commit()
    code, _, error = stage.janitor("tombstone", "show", old["metadata"]["id"])
    assert (code, "its deletion, intended at" in error, "is open" in error) == (2, True, True)


TAMPERINGS = {
    "DELETE FROM tombstones": "lacks that of job",
    "UPDATE tombstones SET document = replace(document, 'trial', 'truth')": "is not the text",
    "UPDATE tombstones SET sha256 = 'x'": "has sha256 'x'",
    "UPDATE tombstones SET outputs = '[]'": "has outputs",
    "UPDATE tombstones SET owner = 'nobody'": "has owner",
    "UPDATE tombstones SET job_id = 'x'": "has job_id",
    "UPDATE tombstones SET at = '2015-01-01T00:00:00.000000Z'": "has at",
    "INSERT INTO tombstones SELECT 'x', target, job_id, at, owner, outputs, sha256, document FROM tombstones": "no event tells",
}


def test_verify_names_a_tombstone_that_was_changed_removed_or_added(make_stage: MakeStage, now_ms: int) -> None:
    stage = swept(make_stage(jobs=[rich(now_ms), make_document(now_ms, 2)]))
    assert stage.janitor("audit", "verify")[0] == 0
    with stage.hand() as hand:
        (whole,) = hand.execute("SELECT * FROM tombstones")
    for change, complaint in TAMPERINGS.items():
        with stage.hand() as hand:
            hand.execute(change)
            hand.commit()
        code, _, error = stage.janitor("audit", "verify")
        assert (code, complaint in error, "tombstones" in error) == (5, True, True), (change, error)
        with stage.hand() as hand:
            hand.execute("DELETE FROM tombstones")
            hand.execute(f"INSERT INTO tombstones VALUES ({', '.join('?' * len(whole))})", whole)  # noqa: S608  ours
            hand.commit()
    assert stage.janitor("audit", "verify")[0] == 0
