"""Holds, pauses and the file STOP from outside: on the command line, beside a sweep of another process, in every report."""

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from amount import cases
from documents import make_document
from forks import Forked, Start, run_forked
from stage import POLICY, Stage

from janitor.emulator.switches import Switches

MakeStage = Callable[..., Stage]
ID = "00000000-0000-4000-8000-00000000000a"
SLOW = "target_defaults: {rate: {requests_per_second: 25, concurrency: 2}}\n"
EXPIRED, PROCESSES = cases(24, 40), cases(3, 12)
HOLDS = 'holds:\n  - {name: release, match: {name: "rc-*"}, reason: "audited models", until: 2099-06-30}\n'


def hold(stage: Stage, *arguments: str) -> str:
    """Add a hold; its id."""
    code, out, error = stage.janitor("hold", "add", *arguments, "--target", "research", "--reason", "audited")
    assert (code, error) == (0, "")
    return out.split()[0]


def holds(stage: Stage, *arguments: str) -> list[dict[str, Any]]:
    code, out, _ = stage.janitor("hold", "list", "--output", "json", *arguments)
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)["holds"]
    return found


def ids(jobs: list[dict[str, Any]]) -> list[str]:
    return [job["metadata"]["id"] for job in jobs]


def named(stage: Stage, event: str) -> list[dict[str, Any]]:
    return [found for found in stage.events() if found["event"] == event]


def test_a_hold_keeps_its_jobs_until_it_is_removed(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60, name=f"rc-{number}") for number in range(2)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    by_match, by_id = hold(stage, "--match", "name=rc-*"), hold(stage, ids(jobs)[0], ids(jobs)[0].upper())
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], report["deletions"]["confirmed"]) == (0, 2, 1)
    assert stage.janitor("hold", "remove", by_match)[0] == 0
    assert stage.sweep()[1]["verdicts"]["held"] == 1
    assert stage.janitor("hold", "remove", by_id, "--reason", "done")[0] == 0
    assert stage.sweep()[1]["verdicts"]["held"] == 0
    assert set(ids(jobs)) <= set(stage.deleted_in_truth())


def test_every_change_is_in_the_audit_log_with_all_its_facts_and_its_actor(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    arguments = ["--match", "name=rc-*", "--match", "owner=ann", "--until", "2099-01-31", "--owner", "team nlp"]
    hold_id = hold(stage, *arguments)
    assert stage.janitor("hold", "remove", hold_id, "--reason", "published")[0] == 0
    assert stage.janitor("pause", "--reason", "incident")[0] == 0
    assert stage.janitor("resume")[0] == 0
    added, removed, paused, resumed = stage.events()
    facts = {
        "hold_id": hold_id,
        "job_ids": None,
        "match": {"name": ["rc-*"], "owner": ["ann"]},
        "target": "research",
        "owner": "team nlp",
        "until": "2099-01-31",
    }
    assert facts.items() <= added.items()
    assert (added["event"], added["reason"]) == ("hold.added", "audited")
    assert facts.items() <= removed.items()
    assert (removed["event"], removed["reason"], removed["hold_reason"]) == ("hold.removed", "published", "audited")
    assert (paused["event"], paused["target"], paused["reason"]) == ("sweeping.paused", None, "incident")
    assert (resumed["event"], resumed["paused_by"], resumed["paused_at"]) == ("sweeping.resumed", paused["actor"], paused["at"])
    assert all(event["actor"].startswith("cli:") for event in (added, removed, paused, resumed))
    assert stage.janitor("audit", "verify")[0] == 0


def test_hold_list_shows_those_of_the_ledger_and_of_the_file_and_which_ended(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60, name="old")])
    stage.write(POLICY + HOLDS + '  - {name: over, match: {name: "old"}, reason: "a paper", until: 2020-01-01}\n')
    assert [each["state"] for each in holds(stage)] == ["active", "ended"]
    hold_id = hold(stage, ID)
    found = {each["id"]: each for each in holds(stage)}
    assert list(found) == ["release", "over", hold_id]
    assert found["release"] == {
        "id": "release",
        "source": "file",
        "reason": "audited models",
        "owner": None,
        "until": "2099-06-30",
        "targets": None,
        "job_ids": [],
        "match": {"name": ["rc-*"]},
        "added_by": None,
        "added_at": None,
        "state": "active",
    }
    ledgers = found[hold_id]
    assert (ledgers["source"], ledgers["targets"], ledgers["job_ids"], ledgers["match"]) == ("ledger", ["research"], [ID], None)
    code, out, _ = stage.janitor("hold", "list", "--target", "research")
    assert code == 0
    for part in ("release", "audited models", hold_id, f"job {ID}", "2020-01-01, ended", "jobs named rc-*"):
        assert part in out


