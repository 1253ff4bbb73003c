"""Measures a daemon that waits for its next sweep: memory and share of a core, after one sweep of 1 000 jobs. Linux only."""

import os
import platform
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from janitor.clock import SystemClock
from janitor.emulator.seeding import seed_jobs
from janitor.emulator.server import Emulator

MOST_MB, MOST_PERCENT = 120.0, 1.0
WATCHED_S = 30.0
POLICY_FILE = """\
version: 1
ledger: {{path: ledger.db}}
schedule: {{every: 1h}}
target_defaults: {{rate: {{requests_per_second: 1000, concurrency: 4}}}}
limits: {{max_share: 100%}}
targets:
  - name: research
    mode: enforce
    endpoint: {url}
    project_id: {project}
    credentials: {{access_key: {{file: ak}}, secret_key: {{file: sk}}}}
policies:
  - {{name: old, mode: enforce, match: {{phase: [failed]}}, expire: {{after: 30d}}}}
"""


def main() -> int:
    """Start, wait for the first sweep, watch, stop; exit code 1 above a limit."""
    jobs = seed_jobs(1000, 7, SystemClock().now())
    with TemporaryDirectory(prefix="janitor-bench-") as name, Emulator(jobs=jobs) as emulator:
        folder = Path(name)
        (folder / "ak").write_text(emulator.account.access_key)
        (folder / "sk").write_text(emulator.account.secret_key)
        (folder / "janitor.yaml").write_text(POLICY_FILE.format(url=emulator.url, project=emulator.account.project_id))
        log = (folder / "log").open("w")
        command = [sys.executable, "-m", "janitor", "serve", "--config", str(folder / "janitor.yaml"), "--listen", "127.0.0.1:0"]
        with log, subprocess.Popen(command, stderr=log) as daemon:
            try:
                return report(daemon.pid, folder / "log")
            finally:
                daemon.terminate()


def report(pid: int, log: Path) -> int:
    """Watch the process and print what it takes; a scrape every five seconds is part of its life."""
    wait_for(log, '"sweep.finished"')
    url = log.read_text().split('"url": "')[1].split('"')[0]
    began, cpu = time.monotonic(), cpu_seconds(pid)
    while time.monotonic() - began < WATCHED_S:
        time.sleep(5)
        urllib.request.urlopen(f"{url}/metrics", timeout=5).close()
    percent = 100 * (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    megabytes = resident_mb(pid)
    print(f"idle daemon on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {WATCHED_S:.0f} s:")
    print(f"  {megabytes:.0f} MB resident (limit {MOST_MB:.0f}), {percent:.2f} % of a core (limit {MOST_PERCENT:.0f})")
    return 0 if megabytes <= MOST_MB and percent <= MOST_PERCENT else 1


def wait_for(log: Path, text: str) -> None:
    """Return once the log has this text."""
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {text} within a minute: {log.read_text()[-500:]}")
        time.sleep(0.2)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """What a process holds in memory."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
