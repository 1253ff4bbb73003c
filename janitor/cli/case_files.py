"""Owns which files `janitor test` runs: those that are named, and every one below a folder that is."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from janitor.core.errors import UsageError

ENDINGS = (".yaml", ".yml")


def list_case_files(paths: Iterable[Path]) -> list[Path]:
    """Every real file once, however many names lead to it; those of a folder and of the folders in it sorted by name.

    Raises UsageError for a folder without any, which would pass for nothing, and for one that cannot be read.
    """
    found = dict[Path, Path]()
    for path in paths:
        inside = sorted(_walk(path)) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path}: there is no *.yaml or *.yml in this folder, nor in those in it")
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    """Links are followed, since what lies behind them is meant too; a folder is entered once."""
    entered = set[Path]()
    for name, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        here = Path(name)
        if here.resolve() in entered:
            folders.clear()
            continue
        entered.add(here.resolve())
        yield from (here / file for file in files if file.lower().endswith(ENDINGS))


def _refuse(error: OSError) -> NoReturn:
    raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from error
