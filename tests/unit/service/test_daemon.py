"""The daemon's loop on frozen time: which file is in force, what is recorded, what a reload and a lost ledger do."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.executors.debug import DebugExecutor
from builders import FrozenClock, make_job, make_target
from freezegun import freeze_time
from scripted import ScriptedBackend
from settings_sample import ENVIRON, GOOD

from janitor.core.errors import ConfigError, LedgerError
from janitor.ledger.opening import read_ledger
from janitor.service.daemon import Daemon
from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.policy_file import RETRY_S, PolicyFile
from janitor.service.timetable import Happening, schedules_of
from janitor.settings.load import load_settings
from janitor.settings.rules import rules_of
from janitor.sweep.target import Target
from janitor.wiring import App


class MemoryApp(App):
    """An app whose targets live in memory; `held` is shared by all versions of the file."""

    held: ScriptedBackend

    def targets(self, names: tuple[str, ...] = ()) -> list[Target]:
        known = {target.name: target for target in self.settings.targets}
        return [make_target(MemoryApp.held, name=name, rules=rules_of(self.settings, known[name])) for name in names or known]


@dataclass
class Scene:
    """A policy file in a folder, jobs in memory, a daemon on frozen time."""

    folder: Path
    frozen: Any
    text: str = GOOD + "schedule: {every: 1h}\n"
    clock: FrozenClock = field(default_factory=FrozenClock)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.folder / "janitor.yaml"
        self.path.write_text(self.text)
        MemoryApp.held = ScriptedBackend.holding(*[make_job() for _ in range(3)])
        self.metrics, self.health = Metrics((), self.clock, "0"), Health(self.clock)
        self.daemon = Daemon(
            file=PolicyFile(read=self.read, path=self.path, clock=self.clock),
            metrics=self.metrics,
            health=self.health,
            clock=self.clock,
            make_say=lambda _app: lambda event, **fields: self.said.append((event, fields)),
            executor=DebugExecutor(),
        )

    def read(self) -> App:
        app = MemoryApp(settings=load_settings(self.path, ENVIRON), clock=self.clock, actor="schedule@here")
        schedules_of(app.settings)
        return app

    def tick(self, minutes: float = 1) -> None:
        self.frozen.tick(timedelta(minutes=minutes))
        self.clock.advance(minutes * 60)
        self.daemon.tick()

    def edit(self, old: str, new: str) -> None:
        """Change the file, and let the daemon see it twice."""
        text = self.path.read_text()
        assert text.count(old) == 1
        self.path.write_text(text.replace(old, new))
        self.tick()
        self.tick()

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The audit events of these names, or all."""
        ledger = read_ledger(self.folder / "ledger.db")
        assert ledger is not None
        with ledger:
            return [event for row in ledger.rows() if (event := row.event())["event"] in names or not names]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with freeze_time("2026-11-23 03:00", tz_offset=0) as frozen:
        stage = Scene(tmp_path, frozen)
        yield stage
        stage.daemon.end()


def test_it_sweeps_records_who_and_writes_the_policies_once(scene: Scene) -> None:
    scene.daemon.begin()
    for _ in range(30):
        scene.tick(5)
    assert len(MemoryApp.held.deleted) == 3
    assert len(scene.events("sweep.finished")) == 3
    assert len(scene.events("config.loaded")) == 1
    assert {event["actor"] for event in scene.events("config.loaded", "sweep.finished", "deletion.intended")} == {"schedule@here"}
    assert scene.health.as_json()["targets"]["research"]["last_result"] == "done"
    assert scene.metrics.registry.get_sample_value("janitor_ledger_events") == len(scene.events())


def test_a_service_says_that_it_leads_how_much_room_its_ledger_has_and_what_the_quota_leaves(scene: Scene) -> None:
    value = scene.metrics.registry.get_sample_value
    MemoryApp.held.quota_limit = 10
    scene.daemon.begin()
    assert value("janitor_leader") == 1
    assert (value("janitor_ledger_free_bytes") or 0) > 0
    assert value("janitor_quota_limit", {"target": "research"}) is None
    scene.tick()
    assert value("janitor_quota_limit", {"target": "research"}) == 10
    assert value("janitor_quota_used", {"target": "research"}) == len(MemoryApp.held.jobs)


def test_b32_a_new_file_is_recorded_and_used_by_the_next_sweep(scene: Scene) -> None:
    scene.daemon.begin()
    scene.tick()
    scene.edit("after: 7d", "after: 8d")
    for _ in range(14):
        scene.tick(5)
    assert len(scene.events("config.loaded")) == 2
    assert len({event["policy_digest"] for event in scene.events("plan.built")}) == 2


def test_b33_while_the_file_is_refused_nothing_is_swept_and_mended_it_makes_up_for_it(scene: Scene) -> None:
    scene.daemon.begin()
    scene.tick()
    scene.edit("after: 7d", "aftr: 7d")
    before = len(scene.events("sweep.started"))
    for _ in range(50):
        scene.tick(4)
    assert len(scene.events("sweep.started")) == before
    assert not scene.health.is_ready()
    refused = [fields for event, fields in scene.said if event == "policy_file.refused"]
    assert ["is required" in refused[0]["reason"], 'did you mean "after"' in refused[1]["reason"]] == [True, True]
    assert len(refused) == 2  # one line a problem, and none of them again at each retry
    assert scene.metrics.registry.get_sample_value("janitor_policy_file_valid") == 0
    scene.edit("aftr: 7d", "after: 7d")
    assert len(scene.events("sweep.started")) == before + 1
    assert scene.health.is_ready()


