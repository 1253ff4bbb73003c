"""Several replicas on one ledger: one leads, the others stand by, and the lead passes on (B20, B21)."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from unit.service.test_daemon import MemoryApp, Scene

from janitor.core.errors import LedgerError
from janitor.ledger.file import FileStorage
from janitor.ledger.lock import hold_lock
from janitor.service import leadership
from janitor.service.leadership import LEADER
from janitor.settings.fields import _TARGET_NAME


@dataclass
class Loosened:
    """A lock that can be lost, as one on a server."""

    until: float = math.inf

    def holds_until(self) -> float:
        return self.until


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Scene, Scene]]:
    """Two replicas on one file, the first of which leads; they share their jobs, and one clock."""
    with freeze_time("2026-11-23 03:00", tz_offset=0) as frozen:
        first = Scene(tmp_path, frozen)
        second = Scene(tmp_path, frozen, clock=first.clock)
        first.daemon.begin()
        second.daemon.begin()
        yield first, second
        first.daemon.end()
        second.daemon.end()


def said(scene: Scene) -> list[str]:
    return [event for event, _ in scene.said if event.startswith(("leadership.", "ledger."))]


def leader(scene: Scene) -> float | None:
    return scene.metrics.registry.get_sample_value("janitor_leader")


def test_b20_one_leads_and_the_other_stands_by_ready_and_does_nothing(pair: tuple[Scene, Scene]) -> None:
    first, second = pair
    before = len(first.events())
    for _ in range(5):
        second.tick(30)
    assert len(first.events()) == before
    assert MemoryApp.held.deleted == []
    assert (leader(first), leader(second)) == (1, 0)
    assert (said(first), said(second)) == (["leadership.taken"], ["leadership.awaited"])
    assert second.health.is_ready()
    assert second.health.as_json()["leadership"] == {"held": False, "problem": None}
    assert first.health.as_json()["leadership"] == {"held": True, "problem": None}
    assert second.health.as_json()["targets"]["research"]["next_sweep"] is None
    first.tick()
    assert len(MemoryApp.held.deleted) == 3


def test_b20_who_stood_by_leads_at_once_when_the_leader_ended_and_makes_up_for_what_was_due(pair: tuple[Scene, Scene]) -> None:
    """It records its policies, recovers, and sweeps."""
    first, second = pair
    MemoryApp.held.lingering = set(MemoryApp.held.jobs)
    first.tick()
    first.daemon.end()
    MemoryApp.held.jobs.clear()
    second.tick(0.1)
    assert (leader(second), said(second)) == (1, ["leadership.awaited", "leadership.taken"])
    assert len(second.events("config.loaded")) == 2
    assert len(second.events("deletion.confirmed")) == 3
    assert len(second.events("sweep.started")) == 1
    second.tick(60)
    assert len(second.events("sweep.started")) == 2
    assert second.health.as_json()["targets"]["research"]["last_result"] == "done"


def test_b29_a_leader_whose_grip_is_over_sweeps_no_more_before_it_leads_anew(pair: tuple[Scene, Scene]) -> None:
    first, second = pair
    lose(first)
    first.clock.advance(1)
    first.tick(61)
    assert first.events("sweep.started") == []
    assert (leader(first), said(first)[-1]) == (0, "leadership.lost")
    assert first.health.is_ready()
    second.tick()
    first.tick()
    assert (leader(first), leader(second)) == (0, 1)
    assert len(second.events("sweep.started")) == 1
    second.daemon.end()
    first.tick(61)
    assert leader(first) == 1
    assert len(first.events("sweep.started")) == 2


def lose(scene: Scene) -> None:
    """Let the lead be lost to the replica that does not know it yet."""
    held = scene.daemon._leadership
    held._held.close()
    held._grip = Loosened(until=scene.clock.monotonic())


def test_b29_a_sweep_under_way_ends_when_the_grip_is_over_and_says_nothing_of_its_target_afterwards(
    pair: tuple[Scene, Scene],
) -> None:
    first, second = pair

    def wake_up(_job_id: str) -> None:
        MemoryApp.held.before_get = lambda _job_id: None
        lose(first)
        first.daemon._mind_the_lead()

    MemoryApp.held.before_get = wake_up
    first.daemon._sweep("research")
    assert MemoryApp.held.deleted == []
    assert [event["event"] for event in first.events("sweep.finished", "sweep.aborted")] == ["sweep.aborted"]
    assert first.health.as_json()["targets"]["research"]["last_result"] is None
    second.tick()
    first.tick()
    assert first.metrics.registry.get_sample_value("janitor_jobs", {"target": "research", "verdict": "expired"}) is None


def test_a_reload_of_the_same_ledger_keeps_the_lead_and_who_stands_by_uses_the_newest_file(pair: tuple[Scene, Scene]) -> None:
    first, second = pair
    first.edit("after: 7d", "after: 8d")
    assert (leader(first), leader(second), said(first)) == (1, 0, ["leadership.taken"])
    second.tick()
    second.tick()
    assert leader(second) == 0
    assert [event for event, _ in second.said].count("policy_file.loaded") == 2
    first.daemon.end()
    second.tick(61)
    assert len({event["policy_digest"] for event in second.events("plan.built")}) == 2


def test_r1_a_file_that_names_another_ledger_is_refused_since_no_hold_or_pause_would_count_there(
    pair: tuple[Scene, Scene],
) -> None:
    """A slip in the path of a file that is watched: else everything that was held would go, and the pace be spent anew."""
    first, second = pair
    second.daemon.end()
    first.edit("path: ledger.db", "path: ledgre.db")
    before = len(first.events("sweep.started"))
    first.tick(61)
    assert not (first.folder / "ledgre.db").exists()
    assert len(first.events("sweep.started")) == before
    assert (leader(first), first.health.is_ready()) == (0, False)
    assert "names another ledger" in first.health.as_json()["policy_file"]["problems"][0]
    first.edit("path: ledgre.db", f"path: {first.folder}/./ledger.db")
    assert (leader(first), first.health.is_ready()) == (1, True)


def test_while_its_file_is_refused_the_leader_keeps_the_lead_and_who_stands_by_does_not_ask(pair: tuple[Scene, Scene]) -> None:
    """Nothing is swept by a file that another replica has not seen refused yet."""
    first, second = pair
    first.edit("after: 7d", "aftr: 7d")
    assert leader(first) == 1
    for _ in range(2):
        second.tick()
    first.daemon.end()
    second.tick()
    assert leader(second) == 0
    second.edit("aftr: 7d", "after: 7d")
    assert leader(second) == 1


def test_b14_who_takes_the_lead_over_a_lost_ledger_gives_it_up_is_not_ready_and_says_so_once(pair: tuple[Scene, Scene]) -> None:
    first, second = pair
    first.daemon.end()
    for path in first.folder.glob("ledger.db*"):
        path.unlink()
    for _ in range(3):
        second.tick()
    assert (leader(second), said(second)) == (0, ["leadership.awaited", "ledger.unreadable"])
    assert not second.health.is_ready()
    assert "no ledger is there" in second.health.as_json()["leadership"]["problem"]
    assert not second.daemon._leadership.is_held
    assert not (first.folder / "ledger.db").exists()


def test_it_waits_for_a_sweep_of_its_predecessor_before_the_first_turn_of_a_target(
    pair: tuple[Scene, Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = pair
    waited = list[float]()
    held = hold_lock(first.folder / "ledger.db", "research")

    def wait(seconds: float, _stop: Any) -> bool:
        waited.append(seconds)
        if len(waited) == 3:
            held.__exit__(None, None, None)
        return False

    monkeypatch.setattr(first.clock, "wait", wait)
    with held:
        first.tick()
        assert first.events("plan.refused") == []
        assert len(first.events("sweep.finished")) == 1
        assert waited == [leadership.LOOK_S] * 3
    with hold_lock(first.folder / "ledger.db", "research"):
        first.tick(61)
    assert [event["by"] for event in first.events("plan.refused")] == ["lock"]


def test_no_target_can_have_the_name_under_which_the_lead_is_locked() -> None:
    assert re.search(_TARGET_NAME.schema["pattern"], "leader")
    assert not re.search(_TARGET_NAME.schema["pattern"], LEADER)


def test_b23_where_locks_do_not_work_nobody_leads(pair: tuple[Scene, Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair
    first.daemon.end()

    def fail(_storage: FileStorage, _target: str) -> Any:
        raise LedgerError("this file system has no working locks")

    monkeypatch.setattr(FileStorage, "lock", fail)
    second.tick()
    assert (leader(second), second.health.is_ready()) == (0, False)
