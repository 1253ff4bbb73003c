"""A narrow listing as laws: what it shows is decided as in a full one, and nothing that it leaves out could go."""

import os
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from amount import cases
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from hypothesis import given, settings
from hypothesis import strategies as st

from janitor.backends.memory import MemoryBackend
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Verdict
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen
from janitor.retention.evaluate import evaluate_all
from janitor.retention.hold import Hold
from janitor.retention.narrow import horizon_of
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.policy import Limits, Policy, Since
from janitor.retention.selector import Selector
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

LEAVING = (Verdict.EXPIRED, Verdict.EXPIRING)
DAY = timedelta(days=1)
lengths = st.sampled_from([timedelta(hours=30), 2 * DAY, 7 * DAY])
nudges = st.sampled_from([timedelta(minutes=minutes) for minutes in (0, 0, 1, -1, 4, -4, 5, -5, 6, -6, 9, -9, 16, -16, 60, -60)])
marks = st.sampled_from(
    [*[""] * 6, "janitor-ttl=1d", "janitor-ttl=1d", "janitor-ttl=2d", "janitor-ttl=30d", "janitor-ttl=1d janitor-hold"]
)


selectors = st.sampled_from(
    [
        Selector(owner=frozenset({"ann"})),
        Selector(name=("trial-*",)),
        Selector(phase=TERMINAL),
        Selector(phase=TERMINAL),
        Selector(phase=TERMINAL),
        Selector(phase=frozenset({Phase.FAILED, Phase.ABNORMAL}), workspace=frozenset({"0"})),
        Selector(labels=(("team", None),)),
    ]
)
holds_of_some = st.lists(st.builds(Hold, name=st.just("h"), reason=st.just("audited"), match=selectors), max_size=1)
labels = st.sampled_from([*[()] * 6, (("team", "nlp"),), (("janitor-ttl", "60d"),), None])


@st.composite
def jobs_at_the_edge(draw: st.DrawFn) -> Job:
    """A job whose times lie about an age ago, each a little before or after the one before it."""
    age = draw(lengths)
    created, started, finished = (NOW - age + draw(nudges) for _ in range(3))
    job = make_job(
        id=str(draw(st.uuids())),
        name=draw(st.sampled_from(["trial-1", "prod-a", None])),
        owner=draw(st.sampled_from(["ann", "ci-bot", None])),
        workspace=draw(st.sampled_from(["0", "w1", None])),
        phase=draw(st.sampled_from(sorted(TERMINAL))),
        description=draw(marks),
        labels=draw(labels),
        created_at=draw(st.sampled_from([*[created] * 9, None])),
        started_at=draw(st.sampled_from([*[started] * 9, None])),
        finished_at=draw(st.sampled_from([*[finished] * 9, None])),
    )
    never_started = replace(job, started_at=None, finished_at=None, never_started=True)
    return draw(st.sampled_from([job, job, never_started]))


