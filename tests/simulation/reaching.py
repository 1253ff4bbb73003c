"""Owns what a run of many walks must have reached, so that a green one means something: each count grows with the run."""

from collections import Counter

from faulty_disk import Lost
from simulation.dice import TEMPTATIONS
from simulation.platform_faults import ANYWHERE, ON_DELETIONS, ON_LISTS, ON_SHORT_LISTS, ROUTES
from simulation.walk import ACTS, POINTS, WITHIN

DISK_FAULTS = ("disk write once", "disk write for ever", "disk write short", "disk sync once", "disk sync for ever")
RACE = "race in the window"


def faults() -> list[str]:
    """Each action on each route where it is drawn."""
    extra = {"list": ON_LISTS, "delete": ON_DELETIONS, "batch_delete": ON_DELETIONS}
    return [f"fault {route} {action}" for route in ROUTES for action in (*ANYWHERE, *extra.get(route, ()))]


def expected() -> dict[str, int]:
    """By what is to be reached, in how many walks it must be once at least."""
    every: dict[str, int] = {f"crash {point}": 400 for point in POINTS}
    every |= {f"lost {lost}": 50 for lost in Lost}
    every |= dict.fromkeys(faults(), 5000)
    every |= dict.fromkeys(DISK_FAULTS, 400)
    every |= {f"act {word}": 400 for word, act in ACTS.items() if act.weight}
    every["act free"] = 4000  # only where the disk was filled before
    every |= {f"within {word}": 2000 for word in WITHIN}
    every["within resume"] = 6000  # only where somebody had paused before
    every |= {f"job {word}": 100 for word in ("may go", *TEMPTATIONS)}
    every |= {"list of looks": 3, "list of labels beside them": 4, "list asked again": 8} | {
        f"list {action}": 1000 for action in ON_SHORT_LISTS
    }
    return every | {RACE: 1000}


def missing(reached: Counter[str], walks: int) -> dict[str, tuple[int, int]]:
    """What was reached too seldom in so many walks: how often it was, and how often it should have been."""
    wanted = {name: walks // once_in for name, once_in in expected().items()}
    return {name: (reached[name], least) for name, least in wanted.items() if reached[name] < least}
