"""Measures verdicts a second beside Cloud Custodian's filter engine: same jobs, same policy, one process each, in turns."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
BENCH = Path(__file__).parent
CUSTODIAN = ROOT / ".venv/c7n/bin/python"
LEAST_RATIO = 9.0
ROUNDS = {100_000: 5, 1_000_000: 3}
"""How many jobs, how often."""

ENGINES = {
    "janitor": "janitor, verdicts",
    "janitor-in-full": "janitor, and in full what may go",
    "c7n-texts": "Cloud Custodian, times as text",
    "c7n": "Cloud Custodian, times as values",
}
"""What is measured. Most platforms send times as text: janitor's adapter reads them once, Cloud Custodian's filter each time."""


class Worker:
    """A process that answers for one engine or more."""

    def __init__(self, python: str, script: str) -> None:
        search = os.pathsep.join((str(ROOT / "tests"), str(ROOT)))
        self._process = subprocess.Popen(
            [python, str(BENCH / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": search},
        )

    def ask(self, engine: str, count: int) -> dict[str, Any]:
        """One measured round."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{engine} {count}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def stop(self) -> None:
        """End it, once it has nothing more to answer."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def main() -> int:
    """Print rates and ratios; exit code 1 where the engines disagree, or ours is not so much faster."""
    if not CUSTODIAN.exists():
        print(f"{CUSTODIAN} is missing: run this by `make bench`", file=sys.stderr)
        return 2
    ours, theirs = Worker(sys.executable, "engine.py"), Worker(str(CUSTODIAN), "custodian.py")
    workers = {name: ours if name.startswith("janitor") else theirs for name in ENGINES}
    try:
        return max(race(workers, count, rounds) for count, rounds in ROUNDS.items())
    finally:
        ours.stop()
        theirs.stop()


def race(workers: dict[str, Worker], count: int, rounds: int) -> int:
    """All engines in turns, so that whatever else the machine does hits each alike; all have to select the same jobs."""
    answers = [{name: worker.ask(name, count) for name, worker in workers.items()} for _ in range(rounds)]
    first = answers[0]
    selected = {name: each["selected"] for name, each in first.items()}
    if len({each["digest"] for each in first.values()}) != 1 or not selected["janitor"]:
        print(f"{count} jobs: the engines do not select the same jobs: {selected}")
        return 1
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {first['janitor']['version']}, {first['c7n']['version']}"
    print(f"{count} jobs, {selected['janitor']} of them may go, the same ones; median of {rounds} on {machine}:")
    return report({name: median(count / each[name]["seconds"] for each in answers) for name in workers})


def report(rates: dict[str, float]) -> int:
    """The medians, jobs in a second of processor time, and how often those of Cloud Custodian fit into them."""
    for name, words in ENGINES.items():
        print(f"  {words:<34} {rates[name]:>9.0f} a second  {rates[name] / rates['c7n-texts']:5.1f} x")
    ratio = rates["janitor"] / rates["c7n-texts"]
    print(f"  limit: {LEAST_RATIO:.0f} x Cloud Custodian with times as text")
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
