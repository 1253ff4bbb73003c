"""The forecast: on which day each job expires and by what, and how the pace drains what waits."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.forecast import Forecast, build_forecast
from janitor.retention.foresee import DAY, Horizon, foresee
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.past import NO_PAST, Mark, Past, key_of
from janitor.retention.planner import Pace
from janitor.retention.policy import Mode, Policy
from janitor.retention.selector import Selector

HOUR = timedelta(hours=1)
DAILY = tuple(NOW + number * DAY for number in range(10))
GENEROUS = Pace(per_sweep=1000, per_day=1000)
AT_MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def look_ahead(
    jobs: list[Job], *policies: Policy, past: Past = NO_PAST, sweeps: tuple[datetime, ...] = DAILY, **rules: Any
) -> Forecast:
    horizon = Horizon(as_of=NOW, days=10, sweeps=sweeps)
    return build_forecast(foresee(jobs, make_rules(*policies, **rules), past, horizon), horizon, GENEROUS)


def expire(forecast: Forecast) -> dict[int, int]:
    """How many expire on each of the coming days, by its number; today is 0."""
    return {number: day.expires for number, day in enumerate(forecast.days) if day.expires}


def of_policies(forecast: Forecast) -> list[str]:
    return [name for day in forecast.days for name in day.by_policy]


def ended(ago: timedelta, **changes: Any) -> Job:
    finished = NOW - ago
    return make_job(created_at=finished - HOUR, started_at=finished - HOUR, finished_at=finished, **changes)


def drained(deletable: dict[int, int], pace: Pace, sweeps: tuple[datetime, ...] = DAILY, **given: Any) -> Forecast:
    """The forecast of so many jobs that expire after so many hours; at hour 0 or before they have."""
    jobs = [ended(20 * DAY - hour * HOUR) for hour, number in deletable.items() for _ in range(number)]
    horizon = Horizon(as_of=NOW, days=given.pop("days", 10), sweeps=sweeps)
    return build_forecast(foresee(jobs, make_rules(make_policy(after=20 * DAY)), NO_PAST, horizon), horizon, pace, **given)


def test_a_job_expires_on_the_day_of_its_instant_and_midnight_belongs_to_the_day_it_begins() -> None:
    just_before = AT_MIDNIGHT - timedelta(microseconds=1)
    jobs = [ended(NOW - (instant - 7 * DAY)) for instant in (NOW, just_before, AT_MIDNIGHT, NOW + 20 * DAY)]
    forecast = look_ahead(jobs)
    assert (forecast.backlog, expire(forecast)) == (1, {0: 1, 1: 1})
    assert [day.date for day in forecast.days[:2]] == [date(2026, 11, 23), date(2026, 11, 24)]


def test_the_policy_that_lets_go_last_is_named_and_of_several_the_first_by_name() -> None:
    longer = make_policy(name="monthly", match=Selector(name=("long-*",)), after=9 * DAY)
    twin = make_policy(name="another", match=Selector(name=("twin-*",)))
    assert of_policies(look_ahead([ended(6 * DAY, name="long-1")], make_policy(), longer)) == ["monthly"]
    assert of_policies(look_ahead([ended(6 * DAY, name="twin-1")], twin, make_policy())) == ["another"]
    assert of_policies(look_ahead([ended(6 * DAY, name="twin-1")], make_policy(), twin)) == ["another"]


def test_what_only_observes_is_counted_apart_whether_a_policy_or_the_target_does() -> None:
    jobs = [ended(8 * DAY), ended(6 * DAY)]
    observing = make_policy(mode=Mode.OBSERVE)
    for forecast in (look_ahead(jobs, observing), look_ahead(jobs, mode=Mode.OBSERVE)):
        assert (forecast.backlog, forecast.observed, expire(forecast)) == (0, 1, {1: 1})
        assert sum(day.deletable + day.deletes + day.left for day in forecast.days) == 0


def test_a_hold_that_ends_lets_its_job_expire_a_day_after_its_last_day() -> None:
    hold = Hold(name="h", reason="audited", job_ids=frozenset({make_job(id="held").id}), until=date(2026, 11, 24))
    forecast = look_ahead([make_job(id="held"), make_job(id="other")], holds=(hold,))
    assert (forecast.backlog, expire(forecast)) == (1, {3: 1})


def test_what_a_hold_gives_back_pushes_others_out_of_a_keep_rule() -> None:
    hold = Hold(name="h", reason="audited", match=Selector(name=("new",)), until=date(2026, 11, 24))
    keeping = make_policy(keep=Keep(last=1))
    jobs = [ended(20 * DAY, name="old"), ended(10 * DAY, name="new")]
    assert expire(look_ahead(jobs, keeping, holds=(hold,))) == {3: 1}
    assert expire(look_ahead(jobs[:1], keeping, holds=(hold,))) == {}


def test_a_hold_without_end_or_that_covers_nothing_changes_nothing() -> None:
    holds = tuple(
        Hold(name=name, reason="audited", job_ids=frozenset({name}), until=until)
        for name, until in (("pinned", None), ("nobody", date(2026, 11, 24)))
    )
    assert expire(look_ahead([make_job(id="pinned")], holds=holds)) == {}


def test_within_keeps_until_its_time_is_over_and_is_then_what_let_go_last() -> None:
    keeping = make_policy(keep=Keep(last=0, within=9 * DAY))
    plain = make_policy(name="zeta", after=8 * DAY)
    forecast = look_ahead([ended(6 * DAY)], keeping, plain)
    assert (expire(forecast), of_policies(forecast)) == ({3: 1}, ["weekly"])


def test_grace_runs_from_the_mark_that_the_next_sweep_makes() -> None:
    patient = make_policy(grace=2 * DAY)
    sweeps = tuple(each + 5 * HOUR for each in DAILY)
    jobs = [ended(30 * DAY), ended(6 * DAY - 6 * HOUR)]
    assert expire(look_ahead(jobs, patient, sweeps=sweeps)) == {2: 1, 4: 1}
    assert expire(look_ahead(jobs, patient, sweeps=())) == {}


def test_a_mark_counts_until_a_sweep_finds_its_job_kept() -> None:
    patient, hold = make_policy(grace=4 * DAY), Hold(name="h", reason="r", match=Selector(name=("x",)), until=date(2026, 11, 22))
    job = ended(30 * DAY, name="x")
    past = Past(marks={key_of(job): Mark(since=NOW - 3 * DAY, grace=4 * DAY)})
    assert expire(look_ahead([job], patient, past=past)) == {1: 1}
    late = (NOW + 2 * DAY,)
    assert expire(look_ahead([job], patient, past=past, holds=(hold,), sweeps=late)) == {1: 1}
    assert expire(look_ahead([job], patient, past=past, holds=(hold,))) == {5: 1}
    young = ended(7 * DAY - HOUR)
    marked = Past(marks={key_of(young): Mark(since=NOW - 3 * DAY, grace=2 * DAY)})
    assert expire(look_ahead([young], past=marked)) == {0: 1}
    assert expire(look_ahead([young], patient, past=marked)) == {5: 1}


def test_a_job_that_never_started_counts_from_the_sweep_that_sees_it_first() -> None:
    unseen = make_job(phase=Phase.FAILED, started_at=None, finished_at=None, never_started=True)
    assert expire(look_ahead([unseen], sweeps=DAILY[1:])) == {8: 1}
    assert expire(look_ahead([unseen], sweeps=())) == {}
    held = Hold(name="h", reason="audited", match=Selector(name=("*",)), until=date(2026, 11, 22))
    assert expire(look_ahead([unseen], sweeps=DAILY[3:], holds=(held,))) == {}
    seen = Past(first_seen={key_of(unseen): NOW - 5 * DAY})
    assert expire(look_ahead([unseen], past=seen)) == {2: 1}


def test_a_job_from_the_future_never_counts_and_one_a_little_ahead_soon_does() -> None:
    keeping = make_policy(keep=Keep(last=1), after=HOUR, match=Selector(name=("a",)))
    old, fresh = ended(9 * DAY, name="a"), ended(-timedelta(minutes=2), name="a")
    assert expire(look_ahead([old, fresh], keeping, min_age=HOUR)) == {0: 1}
    assert expire(look_ahead([fresh], keeping, min_age=HOUR)) == {}
    assert expire(look_ahead([old, ended(-2 * HOUR, name="a")], keeping, min_age=HOUR)) == {}


def test_of_what_cannot_be_told_now_nothing_is_promised() -> None:
    unsure = make_policy(except_=Selector(owner=frozenset({"ann"})))
    jobs = [ended(6 * DAY, owner=None), make_job(name=None, kind=None), make_job(phase=Phase.RUNNING), ended(DAY, workspace="w1")]
    assert expire(look_ahead(jobs, unsure, workspaces=frozenset({"0"}))) == {}


def test_the_pace_drains_the_backlog_sweep_by_sweep() -> None:
    forecast = drained({0: 250}, Pace(per_sweep=100, per_day=1000))
    assert [(day.deletes, day.left) for day in forecast.days[:4]] == [(100, 150), (100, 50), (50, 0), (0, 0)]
    assert (forecast.backlog, forecast.drained_on, forecast.pace_per_day) == (250, date(2026, 11, 25), 100)
    assert (forecast.left, forecast.more_days) == (0, 0)


def test_the_pace_of_a_day_is_rolling_and_counts_what_went_in_the_last_24_hours() -> None:
    hourly = tuple(NOW + number * HOUR for number in range(10 * 24))
    forecast = drained({0: 250}, Pace(per_sweep=30, per_day=100), hourly, intents_today=90)
    assert [day.deletes for day in forecast.days[:4]] == [10, 100, 100, 40]
    assert (forecast.pace_per_day, forecast.drained_on) == (100, date(2026, 11, 26))


def test_what_does_not_drain_says_how_many_days_more_or_never() -> None:
    expiring = dict.fromkeys(range(1, 240, 24), 30)
    slow = drained({0: 100} | expiring, Pace(per_sweep=25, per_day=1000))
    assert (slow.drained_on, slow.left, slow.deletable_per_day, slow.more_days) == (None, 150, 30.0, None)
    enough = drained({0: 100} | expiring, Pace(per_sweep=35, per_day=1000))
    assert (enough.drained_on, enough.left, enough.more_days) == (None, 50, 10)
    assert drained({0: 3}, Pace(per_sweep=0, per_day=10)).more_days is None


def test_nothing_that_waits_is_drained_today_whatever_the_pace() -> None:
    assert drained({-5: 0}, Pace(per_sweep=0)).drained_on == date(2026, 11, 23)


def test_the_pace_of_an_average_day_follows_from_how_often_sweeps_come() -> None:
    weekly, pace = (NOW + HOUR, NOW + 7 * DAY + HOUR), Pace(per_sweep=70, per_day=1000)
    assert drained({}, pace, weekly).pace_per_day == 10
    assert drained({}, pace, weekly[:1], days=7).pace_per_day == 10
    assert drained({}, pace, ()).pace_per_day == 0
