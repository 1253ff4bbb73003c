"""Measures how long `janitor --help` takes in a process of its own, beside an empty Python and what is imported later."""

import os
import platform
import subprocess
import sys
import time
from statistics import median

MOST_MS = 200.0
RUNS = 20
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import re2": ["-c", "import re2"],
    "janitor --help": ["-m", "janitor", "--help"],
    "janitor list --help": ["-m", "janitor", "list", "--help"],
}


def main() -> int:
    """Print the medians; exit code 1 above the limit."""
    rounds = [{name: time_ms(arguments) for name, arguments in COMMANDS.items()} for _ in range(RUNS)]
    found = {name: median(each[name] for each in rounds) for name in COMMANDS}
    print(f"cold start on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {RUNS}:")
    for name, milliseconds in found.items():
        print(f"  {name:<20} {milliseconds:4.0f} ms")
    print(f"  limit                {MOST_MS:4.0f} ms")
    return 0 if found["janitor --help"] <= MOST_MS else 1


def time_ms(arguments: list[str]) -> float:
    """How long one process takes from its start to its end."""
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
