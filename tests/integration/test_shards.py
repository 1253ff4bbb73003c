"""`janitor sweep --shard I/N`: which targets it sweeps, what the environment says of it, and what is refused at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pushgateway import Played
from stage import POLICY, Stage

from janitor.core.shard import Shard
from janitor.emulator.faults import Fault
from janitor.sweep import entry

MakeStage = Callable[..., Stage]
NAMES = ("research", "nightly", "team-a")
INDEX, COUNT = "JOB_COMPLETION_INDEX", "JANITOR_SHARDS"
MINE = {str(index): set(Shard(index=index, count=8).own(NAMES)) for index in range(8)}
EMPTY = next(index for index, names in MINE.items() if not names)
FULL = next(index for index, names in MINE.items() if names)
A_FILE = "its ledger is a file, and this is shard"


@pytest.fixture
def stage(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Three targets, none of which has a job."""
    for name in (INDEX, COUNT):
        monkeypatch.delenv(name, raising=False)
    stage = make_stage()
    text = stage.write("").read_text()
    head, _, target = text.partition("targets:\n")
    targets = "".join(target.replace("name: research", f"name: {name}", 1) for name in NAMES)
    stage.config.write_text(f"{head}targets:\n{targets}{POLICY}")
    return stage


def swept(stage: Stage, *words: str) -> tuple[int, set[str], str]:
    """The exit code, the targets of the report, and what standard error says."""
    code, out, err = stage.janitor("sweep", "--output", "json", *words)
    return code, {target["target"] for target in json.loads(out)["targets"]} if out else set(), err


def test_each_target_is_swept_by_one_shard_and_previewed_by_the_same(stage: Stage) -> None:
    found = list[str]()
    for index, names in MINE.items():
        code, told, err = swept(stage, "--shard", f"{index}/8")
        assert (code, told, f"janitor: shard {index}/8: {len(names)} of 3 targets\n" in err) == (0, names, True)
        found += told
    assert swept(stage, "--shard", f"{FULL}/8", "--dry-run")[:2] == (0, MINE[FULL])
    assert sorted(found) == sorted(NAMES)
    began = [event["target"] for event in stage.events() if event["event"] == "sweep.started"]
    assert sorted(began) == sorted(NAMES)


def test_a_shard_begins_with_the_target_that_was_left_longest_whatever_came_of_its_last_sweep(stage: Stage) -> None:
    """One that is ended each night before it is done sweeps all in turn; a target that cannot be read delays no other one."""
    assert swept(stage, "--target", "nightly")[0] == 0
    rest = ["research", "team-a"]
    assert began_by(stage, "--shard", "0/1", "--dry-run") == []
    assert began_by(stage, "--shard", "0/1") == [*rest, "nightly"], "never swept before swept"
    stage.emulator.faults.add(Fault("list", "invalid_json", times=None))
    assert began_by(stage, "--target", "research") == ["research"]
    stage.emulator.faults.clear()
    assert began_by(stage, "--shard", "0/1") == ["team-a", "nightly", "research"]
    assert began_by(stage) == list(NAMES), "who is no shard goes by the file"


@pytest.mark.on_a_file
def test_a_shard_whose_ledger_is_not_there_is_told_so_by_its_sweep(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text().replace("{path: ledger.db}", "{path: ledger.db, create: false}"))
    code, told, _ = swept(stage, "--shard", "0/1")
    assert (code, told) == (5, set(NAMES))


def began_by(stage: Stage, *words: str) -> list[str]:
    """The targets of which a sweep began, in its order."""
    before = len(stage.events())
    swept(stage, *words)
    return [event["target"] for event in stage.events()[before:] if event["event"] == "sweep.started"]


def test_a_shard_to_which_no_target_falls_is_done_at_once_and_takes_none(stage: Stage) -> None:
    code, out, err = stage.janitor("sweep", "--shard", f"{EMPTY}/8")
    assert (code, out, err) == (0, "", f"janitor: shard {EMPTY}/8: 0 of 3 targets\n")
    assert swept(stage, "--shard", f"{EMPTY}/8")[:2] == (0, set())
    assert stage.emulator.requests == []
    assert not stage.ledger_path.exists()