@st.composite
def policies_without_ranks(draw: st.DrawFn) -> list[Policy]:
    """Up to three policies with one age or one a phase, which owners may shorten."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        match = draw(selectors)
        governed = sorted(match.phase or (Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED))
        after: Any = tuple((phase, draw(lengths)) for phase in governed) if draw(st.booleans()) else draw(lengths)
        longest = max(age for _, age in after) if isinstance(after, tuple) else after
        shorter = [each for each in (DAY, 2 * DAY) if each < longest]
        made.append(
            make_policy(
                name=f"p{number}",
                match=match,
                except_=draw(st.sampled_from([*[None] * 5, Selector(owner=frozenset({"ann"}))])),
                after=after,
                since=draw(st.sampled_from(Since)),
                fallback=draw(st.booleans()),
                grace=draw(st.sampled_from([timedelta(0), timedelta(hours=5)])),
                shorten_to=draw(st.sampled_from([None, *shorter])),
            )
        )
    return made


@settings(max_examples=cases(50, 5000), deadline=None)
@given(
    st.lists(jobs_at_the_edge(), min_size=8, max_size=8, unique_by=lambda job: job.id),
    policies_without_ranks(),
    holds_of_some,
    st.sampled_from([timedelta(hours=1), timedelta(hours=24), 6 * DAY]),
    st.data(),
)
def test_the_jobs_that_it_shows_are_decided_as_in_a_full_one_and_of_the_others_none_could_go(
    some: list[Job], made: list[Policy], holds: list[Any], min_age: timedelta, data: st.DataObject
) -> None:
    rules = make_rules(*made, min_age=min_age, holds=tuple(holds))
    horizon = horizon_of(rules, NOW)
    assert horizon is not None
    seen = {key_of(job): NOW - data.draw(lengths) + data.draw(nudges) for job in some if job.never_started}
    marked = {key_of(job): Mark(since=NOW - DAY, grace=timedelta(hours=2)) for job in some if data.draw(st.booleans())}
    past = Past(first_seen=seen, marks=marked)
    whole = {decision.job.id: decision for decision in evaluate_all(some, rules, NOW, past)}
    shown = [job for job in some if job.created_at is not None and job.created_at <= horizon]
    for decision in evaluate_all(shown, rules, NOW, past):
        assert decision == whole.pop(decision.job.id)
    assert not [decision for decision in whole.values() if decision.verdict in LEAVING]


class Twin:
    """A platform with its own ledger, swept narrowly or in full."""

    def __init__(self, folder: Path, jobs: list[Job], rules: Any, *, is_narrow: bool) -> None:
        self.clock = FakeClock()
        self.backend = MemoryBackend.of(*jobs)
        self.ledger: Ledger = open_ledger(folder / f"{is_narrow}.db", Pen(now=self.clock.now, actor="test"), create=True)
        limits = Limits(max_share_percent=60, min_age=rules.min_age)
        self.target: Target = make_target(self.backend, rules=rules, limits=limits, is_narrow=is_narrow)
        self.tools = make_tools(self.clock)

    def sweep(self) -> TargetReport:
        return sweep_target(self.target, self.ledger, self.tools)


OLD = [make_job(days_ago=days, id=f"old-{number}") for number, days in enumerate(range(9, 49))]
YOUNG = [make_job(days_ago=number / 4, id=f"new-{number}") for number in range(24)]


def change(twin: Twin, what: str, ids: list[str], after: timedelta) -> None:
    """Something that befalls old jobs: they vanish, are held or let go, are told to be older or younger, or run again.

    What befalls a job that is too young for this age by now no narrow listing could tell.
    """
    for job_id in ids:
        job = twin.backend.jobs.get(job_id)
        if job is None or job.created_at is None or job.created_at > twin.clock.time - after:
            continue
        if what == "vanish":
            del twin.backend.jobs[job_id]
        elif what == "hold":
            twin.backend.change(job_id, description="janitor-hold")
        elif what == "let go":
            twin.backend.change(job_id, description="")
        elif what == "run":
            twin.backend.change(job_id, phase=Phase.RUNNING)
        elif what == "end":
            twin.backend.change(job_id, phase=Phase.FAILED, finished_at=twin.clock.time - timedelta(hours=2))
        elif what in ("earlier", "later"):
            shift = timedelta(days=30 if what == "earlier" else -5)
            moved = {name: getattr(job, name) - shift for name in ("created_at", "started_at", "finished_at")}
            twin.backend.change(job_id, **moved)


nights = st.lists(
    st.tuples(
        st.sampled_from(["nothing", "vanish", "hold", "let go", "run", "end", "earlier", "later"]),
        st.lists(st.sampled_from([job.id for job in OLD]), max_size=30, unique=True),
        st.sampled_from([DAY, DAY, 3 * DAY]),
    ),
    min_size=2,
    max_size=7,
)


@settings(max_examples=cases(3, 300), deadline=None)
@given(
    nights,
    st.sampled_from([8 * DAY, 20 * DAY]),
    st.sampled_from(Since),
    st.sampled_from([timedelta(0), 2 * DAY]),
    st.sets(st.sampled_from([job.id for job in OLD]), max_size=30),
)
def test_night_after_night_it_deletes_what_a_full_one_does_and_is_refused_wherever_that_is(
    events: list[Any], after: timedelta, since: Since, grace: timedelta, held: set[str]
) -> None:
    """Whatever befalls the jobs that are old enough to be listed; of what befalls the others only a full listing can tell."""
    rules = make_rules(make_policy(after=after, since=since, grace=grace))
    jobs = [replace(job, description="janitor-hold") if job.id in held else job for job in OLD + YOUNG]
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT") or None) as folder:
        full, narrow = (Twin(Path(folder), jobs, rules, is_narrow=is_narrow) for is_narrow in (False, True))
        with full.ledger, narrow.ledger:
            for what, ids, wait in [("nothing", [], DAY), *events]:
                for twin in (full, narrow):
                    change(twin, what, ids, after)
                whole, part = full.sweep(), narrow.sweep()
                assert set(narrow.backend.deleted) <= set(full.backend.deleted), (whole.refusal, part.refusal)
                if whole.refusal is not None:
                    assert part.refusal is not None, (whole.refusal, part.listed_to)
                if part.refusal is not None and whole.refusal is None:
                    return  # it was surprised by more: from now on the two platforms differ
                assert (part.trouble, whole.trouble) == (None, None)
                assert sorted(narrow.backend.deleted) == sorted(full.backend.deleted)
                for twin in (full, narrow):
                    twin.clock.advance(wait.total_seconds())
