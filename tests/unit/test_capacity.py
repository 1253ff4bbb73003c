"""The night on paper: the same for the same prices, and what can be reckoned by hand comes out so."""

from dataclasses import fields

import pytest
from bench.capacity import breaks
from bench.capacity_costs import Prices, Usage
from bench.capacity_model import LIMITS, Project, confirm_wait_s, lasts_s, make_projects, play, usage_of

from janitor.core.shard import Shard

NOTHING = Usage(**{each.name: 0.0 for each in fields(Usage)})
MB = 2.0**20


def usage(**given: float) -> Usage:
    return NOTHING.combine(Usage(**{each.name: given.get(each.name, 0.0) for each in fields(Usage)}))


PRICES = Prices(
    start=usage(cpu_s=1.0, rss_bytes=100 * MB),
    sweep=usage(requests=2.0, cpu_s=0.1, commits=8.0, statements=24.0, locked_s=0.02),
    listed=usage(requests=0.02, rss_bytes=2000.0, ledger_bytes=500.0),
    deleted=usage(requests=3.0, events=3.0, locked_s=0.004, ledger_bytes=6000.0),
    connections=3,
    kept_bytes=500.0,
)
PROJECTS = [Project(name=f"project-{number:02d}", region=number // 10, listed=1000, deleted=10) for number in range(40)]


def test_a_sweep_lasts_as_long_as_its_requests_by_turns_and_the_wait_for_the_last_deletion() -> None:
    (project, *_) = PROJECTS
    taken = usage_of(project, PRICES)
    assert (taken.requests, confirm_wait_s()) == (2 + 20 + 30, 0.5 + 1 + 2 + 4)
    assert lasts_s(project, taken) == pytest.approx(52 / LIMITS.requests_per_second + 0.1 + 0.06 + 7.5)


def test_the_work_is_the_same_for_any_number_of_shards_and_each_of_them_ends_when_its_last_target_is_done() -> None:
    one, four = (play(PROJECTS, count, PRICES) for count in (1, 4))
    lasts = lasts_s(PROJECTS[0], usage_of(PROJECTS[0], PRICES))
    most = max(len(Shard(index=index, count=4).own(project.name for project in PROJECTS)) for index in range(4))
    assert one.longest_s == pytest.approx(1 + 40 * lasts)
    assert four.longest_s == pytest.approx(1 + most * lasts)
    assert four.mean_s == pytest.approx(1 + 10 * lasts)
    assert (one.requests, one.events, one.deleted) == (four.requests, four.events, four.deleted) == (40 * 52, 40 * 30, 400)
    assert one.ledger_bytes == four.ledger_bytes == 400 * 6000
    assert one.region_rate <= LIMITS.requests_per_second < four.region_rate <= 4 * LIMITS.requests_per_second
    assert four == play(PROJECTS, 4, PRICES)


def test_a_ledger_far_away_is_what_many_shards_wait_for() -> None:
    """Each statement under the writers' lock goes there and back, and nobody else writes meanwhile."""
    near, far = (play(PROJECTS, 40, PRICES, round_trip_s) for round_trip_s in (0.0, 0.2))
    assert near.busy < 1
    assert far.busy == 1
    assert far.longest_s == pytest.approx(40 * (0.02 + 0.04 + 32 * 0.2))


def test_what_breaks_is_named() -> None:
    assert breaks(play(PROJECTS, 4, PRICES)) == []
    assert breaks(play(PROJECTS, 40, PRICES, 0.2)) == ["connections to PostgreSQL", "the ledger's lock"]
    projects = [Project(name=str(number), region=0, listed=10_000, deleted=200) for number in range(300)]
    assert breaks(play(projects, 1, PRICES)) == ["over 8 h", "memory of a pod"]


def test_nights_are_drawn_the_same_each_time_and_obey_the_pace() -> None:
    projects = make_projects(is_first=True)
    assert projects == make_projects(is_first=True)
    assert len(projects) == 5000
    assert {project.region for project in projects} == set(range(20))
    assert max(project.deleted for project in projects) == 200
