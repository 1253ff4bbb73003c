"""Seeds each bug of mutants.toml in a copy of the project and demands that its tests notice: run.py [WORD ...].

Words narrow the run to the mutants whose name, rows or file contain one of them. Exit code 1 where a bug survives, or where
an entry no longer fits the code.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.toml")
COPIED = ("janitor", "tests", "config", "docs", "pyproject.toml", "requirements.lock")
LONGEST_S = 180
AT_ONCE = 2
PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header")
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One seeded bug: `old`, which stands exactly once in `file`, becomes `new`, and one of `tests` must fail."""

    name: str
    rows: tuple[str, ...]
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def is_wanted(self, words: Sequence[str]) -> bool:
        """Tell whether the command line asks for it."""
        return not words or any(word in self.rows or word in self.name or word in self.file for word in words)


def read_mutants(words: Sequence[str]) -> list[Mutant]:
    """The wanted mutants, in the order of the list."""
    entries = tomllib.loads(LIST.read_text("utf-8"))["mutant"]
    mutants = [Mutant(**entry | {"rows": tuple(entry["rows"]), "tests": tuple(entry["tests"])}) for entry in entries]
    return [mutant for mutant in mutants if mutant.is_wanted(words)]


def copy_project(source: Path, copy: Path) -> Path:
    """Copy what the tests need, with its times, so that compiled files stay valid; the copy's own folder."""
    ignored = shutil.ignore_patterns("__pycache__") if source == ROOT else None
    copy.mkdir()
    for name in COPIED:
        path = source / name
        if path.is_dir():
            shutil.copytree(path, copy / name, ignore=ignored)
        else:
            shutil.copy2(path, copy / name)
    return copy.resolve()


def run(command: Sequence[str], copy: Path, *, compiles: bool = False) -> tuple[int | None, str]:
    """Run a command in the copy; its exit code, None where it took too long, and what it said."""
    environment = os.environ | {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "" if compiles else "1"}
    limit = None if compiles else LONGEST_S
    try:
        ended = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return None, f"took longer than {LONGEST_S} s"
    return ended.returncode, ended.stdout + ended.stderr


def check_copy(copy: Path, mutants: Sequence[Mutant]) -> str | None:
    """Say why the copy proves nothing: another janitor is imported, or a test fails without any bug."""
    _, shown = run((sys.executable, "-c", "import janitor; print(janitor.__file__)"), copy)
    if Path(shown.strip()) != copy / "janitor" / "__init__.py":
        return f"the tests would not import the copy, but {shown.strip()}"
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    code, shown = run((*PYTEST, *tests), copy, compiles=True)
    return None if code == PASSED else f"without any bug, the tests do not pass:\n{shown}"


@contextmanager
def seeded(mutant: Mutant, copy: Path) -> Iterator[bool]:
    """The copy with the bug in it, then healed, its times included; False where the old text is not there exactly once."""
    path = copy / mutant.file
    text = path.read_text("utf-8") if path.is_file() else ""
    if text.count(mutant.old) != 1 or mutant.old == mutant.new:
        yield False
        return
    healthy = path.with_suffix(".healthy")
    path.rename(healthy)
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    try:
        yield True
    finally:
        healthy.replace(path)


def judge(mutant: Mutant, copy: Path) -> tuple[str, str]:
    """Run a mutant's tests: `killed` where one failed, `SURVIVED` where all passed, `BROKEN` for all else, with details."""
    with seeded(mutant, copy) as is_seeded:
        if not is_seeded:
            return "BROKEN", f"the old text does not stand exactly once in {mutant.file}"
        code, shown = run((*PYTEST, *mutant.tests), copy)
    if code == FAILED and " error" not in shown.rstrip().rpartition("\n")[2]:
        return "killed", ""
    return ("SURVIVED", "") if code == PASSED else ("BROKEN", shown)


def judge_all(mutants: Sequence[Mutant], copies: Sequence[Path]) -> Iterator[tuple[Mutant, str, str]]:
    """Judge every mutant, one at a time in each copy; the results keep the order of the list."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def judge_somewhere(mutant: Mutant) -> tuple[Mutant, str, str]:
        copy = free.get()
        try:
            return mutant, *judge(mutant, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from pool.map(judge_somewhere, mutants)


def main(words: Sequence[str]) -> int:
    """Judge every wanted mutant, a line each; 0 where all are killed."""
    mutants, counts = read_mutants(words), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = copy_project(ROOT, Path(folder, "0"))
        if (why := check_copy(first, mutants)) is not None:
            print(why)
            return 1
        copies = [first, *(copy_project(first, Path(folder, str(number))) for number in range(1, AT_ONCE))]
        for mutant, verdict, details in judge_all(mutants, copies):
            counts[verdict] += 1
            print(f"{verdict:<8} {mutant.name} ({', '.join(mutant.rows)})", *details.splitlines()[-20:], sep="\n    ", flush=True)
    print(f"{counts['killed']} killed, {counts['SURVIVED']} survived, {counts['BROKEN']} broken")
    return 0 if mutants and counts["killed"] == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
