"""The cookbook of docs/policies.md: what it shows stands in its files, and what it promises is tried by `janitor test`."""

import re
from pathlib import Path

import pytest

from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate_all
from janitor.settings.case_file import load_cases
from janitor.settings.load import load_policies

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "config/examples"
SECTION = re.compile(
    r"^### (\d+)\. [^\n]+\n\n\[([^\n\]]+)\]\(\.\./config/examples/\2\)\n\n```yaml\n(.+?)```", re.MULTILINE | re.DOTALL
)
SECTIONS = SECTION.findall((ROOT / "docs/policies.md").read_text().partition("## Cookbook\n")[2])


def test_every_numbered_example_has_its_section_in_order() -> None:
    files = sorted(path.name for path in EXAMPLES.glob("[0-9]*.yaml"))
    assert len(files) >= 15
    assert [name for _, name, _ in SECTIONS] == files
    assert [f"{int(number):02}" for number, _, _ in SECTIONS] == [name[:2] for name in files]


@pytest.mark.parametrize(("name", "shown"), [section[1:] for section in SECTIONS], ids=[name for _, name, _ in SECTIONS])
def test_the_lines_that_are_shown_stand_in_the_file(name: str, shown: str) -> None:
    lines = iter((EXAMPLES / name).read_text().splitlines())
    for line in shown.splitlines():
        assert line in lines, f"{name} has no such line, or not there: {line}"


@pytest.mark.some(5)
@pytest.mark.parametrize("name", [name for _, name, _ in SECTIONS])
def test_the_cases_of_an_example_show_what_goes_and_what_stays(name: str) -> None:
    """That they decide as expected is asked through the command; here, that a file is not tried with half of the truth."""
    book = load_cases(EXAMPLES / "tests" / name, lambda path: load_policies(path or EXAMPLES / name))
    found = {each.verdict for case in book.cases for each in evaluate_all(case.jobs, case.rules, case.as_of, case.past)}
    assert found >= {Verdict.EXPIRED, Verdict.KEPT}