def test_check_explain_and_list_say_in_words_what_holds_a_job(make_stage: MakeStage, now_ms: int) -> None:
    job, other = make_document(now_ms, 60), make_document(now_ms, 60, name="rc-1")
    stage = make_stage(jobs=[job, other])
    stage.write(POLICY + HOLDS)
    hold_id = hold(stage, *ids([job]))
    assert "hold      release: jobs named rc-*, to the end of 2099-06-30: audited models" in stage.janitor("check")[1]
    assert f"held by hold {hold_id}: audited" in stage.janitor("explain", *ids([job]))[1]
    listed = stage.janitor("list")[1]
    assert f"held by hold {hold_id}: audited" in listed
    assert "held by hold release: audited models" in listed
    assert named(stage, "config.loaded") == []
    stage.sweep()
    assert [each["name"] for each in named(stage, "config.loaded")[0]["holds"]] == ["release"]


DAY = datetime.now(UTC).date()
WRONG: list[tuple[list[str], str]] = [
    (["hold", "add", "--target", "research", "--reason", "x"], "name jobs by their ids"),
    (["hold", "add", ID, "--match", "name=x", "--target", "research", "--reason", "x"], "not both"),
    (["hold", "add", "123", "--target", "research", "--reason", "x"], "'123' is no id of a job of target research"),
    (["hold", "add", f"{ID} ", "--target", "research", "--reason", "x"], "is no id of a job"),
    (["hold", "add", ID, "--target", "nowhere", "--reason", "x"], "there is no target 'nowhere'"),
    (["hold", "add", ID, "--target", "research", "--reason", " "], "--reason is blank"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--owner", ""], "--owner is blank"),
    (["hold", "add", ID, "--target", "research", "--reason", "a\udcffb"], "--reason is no UTF-8 text"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", str(DAY - timedelta(days=1))], "that day is over"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", "20990101"], "must be a day, such as 2027-06-30"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", "2099-02-30"], "is no day of the calendar"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", "2100-01-01"], "is not from 2015 to 2099"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", "9999-12-31"], "leave until out for no end"),
    (["hold", "add", ID, "--target", "research", "--reason", "x", "--until", "2014-12-31"], "is not from 2015 to 2099"),
    (["hold", "add", "--match", "colour=red", "--target", "research", "--reason", "x"], "write FIELD=VALUE"),
    (["hold", "add", "--match", "name", "--target", "research", "--reason", "x"], "write FIELD=VALUE"),
    (["hold", "add", "--match", "name=", "--target", "research", "--reason", "x"], "--match name= is blank"),
    (["hold", "add", "--match", "name=a", "--match", "name=b", "--target", "research", "--reason", "x"], "stands twice"),
    (["hold", "add", "--match", "phase=asleep", "--target", "research", "--reason", "x"], "is no phase"),
    (["hold", "add", "--match", "phase=running", "--target", "research", "--reason", "x"], "is an active phase"),
    (["hold", "list", "--target", "nowhere"], "there is no target"),
    (["hold", "remove", "h-1"], "there is no hold 'h-1'"),
    (["hold", "remove", "release"], "take it out there"),
    (["hold", "remove", "h-1", "--target", "nowhere"], "there is no target"),
    (["hold", "remove", "h-1", "--reason", ""], "--reason is blank"),
    (["pause", "--reason", ""], "--reason is blank"),
    (["pause", "--reason", "x", "--target", "nowhere"], "there is no target"),
    (["resume", "--target", "nowhere"], "there is no target"),
    (["pause"], "--reason"),
    (["hold", "add", ID, "--reason", "x"], "--target"),
    (["hold", "remove"], "HOLD_ID"),
]


