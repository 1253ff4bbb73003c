"""Many targets over eight shards and one ledger on a server; two shards are killed in mid-sweep and run again.

400 targets with JANITOR_EXAMPLES=soak, a few otherwise.
"""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from amount import cases
from crash.ledger_order import ENDS, check_epochs, check_intents
from crash.nursery import Child, Nursery, Order
from documents import make_document
from postgres import shared_postgres
from stage import POLICY, Stage

from janitor.core.shard import shard_of
from janitor.ledger.anchor import check_tail
from janitor.ledger.chain import find_break
from janitor.ledger.opening import read_ledger
from janitor.ledger.server import Server

MakeStage = Callable[..., Stage]
TARGETS = cases(16, 400)
SHARDS = 8
EXPIRED, PER_SWEEP, PER_DAY = 4, 2, 3
NAMES = [f"team-{number:03d}" for number in range(TARGETS)]
LARGEST = [index for index, _ in Counter(shard_of(name, SHARDS) for name in NAMES).most_common(2)]
KILLED = dict(zip(LARGEST, ("cp14_reply_read", "cp11_intents_synced"), strict=True))
"""Which shards are killed, and where in the sweep of a target: half of theirs are done by then."""
WORKSPACES = {f"{number + 1:032d}": name for number, name in enumerate(NAMES)}
KILL = int(signal.SIGKILL)


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@dataclass(kw_only=True)
class Job:
    """An Indexed Job: so many pods, each a process that sweeps its shard."""

    stage: Stage
    nursery: Nursery
    ledger: Server

    def start(self, shard: str, **traps: tuple[int, int]) -> Child:
        """Let a pod begin; at the nth passage of a point it gets the signal."""
        words = ("sweep", "--shard", shard)
        return self.nursery.start(Order(config=self.stage.config, traps=traps, words=words))

    def said(self) -> str:
        """The last that pods said on standard error."""
        return (self.stage.folder / "child.err").read_text()[-3000:]

    def run(self, *shards: str) -> list[int]:
        """Let these pods run at once, and answer with their exit codes."""
        return [pod.code(patience_s=600) for pod in [self.start(shard) for shard in shards]]

    def events(self) -> list[dict[str, Any]]:
        """Every audit event, once the chain was verified."""
        ledger = read_ledger(self.ledger)
        assert ledger is not None
        with ledger:
            check_tail(ledger)
            assert find_break(ledger.rows())[0] is None
            return [row.event() for row in ledger.rows()]


@pytest.fixture
def job(make_stage: MakeStage, nursery: Nursery, now_ms: int) -> Job:
    """A project in which each target has a workspace, with some jobs that expired and one that did not."""
    jobs = [make_document(now_ms, 30 + number, workspace_id=place) for place in WORKSPACES for number in range(EXPIRED)]
    jobs += [make_document(now_ms, 3, workspace_id=place) for place in WORKSPACES]
    stage, ledger = make_stage(jobs=jobs), shared_postgres().ledger()
    pace = f"pace: {{per_sweep: {PER_SWEEP}, per_day: {PER_DAY}}}\n"
    text = stage.write("", top=f"ledger: {{url: {json.dumps(ledger.url)}, create: false}}\n{pace}").read_text()
    head, _, target = text.partition("targets:\n")
    targets = [
        target.replace("name: research", f"name: {name}").replace('workspaces: ["0"]', f'workspaces: ["{place}"]')
        for place, name in WORKSPACES.items()
    ]
    stage.config.write_text(f"{head}targets:\n{''.join(targets)}{POLICY}")
    return Job(stage=stage, nursery=nursery, ledger=ledger)


def by_target(events: list[dict[str, Any]], word: str) -> Counter[str]:
    """How many events of a name each target has."""
    return Counter(event["target"] for event in events if event["event"] == word)


@pytest.mark.timeout(60 + 3 * TARGETS)
def test_b21_b1_shards_that_are_killed_and_run_again_leave_no_target_out_and_keep_the_pace(job: Job) -> None:
    """Over all runs of one day no target loses more than its pace of a day, and none of its jobs is asked for twice.

    The last run has another number of shards, so that most targets fall to a pod that never saw them.
    """
    began = time.monotonic()
    traps = {index: {point: (TARGETS // SHARDS, KILL)} for index, point in KILLED.items()}
    pods = [job.start(f"{index}/{SHARDS}", **traps.get(index, {})) for index in range(SHARDS)]
    codes = [pod.code(patience_s=600) for pod in pods]
    assert codes == [-KILL if index in KILLED else 0 for index in range(SHARDS)]
    events = job.events()
    unfinished = by_target(events, "sweep.started") - by_target(events, "sweep.finished")
    assert len(unfinished) == len(KILLED)
    assert len(by_target(events, "sweep.started")) < TARGETS
    assert max(by_target(events, "deletion.intended").values()) == PER_SWEEP

    time.sleep(1.1)  # the quiet period of the file
    assert job.run(*(f"{index}/{SHARDS}" for index in KILLED)) == [0, 0], job.said()
    assert set(by_target(job.events(), "sweep.finished")) == set(NAMES)

    assert job.run("0/2", "1/2") == [0, 0]
    events = job.events()
    check_outcomes(job, events)
    print(f"{TARGETS} targets, {SHARDS} shards, {len(KILLED)} killed: {len(events)} events, {time.monotonic() - began:.1f} s")


def check_outcomes(job: Job, events: list[dict[str, Any]]) -> None:
    """Every target lost as many jobs as its pace lets, the oldest, each once, and by one epoch after the other."""
    check_epochs(events)
    check_intents(events)
    intents = {event["intent_id"]: event["target"] for event in events if event["event"] == "deletion.intended"}
    assert Counter(intents.values()) == dict.fromkeys(NAMES, PER_DAY)
    closed = Counter(event["intent_id"] for event in events if event["event"] in ENDS)
    assert closed == Counter(list(intents))
    gone = [record for record in job.stage.emulator.truth.records() if record.change == "deleted"]
    deleted = Counter(record.job_id for record in gone)
    assert set(deleted.values()) == {1}
    lost = Counter(WORKSPACES[record.workspace] for record in gone)
    failed = Counter(intents[event["intent_id"]] for event in events if event["event"] in ENDS[2:])
    assert {name: lost[name] + failed[name] for name in NAMES} == dict.fromkeys(NAMES, PER_DAY)
    assert failed.total() <= len(KILLED) * PER_SWEEP
    asked = Counter(name for name in job.stage.asked() if name in deleted)
    assert asked == deleted
