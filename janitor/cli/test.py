"""Owns `janitor test`."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.case_files import list_case_files
from janitor.cli.options import config_option, output_option
from janitor.core.errors import ConfigError, UsageError
from janitor.render_test import outcomes_document, render_junit, render_outcomes
from janitor.retention.cases import run_case
from janitor.settings.find import find_policy_file

if TYPE_CHECKING:
    from janitor.settings.case_file import CaseBook
    from janitor.settings.model import Settings

FAILED = 3


@click.command(name="test")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@config_option
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the outcomes here as JUnit XML, too.")
@output_option("text", "json")
def command(paths: tuple[Path, ...], config: Path | None, junit: Path | None, output: str) -> int:
    """Run tests of policies: each PATH is a file of cases, or a folder: every *.yaml and *.yml in it and in
    the folders in it, each file once.

    No target is asked, no ledger and no secret is read. --config tests that policy file instead of those that the files name.

    Exit codes: 0 all passed, 1 unexpected, 2 a file cannot be used, 3 a case failed.
    """
    from janitor.cli.whole_file import JUNIT, OutputFile

    if junit is not None and str(junit) == "-":
        raise UsageError("--junit: standard output has the outcomes already; name a file")
    books, settings = _load_all(list_case_files(paths), config)
    file = None if junit is None else OutputFile(path=junit, begins=JUNIT, settings=settings)
    if file is not None:
        file.check()
    outcomes = [(str(book.source), [run_case(case) for case in book.cases]) for book in books]
    if file is not None:
        with file.write() as stream:
            stream.write(render_junit(outcomes))
    if output == "json":
        click.echo(json.dumps(outcomes_document(outcomes), indent=1))
    else:
        click.echo(render_outcomes(outcomes))
    return 0 if all(outcome.is_passed for _, of_file in outcomes for outcome in of_file) else FAILED


def _load_all(files: Iterable[Path], config: Path | None) -> "tuple[list[CaseBook], tuple[Settings, ...]]":
    """The cases of all files, and the policy files that they are about; what is wrong with any of them is told at once."""
    from janitor.settings.case_file import load_cases
    from janitor.settings.load import load_policies

    loaded: dict[Path, Settings] = {}
    problems, books = list[str](), []

    def load(named: Path | None) -> "Settings":
        path = named if named is not None and config is None else find_policy_file(config, os.environ)
        if path not in loaded:
            loaded[path] = load_policies(path)
        return loaded[path]

    for file in files:
        try:
            books.append(load_cases(file, load))
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(_lines(problems))))
    return books, tuple(loaded.values())


def _lines(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from text.splitlines()