@pytest.mark.some(12)
@pytest.mark.parametrize(
    ("arguments", "said"), WRONG, ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None
)
def test_a_mistake_is_exit_2_with_what_is_wrong_and_changes_nothing(
    make_stage: MakeStage, arguments: list[str], said: str
) -> None:
    stage = make_stage()
    stage.write(POLICY + HOLDS)
    code, out, error = stage.janitor(*arguments)
    assert (code, out) == (2, "")
    assert said in error
    assert not stage.ledger_path.exists() or stage.events() == []
    assert stage.emulator.requests == []


def test_a_hold_until_today_is_no_mistake(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    hold(stage, ID, "--until", str(datetime.now(UTC).date()))
    assert [each["state"] for each in holds(stage)] == ["active"]


def test_removing_names_all_or_none_and_a_job_id_is_answered_with_its_hold(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    hold_id = hold(stage, ID)
    code, _, error = stage.janitor("hold", "remove", hold_id, "h-9")
    assert (code, "'h-9'" in error, len(holds(stage))) == (2, True, 1)
    code, _, error = stage.janitor("hold", "remove", ID)
    assert (code, hold_id in error) == (2, True)
    assert stage.janitor("hold", "remove", hold_id, hold_id, "--target", "research")[0] == 0
    assert (holds(stage), stage.janitor("hold", "remove", hold_id)[0]) == ([], 2)


def test_a_secret_never_becomes_a_condition_that_the_ledger_would_mask(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    secret = (stage.folder / "sk").read_text().strip()
    code, out, error = stage.janitor("hold", "add", "--match", f"name={secret}-*", "--target", "research", "--reason", "x")
    assert (code, secret in out + error) == (2, False)
    assert not stage.ledger_path.exists()


def test_d3_hostile_reasons_are_inert_wherever_they_are_shown(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 60)
    stage = make_stage(jobs=[job])
    stage.write()
    hostile = "x\x1b[2J\u202e\u2028\nforged"
    stage.janitor("hold", "add", *ids([job]), "--target", "research", "--reason", hostile, "--owner", hostile)
    stage.janitor("pause", "--reason", hostile)
    shown = [stage.janitor(*words) for words in (["hold", "list"], ["list"], ["explain", *ids([job])], ["sweep"])]
    shown += [stage.janitor("pause", "--reason", "again"), stage.janitor("resume"), stage.janitor("audit", "show")]
    for _, out, error in shown:
        for character in "\x1b\u202e\u2028":
            assert character not in out + error
    assert named(stage, "hold.added")[0]["reason"] == hostile


def test_pause_and_resume_of_a_target_and_of_all_are_lifted_each_by_itself(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    assert "target research is paused" in stage.janitor("pause", "--target", "research", "--reason", "mine")[1]
    assert "every target is paused" in stage.janitor("pause", "--reason", "all")[1]
    again = stage.janitor("pause", "--reason", "later")
    assert again[0] == 0
    assert again[1].startswith("nothing changed: every target is paused since ")
    assert again[1].endswith(": all\n")
    for command in (["sweep"], ["sweep", "--dry-run"], ["plan"]):
        code, out, _ = stage.janitor(*command)
        assert (code, "REFUSED     by pause: every target is paused" in out) == (4, True)
    code, out, _ = stage.janitor("resume")
    assert (code, out.splitlines()[0].startswith("lifted: every target")) == (0, True)
    assert "still: target research is paused" in out
    assert "`janitor resume --target research` lifts it" in out
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], report["not_attempted"]["refused"]) == (4, "pause", 1)
    assert "mine" in report["refused"]["message"]
    assert stage.janitor("resume", "--target", "research")[1].startswith("lifted: target research")
    for words, said in (("resume", "there is no pause for every target"), ("resume --target research", "no pause of its own")):
        code, out, _ = stage.janitor(*words.split())
        assert (code, said in out) == (0, True)
    assert stage.sweep()[1]["deletions"]["confirmed"] == 1
    assert len(named(stage, "sweeping.paused")) == len(named(stage, "sweeping.resumed")) == 2


def test_list_and_explain_go_on_while_paused_and_say_so(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 60)
    stage = make_stage(jobs=[job])
    stage.write()
    stage.janitor("pause", "--reason", "incident")
    assert "paused      every target is paused" in stage.janitor("explain", *ids([job]))[1]
    code, out, _ = stage.janitor("list")
    assert (code, "REFUSED     by pause" in out, ids([job])[0] in out) == (0, True, True)


def make_stop(stage: Stage) -> Path:
    path = stage.folder / "STOP"
    path.symlink_to("nowhere")
    return path


def test_a_file_stop_beside_the_policy_file_halts_every_sweep_until_it_is_removed(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    path = make_stop(stage)
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], str(path) in report["refused"]["message"]) == (4, "pause", True)
    assert str(path) in stage.janitor("resume")[1]
    path.unlink()
    assert stage.sweep()[1]["deletions"]["confirmed"] == 1


@pytest.mark.on_a_file
def test_when_the_ledger_cannot_be_written_pause_says_what_stops_sweeping_all_the_same(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    stage.ledger_path.write_bytes(b"no database at all" * 100)
    code, _, error = stage.janitor("pause", "--reason", "incident")
    assert (code, f"make a file STOP beside {stage.config}" in error) == (5, True)


@pytest.mark.on_a_file
@pytest.mark.parametrize(
    "command", [["hold", "add", ID, "--target", "research", "--reason", "x"], ["pause", "--reason", "x"], ["resume"]]
)
def test_b15_a_ledger_that_lost_its_anchored_head_takes_no_hold_and_no_pause(make_stage: MakeStage, command: list[str]) -> None:
    stage = make_stage()
    stage.write()
    hold(stage, ID)
    (stage.folder / "ledger.db.head").write_text("99:" + "0" * 64 + "\n")
    before = stage.ledger_path.read_bytes()
    assert stage.janitor(*command)[0] == 5
    assert stage.ledger_path.read_bytes() == before


@pytest.mark.on_a_file
def test_b15_a_hold_cannot_be_cut_off_the_ledger_unseen(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    hold(stage, ID)
    before = stage.ledger_path.read_bytes()
    hold(stage, ID)
    stage.ledger_path.write_bytes(before)
    for leftover in stage.folder.glob("ledger.db-*"):
        leftover.unlink()
    assert stage.janitor("sweep")[0] == 5


class Running:
    """A sweep in a process of its own, slow enough to act beside it."""

    def __init__(self, stage: Stage) -> None:
        words = ["sweep", "--output", "json", "--config", str(stage.config)]
        self._process = Forked(words, Start(stdout=subprocess.PIPE))
        deadline = time.monotonic() + 60
        while not stage.deleted_in_truth():
            assert time.monotonic() < deadline
            assert self._process.poll() is None
            time.sleep(0.01)

    def end(self) -> tuple[int, dict[str, Any]]:
        code, out, _ = self._process.ended()
        (report,) = json.loads(out)["targets"]
        return code, report


def slow_stage(make_stage: MakeStage, now_ms: int) -> tuple[Stage, list[str]]:
    """Expired jobs, oldest first, and one that stays."""
    jobs = [make_document(now_ms, 100 - number, name=f"{'rc' if number % 2 else 'trial'}-{number}") for number in range(EXPIRED)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)])
    stage.write(top=SLOW)
    return stage, ids(jobs)


def intended_after(stage: Stage, event: str) -> set[str]:
    """The jobs whose intents were written after an event."""
    (seq,) = (found["seq"] for found in named(stage, event))
    return {found["job_id"] for found in named(stage, "deletion.intended") if found["seq"] > seq}


def test_a29_a_hold_that_another_process_adds_in_mid_sweep_protects_every_job_not_yet_intended(
    make_stage: MakeStage, now_ms: int
) -> None:
    stage, jobs = slow_stage(make_stage, now_ms)
    running = Running(stage)
    hold(stage, "--match", "name=rc-*")
    code, report = running.end()
    held = [job for job in report["jobs"] if "held by hold" in job["reason"]]
    assert code == 0
    assert held
    assert all(job["outcome"] == "skipped" and job["name"].startswith("rc-") for job in held)
    assert report["deletions"]["confirmed"] + len(held) == len(jobs)
    assert set(stage.deleted_in_truth()).isdisjoint(job["id"] for job in held)
    assert intended_after(stage, "hold.added").isdisjoint(job["id"] for job in held)
    names = {found["job_id"]: found["job_name"] for found in named(stage, "deletion.intended")}
    assert not any(names[job_id].startswith("rc-") for job_id in intended_after(stage, "hold.added"))


@pytest.mark.some(2)
@pytest.mark.parametrize("way", ["pause", "pause-of-target", "STOP"])
def test_a_pause_in_mid_sweep_lets_no_further_batch_go(make_stage: MakeStage, now_ms: int, way: str) -> None:
    stage, jobs = slow_stage(make_stage, now_ms)
    running = Running(stage)
    if way == "STOP":
        make_stop(stage)
    else:
        scope = ["--target", "research"] if way == "pause-of-target" else []
        assert stage.janitor("pause", "--reason", "incident", *scope)[0] == 0
    code, report = running.end()
    assert (code, report["error"]["code"]) == (4, "paused")
    skipped = {job["id"] for job in report["jobs"] if job["outcome"] == "skipped"}
    assert skipped
    assert report["deletions"]["confirmed"] == len(jobs) - len(skipped)
    assert set(stage.deleted_in_truth()) == set(jobs) - skipped
    if way != "STOP":
        assert intended_after(stage, "sweeping.paused") == set()


def test_many_processes_hold_while_a_sweep_runs_and_no_word_of_anybody_is_lost(make_stage: MakeStage, now_ms: int) -> None:
    stage, jobs = slow_stage(make_stage, now_ms)
    running = Running(stage)

    def add(number: int) -> int:
        words = ["hold", "add", "--match", f"name=other-{number}", "--target", "research", "--reason", f"r{number}"]
        return run_forked(*words, "--config", str(stage.config))[0]

    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(add, range(PROCESSES)))
    code, report = running.end()
    assert (codes, code, report["deletions"]["confirmed"]) == ([0] * PROCESSES, 0, len(jobs))
    assert sorted(each["reason"] for each in holds(stage)) == sorted(f"r{number}" for number in range(PROCESSES))
    assert len({each["id"] for each in holds(stage)}) == PROCESSES


