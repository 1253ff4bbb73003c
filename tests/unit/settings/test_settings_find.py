"""Which policy file is used."""

from pathlib import Path

import pytest
from settings_sample import GOOD

from janitor.core.errors import ConfigError
from janitor.settings.find import find_policy_file


@pytest.fixture
def three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("flag.yaml", "variable.yaml", "janitor.yaml"):
        (tmp_path / name).write_text(GOOD)
    return tmp_path


def test_the_flag_beats_the_variable_beats_the_folder(three_files: Path) -> None:
    environ = {"JANITOR_CONFIG": "variable.yaml"}
    assert find_policy_file(Path("flag.yaml"), environ) == Path("flag.yaml")
    assert find_policy_file(None, environ) == Path("variable.yaml")
    assert find_policy_file(None, {}) == Path("janitor.yaml")


def test_a_file_named_explicitly_is_never_passed_over(three_files: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config names 'gone.yaml'"):
        find_policy_file(Path("gone.yaml"), {"JANITOR_CONFIG": "variable.yaml"})
    with pytest.raises(ConfigError, match=r"JANITOR_CONFIG names 'gone.yaml'"):
        find_policy_file(None, {"JANITOR_CONFIG": "gone.yaml"})
    with pytest.raises(ConfigError, match="JANITOR_CONFIG is set but empty"):
        find_policy_file(None, {"JANITOR_CONFIG": ""})


def test_the_refusal_lists_what_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("janitor.settings.find._USUAL", (Path("janitor.yaml"), tmp_path / "etc/janitor.yaml"))
    with pytest.raises(ConfigError) as refusal:
        find_policy_file(None, {})
    assert refusal.value.exit_code == 2
    for tried in ("janitor.yaml", f"{tmp_path}/etc/janitor.yaml", "--config", "JANITOR_CONFIG"):
        assert tried in str(refusal.value)
