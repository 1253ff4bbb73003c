"""Files that commands write: never in place of the ledger, of a file that janitor reads, or of anybody else's file."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import make_document
from stage import Stage

MakeStage = Callable[..., Stage]
CASES = """\
version: 1
policies: janitor.yaml
as_of: 2026-11-23T03:00:00Z
cases: [{name: a, jobs: [{id: a, phase: running}], others: kept}]
"""


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    staged = make_stage(jobs=[make_document(now_ms, 60)])
    staged.write()
    assert staged.janitor("pause", "--reason", "a test")[0] == staged.janitor("resume")[0] == 0
    (staged.folder / "t.yaml").write_text(CASES)
    (staged.folder / "notes.txt").write_text("mine")
    return staged


def writers(stage: Stage, path: Path) -> list[tuple[str, ...]]:
    return [
        ("snapshot", "--target", "research", "-o", str(path)),
        ("plan", "-o", str(path)),
        ("report", "--html", str(path)),
        ("test", str(stage.folder / "t.yaml"), "--junit", str(path)),
        ("audit", "export", "-o", str(path)),
    ]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.on_a_file
def test_no_output_replaces_what_is_not_its_own_or_takes_a_name_that_janitor_needs(stage: Stage) -> None:
    (stage.folder / "STOP").touch()
    (stage.folder / "alias").symlink_to(stage.folder)
    before = content(stage.folder)
    names = ("ledger.db", "janitor.yaml", "t.yaml", "sk", "STOP", "notes.txt", "ledger.db-wal", "ledger.db.research.lock")
    for name in (*names, "alias/ledger.db-shm"):
        for command in writers(stage, stage.folder / name):
            code, out, err = stage.janitor(*command)
            assert (code, out, f"{stage.folder / name}: " in err, "name another" in err) == (2, "", True, True), (command, err)
    assert content(stage.folder) == before
    assert stage.emulator.requests == []


@pytest.mark.soak
def test_an_empty_file_and_an_earlier_output_are_replaced_whole(stage: Stage) -> None:
    for number, _ in enumerate(writers(stage, Path())):
        path = stage.folder / f"out-{number}"
        path.touch(0o644)
        for _ in range(2):
            assert stage.janitor(*writers(stage, path)[number])[0] == 0
            assert path.stat().st_size > 0
            path.write_bytes(path.read_bytes() + b"more")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.soak
@pytest.mark.on_a_file
def test_metrics_in_place_of_another_file_are_a_warning_and_leave_it(stage: Stage) -> None:
    policies = stage.config.read_bytes()
    code, _, err = stage.janitor("sweep", "--metrics-textfile", str(stage.config))
    assert (code, stage.config.read_bytes()) == (0, policies)
    assert f"janitor: warning: metrics not written to {stage.config}: is read by" in err
    path = stage.folder / "janitor.prom"
    for _ in range(2):
        assert "warning" not in stage.janitor("sweep", "--metrics-textfile", str(path))[2]
    assert path.read_text().startswith("# HELP ")
    assert "belongs to the ledger" in stage.janitor("sweep", "--metrics-textfile", f"{stage.ledger_path}.prom")[2]
