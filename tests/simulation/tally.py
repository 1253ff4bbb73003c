"""Owns what came of many walks, counted; a run of hours is taken in parts, each of which goes on with what was kept."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from simulation.reaching import RACE, expected
from simulation.walk import Played


@dataclass(kw_only=True)
class Tally:
    """What came of many walks."""

    walks: int = 0
    sweeps: int = 0
    deletions: int = 0
    crashes: int = 0
    vacuous: int = 0
    seconds: float = 0.0
    reached: Counter[str] = field(default_factory=Counter)
    windows: Counter[float] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    commits: set[str] = field(default_factory=set)
    last_seed: int = -1

    @classmethod
    def read(cls, path: Path) -> Self:
        """Take up what a run has kept; an empty tally where it has kept nothing yet."""
        if not path.exists():
            return cls()
        kept = json.loads(path.read_text("utf-8"))
        windows = Counter({float(seconds): number for seconds, number in kept["windows"].items()})
        failed = {int(seed): error for seed, error in kept["failed"].items()}
        known = {"reached": Counter(kept["reached"]), "windows": windows, "failed": failed, "commits": set(kept["commits"])}
        return cls(**kept | known)

    def take_failed(self) -> list[int]:
        """The walks that failed, which are not counted any more: they are played again."""
        seeds = sorted(self.failed)
        self.failed.clear()
        self.walks -= len(seeds)
        return seeds

    def keep(self, path: Path) -> None:
        """Leave it for a later run, whole or not at all."""
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(vars(self) | {"commits": sorted(self.commits)}), "utf-8")
        unfinished.replace(path)

    def add(self, played: Played) -> None:
        """Count one more."""
        self.walks += 1
        self.last_seed = max(self.last_seed, played.seed)
        self.sweeps += played.sweeps
        self.deletions += played.deletions
        self.crashes += played.crashes
        self.vacuous += played.is_vacuous
        self.reached += played.reached
        self.windows.update(played.windows)
        if played.error is not None:
            self.failed[played.seed] = played.error

    def window(self, share: float) -> float | None:
        """So much of all looks were at most so many seconds old when their request left."""
        left = share * self.windows.total()
        for seconds, number in sorted(self.windows.items()):
            left -= number
            if left <= 0:
                return seconds
        return None

    def figures(self) -> dict[str, Any]:
        """What is worth keeping."""
        return {
            "seeds": self.walks,
            "commits": sorted(self.commits),
            "sweeps": self.sweeps,
            "deletions": self.deletions,
            "crashes": self.crashes,
            "vacuous_walks": self.vacuous,
            "failed_seeds": len(self.failed),
            "races_in_the_window": self.reached[RACE],
            "look_to_delete_s_of_the_simulated_clock": {"p50": self.window(0.5), "p99": self.window(0.99)},
            "reached": {name: self.reached[name] for name in sorted(expected())},
            "wall_s": round(self.seconds, 1),
        }
