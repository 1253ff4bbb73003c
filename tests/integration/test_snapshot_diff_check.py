"""`janitor snapshot`, `diff` and `check --against` from outside: on an emulator, then without one, a secret or a ledger."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from documents import make_document
from stage import ACCOUNT, POLICY, Stage

from janitor.cli.main import run
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]


def id_of(job: dict[str, Any]) -> str:
    found: str = job["metadata"]["id"]
    return found


def take(stage: Stage, name: str = "jobs.json") -> tuple[int, Path, str]:
    path = stage.folder / name
    code, out, err = stage.janitor("snapshot", "--target", "research", "-o", str(path))
    assert out == ""
    return code, path, err


def edited(stage: Stage, name: str, policies: str, old: str = "", new: str = "") -> str:
    """A copy of the policy file with other policies, in a folder without its secrets."""
    text = stage.config.read_text()
    path = stage.folder / "elsewhere" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((text[: text.index("policies:")] + policies).replace(old, new))
    return str(path)


@pytest.mark.soak
def test_a_snapshot_is_what_a_sweep_would_decide_about_and_changes_nothing(make_stage: MakeStage, now_ms: int) -> None:
    old, young, held = make_document(now_ms, 60), make_document(now_ms, 5), make_document(now_ms, 50)
    stage = make_stage(jobs=[old, young, held, make_document(now_ms, 60, "Running")])
    stage.write()
    stage.janitor("hold", "add", id_of(held), "--target", "research", "--reason", "audited")
    before, asked = stage.events(), len(stage.emulator.requests)
    code, path, err = take(stage)
    assert (code, stage.events()[len(before) :]) == (0, [])
    assert {record.method for record in stage.emulator.requests[asked:]} == {"GET", "POST"}  # the list is a POST
    assert stage.asked() == []
    document = json.loads(path.read_text())
    assert {job["id"] for job in document["jobs"]} == {id_of(job) for job in (young, held, old)}
    assert (document["target"], document["api"], document["project_id"]) == ("research", "v2", ACCOUNT.project_id)
    assert [hold["job_ids"] for hold in document["holds"]] == [[id_of(held)]]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "3 jobs of target research" in err
    assert ACCOUNT.secret_key not in path.read_text()
    _, out, _ = stage.janitor("snapshot", "--target", "research", "-o", "-")
    assert [job["id"] for job in json.loads(out)["jobs"]] == [job["id"] for job in document["jobs"]]


def test_a15_an_incomplete_listing_is_no_snapshot(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60) for _ in range(60)])
    stage.write()
    stage.emulator.faults.add(Fault("list", "endless", times=None))
    stage.emulator.faults.add(Fault("list", "grow_total", times=None, by=1000))
    code, _, err = take(stage)
    assert (code, list(stage.folder.glob("*jobs*"))) == (6, [])
    assert "the job list is not proven complete" in err


def test_a23_a_clock_that_differs_takes_no_snapshot(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)], switches=Switches(clock_offset_s=400))
    stage.write()
    code, _, err = take(stage)
    assert (code, list(stage.folder.glob("*jobs*"))) == (4, [])
    assert "target research: clock: the server's clock" in err


def test_diff_shows_what_an_edit_would_delete_without_a_target_a_secret_or_a_ledger(
    make_stage: MakeStage, now_ms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [make_document(now_ms, days) for days in (2, 4, 4.5, 5, 60, 61)]
    stage = make_stage(jobs=jobs)
    stage.write()
    stage.janitor("hold", "add", id_of(jobs[1]), "--target", "research", "--reason", "audited")
    _, path, _ = take(stage)
    old, new = edited(stage, "old.yaml", POLICY), edited(stage, "new.yaml", POLICY.replace("after: 7d", "after: 3d"))
    stage.emulator.stop()
    capsys.readouterr()
    assert run(["diff", old, new, "--snapshot", str(path), "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (group,) = document["groups"]
    assert (document["jobs"], document["changed"], document["newly_deletable"], document["notes"]) == (6, 2, 2, [])
    assert [job["id"] for job in group["jobs"]] == [id_of(jobs[3]), id_of(jobs[2])]  # oldest first, and not what is held
    assert (group["from"]["verdict"], group["to"]) == ("kept", {"verdict": "expired", "deletable": True, "policy": "weekly"})
    assert run(["diff", old, new, "--snapshot", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.index("DELETES   2 jobs more") < text.index("DELETES   2 jobs: kept by weekly -> deletable by weekly")
    assert run(["diff", old, old, "--snapshot", str(path)]) == 0
    assert "no job changes its verdict" in capsys.readouterr().out
    assert run(["diff", old, new, "--snapshot", str(path), "--as-of", document["as_of"][:4] + "-12-31"]) == 0
    assert "a hypothetical time" in capsys.readouterr().err


def test_diff_says_what_the_snapshot_cannot_tell_and_refuses_what_does_not_fit(
    make_stage: MakeStage, now_ms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)], switches=Switches(tags="absent"))
    stage.write()
    _, path, _ = take(stage)
    old = edited(stage, "old.yaml", POLICY)
    labels = POLICY.replace("match: {", "match: {labels: {team: nlp}, ")
    new = edited(stage, "new.yaml", labels, f"project_id: {ACCOUNT.project_id}", "project_id: p-2")
    wider = edited(stage, "wider.yaml", POLICY, 'workspaces: ["0"]', 'workspaces: ["0", "w-2"]')
    other = edited(stage, "other.yaml", POLICY, "name: research", "name: prod")
    capsys.readouterr()
    assert run(["diff", old, new, "--snapshot", str(path)]) == 0
    text = capsys.readouterr().out
    assert "target research is project p-2 (v2), and the snapshot is of" in text
    assert "every sweep would be refused: policy weekly asks for labels" in text
    assert run(["diff", old, wider, "--snapshot", str(path)]) == 0
    assert "covers workspace w-2, of which the snapshot has no jobs" in capsys.readouterr().out
    assert run(["diff", old, other, "--snapshot", str(path)]) == 2
    assert "other.yaml: there is no target 'research', of which the snapshot is; there are prod" in capsys.readouterr().err
    path.write_text(path.read_text().replace('"owner": "', '"owner": "x'))
    for bad, said in ((path, "was changed"), (old, "is no snapshot"), (stage.folder, "cannot be read"), ("no", "cannot be read")):
        assert run(["diff", old, old, "--snapshot", str(bad)]) == 2
        assert said in capsys.readouterr().err


def test_c14_check_against_a_target_counts_what_each_policy_does(
    make_stage: MakeStage, now_ms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [make_document(now_ms, days) for days in (2, 60, 70)]
    stage = make_stage(jobs=jobs)
    never = "  - {name: never, match: {name: 'nothing-*'}, expire: {after: 7d}}\n"
    observing = "  - {name: observing, match: {name: 'trial-*', phase: [failed]}, expire: {after: 5d}}\n"
    stage.write(POLICY + never + observing)
    code, out, _ = stage.janitor("check", "--against", "research", "--output", "json")
    found = json.loads(out)["against"]
    assert (code, found["jobs"], found["verdicts"]["expired"], found["source"]) == (0, 3, 2, "research")
    weekly = found["policies"][0]
    assert (weekly["fits"], weekly["selects"], weekly["says"]) == (3, 3, {"expired": 2, "too_young": 1})
    assert found["overlaps"] == [{"policies": ["observing", "weekly"], "jobs": 3}]
    assert [(each["policy"], each["code"]) for each in found["warnings"]] == [
        ("never", "never_matches"),
        ("observing", "observer_prevents"),
    ]
    assert stage.asked() == []
    assert not stage.ledger_path.exists()
    _, path, _ = take(stage)
    stage.emulator.stop()
    code, text, _ = stage.janitor("check", "--against", str(path))
    assert code == 0
    assert "policy    weekly: fits 3 jobs; has a say on 3: lets go 2, too young 1" in text
    assert "overlap   observing and weekly: 3 jobs" in text
    assert "WARNING   policy never selects none of 3 jobs" in text
    assert stage.janitor("check", "--against", "research")[0] == 6
    assert stage.janitor("check", "--against", "research", "--as-of", "garbage")[0] == 2  # before anything is asked
    assert "is no target of" in stage.janitor("check", "--against", "nowhere")[2]
    assert stage.janitor("check")[0] == 0
    taken = json.loads(path.read_text())["as_of"]
    (stage.folder / "sk").unlink()
    old = str(stage.config)
    for command in (("check", "--against", str(path)), ("diff", old, old, "--snapshot", str(path))):
        capsys.readouterr()
        assert run([*command, "--as-of", "7d", *(("--config", old) if command[0] == "check" else ())]) == 0
        out, err = capsys.readouterr()
        assert f"as of {datetime.fromisoformat(taken) - timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}" in err
        assert ("no secret was read" in out) is (command[0] == "check")