def test_a_file_that_loses_its_schedule_is_refused(scene: Scene) -> None:
    scene.daemon.begin()
    scene.edit("schedule: {every: 1h}\n", "")
    assert "no schedule for research" in str(scene.daemon.file.problem)


def test_b14_a_ledger_that_is_lost_is_never_replaced_not_even_by_a_reload(scene: Scene) -> None:
    scene.daemon.begin()
    for path in scene.folder.glob("ledger.db*"):
        path.rename(path.with_name(f"lost-{path.name}"))
    scene.tick()
    assert scene.health.as_json()["targets"]["research"]["last_result"] == "ledger"
    scene.edit("after: 7d", "after: 8d")
    assert "no ledger is there" in str(scene.daemon.file.problem)
    assert not (scene.folder / "ledger.db").exists()
    for path in scene.folder.glob("lost-*"):
        path.rename(path.with_name(path.name.removeprefix("lost-")))
    scene.tick(RETRY_S / 60)
    assert scene.daemon.file.problem is None
    assert scene.health.is_ready()


def test_sighup_reads_the_file_at_once(scene: Scene) -> None:
    scene.daemon.begin()
    scene.daemon.reload.set()
    scene.tick()
    assert [event for event, _ in scene.said].count("policy_file.loaded") == 2
    assert not scene.daemon.reload.is_set()


@pytest.mark.some(2)
@pytest.mark.parametrize("schedule", ["{every: 1h}", '{cron: "10 3 * * *"}'])
@pytest.mark.parametrize("fails", [False, True])
def test_b6_a_sweep_that_a_new_file_cut_short_is_due_again_at_once(scene: Scene, schedule: str, *, fails: bool) -> None:
    scene.path.write_text(scene.text.replace("{every: 1h}", schedule))
    scene.daemon.begin()
    once = iter([True])

    def reload(_job_id: str) -> None:
        if next(once, False):
            scene.daemon._reload()
            if fails:
                raise RuntimeError("the sweep crashes while it is ending")

    MemoryApp.held.before_get = reload
    for _ in range(15):
        scene.tick()
    ends = [event["event"] for event in scene.events("sweep.finished", "sweep.aborted")]
    assert ends == ["sweep.aborted", "sweep.finished"]
    assert len(MemoryApp.held.deleted) == 3
    intents = {event["intent_id"] for event in scene.events("deletion.intended")}
    assert intents == {event["intent_id"] for event in scene.events("deletion.confirmed")}


def test_b14_a_lost_ledger_is_known_however_its_path_is_written(scene: Scene) -> None:
    scene.daemon.begin()
    for path in scene.folder.glob("ledger.db*"):
        path.unlink()
    scene.edit("path: ledger.db", f"path: ../{scene.folder.name}/ledger.db")
    assert "no ledger is there" in str(scene.daemon.file.problem)
    assert not (scene.folder / "ledger.db").exists()


def test_a_target_whose_ledger_is_back_is_swept_soon(scene: Scene) -> None:
    scene.daemon.begin()
    for path in scene.folder.glob("ledger.db*"):
        path.rename(path.with_name(f"lost-{path.name}"))
    scene.tick(1 / 60)
    assert not scene.health.is_ready()
    for path in scene.folder.glob("lost-*"):
        path.rename(path.with_name(path.name.removeprefix("lost-")))
    scene.tick(RETRY_S / 60)
    assert scene.health.is_ready()
    assert len(scene.events("sweep.finished")) == 1


def test_a_target_that_left_the_file_while_it_waited_for_a_thread_is_let_go(scene: Scene) -> None:
    scene.daemon.begin()
    scene.daemon._sweep("gone")
    scene.tick()
    assert scene.events("sweep.started", "sweep.aborted")[0]["target"] == "research"


def test_after_the_wish_to_stop_no_version_of_the_file_sweeps(scene: Scene) -> None:
    scene.daemon.begin()
    scene.daemon.ask_to_stop()
    scene.daemon._reload()
    scene.tick()
    assert MemoryApp.held.deleted == []
    assert scene.events("deletion.intended") == []


@pytest.mark.parametrize("reloads", [False, True])
def test_what_was_left_open_is_recovered_at_the_start(scene: Scene, *, reloads: bool) -> None:
    scene.daemon.begin()
    MemoryApp.held.lingering = set(MemoryApp.held.jobs)
    scene.tick()
    assert len(scene.events("deletion.accepted")) == 3
    scene.daemon.end()
    MemoryApp.held.jobs.clear()
    again = Scene(scene.folder, scene.frozen, clock=scene.clock)
    MemoryApp.held.jobs.clear()
    again.daemon.begin()
    if reloads:
        again.daemon.reload.set()
    again.tick()
    assert len(again.events("sweep.started")) == 1
    assert len(again.events("deletion.confirmed")) == 3
    again.daemon.end()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("schedule: {every: 1h}\n", "", ConfigError),
        ("create: true", "create: false", LedgerError),
        ("version: 1", "version: 2", ConfigError),
    ],
)
def test_what_cannot_begin_raises(scene: Scene, old: str, new: str, error: type[Exception]) -> None:
    scene.path.write_text(scene.path.read_text().replace(old, new))
    with pytest.raises(error):
        scene.daemon.begin()


def test_a_turn_that_meets_an_ending_sweep_of_an_earlier_file_is_no_overlap(scene: Scene) -> None:
    scene.daemon.begin()
    current = scene.daemon._sweeper
    assert current is not None
    for sweeper, expected in ((replace(current), 0), (current, 1)):
        scene.daemon._under_way["research"] = sweeper
        scene.daemon._happened(Happening(target="research", what="overlapped"))
        assert scene.health.as_json()["targets"]["research"]["overlapped"] == expected
        assert [event for event, _ in scene.said].count("sweep.overlapped") == expected
