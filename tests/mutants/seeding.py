"""Owns the copies of the project: what is copied, and how a bug gets in and out again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("janitor", "tests", "config", "deploy", "docs", "pyproject.toml", "requirements.lock", "requirements-image.lock")


def copy_project(source: Path, copy: Path, *, compiled: bool = False) -> Path:
    """Copy what the tests need, with its times, so that compiled files stay valid; the copy's own folder.

    Those of the project itself are left out, unless they are `compiled` files that this very process has made or read.
    """
    ignored = shutil.ignore_patterns("__pycache__") if source == ROOT and not compiled else None
    copy.mkdir()
    for name in COPIED:
        path = source / name
        if path.is_dir():
            shutil.copytree(path, copy / name, ignore=ignored)
        elif path.is_file():
            shutil.copy2(path, copy / name)
    return copy.resolve()


@contextmanager
def seeded(mutant: Mutant, copy: Path) -> Iterator[bool]:
    """The copy with the bug in it, then healed, its times included; False where the old text is not there exactly once.

    A compiled file is valid for a source of the same size and second: the bug gets another second than the healthy file.
    """
    path = copy / mutant.file
    text = path.read_text("utf-8") if path.is_file() else ""
    if text.count(mutant.old) != 1 or mutant.old == mutant.new:
        yield False
        return
    healthy = copy / "healthy"  # beside nothing: helm reads whatever lies in a folder of templates
    path.rename(healthy)
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    second = int(healthy.stat().st_mtime) + 1
    os.utime(path, (second, second))
    try:
        yield True
    finally:
        healthy.replace(path)
