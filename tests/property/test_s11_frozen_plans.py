"""S-11: whatever happens between a plan and its application, what is deleted is in the plan, and a sweep would delete it too."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from amount import cases
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core.fingerprint import compared_fields, fingerprint
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen
from janitor.retention.plan_file import Binding, Tool
from janitor.retention.planner import Pace
from janitor.retention.policy import Rules
from janitor.sweep.applying import Application
from janitor.sweep.entry import apply_plan, freeze_target, preview_target
from janitor.sweep.freezing import Freezer

BOUND_TO = Binding(target="research", project_id="memory", backend="memory", api="v2")
TOOL = Tool(name="janitor", version="1", digest="d" * 64)
CHANGES: list[Callable[[Job], Job]] = [
    lambda job: replace(job, description="janitor-hold"),
    lambda job: replace(job, phase=Phase.RUNNING),
    lambda job: replace(job, name="another"),
    lambda job: replace(job, owner=None),
    lambda job: replace(job, finished_at=NOW - timedelta(days=3)),
    lambda job: replace(job, labels=(("team", "nlp"),)),
    lambda job: replace(job, created_at=None),
    lambda job: replace(job, resources=replace(job.resources, flavor="f")),
]


def make_rules_of(random: Random) -> Rules:
    return make_rules(make_policy(after=timedelta(days=random.choice((2, 5, 9, 40)))))


@pytest.mark.parametrize("seed", range(cases(8, 400)))
def test_s11_what_goes_is_in_the_plan_unchanged_and_expired_today(seed: int) -> None:
    random, clock = Random(seed), FakeClock()
    jobs = [make_job(days_ago=random.choice((1, 4, 8, 30, 100))) for _ in range(8)]
    backend, ids = ScriptedBackend.holding(*jobs), make_tools(clock).new_id
    with TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None) as folder, _open(Path(folder), clock) as ledger:
        freezer = Freezer(bound_to=BOUND_TO, tool=TOOL, scrubber=Scrubber())
        tools = make_tools(clock, new_id=ids)
        _, plan = freeze_target(make_target(backend, rules=make_rules_of(random)), ledger, tools, freezer)
        assert plan is not None
        clock.advance(random.randrange(86_000))
        for job in random.sample(jobs, 4):
            backend.jobs[job.id] = random.choice(CHANGES)(job)
        for job in [make_job(days_ago=200) for _ in range(2)]:
            backend.jobs[job.id] = job
        pace = Pace(per_sweep=random.choice((1, 100)), per_day=100)
        target, found = make_target(backend, rules=make_rules_of(random), pace=pace), dict(backend.jobs)
        free = preview_target(replace(target, pace=Pace(per_sweep=100, per_day=100)), ledger, tools)
        report = apply_plan(target, tools, Application(frozen=plan, bound_to=BOUND_TO, tool=TOOL, ledger=ledger))
    assert report.exit_code == 0
    same = {job_id for job_id, known in plan.fingerprints.items() if fingerprint(found[job_id], plan.compared) == known}
    may_go = {entry.decision.job.id for entry in free.entries} & same
    assert set(backend.deleted) <= may_go
    assert len(backend.deleted) == min(len(may_go), pace.per_sweep)
    assert plan.compared == compared_fields(make_rules().unread_fields())


def _open(folder: Path, clock: FakeClock) -> Ledger:
    return open_ledger(folder / "ledger.db", Pen(now=clock.now, actor="test@here"), create=True)
