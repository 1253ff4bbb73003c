"""Up to which creation jobs could go, and what stands against a narrow listing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import CLOCK_TOLERANCE, EARLIEST
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate
from janitor.retention.history import Acknowledgement, GoodSweep, History
from janitor.retention.keep import Keep
from janitor.retention.narrow import MARGIN, Inventory, horizon_of, like_with_like, why_full, why_unknown
from janitor.retention.policy import Policy
from janitor.retention.selector import Selector

DAY = timedelta(days=1)
WHOLE = GoodSweep(started_at=NOW - 3 * DAY, listed=100, policy_digest="d")
LATER = GoodSweep(started_at=NOW - DAY, listed=30, policy_digest="d", listed_to=NOW - 9 * DAY)
HISTORY = History(sweeps=(LATER,), last_whole=WHOLE, listed_by="d", gone_since=4)
BOTH = Selector(phase=frozenset({Phase.FAILED, Phase.COMPLETED}))


@pytest.mark.parametrize(
    ("policies", "age"),
    [
        ([make_policy(after=7 * DAY)], 7 * DAY),
        ([make_policy(after=7 * DAY), make_policy(name="quick", after=3 * DAY)], 3 * DAY),
        ([make_policy(after=7 * DAY), make_policy(name="quick", after=3 * DAY, fallback=True)], 3 * DAY),
        ([make_policy(after=7 * DAY, shorten_to=2 * DAY)], 2 * DAY),
        ([make_policy(match=BOTH, after=((Phase.COMPLETED, 9 * DAY), (Phase.FAILED, 4 * DAY)))], 4 * DAY),
        ([make_policy(match=BOTH, after=((Phase.COMPLETED, 9 * DAY), (Phase.FAILED, 4 * DAY)), shorten_to=5 * DAY)], 4 * DAY),
        ([make_policy(after=timedelta(hours=1))], DAY),
    ],
    ids=["one", "the shorter", "a fallback", "shortened", "by phase", "shortened above one", "min_age"],
)
def test_the_horizon_is_the_shortest_age_at_which_any_policy_could_let_a_job_go(policies: list[Policy], age: timedelta) -> None:
    assert horizon_of(make_rules(*policies), NOW) == NOW - age + MARGIN


def test_a_job_whose_times_are_out_of_order_by_all_that_is_tolerated_is_within_the_horizon() -> None:
    """Five minutes between its creation and its start, five more between that and its end: it is let go all the same."""
    rules, ended = make_rules(make_policy(after=7 * DAY)), NOW - 7 * DAY
    job = make_job(created_at=ended + 2 * CLOCK_TOLERANCE, started_at=ended + CLOCK_TOLERANCE, finished_at=ended)
    horizon = horizon_of(rules, NOW)
    assert evaluate(job, rules, NOW).verdict is Verdict.EXPIRED
    assert horizon is not None
    assert job.created_at is not None
    assert job.created_at < horizon


def test_where_ranks_count_or_nobody_governs_there_is_no_horizon() -> None:
    assert horizon_of(make_rules(make_policy(), make_policy(name="some", keep=Keep(last=1))), NOW) is None
    assert horizon_of(replace(make_rules(), policies=()), NOW) is None


WORD = Acknowledgement(guard="listing_grew", by="ann", at=NOW, until=NOW + DAY, reason="moved")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (HISTORY, None),
        (History(), "no full listing"),
        (replace(HISTORY, last_whole=replace(WHOLE, listed=None)), "no full listing"),
        (replace(HISTORY, last_whole=replace(WHOLE, policy_digest=None)), "no full listing"),
        (replace(HISTORY, last_whole=replace(WHOLE, started_at=NOW - 7 * DAY)), None),
        (replace(HISTORY, last_whole=replace(WHOLE, started_at=NOW - 7 * DAY - timedelta(seconds=1))), "older than 7 days"),
        (replace(HISTORY, last_whole=replace(WHOLE, started_at=NOW + timedelta(seconds=1))), "older than 7 days"),
        (replace(HISTORY, last_whole=replace(WHOLE, policy_digest="e")), "other policies"),
        (replace(HISTORY, is_whole_latest=False), "did not end well"),
        (replace(HISTORY, listed_by="e"), "other policies"),
        (replace(HISTORY, acknowledged={"listing_grew": WORD}), "somebody lifted a guard"),
    ],
)
def test_why_everything_has_to_be_listed(history: History, words: str | None) -> None:
    why = why_full(history, "d", NOW - 8 * DAY, NOW)
    assert why is None if words is None else why is not None and words in why


def test_what_could_go_has_to_be_older_than_the_full_listing_itself() -> None:
    assert why_full(HISTORY, "d", WHOLE.started_at, NOW) is None
    assert why_full(HISTORY, "d", WHOLE.started_at + timedelta(seconds=1), NOW) is not None


def test_what_the_ledger_knows_has_to_say_when_the_oldest_job_was_created_and_no_other_may_be_marked() -> None:
    assert why_unknown(Inventory(oldest=EARLIEST)) is None
    for inventory in (Inventory(), Inventory(oldest=EARLIEST - DAY), Inventory(oldest=NOW, has_marks_beyond=True)):
        assert why_unknown(inventory) is not None


@pytest.mark.parametrize(("known", "missing", "is_doubted"), [(3, 3, False), (40, 4, False), (39, 4, True), (4, 4, True)])
def test_a_listing_that_misses_over_a_tenth_of_what_is_known_is_not_believed(
    known: int, missing: int, *, is_doubted: bool
) -> None:
    inventory = Inventory(inside=frozenset(map(str, range(known))))
    assert (inventory.why_incredible(set(map(str, range(missing, known + 9)))) is not None) is is_doubted


@pytest.mark.parametrize(("missing", "moved", "is_doubted"), [(4, 2, False), (4, 3, True), (0, 6, False), (0, 7, True)])
def test_jobs_whose_times_moved_count_with_those_that_may_have_moved_out_of_it(
    missing: int, moved: int, *, is_doubted: bool
) -> None:
    inventory = Inventory(inside=frozenset(map(str, range(60))))
    assert (inventory.why_incredible(set(map(str, range(missing, 60))), moved) is not None) is is_doubted


def test_it_is_compared_with_the_jobs_that_it_should_show() -> None:
    compared = like_with_like(HISTORY, Inventory(inside=frozenset({"a", "b"})))
    assert compared.whole == replace(WHOLE, listed=2)
    assert (compared.gone_since, compared.last) == (0, LATER)
    assert like_with_like(History(), Inventory()).whole is None


def test_the_last_sweep_that_would_have_shown_a_job_is_the_last_one_or_the_last_full_one() -> None:
    until = NOW - 9 * DAY
    assert HISTORY.last_to_show(until) == LATER
    assert HISTORY.last_to_show(until + timedelta(seconds=1)) == HISTORY.last_to_show(None) == WHOLE
    assert replace(HISTORY, sweeps=(WHOLE,), last_whole=None).last_to_show(None) == WHOLE
    assert History().last_to_show(NOW) is None
