"""Plays one night of many targets over so many shards, on paper: who sweeps what when, and what that asks of region and ledger.

Deterministic. What janitor does is read from its code; what is assumed of the platform and of its users stands here.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

from bench.capacity_costs import Prices, Usage

from janitor.core import shard
from janitor.core.shard import Shard
from janitor.modelarts.limits import TransportLimits
from janitor.retention.planner import Pace
from janitor.sweep.confirm import FIRST_PAUSE_S, LONGEST_PAUSE_S

shard.shard_of.__globals__["shard_of"] = cache(shard.shard_of)  # asked for the same targets again and again

TARGETS, REGIONS = 5000, 20
MEDIAN_JOBS, SPREAD, MOST_JOBS = 300.0, 1.2, 10_000
"""Jobs listed of a target: log-normal, cut off where the platform's quota is (docs/modelarts-api.md, quotas)."""
LIVES_NIGHTS = 60
"""A job is deleted so many nights after it ended: each night this part of a listing goes, as far as the pace lets it."""
LATENCY_S, GONE_AFTER_S = 0.1, 5.0
"""Of a request to the platform, and until a job whose deletion was accepted is gone."""
LIMITS = TransportLimits()


@dataclass(frozen=True, kw_only=True)
class Project:
    """One target: how many jobs are listed and how many deleted this night."""

    name: str
    region: int
    listed: int
    deleted: int


@dataclass(frozen=True, kw_only=True)
class Night:
    """What came of it: seconds, requests a second; `busy` is the share of the time in which somebody writes to the ledger."""

    shards: int
    longest_s: float
    mean_s: float
    region_rate: float
    busy: float
    connections: int
    rss_bytes: float
    deleted: int
    requests: float
    events: float
    ledger_bytes: float
    """What stays for ever, and grows each night."""
    rows_bytes: float
    """What has a row for each job listed, and is written over each night."""


def make_projects(*, is_first: bool) -> list[Project]:
    """The same projects each time, by region as a file would name them; in the first night half of what is listed has expired."""
    dice, pace, found = random.Random(9), Pace(), list[Project]()
    for number in range(TARGETS):
        listed = min(MOST_JOBS, round(dice.lognormvariate(0, SPREAD) * MEDIAN_JOBS))
        gone = min(listed // 2 if is_first else round(listed / LIVES_NIGHTS), pace.per_sweep, pace.per_day)
        found.append(Project(name=f"project-{number:04d}", region=number * REGIONS // TARGETS, listed=listed, deleted=gone))
    return found


def usage_of(project: Project, prices: Prices) -> Usage:
    """What the sweep of a project takes."""
    return prices.sweep.combine(prices.listed, project.listed).combine(prices.deleted, project.deleted)


def lasts_s(project: Project, usage: Usage) -> float:
    """How long it takes: requests by turns, none in less than the platform's time, then waiting for the last to be gone."""
    sending = usage.requests * max(1 / LIMITS.requests_per_second, LATENCY_S / LIMITS.concurrency)
    return sending + usage.cpu_s + usage.locked_s + (confirm_wait_s() if project.deleted else 0.0)


def confirm_wait_s() -> float:
    """Pauses that double until the last deletion has happened."""
    pauses = (min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S) for number in range(60))
    waits: Iterator[float] = accumulate(pauses)
    return next(waited for waited in waits if waited >= GONE_AFTER_S)


def play(projects: Sequence[Project], count: int, prices: Prices, round_trip_s: float = 0.0) -> Night:
    """One night by so many shards, which all begin at once; each of them is as far from the ledger as that."""
    named = {project.name: project for project in projects}
    prices = replace(
        prices,
        sweep=_from_afar(prices.sweep, round_trip_s),
        listed=_from_afar(prices.listed, round_trip_s),
        deleted=_from_afar(prices.deleted, round_trip_s),
    )
    usages = {name: usage_of(project, prices) for name, project in named.items()}
    shares = [Shard(index=index, count=count).own(named) for index in range(count)]
    turns = [list(_turns([named[name] for name in share], usages, prices.start.cpu_s)) for share in shares]
    ends = [turn[-1].end_s if turn else 0.0 for turn in turns]
    total = _sum(usages.values())
    longest = max(*ends, total.locked_s) if count > 1 else ends[0]
    return Night(
        shards=count,
        longest_s=longest,
        mean_s=sum(ends) / count,
        region_rate=max(_peak([turn for each in turns for turn in each if turn.region == region]) for region in range(REGIONS)),
        busy=total.locked_s / longest,
        connections=count * prices.connections,
        rss_bytes=max(_memory(prices, [named[name].listed for name in share]) for share in shares),
        deleted=sum(project.deleted for project in projects),
        requests=total.requests,
        events=total.events,
        ledger_bytes=sum(max(0.0, prices.sweep.ledger_bytes) + each.deleted * prices.deleted.ledger_bytes for each in projects),
        rows_bytes=sum(each.listed for each in projects) * prices.listed.ledger_bytes,
    )


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The sweep of a target: from when to when, and how many requests a second."""

    region: int
    begin_s: float
    end_s: float
    rate: float


def _turns(projects: Iterable[Project], usages: dict[str, Usage], begin_s: float) -> Iterator[Turn]:
    now = begin_s
    for project in projects:
        took = lasts_s(project, usages[project.name])
        yield Turn(region=project.region, begin_s=now, end_s=now + took, rate=usages[project.name].requests / took)
        now += took


def _from_afar(usage: Usage, round_trip_s: float) -> Usage:
    """The same where the ledger is so far away: the lock is held while each statement, and the commit, go there and back."""
    return replace(usage, locked_s=usage.locked_s + (usage.statements + usage.commits) * round_trip_s)


def _peak(turns: Sequence[Turn]) -> float:
    """The most requests a second at any moment."""
    steps = sorted([(turn.begin_s, turn.rate) for turn in turns] + [(turn.end_s, -turn.rate) for turn in turns])
    return max(accumulate(rate for _, rate in steps), default=0.0)


def _memory(prices: Prices, listed: Sequence[int]) -> float:
    """What a process has at most: what it keeps of every listing, and what the largest takes while it is decided about."""
    return prices.start.rss_bytes + prices.kept_bytes * sum(listed) + prices.listed.rss_bytes * max(listed, default=0)


def _sum(usages: Iterable[Usage]) -> Usage:
    first, *others = usages
    for usage in others:
        first = first.combine(usage)
    return first
