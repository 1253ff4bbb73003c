"""Owns what a seeded bug is, and the list of them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("mutants.toml")


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
