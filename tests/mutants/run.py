"""Seeds each bug of mutants.toml in a copy of the project and demands that its tests notice: make mutants [WORDS="A1 keyring"].

Words narrow the run to the mutants whose name, rows or file contain one of them. Exit code 1 where a bug survives, or where
an entry no longer fits the code.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from figures import write_figures
from mutants.mutant import Mutant, read_mutants
from mutants.oracle import read_oracles
from mutants.preloaded import Preloaded
from mutants.seeding import ROOT, copy_project, seeded

LONGEST_S = 180
AT_ONCE = 2
PASSED, FAILED = 0, 1
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one run of pytest at a time may go on."""

    preloaded: Preloaded
    copy: Path
    limit_s: float = LONGEST_S


def judge(mutant: Mutant, place: Place) -> tuple[Mutant, str, str]:
    """Run a mutant's tests: `killed` where one failed, `SURVIVED` where all passed, `BROKEN` for all else, with details."""
    with seeded(mutant, place.copy) as is_seeded:
        if not is_seeded:
            return mutant, "BROKEN", f"the old text does not stand exactly once in {mutant.file}"
        ended = place.preloaded.run(mutant.tests, place.copy, limit_s=place.limit_s)
    verdict = {FAILED: "killed", PASSED: "SURVIVED"}.get(ended.code, "BROKEN") if ended.code is not None else "BROKEN"
    return mutant, verdict, ended.shown if verdict == "BROKEN" else ""


def check(tests: Sequence[str], place: Place) -> str | None:
    """Run tests without any bug, and let what they import be compiled; what pytest said where they do not all pass."""
    ended = place.preloaded.run(tests, place.copy, limit_s=place.limit_s * len(tests), compiles=True)
    return None if ended.code == PASSED else ended.shown


def by_folder(mutants: Iterable[Mutant]) -> list[tuple[str, ...]]:
    """Every test that a mutant names, once, those of a folder together."""
    folders: dict[str, dict[str, None]] = {}
    for mutant in mutants:
        for test in mutant.tests:
            folders.setdefault(test.partition("::")[0].rpartition("/")[0], {})[test] = None
    return [tuple(tests) for tests in folders.values()]


def spread(work: Callable[[Task, Place], Result], tasks: Iterable[Task], places: Sequence[Place]) -> Iterator[Result]:
    """Do the work, one task at a time in each place; the results keep the order of the tasks."""
    free = SimpleQueue[Place]()
    for place in places:
        free.put(place)

    def do_somewhere(task: Task) -> Result:
        place = free.get()
        try:
            return work(task, place)
        finally:
            free.put(place)

    with ThreadPoolExecutor(len(places)) as pool:
        yield from pool.map(do_somewhere, tasks)


@contextmanager
def places_in(name: str) -> Iterator[list[Place]]:
    """Places in a folder of their own, which go with it at the end."""
    with ExitStack() as stack:
        root = os.environ.get("PYTEST_DEBUG_TEMPROOT") or None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-", dir=root))
        yield _open_places(Path(folder), stack)


def in_own_copies(places: Sequence[Place]) -> list[Place]:
    """The same places, each with a copy of its own, so that a bug in one is in no other."""
    first = places[0].copy
    others = [replace(place, copy=copy_project(first, first.with_name(str(n)))) for n, place in enumerate(places[1:], 1)]
    return [places[0], *others]


def _open_places(folder: Path, stack: ExitStack) -> list[Place]:
    """Places that share the first copy."""
    first = copy_project(ROOT, folder / "0")
    preloaded = [stack.enter_context(closing(Preloaded(folder / f"tests-{number}"))) for number in range(AT_ONCE)]
    return [Place(preloaded=each, copy=first) for each in preloaded]


def judge_all(mutants: Sequence[Mutant], places: Sequence[Place]) -> Counter[str]:
    """Judge every mutant in a copy of its place's own, a line each; how many had which verdict."""
    counts = Counter[str]()
    for mutant, verdict, details in spread(judge, mutants, in_own_copies(places)):
        counts[verdict] += 1
        print(f"{verdict:<8} {mutant.name} ({', '.join(mutant.rows)})", *details.splitlines()[-20:], sep="\n    ", flush=True)
    return counts


def main(words: Sequence[str]) -> int:
    """Judge every wanted mutant; 0 where all are killed."""
    mutants, began = read_mutants(words), time.monotonic()
    if not mutants and read_oracles(words):
        return 0  # the words mean the other list
    with places_in("mutants") as places:
        if wrong := [said for said in spread(check, by_folder(mutants), places) if said is not None]:
            print("without any bug, the tests do not pass:", *wrong, sep="\n")
            return 1
        counts = judge_all(mutants, places)
    wall_s = round(time.monotonic() - began)
    print(f"{counts['killed']} killed, {counts['SURVIVED']} survived, {counts['BROKEN']} broken in {wall_s} s")
    if not words:
        named = {"killed": counts["killed"], "survived": counts["SURVIVED"], "broken": counts["BROKEN"]}
        write_figures("mutants", "make mutants", named | {"seeded": len(mutants), "wall_s": wall_s, "at_once": AT_ONCE})
    return 0 if mutants and counts["killed"] == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
