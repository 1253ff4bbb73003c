"""The watched policy file: what counts as a change, what a broken or missing file does (faults B32, B33)."""

import os
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from builders import FakeClock

from janitor.core.errors import ConfigError
from janitor.service.policy_file import LARGEST, RETRY_S, PolicyFile
from janitor.wiring import App


@dataclass
class Settings:
    files: tuple[Path, ...]


@dataclass
class FakeApp:
    """What the watching needs of an app: the files it was read from."""

    settings: Settings


@dataclass
class Reader:
    """Reads a policy file that names one secret file; any text but `good` is refused."""

    folder: Path
    reads: list[str] = field(default_factory=list)
    after_reading: Callable[[], object] = lambda: None

    def __call__(self) -> App:
        path = self.folder / "janitor.yaml"
        text = path.read_text() if path.is_file() else ""
        self.reads.append(text)
        self.after_reading()
        if not text.startswith("good"):
            raise ConfigError(f"{path}:1:1: not good")
        return cast("App", FakeApp(Settings(files=(path, self.folder / "sk"))))


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "janitor.yaml").write_text("good 1")
    (tmp_path / "sk").write_text("secret")
    return Reader(tmp_path)


@pytest.fixture
def file(reader: Reader, clock: FakeClock) -> PolicyFile:
    loaded = PolicyFile(read=reader, path=reader.folder / "janitor.yaml", clock=clock)
    loaded.load()
    return loaded


def looks(file: PolicyFile, count: int = 4) -> list[bool]:
    return [file.has_changed() for _ in range(count)]


def test_nothing_changes_by_itself(file: PolicyFile) -> None:
    assert looks(file) == [False] * 4
    assert file.problem is None


@pytest.mark.parametrize("name", ["janitor.yaml", "sk"])
def test_a_change_counts_once_it_stayed_the_same_for_two_looks(file: PolicyFile, reader: Reader, name: str) -> None:
    (reader.folder / name).write_text("good 2")
    assert looks(file, 2) == [False, True]
    file.load()
    assert looks(file) == [False] * 4


def test_a_file_that_is_still_being_written_is_left_alone(file: PolicyFile, reader: Reader) -> None:
    for text in ("", "go", "good 2"):
        (reader.folder / "janitor.yaml").write_text(text)
        assert not file.has_changed()
    assert file.has_changed()


def test_a_touch_changes_nothing(file: PolicyFile, reader: Reader) -> None:
    os.utime(reader.folder / "janitor.yaml", (1, 1))
    assert looks(file) == [False] * 4


def test_b32_a_link_that_is_swapped_is_a_change(reader: Reader, clock: FakeClock, tmp_path: Path) -> None:
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "janitor.yaml").write_text(f"good {version}")
    (tmp_path / "janitor.yaml").unlink()
    (tmp_path / "data").symlink_to("1")
    (tmp_path / "janitor.yaml").symlink_to("data/janitor.yaml")
    file = PolicyFile(read=reader, path=tmp_path / "janitor.yaml", clock=clock)
    file.load()
    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").replace(tmp_path / "data")
    assert looks(file, 2) == [False, True]
    file.load()
    assert reader.reads[-1] == "good 2"


@pytest.mark.parametrize("text", ["bad", None])
def test_b33_a_broken_or_missing_file_leaves_none_in_force(file: PolicyFile, reader: Reader, text: str | None) -> None:
    if text is None:
        (reader.folder / "janitor.yaml").unlink()
    else:
        (reader.folder / "janitor.yaml").write_text(text)
    assert looks(file, 2) == [False, True]
    file.load()
    found: Any = file.app
    assert found is None
    assert str(file.problem).endswith("not good")


def test_a_refused_file_is_read_again_now_and_then(file: PolicyFile, clock: FakeClock) -> None:
    file.refuse("the ledger is gone")
    assert looks(file) == [False] * 4
    clock.advance(RETRY_S)
    assert file.has_changed()
    file.load()
    assert file.app is not None
    assert looks(file) == [False] * 4


def test_a_mended_file_is_in_force_again(file: PolicyFile, reader: Reader) -> None:
    (reader.folder / "janitor.yaml").write_text("bad")
    file.load()
    (reader.folder / "janitor.yaml").write_text("good 3")
    assert looks(file, 2) == [False, True]
    file.load()
    assert file.app is not None
    assert file.problem is None


@pytest.mark.parametrize("name", ["janitor.yaml", "sk"])
def test_a_file_that_changes_while_it_is_read_is_read_again(file: PolicyFile, reader: Reader, name: str) -> None:
    left = iter(["good 8", "good 9"])
    reader.after_reading = lambda: (text := next(left, None)) and (reader.folder / name).write_text(text)
    before = len(reader.reads)
    file.load()
    assert len(reader.reads) - before == 3
    assert reader.reads[-1] == ("good 9" if name == "janitor.yaml" else "good 1")
    assert looks(file) == [False] * 4


def test_a_file_that_changes_all_the_time_is_looked_at_again(file: PolicyFile, reader: Reader) -> None:
    count = iter(range(1000))
    reader.after_reading = lambda: (reader.folder / "sk").write_text("x" * next(count))
    file.load()
    reader.after_reading = lambda: None
    assert any(looks(file, 2))
    file.load()
    assert looks(file) == [False] * 4


def test_a_file_that_is_touched_all_the_time_hides_no_change_of_another(file: PolicyFile, reader: Reader) -> None:
    (reader.folder / "janitor.yaml").write_text("good 2")
    seen = []
    for moment in range(1, 4):
        os.utime(reader.folder / "sk", (moment, moment))
        seen.append(file.has_changed())
    assert seen[1]


@pytest.mark.timeout(10)
def test_a_pipe_in_its_place_is_refused_and_not_waited_for(file: PolicyFile, reader: Reader) -> None:
    (reader.folder / "janitor.yaml").unlink()
    os.mkfifo(reader.folder / "janitor.yaml")
    assert looks(file, 2) == [False, True]
    file.load()
    assert file.problem is not None


def test_a_huge_file_is_not_read_whole(file: PolicyFile, reader: Reader) -> None:
    os.truncate(reader.folder / "sk", 1 << 30)
    tracemalloc.start()
    assert looks(file, 2) == [False, True]
    assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST
    tracemalloc.stop()