def test_a_hold_that_comes_too_late_says_so(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 60)
    stage = make_stage(jobs=[job, make_document(now_ms, 2)], switches=Switches(never_delete=frozenset(ids([job]))))
    stage.write(top="confirm_within: 1s\n")
    assert stage.sweep()[1]["deletions"]["accepted"] == 1
    for covered in (ids([job]), ["--match", f"name={job['metadata']['name']}"]):
        code, _, error = stage.janitor("hold", "add", *covered, "--target", "research", "--reason", "x")
        assert (code, error.count(f"job {ids([job])[0]}: its deletion is under way or was asked for")) == (0, 1)
    assert stage.janitor("hold", "add", "--match", "name=other", "--target", "research", "--reason", "x")[2] == ""


def test_a_hold_on_a_job_that_is_deleted_already_says_when_it_was(make_stage: MakeStage, now_ms: int) -> None:
    job, other = make_document(now_ms, 60, id=ID), make_document(now_ms, 2)
    stage = make_stage(jobs=[job, other])
    stage.write()
    assert stage.sweep()[1]["deletions"]["confirmed"] == 1
    (gone,) = named(stage, "deletion.confirmed")
    words = ["hold", "add", ids([job])[0].upper(), *ids([other]), "--target", "research", "--reason", "x"]
    code, out, error = stage.janitor(*words)
    assert (code, out.startswith("h-"), len(holds(stage))) == (0, True, 1)
    when = gone["at"][:19].replace("T", " ")
    assert error == f"janitor: job {ids([job])[0]}: it was deleted before, at {when}Z; the hold keeps nothing of it\n"
