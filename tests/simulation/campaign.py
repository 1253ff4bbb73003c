"""Owns a run over many seeds: workers forked from one process, what they reached, which of them failed, and how quick it was."""

import argparse
import gc
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp

from figures import commit, write_figures
from simulation.passages import install
from simulation.reaching import RACE, expected, missing
from simulation.tally import Tally
from simulation.walk import Played, Player, Walk, play, read_walk
from warm import leave_modules_to_themselves, share_compiled_statements

MOST_VACUOUS = 0.15
"""So many walks may delete nothing, or nothing beside a job that had to stay."""
COLLECTED_AFTER = 20
KEPT_AFTER = 500


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 where a walk fails, or something was reached too seldom."""
    asked = _parse(arguments)
    share_compiled_statements()
    if asked.seed is not None:
        return _tell(read_walk(asked.seed), is_verbose=asked.verbose)
    tally = Tally.read(asked.tally) if asked.tally else Tally()
    tally.commits.add(commit())
    failed, first = tally.take_failed(), max(asked.start, tally.last_seed + 1)
    seeds = [*failed, *range(first, first + asked.seeds - tally.walks - len(failed))]
    run(seeds, tally, jobs=asked.jobs, seconds=asked.seconds, kept_in=asked.tally)
    if asked.tally:
        tally.keep(asked.tally)
    print(f"{tally.walks} walks, {tally.sweeps} sweeps, {tally.deletions} deletions, {tally.crashes} crashes in ", end="")
    print(f"{tally.seconds:.0f} s, {tally.walks / tally.seconds:.1f} walks a second; {tally.vacuous} vacuous, ", end="")
    print(f"{tally.reached[RACE]} races in the window; looks were {tally.window(0.5)} s old, ", end="")
    print(f"{tally.window(0.99)} s at most in 99 %")
    for name in expected():
        print(f"  {tally.reached[name]:7} {name}")
    write_figures("simulation", f"python tests/simulation/run.py --seeds {asked.seeds} --start {asked.start}", tally.figures())
    problems = list(wrong_with(tally))
    print("\n".join(problems) or "all is well")
    return 1 if problems else 0


def wrong_with(tally: Tally) -> Iterator[str]:
    """Why a run proves less than it should, if it does, each with what to do."""
    for seed, error in sorted(tally.failed.items()):
        yield f"seed {seed}: {error}\n  replay: python tests/simulation/run.py --seed {seed} -v"
    for name, (number, least) in missing(tally.reached, tally.walks).items():
        yield f"reached too seldom: {name}, {number} of {least} times"
    if tally.vacuous > tally.walks * MOST_VACUOUS:
        yield f"{tally.vacuous} of {tally.walks} walks were vacuous"


def run(seeds: Iterable[int], tally: Tally, *, jobs: int = 2, seconds: float | None = None, kept_in: Path | None = None) -> None:
    """Play the walks of these seeds, as many as fit the time, and add what came of them to a tally, kept now and then."""
    began, until_now = time.monotonic(), tally.seconds
    until = None if seconds is None else began + seconds
    root = Path(mkdtemp(prefix="walks-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None))
    install()
    leave_modules_to_themselves()
    try:
        for played in _played(seeds, root, until, jobs):
            tally.add(played)
            if played.error is not None:
                print(f"seed {played.seed}: {played.error}", file=sys.stderr, flush=True)
            tally.seconds = until_now + time.monotonic() - began
            if kept_in and tally.walks % KEPT_AFTER == 0:
                tally.keep(kept_in)
    finally:
        shutil.rmtree(root)
        gc.unfreeze()


def _played(seeds: Iterable[int], root: Path, until: float | None, jobs: int) -> Iterator[Played]:
    orders = ((seed, root, until) for seed in seeds)
    if jobs == 1:
        yield from filter(None, map(_play, orders))
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from filter(None, pool.imap_unordered(_play, orders, chunksize=4))


def _play(order: tuple[int, Path, float | None]) -> Played | None:
    """One walk in a folder of its own; None where the time is over."""
    seed, root, until = order
    if until is not None and time.monotonic() > until:
        return None
    gc.disable()
    folder = root / str(seed)
    try:
        return play(seed, folder)
    finally:
        shutil.rmtree(folder)
        if seed % COLLECTED_AFTER == 0:
            gc.collect()
        gc.enable()


def _tell(walk: Walk, *, is_verbose: bool) -> int:
    """Play one walk, and tell of every step."""
    folder = Path(mkdtemp(prefix="walk-"))
    if is_verbose:
        print(walk)
    played = Player(walk=walk, folder=folder, tell=print if is_verbose else lambda _: None).play()
    shutil.rmtree(folder)
    print(played.error or f"all is well: {played.sweeps} sweeps, {played.deletions} deletions")
    return 1 if played.error else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Play random walks through simulated worlds.")
    parser.add_argument("--seeds", type=int, default=2000, help="how many walks (2000)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes (2)")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--tally", type=Path, help="a file: go on with the run that it tells of, and keep what comes of it there")
    parser.add_argument("--seed", help="play this one alone: a seed, or a walk as -v prints it")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell of every step of it")
    return parser.parse_args(arguments)
