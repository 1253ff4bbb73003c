"""Owns problems of a policy file: a place, a path and one line of text; never a value that could be a secret."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a value: field names, and indexes of lists."""

_LONGEST = 200
_CREDENTIAL_WORDS = frozenset(
    {"access_key", "secret_key", "security_token", "domain", "user", "password", "agency", "profile", "env", "file"}
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mark:
    """A place in the file; both count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend; `settles` says that nothing else need be said about this path or below it."""

    mark: Mark
    path: Path
    text: str
    settles: bool = True

    def render(self, source: str) -> str:
        """One printable line: `janitor.yaml:12:7: policies[0].match.phas: unknown field`."""
        place = render_path(self.path)
        said = f"{place[:_LONGEST]}: {self.text}" if place else self.text
        return make_printable(f"{source}:{self.mark.line}:{self.mark.column}: {said[: 2 * _LONGEST]}")


def render_path(path: Path) -> str:
    """Write a path as in `targets[0].name`; below `credentials` only words of the format show, as a secret may stand anywhere."""
    if "credentials" in path:
        start = path.index("credentials") + 1
        unknown = (i for i, part in enumerate(path) if i >= start and part not in _CREDENTIAL_WORDS)
        path = path[: next(unknown, len(path))]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def make_printable(text: str) -> str:
    """Escape whatever could break a line or a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text)


def keep_outermost(problems: Iterable[Problem]) -> list[Problem]:
    """Drop what is said about a path that is settled already: once a place, and the outermost speaks; in order of the file."""
    kept: list[Problem] = []
    settled: set[Path] = set()
    for problem in sorted(problems, key=lambda problem: len(problem.path)):
        above = {problem.path[:length] for length in range(1, len(problem.path))}
        if above & settled or (problem.settles and problem.path in settled):
            continue
        kept.append(problem)
        if problem.settles:
            settled.add(problem.path)
    return sorted(kept, key=lambda problem: problem.mark)
