"""`janitor plan -o`, `apply` and `plan --diff` from outside: the round trip, and everything that must stop a plan file."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from documents import make_document
from forks import run_forked
from stage import ACCOUNT, POLICY, Stage

from janitor.emulator.faults import Fault

MakeStage = Callable[..., Stage]
Document = dict[str, Any]


@pytest.fixture
def jobs(now_ms: int) -> list[Document]:
    """Three that expired, oldest first, and one that did not."""
    return [*(make_document(now_ms, 60 - number) for number in range(3)), make_document(now_ms, 2)]


@pytest.fixture
def stage(make_stage: MakeStage, jobs: list[Document]) -> Stage:
    staged = make_stage(jobs=jobs)
    staged.write()
    return staged


def ids(jobs: list[Document]) -> list[str]:
    return [job["metadata"]["id"] for job in jobs]


def freeze(stage: Stage, *arguments: str) -> Path:
    path = stage.folder / "plan.json"
    code, _, error = stage.janitor("plan", "-o", str(path), *arguments)
    assert code == 0, error
    return path


def apply(stage: Stage, path: Path) -> tuple[int, Document]:
    code, out, _ = stage.janitor("apply", str(path), "--output", "json")
    (report,) = json.loads(out)["targets"]
    return code, report


def diff(stage: Stage, path: Path, *arguments: str) -> Document:
    code, out, _ = stage.janitor("plan", "--diff", str(path), "--format", "json", *arguments)
    assert code == 0
    found: Document = json.loads(out)
    return found


def named(stage: Stage, event: str) -> list[Document]:
    return [found for found in stage.events() if found["event"] == event]


def test_what_was_reviewed_is_what_goes(stage: Stage, jobs: list[Document], now_ms: int) -> None:
    path = freeze(stage)
    document = json.loads(path.read_text())
    assert [entry["id"] for entry in document["entries"]] == ids(jobs)[:3]
    assert stage.asked() == []
    stage.emulator.world.add(make_document(now_ms, 50))
    code, report = apply(stage, path)
    assert (code, report["deletions"]["confirmed"], report["not_attempted"]["deferred"]) == (0, 3, 1)
    assert sorted(stage.deleted_in_truth()) == sorted(ids(jobs)[:3])
    assert report["plan"] == {"digest": document["digest"], "entries": 3, "dropped": [], "notes": []}
    (built,) = [event for event in named(stage, "plan.built") if event["expires_at"]]
    (applied,) = named(stage, "plan.applied")
    assert {built["digest"], applied["digest"]} == {document["digest"]}
    assert built["expires_at"] == document["expires_at"]
    assert stage.janitor("audit", "verify")[0] == 0


def test_d23_a_changed_plan_is_refused_recorded_and_nothing_is_sent(stage: Stage) -> None:
    path = freeze(stage)
    content, sent = path.read_bytes(), len(stage.emulator.requests)
    places = [content.index(word) + 3 for word in (b'"version"', b'"project_id"', b'"entries"', b'"fingerprint"', b'"digest": "')]
    for place in [*places, len(content) - 1]:
        flipped = bytearray(content)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        code, out, error = stage.janitor("apply", str(path), "--output", "json")
        assert code == 4
        if out:
            (report,) = json.loads(out)["targets"]
            assert (report["refused"]["by"], str(path) in report["refused"]["message"]) == ("plan_changed", True)
        else:
            assert f"plan_changed: {path} was changed after janitor wrote it" in error
        assert stage.janitor("plan", "--diff", str(path))[0] == 4
    assert len(stage.emulator.requests) == sent
    assert {event["by"] for event in named(stage, "plan.refused")} == {"plan_changed"}
    path.write_bytes(content)
    assert apply(stage, path)[0] == 0


@pytest.mark.soak
def test_the_log_names_a_plan_file_by_its_digest_and_a_lifted_guard_by_its_name(stage: Stage) -> None:
    digest = json.loads(freeze(stage).read_text())["digest"]
    assert apply(stage, stage.folder / "plan.json")[0] == 0
    assert stage.janitor("acknowledge", "listing_shrank", "--target", "research", "--reason", "we know")[0] == 0
    assert stage.sweep()[0] == 0
    lines = {line.split()[2]: line for line in stage.janitor("audit", "show")[1].splitlines()}
    (word,) = named(stage, "guard.acknowledged")
    assert f" digest={digest}" in lines["plan.applied"]
    assert "digest=" not in lines["plan.built"]
    assert " guard=listing_shrank " in lines["guard.acknowledged"]
    assert f"until={word['until']}" in lines["guard.acknowledged"]
    assert f" digest={digest}" in stage.janitor("audit", "show", "--event", "plan.built")[1].splitlines()[0]


@pytest.mark.parametrize("content", [None, "", "{}", "version: 1\n"])
def test_what_is_no_plan_is_a_usage_error(stage: Stage, content: str | None) -> None:
    path = stage.folder / "p.json"
    if content is not None:
        path.write_text(content)
    for command in (["apply", str(path)], ["plan", "--diff", str(path)]):
        code, out, error = stage.janitor(*command)
        assert (code, out, str(path) in error, len(error.splitlines())) == (2, "", True, 1)
    assert stage.janitor("apply", str(stage.folder))[0] == 2


@pytest.mark.on_a_file
def test_d24_a_plan_for_another_project_or_of_another_ledger_is_refused(stage: Stage) -> None:
    path, sent = freeze(stage), len(stage.emulator.requests)
    stage.config.write_text(stage.config.read_text().replace(ACCOUNT.project_id, "f" * 32))
    code, report = apply(stage, path)
    assert (code, report["refused"]["by"]) == (4, "plan_foreign")
    assert "f" * 32 in report["refused"]["message"]
    stage.write()
    stage.config.write_text(stage.config.read_text().replace("ledger.db", "other.db"))
    code, report = apply(stage, path)
    assert (code, report["refused"]["by"], len(stage.emulator.requests)) == (4, "plan_foreign", sent)
    stage.config.write_text(stage.config.read_text().replace("name: research", "name: other"))
    code, out, error = stage.janitor("apply", str(path))
    assert (code, out, "'research'" in error) == (2, "", True)


def test_d24_an_expired_plan_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janitor.retention.plan_file.LASTS", timedelta(0))
    path = freeze(stage)
    assert stage.janitor("plan", "--diff", str(path))[1].count("NO APPLY   plan_expired: ") == 1
    sent = len(stage.emulator.requests)
    code, report = apply(stage, path)
    assert (code, report["refused"]["by"], len(stage.emulator.requests)) == (4, "plan_expired", sent)


def test_b38_of_several_applications_at_once_and_one_after_them_exactly_one_deletes(stage: Stage, jobs: list[Document]) -> None:
    path = freeze(stage)
    words = ["apply", str(path), "--output", "json", "--config", str(stage.config)]
    stage.emulator.faults.add(Fault("list", "hang_before", seconds=1))
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda _: run_forked(*words), range(2)))
    reports = [json.loads(out)["targets"][0] for _, out, _ in ended]
    assert sorted(code for code, _, _ in ended) == [0, 4]
    assert {each["refused"]["by"] for each in reports if each["refused"]} <= {"lock", "plan_used"}
    code, report = apply(stage, path)
    assert (code, report["refused"]["by"]) == (4, "plan_used")
    assert sorted(stage.asked()) == sorted(stage.deleted_in_truth()) == sorted(ids(jobs)[:3])
    assert len(named(stage, "plan.applied")) == 1


@pytest.mark.soak
def test_the_difference_tells_what_changed_since(stage: Stage, jobs: list[Document], now_ms: int) -> None:
    path = freeze(stage)
    assert diff(stage, path)["unchanged"] == 3
    new = make_document(now_ms, 50)
    stage.emulator.world.add(new)
    stage.emulator.world.change(ids(jobs)[0], description="janitor-hold")
    stage.emulator.world.change(ids(jobs)[1], name="another")
    stage.write(POLICY.replace("7d", "8d"))
    found = diff(stage, path)
    assert (found["unchanged"], [job["id"] for job in found["new"]]) == (1, ids([new]))
    assert {job["id"]: job["now"] for job in found["not_now"]} == {ids(jobs)[0]: "held", ids(jobs)[1]: "changed"}
    assert ([note.partition(" changed")[0] for note in found["notes"]], found["plan"]["refused"]) == (["the policies"], None)
    code, out, _ = stage.janitor("plan", "--diff", str(path))
    assert (code, "NOTE       the policies changed" in out, "\nunchanged  1\nnew        1, " in out) == (0, True, True)
    assert "not now    2" in out
    assert stage.asked() == []
    code, report = apply(stage, path)
    assert (code, report["deletions"], [job["id"] for job in report["plan"]["dropped"]]) == (
        0,
        dict.fromkeys(report["deletions"], 0) | {"confirmed": 1, "skipped": 1},
        ids(jobs)[:1],
    )
    skipped = {event["job_id"]: event["reason_code"] for event in named(stage, "deletion.skipped")}
    assert skipped[ids(jobs)[1]] == "changed"
    assert diff(stage, path)["plan"]["refused"]["by"] == "plan_used"


@pytest.mark.soak
def test_a_difference_without_a_listing_says_so_and_nothing_else(stage: Stage) -> None:
    path = freeze(stage)
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    code, out, _ = stage.janitor("plan", "--diff", str(path))
    assert (code, "ERROR      not_permitted" in out, "what changed is not known" in out, "not now" in out) == (
        6,
        True,
        True,
        False,
    )
    code, out, _ = stage.janitor("plan", "--diff", str(path), "--format", "json")
    assert (code, json.loads(out)["unchanged"], json.loads(out)["not_now"]) == (6, None, [])


def test_a_pause_refuses_a_plan_and_does_not_use_it_up(stage: Stage) -> None:
    path = freeze(stage)
    assert stage.janitor("pause", "--reason", "incident")[0] == 0
    code, report = apply(stage, path)
    assert (code, report["refused"]["by"], report["not_attempted"]["refused"]) == (4, "pause", 3)
    assert stage.janitor("resume")[0] == 0
    assert apply(stage, path)[1]["deletions"]["confirmed"] == 3


@pytest.mark.on_a_file
def test_no_file_is_written_where_there_is_no_plan(stage: Stage) -> None:
    path = stage.folder / "plan.json"
    stage.write(target="project_name: elsewhere\n")
    code, _, error = stage.janitor("plan", "-o", str(path))
    assert (code, path.exists(), f"{path}: not written" in error) == (4, False, True)
    stage.write()
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    assert (stage.janitor("plan", "-o", str(path))[0], path.exists()) == (6, False)
    stage.emulator.faults.clear()
    (stage.folder / "not").write_text("a ledger")
    stage.config.write_text(stage.config.read_text().replace("ledger.db", "not"))
    assert (stage.janitor("plan", "-o", str(path))[0], path.exists()) == (5, False)
    assert [event for event in named(stage, "plan.built") if event["expires_at"]] == []


def test_where_nothing_expired_an_empty_plan_is_written_and_applied(stage: Stage) -> None:
    stage.write(POLICY.replace("7d", "90d"))
    code, report = apply(stage, freeze(stage))
    assert (code, report["plan"]["entries"], stage.asked()) == (0, 0, [])


@pytest.mark.on_a_file
def test_options_that_make_no_sense_together_are_usage_errors(stage: Stage) -> None:
    path = freeze(stage)
    content = path.read_bytes()
    two = stage.config.read_text()
    for arguments, word in [
        (["-o", str(path), "--as-of", "1d"], "--as-of"),
        (["-o", "-"], "a file"),
        (["-o", str(path), "--diff", str(path)], "--diff"),
        (["--diff", str(path), "--format", "md"], "md"),
        (["--diff", str(path), "--target", "nowhere"], "research"),
        (["-o", str(stage.config)], "janitor.yaml"),
        (["-o", str(stage.ledger_path)], "ledger"),
    ]:
        code, out, error = stage.janitor("plan", *arguments)
        assert (code, out, word in error) == (2, "", True), (arguments, error)
    begin, end = two.index("  - name: research"), two.index("policies:")
    stage.config.write_text(two[:end] + two[begin:end].replace("research", "other") + two[end:])
    code, out, error = stage.janitor("plan", "-o", str(path))
    assert (code, out, "--target" in error, "research, other" in error) == (2, "", True, True)
    assert path.read_bytes() == content
    assert stage.janitor("plan", "-o", str(path), "--target", "other", "--format", "json")[0] == 0
    assert json.loads(path.read_text())["target"] == "other"


def test_d3_secrets_stand_in_no_plan_file_and_a_job_that_has_one_in_its_name_goes_all_the_same(
    make_stage: MakeStage, now_ms: int
) -> None:
    name = f"\x1b[2J\u202e{ACCOUNT.secret_key}"
    stage = make_stage(jobs=[make_document(now_ms, 60, name=name, user_name=ACCOUNT.secret_key)])
    stage.write()
    path = freeze(stage)
    text = path.read_text()
    assert ACCOUNT.secret_key not in text
    assert text.isascii()
    assert "\x1b" not in text
    code, out, error = stage.janitor("plan", "--diff", str(path))
    assert (code, ACCOUNT.secret_key in out + error, "\x1b" in out + error) == (0, False, False)
    assert apply(stage, path)[1]["deletions"]["confirmed"] == 1


def test_b4_a_request_to_stop_in_mid_apply_leaves_a_plan_that_is_resumed(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60 - number) for number in range(4)]
    stage = make_stage(jobs=jobs)
    stage.write()
    path = freeze(stage)
    stage.emulator.faults.add(Fault("get", "before", nth=2, change=lambda _: os.kill(os.getpid(), signal.SIGTERM)))
    assert apply(stage, path)[0] == 130
    assert len(stage.deleted_in_truth()) < 4
    assert diff(stage, path)["plan"]["refused"] is None
    assert apply(stage, path)[0] == 0
    assert sorted(stage.deleted_in_truth()) == sorted(ids(jobs))
    assert [event["resumed"] for event in named(stage, "plan.applied")] == [False, True]
    assert apply(stage, path)[1]["refused"]["by"] == "plan_used"
