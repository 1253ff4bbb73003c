"""Owns what an act is: something that happens to a simulated world, drawn as data, and done to it later."""

from collections.abc import Callable
from dataclasses import dataclass

from simulation.dice import Dice, Given
from simulation.universe import Simulation


@dataclass(frozen=True, kw_only=True)
class Act:
    """`draw` says with what, `do` does it and answers whether it came to anything.

    `weight` says how often it happens between sweeps, `within` how often while one is at a point; `writes` that it needs the
    ledger, so that it must wait while a transaction is open.
    """

    weight: int
    draw: Callable[[Dice], Given]
    do: Callable[[Simulation, Given], bool]
    within: int = 0
    writes: bool = False


def nothing(_: Dice) -> Given:
    """It needs to know nothing more."""
    return {}


def a_job(dice: Dice) -> Given:
    """It concerns one job."""
    return {"job": dice.job()}


def job_of(simulation: Simulation, given: Given) -> str | None:
    """The id of the job, if it is still there."""
    job_id = simulation.jobs[given["job"] % len(simulation.jobs)]
    return job_id if simulation.platform.world.get(job_id) is not None else None
