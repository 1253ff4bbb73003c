"""The forecast against the plain way: live through the days, sweep by sweep, with what each mark, hold and first sight does."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from amount import cases
from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given, settings
from hypothesis import strategies as st

from janitor.core.job import CLOCK_TOLERANCE, Job
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate_all
from janitor.retention.forecast import Forecast, build_forecast
from janitor.retention.foresee import DAY, Horizon, foresee
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.planner import Frame, Pace, allowance, build_plan
from janitor.retention.policy import Mode, Policy, Rules, Since
from janitor.retention.selector import Selector

HOUR = timedelta(hours=1)
hours = st.integers(1, 200).map(lambda number: number * HOUR)


def make_jobs(drawn: list[tuple[int, int, str, str, int]]) -> list[Job]:
    """Jobs of the last days, of few owners; some never started, some marked by their owner, some a little ahead of our clock."""
    jobs = []
    for number, (ago, lasted, owner, name, kind) in enumerate(drawn):
        ended = NOW - ago * HOUR if kind != 1 else NOW + timedelta(minutes=ago % 9)
        times: dict[str, Any] = {
            "created_at": ended - lasted * HOUR,
            "started_at": ended - lasted * HOUR / 2,
            "finished_at": ended,
        }
        if kind == 2:
            times |= {"started_at": None, "finished_at": None, "never_started": True}
        about = {3: "janitor-ttl=4d", 4: "janitor-hold"}.get(kind, "")
        job_id = f"00000000-0000-4000-8000-{number:012d}"
        jobs.append(make_job(id=job_id, name=name, owner=owner or None, description=about, phase=Phase.FAILED, **times))
    return jobs


drawn_jobs = st.lists(
    st.tuples(st.integers(0, 150), st.integers(0, 9), st.sampled_from(["a", "b", ""]), st.sampled_from("xyz"), st.integers(0, 8)),
    min_size=1,
    max_size=7,
)
keeps = st.builds(
    Keep,
    last=st.integers(0, 2),
    hourly=st.integers(0, 1),
    daily=st.integers(0, 2),
    within=st.one_of(st.none(), hours),
    per=st.sampled_from([(), ("name",), ("owner",)]),
)
matches = st.sampled_from([Selector(phase=frozenset({Phase.FAILED})), Selector(name=("x",)), Selector(name=("y", "z"))])
policies = st.builds(
    make_policy,
    match=matches,
    after=hours,
    keep=st.one_of(st.none(), keeps),
    grace=st.one_of(st.just(timedelta(0)), hours),
    since=st.sampled_from(Since),
    except_=st.sampled_from([None, None, Selector(owner=frozenset({"a"}))]),
    mode=st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE]),
    fallback=st.sampled_from([False, False, True]),
)
holds = st.builds(
    lambda days, match: Hold(name=f"h{days}", reason="audited", match=match, until=(NOW + days * DAY).date()),
    st.integers(-3, 4),
    st.sampled_from([Selector(name=("x",)), Selector(owner=frozenset({"a"}))]),
)
sweeps = st.lists(st.integers(0, 7 * 24), max_size=9, unique=True).map(
    lambda found: tuple(NOW + each * HOUR for each in sorted(found))
)
marks = st.dictionaries(st.integers(0, 6), st.tuples(st.integers(0, 50), hours), max_size=3)


def live_through(
    jobs: list[Job], rules: Rules, past: Past, horizon: Horizon, pace: Pace
) -> tuple[dict[date, Counter[str]], list[int]]:
    """Decide about every job at each sweep and at each day's end; the new ones that expired by day, and how many wait then."""
    there = [job for job in jobs if max(filter(None, (job.created_at, job.finished_at))) <= NOW + CLOCK_TOLERANCE]
    first_seen, marked, gone = dict(past.first_seen), dict(past.marks), Counter[Any]()
    seen, found, waits = set[str](), dict[date, Counter[str]](), list[int]()
    ends = [horizon.end - number * DAY - timedelta(microseconds=1) for number in reversed(range(horizon.days))]
    for at in sorted({NOW, *horizon.sweeps, *ends}):
        if at >= horizon.end:
            continue
        decisions = evaluate_all(there, rules, at, Past(first_seen=first_seen, marks=marked))
        expired = [decision for decision in decisions if decision.verdict is Verdict.EXPIRED]
        day = found.setdefault(at.date() if at > NOW else date.min, Counter())
        day.update(str(decision.policy) for decision in expired if decision.job.id not in seen)
        seen |= {decision.job.id for decision in expired}
        if at in ends:
            waits.append(sum(not decision.observers for decision in expired))
        if at not in horizon.sweeps:
            continue
        for decision in decisions:
            key = key_of(decision.job)
            if decision.verdict is Verdict.EXPIRING:
                before = marked.get(key, Mark(since=at, grace=decision.grace))
                marked[key] = replace(before, grace=max(before.grace, decision.grace))
            elif decision.verdict in (Verdict.KEPT, Verdict.HELD, Verdict.UNMANAGED) and decision.reason.code != "hold_unknown":
                marked.pop(key, None)
            if decision.job.never_started:
                first_seen.setdefault(key, at)
        used = sum(number for instant, number in gone.items() if instant > at - DAY)
        plan = build_plan(decisions, Frame(target="t", as_of=at, policy_digest="", allowance=allowance(pace, used)))
        gone[at] += len(plan.entries)
        there = [job for job in there if job.id not in {entry.job.id for entry in plan.entries}]
    return found, waits


def told(forecast: Forecast) -> dict[date, dict[str, int]]:
    return {day.date: day.by_policy for day in forecast.days if day.by_policy}


@dataclass(frozen=True, kw_only=True)
class World:
    """A small world, as drawn."""

    drawn: list[tuple[int, int, str, str, int]]
    policies: list[Policy]
    pinned: list[Hold]
    swept: tuple[datetime, ...]
    before: dict[int, tuple[int, timedelta]]
    is_seen: bool
    pace: Pace


worlds = st.builds(
    World,
    drawn=drawn_jobs,
    policies=st.lists(policies, min_size=1, max_size=3),
    pinned=st.lists(holds, max_size=2),
    swept=sweeps,
    before=marks,
    is_seen=st.booleans(),
    pace=st.builds(Pace, per_sweep=st.integers(0, 3), per_day=st.integers(0, 4)),
)


@given(worlds)
@settings(max_examples=cases(40, 5_000), deadline=None)
def test_what_is_foreseen_is_what_living_through_the_days_shows(world: World) -> None:
    jobs, before = make_jobs(world.drawn), world.before
    named = [replace(policy, name=f"p{number}") for number, policy in enumerate(world.policies)]
    rules = make_rules(*named, holds=tuple(world.pinned), min_age=HOUR)
    marked = {
        key_of(jobs[at]): Mark(since=NOW - ago * HOUR, grace=grace) for at, (ago, grace) in before.items() if at < len(jobs)
    }
    seen = {key_of(job): NOW - HOUR for job in jobs if job.never_started and world.is_seen}
    past, horizon = Past(first_seen=seen, marks=marked), Horizon(as_of=NOW, days=7, sweeps=world.swept)
    forecast = build_forecast(foresee(jobs, rules, past, horizon), horizon, world.pace)
    found, waits = live_through(jobs, rules, past, horizon, world.pace)
    now = found.pop(date.min)
    assert forecast.backlog + forecast.observed == sum(now.values())
    assert told(forecast) == {day: dict(counts) for day, counts in found.items() if counts}
    assert [day.left for day in forecast.days] == waits
