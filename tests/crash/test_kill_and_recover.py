"""kill -9 at the crash points around a deletion, then a healthy sweep: truth and ledger agree, every intent has one end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import make_document
from stage import Stage

from janitor.emulator.truth import read_truth

CHILD = Path(__file__).with_name("child.py")
JOBS = 25


class RemoteEmulator:
    """An emulator in another process, driven over its control routes."""

    def __init__(self, truth: Path) -> None:
        command = [sys.executable, "-m", "janitor", "emulator", "--port", "0", "--jobs", "0", "--truth", str(truth)]
        self._process = subprocess.Popen([*command, "--delete-delay", "0.1"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[1]
        self._truth = truth

    def post(self, path: str, body: Any) -> None:
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_emulator/{path}", timeout=10) as answer:
            return json.load(answer)

    def removed(self) -> list[str]:
        """What requests removed so far, as the truth log on the disk says."""
        self.get("truth")
        return [record.job_id for record in read_truth(self._truth) if record.change == "deleted" and record.source == "api"]

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


@pytest.fixture
def crash_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[Stage, RemoteEmulator, list[str]]]:
    emulator = RemoteEmulator(tmp_path / "truth.jsonl")
    try:
        now_ms = round(time.time() * 1000)
        expired = [make_document(now_ms, 60 - number / 10) for number in range(JOBS)]
        kept = [
            make_document(now_ms, 2),
            make_document(now_ms, 60, "Running"),
            make_document(now_ms, 60, description="janitor-hold"),
        ]
        emulator.post("jobs", [*expired, *kept])
        stage = Stage(folder=tmp_path, emulator=emulator, capture=capsys)  # type: ignore[arg-type]  # only its url is used
        stage.write()
        yield stage, emulator, [job["metadata"]["id"] for job in expired]
    finally:
        emulator.close()


Crash = tuple[Stage, RemoteEmulator, list[str]]


def start(stage: Stage, point: str, nth: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(CHILD), point, str(nth), "sweep", "--config", str(stage.config)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def settle(stage: Stage, emulator: RemoteEmulator, expired: list[str]) -> list[dict[str, Any]]:
    """Let the quiet period pass, sweep in good health until nothing is left, and compare truth, ledger and expectation."""
    time.sleep(1.1)
    for _ in range(6):
        code, report = stage.sweep()
        assert code == 0
        if report["verdicts"]["expired"] == 0 and report["recovered"]["open"] == 0:
            break
    assert sorted(emulator.removed()) == sorted(expired)
    events = stage.events()
    intents = {event["intent_id"]: event["job_id"] for event in events if event["event"] == "deletion.intended"}
    ends = [event for event in events if event["event"] in ENDS and event["intent_id"] is not None]
    assert sorted(event["intent_id"] for event in ends) == sorted(intents)
    gone = [event["job_id"] for event in ends if event["event"] in ("deletion.confirmed", "deletion.already_gone")]
    assert sorted(gone) == sorted(expired)
    code, out, _ = stage.janitor("audit", "verify")
    assert (code, "verified" in out) == (0, True)
    return events


ENDS = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")


@pytest.mark.parametrize("nth", [1, 2])
def test_cp10_killed_right_before_the_intents_sync_nothing_was_sent(crash_stage: Crash, nth: int) -> None:
    stage, emulator, expired = crash_stage
    assert start(stage, "cp10", nth).wait(30) == -signal.SIGKILL
    sent = {record["job_id"] for record in emulator.get("requests") if record["method"] == "DELETE"}
    assert len(sent) == nth - 1
    assert len([event for event in stage.events() if event["event"] == "deletion.intended"]) == nth - 1
    settle(stage, emulator, expired)


@pytest.mark.parametrize(("nth", "open_then"), [(1, 1), (2, 10)])
def test_cp11_killed_after_the_intents_sync_every_intent_is_closed_as_not_applied(
    crash_stage: Crash, nth: int, open_then: int
) -> None:
    stage, emulator, expired = crash_stage
    assert start(stage, "cp11", nth).wait(30) == -signal.SIGKILL
    events = settle(stage, emulator, expired)
    failed = [event for event in events if event["event"] == "deletion.failed"]
    assert len(failed) == open_then
    assert {event["reason_code"] for event in failed} == {"not_applied"}


@pytest.mark.parametrize("nth", [1, 7])
def test_cp13_killed_in_mid_request_the_deletion_is_found_and_not_repeated(crash_stage: Crash, nth: int) -> None:
    stage, emulator, expired = crash_stage
    emulator.post("faults", {"route": "delete", "action": "hang_after", "nth": nth, "seconds": 20})
    child = start(stage, "none", 0)
    deadline = time.monotonic() + 20
    while len(emulator.removed()) < nth and time.monotonic() < deadline:
        time.sleep(0.05)
    child.kill()
    assert child.wait(10) == -signal.SIGKILL
    events = settle(stage, emulator, expired)
    assert [event for event in events if event["event"] == "deletion.already_gone"]


@pytest.mark.parametrize("nth", [1, 5])
def test_cp14_killed_after_the_reply_the_deletion_is_recorded_by_the_next_sweep(crash_stage: Crash, nth: int) -> None:
    stage, emulator, expired = crash_stage
    assert start(stage, "cp14", nth).wait(30) == -signal.SIGKILL
    events = settle(stage, emulator, expired)
    assert [event for event in events if event["event"] == "deletion.already_gone"]


def test_b1_b2_killed_at_random_moments_again_and_again_nothing_is_lost(crash_stage: Crash) -> None:
    """JANITOR_CRASH_KILLS says how often, JANITOR_CRASH_SEED replays; jobs keep expiring, so that every sweep has work."""
    stage, emulator, expired = crash_stage
    seed = int(os.environ.get("JANITOR_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
    rng, kills, killed = random.Random(seed), int(os.environ.get("JANITOR_CRASH_KILLS", "4")), 0
    print(f"JANITOR_CRASH_SEED={seed}")
    for _ in range(kills * 3):
        fresh = [make_document(round(time.time() * 1000), 50) for _ in range(8)]
        emulator.post("jobs", fresh)
        expired += [job["metadata"]["id"] for job in fresh]
        child = start(stage, "none", 0)
        try:
            child.wait(rng.uniform(0.5, 1.8))
        except subprocess.TimeoutExpired:
            killed += 1
            child.kill()
            child.wait(10)
        if killed == kills:
            break
    events = settle(stage, emulator, expired)
    closed = ("confirmed", "already_gone", "failed", "skipped")
    recovered = sum(event[word] for event in events if event["event"] == "recovery.completed" for word in closed)
    print(f"{killed} kills, {len(expired)} deletions, {recovered} outcomes recovered, 0 wrong, 0 lost, 0 unrecorded")
    assert killed == kills


def test_sigterm_in_mid_batch_ends_in_time_with_every_unsent_intent_closed(crash_stage: Crash) -> None:
    stage, emulator, expired = crash_stage
    emulator.post("faults", {"route": "delete", "action": "hang_before", "nth": 4, "seconds": 1.5})
    child = start(stage, "none", 0)
    deadline = time.monotonic() + 20
    while len(emulator.removed()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    child.terminate()
    asked = time.monotonic()
    assert child.wait(10) == 130
    assert time.monotonic() - asked < 5
    count = len([record for record in emulator.get("requests") if record["method"] == "DELETE"])
    assert count < JOBS
    settle(stage, emulator, expired)


def test_b20_of_two_sweeps_at_once_one_is_turned_away(crash_stage: Crash) -> None:
    stage, emulator, expired = crash_stage
    emulator.post("faults", {"route": "list", "action": "hang_before", "seconds": 2})
    first = start(stage, "none", 0)
    until((stage.folder / "ledger.db.research.lock").exists)
    time.sleep(0.3)
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], report["requests"]["list"]) == (4, "lock", 0)
    first.wait(20)
    settle(stage, emulator, expired)


def until(condition: Callable[[], bool], patience_s: float = 10) -> None:
    deadline = time.monotonic() + patience_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()
