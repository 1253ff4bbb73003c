"""Runs the suites one after the other and tells how long each took beside what it may take: `make timing`.

Arguments: for each suite its name, its budget in seconds and its commands. Exit code 1 where one failed or took too long.
"""

import resource
import subprocess
import sys
import time

LONGEST_S, SETUP_S = 540, 90
"""What they may take together, set-up included, and what that may take from nothing."""


def computed_s() -> float:
    """Seconds of all processors that ended commands took: what remains comparable on a machine that others keep busy."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(words: list[str]) -> int:
    """Run them all, then print the table."""
    rows, codes = list[str](), list[int]()
    budgets, taken = 0.0, 0.0
    for name, budget, command in zip(words[::3], words[1::3], words[2::3], strict=True):
        began, computed = time.monotonic(), computed_s()
        codes.append(subprocess.run(["/bin/sh", "-ec", command], check=False).returncode)
        seconds = time.monotonic() - began
        verdict = ("" if seconds <= float(budget) else "  TOO LONG") + ("  FAILED" if codes[-1] else "")
        codes.append(bool(verdict))
        rows.append(f"{name:28} {float(budget):8.0f} {seconds:8.0f} {computed_s() - computed:8.0f}{verdict}")
        budgets, taken = budgets + float(budget), taken + seconds
    print(f"\n{'suite':28} {'budget s':>8} {'took s':>8} {'CPU s':>8}", *rows, sep="\n")
    is_late = taken > LONGEST_S - SETUP_S
    told = f"of {LONGEST_S}, in which a set-up from nothing takes {SETUP_S} at most{'  TOO LONG' if is_late else ''}"
    print(f"{'together':28} {budgets:8.0f} {taken:8.0f} {computed_s():8.0f}   {told}")
    return int(is_late or any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
