"""Measures the peak memory of a whole sweep of a million jobs, and where it is reached: all of janitor but its HTTP client.

Pages come from a generator in this process. The target observes, so that nothing is deleted and all is written of the listing.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from janitor.backends.modelarts_project import Scope
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.clock import SystemClock, ThreadSpawner
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber, Secret
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Pen
from janitor.modelarts.call import Call
from janitor.modelarts.credentials import AccessKey, Credential
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.tags import LIMIT as TAGS_AT_ONCE
from janitor.modelarts.transport import Transport
from janitor.modelarts.v2_page import LIMIT
from janitor.modelarts.wire import Answer
from janitor.retention.keep import Keep
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode, Policy, Rules
from janitor.retention.selector import Selector
from janitor.sweep.entry import sweep_target
from janitor.sweep.target import Target, Tools

MOST_MB = 500.0
JOBS = 1_000_000
OWNERS, EXPERIMENTS, FLAVORS = 200, 2_000, 20
PHASES = ("Completed", "Failed", "Terminated", "Abnormal")
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
DOCUMENT = (
    '{"kind":"job","metadata":{"id":"%s","name":"run-%d-%d","user_name":"user-%d","workspace_id":"0","create_time":%d,'
    '"description":"","training_experiment_reference":{"id":"e","name":"experiment-%d"}},"status":{"phase":"%s","start_time":%d,'
    '"duration":%d},"spec":{"resource":{"flavor_id":"flavor-%d","node_count":%d}}}'
)


def main() -> int:
    """Print the peak after each stage; exit code 1 above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    jobs = parser.parse_args().jobs
    stages, began = Stages(), time.process_time()
    with TemporaryDirectory(prefix="janitor-bench-") as folder:
        report = sweep(Path(folder) / "ledger.db", jobs, stages)
    taken = time.process_time() - began
    stages.note("all told")
    print(
        f"{jobs} jobs on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, peak resident in MB:"
    )
    print(f"  {', '.join(f'{peak:.0f} {stage}' for stage, peak in stages.peaks)} (limit {MOST_MB:.0f})")
    print(
        f"  {', '.join(f'{number} {verdict}' for verdict, number in report.items())}; {taken:.0f} s of CPU, pages made included"
    )
    return 0 if stages.peaks[-1][1] <= MOST_MB and sum(report.values()) == jobs else 1


class Stages:
    """The most that this process has held in memory, when each stage ended."""

    def __init__(self) -> None:
        self.peaks: list[tuple[str, float]] = []
        self.note("before")

    def note(self, stage: str) -> None:
        """A stage ended."""
        self.peaks.append((stage, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))

    def after(self, work: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """The same work, its end a stage."""

        def noted(*args: Any, **named: Any) -> Any:
            done = work(*args, **named)
            self.note(stage)
            return done

        return noted


def sweep(path: Path, jobs: int, stages: Stages) -> dict[str, int]:
    """One sweep on a new ledger: how many jobs have each verdict."""
    clock, platform_ = SystemClock(), Platform(jobs)
    transport = Transport(
        Endpoint(url="https://modelarts.example.com"),
        KEY,
        limits=TransportLimits(requests_per_second=1e6),
        surroundings=Surroundings(clock=clock, open_wire=lambda *_: platform_),
    )
    backend = ModelArtsV2(transport, None, Scope(project_id="p", project_name=None, workspaces=("0",)))
    setattr(backend, "list_jobs", stages.after(backend.list_jobs, "listed"))  # noqa: B010  the one seam between the stages
    target = Target(
        name="research",
        rules=make_rules(),
        backend=backend,
        pace=Pace(),
        limits=Limits(max_share_percent=100),
        project_id="p",
    )
    tools = Tools(clock=clock, spawner=ThreadSpawner(1), new_id=iter(map(str, range(10**9))).__next__)
    scrubber = Scrubber((Secret(KEY.access_key), Secret(KEY.secret_key)))
    with open_ledger(path, Pen(now=clock.now, actor="bench@here", scrub=scrubber.scrub), create=True) as ledger:
        report = sweep_target(target, ledger, tools)
    if report.exit_code:
        raise RuntimeError(report.trouble or report.refusal)
    return report.verdicts


class Platform:
    """Answers searches for jobs and for tags; nobody tags anything."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._oldest_ms = round((datetime.now(UTC) - timedelta(days=365)).timestamp() * 1000)

    def exchange(self, call: Call, _credential: Credential, _connect_timeout_s: float) -> Answer:
        """Answer one request."""
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        text = (
            self._tags(int(call.query.rpartition("=")[2]))
            if "/filter" in call.path
            else self._page(json.loads(call.body)["offset"])
        )
        return Answer(status=200, headers={"Content-Type": "application/json", "Date": date}, body=text.encode())

    def close(self) -> None:
        """There is nothing to close."""

    def _page(self, offset: int) -> str:
        places = range(offset * LIMIT, min((offset + 1) * LIMIT, self._jobs))
        page = {"total": self._jobs, "count": len(places), "limit": LIMIT, "offset": offset, "items": []}
        return json.dumps(page).removesuffix("]}") + ",".join(map(self._document, places)) + "]}"

    def _document(self, place: int) -> str:
        created, dice = self._oldest_ms + place * 364 * 86_400_000 // self._jobs, place * 2_654_435_761 % 2**32
        many = (job_id(place), dice % EXPERIMENTS, place, dice % OWNERS, created, dice % EXPERIMENTS, PHASES[dice % 4])
        return DOCUMENT % (*many, created + 90_000, 60_000 + dice % 80_000_000, dice % FLAVORS, 1 << dice % 4)

    def _tags(self, offset: int) -> str:
        places = range(offset, min(offset + TAGS_AT_ONCE, self._jobs))
        rows = [{"resource_id": job_id(place), "tags": []} for place in places]
        return json.dumps({"total_count": self._jobs, "resources": rows})


def job_id(place: int) -> str:
    """The id of the job at a place."""
    return f"{place:08x}-1c2d-4e3f-8a4b-{place:012x}"


def make_rules() -> Rules:
    """A policy with an age, a pattern and a keep rule, and one for the rest; about a tenth of the jobs are older."""
    ended = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})
    runs = Policy(
        name="runs",
        match=Selector(phase=ended, name=("run-1*",)),
        after=timedelta(days=320),
        keep=Keep(last=3, weekly=4, per=("experiment",)),
    )
    rest = Policy(name="rest", match=Selector(phase=ended), after=timedelta(days=330), fallback=True)
    return Rules(target="research", mode=Mode.OBSERVE, policies=(runs, rest), min_age=timedelta(hours=24))


if __name__ == "__main__":
    sys.exit(main())
