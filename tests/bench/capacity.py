"""Prints how many shards 5 000 targets in 20 regions need, how long a night takes, and what breaks first: see capacity_model.py.

PYTHONPATH=tests:. python tests/bench/capacity.py. The prices are measured first, in less than a minute on a quiet machine.
"""

import os
import platform
import sys
import time

from bench.capacity_costs import Prices, measure
from bench.capacity_model import REGIONS, TARGETS, Night, Project, make_projects, play

from janitor.settings.load import LARGEST

SHARDS = (1, 8, 20, 30, 40, 80, 200)
NEAR_S, FAR_S = 0.0005, 0.02
"""There and back between a pod and the ledger: in one zone, and from another country."""
WINDOW_S = 8 * 3600
SERVER_CONNECTIONS = 97
"""What PostgreSQL takes unless told otherwise: 100, of which 3 are its administrators'."""
POD_BYTES = 512 * 2**20
"""The limit of the manifests in deploy/."""
MB = 2**20
ENTRY = """\
  - name: project-0001
    mode: enforce
    endpoint: https://modelarts.eu-de.otc.t-systems.com
    iam_endpoint: https://iam.eu-de.otc.t-systems.com
    region: eu-de
    project_id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
    project_name: eu-de_project-0001
    credentials: {access_key: {file: project-0001-ak}, secret_key: {file: project-0001-sk}}
"""


def main() -> int:
    """Measure, play, print."""
    began = time.monotonic()
    prices = measure()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    print(f"measured in {time.monotonic() - began:.0f} s:\n")
    show_prices(prices)
    print(f"\nA policy file may have {LARGEST} bytes, at {len(ENTRY)} a target {LARGEST // len(ENTRY)} targets.")
    for title, is_first in (("A night like any other", False), ("The first night: half of all jobs have expired", True)):
        projects = make_projects(is_first=is_first)
        show(title, projects, prices)
    return 0


def show_prices(prices: Prices) -> None:
    """What was measured, a line a thing."""
    print(f"{'':34}{'requests':>9}{'CPU ms':>9}{'commits':>9}{'lock ms':>9}{'events':>8}{'ledger B':>10}{'memory B':>10}")
    for what, usage, scale in (
        ("a process, before its first target", prices.start, 1),
        ("a target, with a job or two", prices.sweep, 1),
        ("1 000 jobs listed", prices.listed, 1000),
        ("1 000 jobs deleted", prices.deleted, 1000),
    ):
        found = usage.combine(usage, scale - 1)
        cells = f"{found.requests:9.0f}{1000 * found.cpu_s:9.0f}{found.commits:9.1f}{1000 * found.locked_s:9.0f}"
        print(f"{what:34}{cells}{found.events:8.0f}{found.ledger_bytes:10.0f}{found.rss_bytes:10.0f}")
    print(
        f"connections of a process to PostgreSQL at once: {prices.connections}; kept of a listed job: {prices.kept_bytes:.0f} B"
    )


def show(title: str, projects: list[Project], prices: Prices) -> None:
    """One table."""
    nights = [(play(projects, count, prices, NEAR_S), play(projects, count, prices, FAR_S)) for count in SHARDS]
    first, listed = nights[0][0], sum(each.listed for each in projects)
    print(f"\n{title}: {TARGETS} targets in {REGIONS} regions, {listed} jobs, {first.deleted} deleted,")
    print(f"{first.requests:.0f} requests, {first.events:.0f} events; the ledger grows by {first.ledger_bytes / MB:.0f} MB")
    print(f"and has {first.rows_bytes / MB:.0f} MB of what was listed last\n")
    print("| shards | hours, mean | longest | requests/s to one region | ledger busy | from afar | connections | memory |")
    print("|---|---|---|---|---|---|---|---|")
    for near, far in nights:
        hours = f"{near.mean_s / 3600:.1f} | {near.longest_s / 3600:.1f} | {near.region_rate:.0f}"
        locks = f"{100 * near.busy:.0f} % | {100 * far.busy:.0f} %, {far.longest_s / 3600:.1f} h"
        print(f"| {near.shards} | {hours} | {locks} | {near.connections} | {near.rss_bytes / MB:.0f} MB |")
    for near, _ in nights:
        print(f"{near.shards} shards: {', '.join(breaks(near)) or 'nothing breaks'}")


def breaks(night: Night) -> list[str]:
    """What does not hold."""
    found = {
        f"over {WINDOW_S // 3600} h": night.longest_s > WINDOW_S,
        "connections to PostgreSQL": night.connections > SERVER_CONNECTIONS,
        "memory of a pod": night.rss_bytes > POD_BYTES,
        "the ledger's lock": night.busy > 0.7,
    }
    return [what for what, is_so in found.items() if is_so]


if __name__ == "__main__":
    sys.exit(main())
