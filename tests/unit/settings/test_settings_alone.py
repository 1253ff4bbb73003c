"""A policy file read alone: checked as strictly as ever, nothing that it refers to is read, and no target of it can be asked."""

from pathlib import Path

import pytest
from settings_sample import ENVIRON, EVERY_FIELD, GOOD, changed, load

from janitor.core.errors import ConfigError
from janitor.settings.load import load_policies
from janitor.settings.model import Settings, UnreadCredentials
from janitor.wiring import App


def alone(folder: Path, text: str) -> Settings:
    path = folder / "janitor.yaml"
    path.write_text(text)
    return load_policies(path)


def test_no_variable_and_no_file_is_needed_and_the_policies_are_the_same(tmp_path: Path) -> None:
    settings = alone(tmp_path, EVERY_FIELD)  # its variables, key file, certificates and profile are nowhere
    assert settings.files == (tmp_path / "janitor.yaml",)
    read = load(tmp_path, GOOD)
    assert alone(tmp_path, GOOD).policies == read.policies
    assert alone(tmp_path, GOOD).targets[0].limits == read.targets[0].limits


def test_no_secret_that_is_there_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    settings = alone(tmp_path, GOOD)
    assert settings.secrets == ()
    assert [target.credentials for target in settings.targets] == [UnreadCredentials()]
    assert not [value for value in ENVIRON.values() if value in repr(settings)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{env: TEST_SK}", "SK-canary", "secrets are never written in the file"),
        ("{env: TEST_SK}", "{env: 7}", "must be the name of an environment variable"),
        ("{env: TEST_SK}", "{file: 7}", "must be the path of a file"),
        ("      secret_key: {env: TEST_SK}\n", "", "secret_key: is required"),
        ("after: 7d", "after: 7", "unit"),
        ("mode: observe", "mode: enfroce", "enforce"),
    ],
)
def test_what_is_wrong_in_the_file_is_refused_all_the_same(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = GOOD.replace("    mode: enforce\n    targets", "    mode: observe\n    targets")
    with pytest.raises(ConfigError, match=said):
        alone(tmp_path, changed(old, new, text))


@pytest.mark.parametrize("login", ["{access_key: {env: A}, secret_key: {file: b}}", "{agency: ecs}", "{profile: basic}"])
def test_a_file_read_alone_can_never_be_wired_to_a_platform(tmp_path: Path, login: str) -> None:
    credentials = "      access_key: {env: TEST_AK}\n      secret_key: {env: TEST_SK}\n"
    settings = alone(tmp_path, changed(f"    credentials:\n{credentials}", f"    credentials: {login}\n"))
    with pytest.raises(ConfigError, match="target research: its credentials were not read"):
        App(settings=settings).targets()