def test_a_shard_to_which_no_target_falls_leaves_a_file_of_metrics_in_place_of_an_old_one_and_pushes_nothing(
    stage: Stage,
) -> None:
    """What it would push of the ledger, at which it did not look, would take the place of what others pushed."""
    path, gateway = stage.folder / "janitor.prom", Played()
    publish = ("--metrics-textfile", str(path), "--pushgateway", gateway.url)
    try:
        assert stage.janitor("sweep", "--shard", f"{FULL}/8", "--metrics-textfile", str(path))[0] == 0
        assert 'target="' in path.read_text()
        assert swept(stage, "--shard", f"{EMPTY}/8", "--dry-run", *publish)[0] == 0
        assert 'target="' in path.read_text()
        assert swept(stage, "--shard", f"{EMPTY}/8", *publish)[:2] == (0, set())
    finally:
        gateway.close()
    assert 'target="' not in path.read_text()
    assert "janitor_build_info" in path.read_text()
    assert gateway.received == []


def test_b21_what_is_said_comes_before_the_environment_and_that_before_every_target(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a pod of an Indexed Job; where the ledger is a file there can be only one, or a person with several processes."""
    assert swept(stage, "--shard", f"{FULL}/8")[:2] == (0, MINE[FULL])
    monkeypatch.setenv(COUNT, "1")
    monkeypatch.setenv(INDEX, "0")
    assert swept(stage)[:2] == (0, set(NAMES))
    monkeypatch.setenv(INDEX, "7")
    assert swept(stage, "--target", "nightly")[:2] == (0, {"nightly"})
    assert swept(stage, "--shard", "0/1")[:2] == (0, set(NAMES))


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("environ", "words", "told"),
    [
        ({}, ("--shard", "3"), "--shard: '3' is no shard; write 0/8 for the first of eight, 7/8 for the last"),
        ({}, ("--shard", "8/8"), "--shard: of 8 shards the first is 0 and the last is 7; there is no shard 8"),
        ({}, ("--shard", ""), "--shard: '' is no shard"),
        ({}, ("--shard", "0/8", "--target", "nightly"), "--shard and --target both say which targets to sweep; give one of them"),
        ({INDEX: "3"}, (), "JOB_COMPLETION_INDEX is set and JANITOR_SHARDS is not; set it to the completions of the Job"),
        ({COUNT: "8"}, (), "JANITOR_SHARDS is set and JOB_COMPLETION_INDEX is not; run this as an Indexed Job of Kubernetes"),
        ({INDEX: "8", COUNT: "8"}, (), "JOB_COMPLETION_INDEX/JANITOR_SHARDS: of 8 shards the first is 0 and the last is 7"),
        ({INDEX: "0", COUNT: "0"}, (), "JOB_COMPLETION_INDEX/JANITOR_SHARDS: there may be 1 to 1000 shards, not 0"),
        ({INDEX: "", COUNT: "8"}, (), "'/8' is no shard"),
        ({INDEX: "0", COUNT: "eight"}, (), "'0/eight' is no shard"),
        pytest.param({INDEX: "0", COUNT: "8"}, (), f"{A_FILE} 0/8 of an Indexed Job", marks=pytest.mark.on_a_file),
        pytest.param({INDEX: "0"}, ("--shard", "3/8"), f"{A_FILE} 3/8 of an Indexed Job", marks=pytest.mark.on_a_file),
    ],
)
def test_what_names_no_shard_is_refused_before_anything_is_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    """A shard that is misread would sweep what is another's, or leave out what is nobody else's."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for more in ((), ("--dry-run",)):
        code, out, err = stage.janitor("sweep", *words, *more)
        assert (code, out, told in err) == (2, "", True), err
    assert stage.emulator.requests == []
    assert not stage.ledger_path.exists()


def test_other_commands_mind_no_shard(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INDEX, "3")
    assert stage.janitor("plan")[0] == 0
    assert stage.janitor("check")[0] == 0


def connections_to(port: int) -> int:
    """How many connections to this port are open, of all processes."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


@pytest.mark.parametrize(("words", "way"), [((), "sweep_target"), (("--dry-run",), "preview_sweep")])
def test_b36_a_sweep_of_many_targets_is_connected_to_one_at_a_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], way: str
) -> None:
    """Else hundreds of targets would run into the number of files that a process may have open."""
    found, real = list[tuple[int, bool]](), getattr(entry, way)

    def watched(*arguments: Any, **named: Any) -> Any:
        before = connections_to(stage.emulator.port)
        report = real(*arguments, **named)
        found.append((before, connections_to(stage.emulator.port) > 0))
        return report

    monkeypatch.setattr(entry, way, watched)
    assert stage.janitor("sweep", *words)[0] == 0
    assert found == [(0, True)] * len(NAMES)
