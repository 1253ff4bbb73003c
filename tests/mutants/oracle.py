"""Owns what a seeded bug for the judge is: the invariants that must be reported broken, and where they are looked for."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from mutants.mutant import Mutant

LIST = Path(__file__).with_name("oracles.toml")
LOST = ("dropped", "kept", "torn")
WEEK = {"phases": ["Completed", "Failed", "Terminated"], "days": 7, "names": ["*"], "owners": []}
PLAIN = {"seed": 0, "switches": {}, "rules": [WEEK], "pace": [1000, 10_000], "grace_s": 0.0, "jobs": [], "steps": []}
"""What a walk has of which an entry says nothing else."""
INVARIANTS = (*(f"S-{number}" for number in range(1, 30)), *(f"V-{number}" for number in range(1, 11)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleMutant(Mutant):
    """A seeded bug of which one of the invariants in `rows` must be reported broken: in one of `scenes`, or by one of `tests`."""

    scenes: tuple[str, ...]


def read_oracles(words: Sequence[str]) -> list[OracleMutant]:
    """The wanted ones, in the order of the list."""
    mutants = [read_entry(entry) for entry in tomllib.loads(LIST.read_text("utf-8"))["oracle"]]
    return [mutant for mutant in mutants if mutant.is_wanted(words)]


def read_entry(entry: dict[str, Any]) -> OracleMutant:
    """One entry of the list; raises ValueError where it says too little, or what nobody can look for."""
    rows, tests = tuple(entry["invariants"]), tuple(entry.get("tests", ()))
    scenes = (*_walks(**entry.get("simulation", {})), *_written(entry.get("walk")), *_cells(**entry.get("matrix", {})))
    nameless = [test for test in tests if not any(_word(row) in f"_{test.rpartition('::')[2]}" for row in rows)]
    if not rows or set(rows) - set(INVARIANTS) or nameless or bool(scenes) is bool(tests):
        raise ValueError(f"{entry['name']}: name invariants, and either scenes or tests that have one of them in their names")
    where = {name: entry[name] for name in ("name", "file", "old", "new")}
    return OracleMutant(rows=rows, tests=tests, scenes=scenes, **where)


def _word(invariant: str) -> str:
    return f"_{invariant.replace('-', '').lower()}_"


def _walks(seeds: int = 0) -> Iterator[str]:
    yield from (f"walk {seed}" for seed in range(1, seeds + 1))


def _written(text: str | None) -> Iterator[str]:
    if text is not None:
        yield f"walk {json.dumps(PLAIN | json.loads(text))}"


def _cells(points: Sequence[str] = (), answers: Sequence[str] = (), *, batch: bool = False) -> Iterator[str]:
    for point, answer, lost in product(points, answers, LOST):
        yield f"cell {point} {answer} {lost}" + " batch" * batch
