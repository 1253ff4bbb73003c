"""README and docs tell the truth: every test and file that they name exists, every command is one."""

import re
from pathlib import Path

import pytest

from janitor.cli.main import COMMANDS
from janitor.settings.load import load_settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TESTS = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("*.py")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_named_test_and_file_exists(page: Path) -> None:
    text = page.read_text()
    for name in re.findall(r"`(test_[a-z0-9_]+)`", text):
        assert f"def {name}(" in TESTS, name
    for path in re.findall(r"`((?:tests|janitor|config|docs|deploy)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_named_command_and_target_exists(page: Path) -> None:
    text = page.read_text()
    fenced = "\n".join(text.split("```")[1::2])
    for command in re.findall(r"`janitor ([a-z]+)", text) + re.findall(r"^janitor ([a-z]+)", fenced, re.MULTILINE):
        assert command in COMMANDS, command
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"`make ([a-z]+)", text):
        assert target in targets, target


def test_the_policy_of_the_readme_is_accepted(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    policies = readme.split("```yaml\n")[1].split("```")[0]
    starter = (ROOT / "config/janitor.yaml").read_text()
    (tmp_path / "janitor.yaml").write_text(starter[: starter.index("policies:")] + policies)
    settings = load_settings(tmp_path / "janitor.yaml", {"HUAWEICLOUD_SDK_AK": "KEY", "HUAWEICLOUD_SDK_SK": "secret-key"})
    assert [policy.name for policy in settings.policies] == ["failed-runs", "nightly", "everything-else"]
