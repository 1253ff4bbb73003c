"""The file STOP beside the policy file: it halts, and so does everything that keeps us from seeing whether it is there."""

import os
from pathlib import Path

import pytest

from janitor.settings.stop_file import find_stop_file


def test_without_the_file_nothing_is_halted(tmp_path: Path) -> None:
    assert find_stop_file(tmp_path / "janitor.yaml") is None


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere"), os.mkfifo])
def test_whatever_the_file_is_it_halts_and_is_named(tmp_path: Path, make: object) -> None:
    make(tmp_path / "STOP")  # type: ignore[operator]  # each makes something at the path
    assert str(tmp_path / "STOP") in str(find_stop_file(tmp_path / "janitor.yaml"))


def test_only_its_exact_name_halts(tmp_path: Path) -> None:
    (tmp_path / "STOP.txt").touch()
    assert find_stop_file(tmp_path / "janitor.yaml") is None


def test_a_policy_file_named_without_a_folder_has_it_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_stop_file(Path("janitor.yaml")) is None
    (tmp_path / "STOP").touch()
    assert str(tmp_path / "STOP") in str(find_stop_file(Path("janitor.yaml")))


@pytest.mark.parametrize("place", ["gone/janitor.yaml", "file/janitor.yaml", "loop/janitor.yaml", "x" * 300 + "/janitor.yaml"])
def test_what_cannot_be_looked_at_halts(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be told" in str(find_stop_file(tmp_path / place))


def test_a_folder_that_may_not_be_read_halts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root nothing is refused, so the refusal itself is played."""

    def refuse(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("janitor.settings.stop_file.os.lstat", refuse)
    assert "Permission denied" in str(find_stop_file(tmp_path / "janitor.yaml"))


def test_a_working_folder_that_is_gone_halts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert find_stop_file(Path("janitor.yaml")) is not None
