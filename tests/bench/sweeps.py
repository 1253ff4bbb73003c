"""Measures sweeps beside the script that people write on the vendor's SDK, by one and by four threads, on the same account.

The platform is the emulator in another process, which counts the requests; each contender is a process too, and each gets the
same account anew. `--full` measures every combination, `--row JOBS PERCENT LAYOUT BATCH MS` one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from janitor.emulator.account import Account

HERE = Path(__file__).parent
ACCOUNT = Account()
SCRIPT, THREADED, JANITOR, GENTLE = "script", "script, 4 threads", "janitor", "janitor, its own rate"
POLICY_FILE = """\
version: 1
ledger: {{path: ledger.db}}
pace: {{per_sweep: 1000000, per_day: 1000000}}
limits: {{max_share: 100%}}
{rate}
targets:
  - name: research
    mode: enforce
    endpoint: {url}
    region: eu-de
    project_id: {project}
    iam_endpoint: {url}
    project_name: {project_name}
    credentials: {{access_key: {{file: ak}}, secret_key: {{file: sk}}}}
policies:
  - {{name: old, mode: enforce, match: {{phase: [failed]}}, expire: {{after: 30d}}}}
"""
FAST = "target_defaults: {rate: {requests_per_second: 1000, concurrency: 4}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account."""

    jobs: int
    percent: int
    is_interleaved: bool
    has_batch: bool
    latency_ms: int
    contenders: tuple[str, ...] = (SCRIPT, THREADED, JANITOR)

    @property
    def expired(self) -> int:
        """How many jobs are to go."""
        return self.jobs * self.percent // 100

    @property
    def budget(self) -> float:
        """How many requests design.md allows (docs/benchmarks.md)."""
        each = 3.0 if not self.has_batch else 0.25 if self.is_interleaved and self.percent < 100 else 0.10
        return self.jobs / 50 + each * self.expired + 20

    def __str__(self) -> str:
        layout = "interleaved" if self.is_interleaved else "neighbours"
        batch = "batch" if self.has_batch else "no batch"
        return f"{self.jobs} jobs, {self.expired} expired, {layout}, {batch}, {self.latency_ms} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one contender took; `routes` and `platform_s` are the emulator's own words."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    platform_s: float
    routes: dict[str, int]
    looks: dict[str, float]
    is_done: bool

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return sum(self.routes.values())


