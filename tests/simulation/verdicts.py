"""The register of invariants: each check under its name, and when it is asked; what a check answers with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.evidence import Evidence

WINDOW = timedelta(seconds=10)
"""So old may a look be when its request leaves; what changes within cannot be seen (residual risk A30)."""


@dataclass(kw_only=True)
class Verdict:
    """How much an invariant was asked about, and what is wrong."""

    checked: int = 0
    wrong: list[str] = field(default_factory=list)

    def ask(self, *, holds: bool, otherwise: str) -> None:
        """Count one case."""
        self.checked += 1
        if not holds:
            self.wrong.append(otherwise)


Check = Callable[["Evidence"], Verdict]
CHECKS: list[tuple[str, str, Check]] = []
"""Name, moment and check; an invariant of two moments stands here twice."""


def invariant(name: str, when: str = "always") -> Callable[[Check], Check]:
    """Register a check under the name of its invariant; `settled` is asked once nothing is left to do."""

    def register(check: Check) -> Check:
        CHECKS.append((name, when, check))
        return check

    return register