def main() -> int:
    """Print a table per account; exit code 1 where a contender left what it should delete, or janitor asked too often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--row", nargs=5, metavar=("JOBS", "PERCENT", "LAYOUT", "BATCH", "MS"))
    arguments = parser.parse_args()
    sdk = version("huaweicloudsdkmodelarts")
    print(f"on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, vendor's SDK {sdk}")
    rows = [parse_row(arguments.row)] if arguments.row else list(every_row()) if arguments.full else DEFAULT
    results = [measure(row) for row in rows]
    return 0 if all(results) else 1


def parse_row(words: Sequence[str]) -> Row:
    """Read a row, as `1000 10 neighbours batch 20`."""
    jobs, percent, layout, batch, latency = words
    is_interleaved, has_batch = layout == "interleaved", batch == "batch"
    return Row(jobs=int(jobs), percent=int(percent), is_interleaved=is_interleaved, has_batch=has_batch, latency_ms=int(latency))


def every_row() -> Iterator[Row]:
    """Every combination; where all jobs go, they are neighbours."""
    for jobs in (1_000, 10_000, 100_000):
        for percent in (1, 10, 100):
            for is_interleaved in (False, True)[: 1 if percent == 100 else 2]:
                for has_batch in (True, False):
                    for latency_ms in (0, 5, 20):
                        yield Row(
                            jobs=jobs,
                            percent=percent,
                            is_interleaved=is_interleaved,
                            has_batch=has_batch,
                            latency_ms=latency_ms,
                        )


DEFAULT = [
    Row(jobs=1_000, percent=10, is_interleaved=False, has_batch=True, latency_ms=0),
    Row(
        jobs=1_000,
        percent=10,
        is_interleaved=True,
        has_batch=False,
        latency_ms=20,
        contenders=(SCRIPT, THREADED, JANITOR, GENTLE),
    ),
    Row(jobs=10_000, percent=10, is_interleaved=False, has_batch=True, latency_ms=5),
    Row(jobs=10_000, percent=10, is_interleaved=True, has_batch=True, latency_ms=20),
    Row(jobs=10_000, percent=10, is_interleaved=True, has_batch=False, latency_ms=20),
    Row(jobs=10_000, percent=100, is_interleaved=False, has_batch=True, latency_ms=0, contenders=(THREADED, JANITOR)),
    Row(jobs=100_000, percent=1, is_interleaved=True, has_batch=True, latency_ms=5, contenders=(THREADED, JANITOR)),
    Row(jobs=100_000, percent=10, is_interleaved=False, has_batch=True, latency_ms=20),
]


def measure(row: Row) -> bool:
    """Let each contender have the account, and print what it took beside the first."""
    print(f"\n{row}; budget of requests {row.budget:.0f}")
    print(f"  {'':<24}{'wall':>9}{'CPU':>9}{'peak':>9}{'platform':>10}{'requests':>10}{'faster':>9}  by route")
    first, is_good = None, True
    for name in row.contenders:
        taken = run(row, name)
        first = first or taken
        routes = ", ".join(f"{count} {route}" for route, count in sorted(taken.routes.items(), key=lambda each: -each[1]))
        figures = f"{taken.wall_s:8.1f}s{taken.cpu_s:8.1f}s{taken.peak_mb:6.0f} MB{taken.platform_s:9.1f}s{taken.requests:10}"
        print(f"  {name:<24}{figures}{first.wall_s / taken.wall_s:8.1f}x  {routes}", flush=True)
        is_good = is_good and taken.is_done and (name != JANITOR or taken.requests <= row.budget)
        if taken.looks:
            print(
                f"  {'':<24}looks were {taken.looks['median']:.2f} s old when requests came, {taken.looks['most']:.2f} s at most"
            )
        if not taken.is_done:
            print(f"  {name} did not delete what it should")
        if name == JANITOR and taken.requests > row.budget:
            print(f"  {taken.requests - row.budget:.0f} requests over the budget")
    return is_good


def run(row: Row, name: str) -> Taken:
    """One contender on an account of its own."""
    with serving(row) as (url, ask), TemporaryDirectory(prefix="janitor-bench-") as folder:
        command = make_command(name, url, Path(folder))
        before, began = ask(), time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        after = ask()
    if process.returncode != 0:
        print(errors.decode()[-2000:], file=sys.stderr)
    return Taken(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        platform_s=after["cpu_s"] - before["cpu_s"],
        routes=after["routes"],
        looks=after["looks"],
        is_done=process.returncode == 0 and not after["left"].get("Failed"),
    )


@contextmanager
def serving(row: Row, young: int = 0) -> Iterator[tuple[str, Any]]:
    """An emulator in a process of its own, with so many young jobs too: its address, and how it is asked what came in."""
    wanted = {name: value for name, value in asdict(row).items() if name != "contenders"}
    wanted |= {"expired": row.expired, "young": young}
    command = [sys.executable, str(HERE / "platform_process.py"), json.dumps(wanted)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        reader, writer = process.stdout, process.stdin

        def ask() -> dict[str, Any]:
            writer.write("?\n")
            writer.flush()
            return dict(json.loads(reader.readline()))

        yield json.loads(reader.readline())["url"], ask
        writer.close()


def make_command(name: str, url: str, folder: Path) -> list[str]:
    """How a contender is started; janitor finds its files in the folder."""
    if name in (SCRIPT, THREADED):
        threads = "1" if name == SCRIPT else "4"
        key = [ACCOUNT.access_key, ACCOUNT.secret_key, ACCOUNT.project_id, threads]
        return [sys.executable, str(HERE / "plain_script.py"), url, *key]
    (folder / "ak").write_text(ACCOUNT.access_key)
    (folder / "sk").write_text(ACCOUNT.secret_key)
    rate = FAST if name == JANITOR else ""
    names = {"url": url, "project": ACCOUNT.project_id, "project_name": ACCOUNT.project_name, "rate": rate}
    config = folder / "janitor.yaml"
    config.write_text(POLICY_FILE.format(**names))
    return [sys.executable, "-m", "janitor", "sweep", "--config", str(config), "--output", "json"]


if __name__ == "__main__":
    sys.exit(main())
