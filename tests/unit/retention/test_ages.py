"""How long a policy waits: one age or one a phase, and what an owner's ttl makes of it."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate
from janitor.retention.policy import Ages
from janitor.retention.selector import Selector

DAY = timedelta(days=1)
BY_PHASE: Ages = ((Phase.FAILED, 3 * DAY), (Phase.COMPLETED, 10 * DAY))


def waits(days: float, policy: dict[str, Any], **job: Any) -> bool:
    """Whether a job that finished just a second less than so many days ago is kept, and goes a second later."""
    rules = make_rules(make_policy(**policy))
    young, old = (make_job(**(job | {"finished_at": NOW - days * DAY + timedelta(seconds=each)})) for each in (1, 0))
    verdicts = [evaluate(each, rules, NOW).verdict for each in (young, old)]
    return verdicts == [Verdict.KEPT, Verdict.EXPIRED]


def test_each_phase_has_its_own_age() -> None:
    assert waits(3, {"after": BY_PHASE}, phase=Phase.FAILED)
    assert waits(10, {"after": BY_PHASE}, phase=Phase.COMPLETED)


def test_a_job_whose_parts_ended_differently_waits_for_the_longest_age() -> None:
    for phase, other in ((Phase.FAILED, Phase.COMPLETED), (Phase.COMPLETED, Phase.FAILED)):
        assert waits(10, {"after": BY_PHASE}, phase=phase, other_phases=frozenset({other}))


def test_of_phases_without_an_age_the_longest_is_asked() -> None:
    assert make_policy(after=BY_PHASE).age_of(frozenset({Phase.ABNORMAL})) == 10 * DAY


@pytest.mark.parametrize(
    ("after", "shorten_to", "ttl", "days"),
    [
        (7 * DAY, None, "1d", 7),
        (7 * DAY, None, "7d", 7),
        (7 * DAY, None, "30d", 30),
        (7 * DAY, 2 * DAY, "30d", 30),
        (7 * DAY, 2 * DAY, "7d", 7),
        (7 * DAY, 2 * DAY, "5d", 5),
        (7 * DAY, 2 * DAY, "2d", 2),
        (7 * DAY, 2 * DAY, "1h", 2),
        (BY_PHASE, 5 * DAY, "4d", 4),
        (BY_PHASE, 5 * DAY, "1h", 3),
        (BY_PHASE, 2 * DAY, "1h", 2),
    ],
)
@pytest.mark.parametrize("mark", [{"labels": (("janitor-ttl", "{}"),)}, {"description": "see janitor-ttl={} there"}])
def test_a_ttl_lengthens_and_shortens_only_where_and_as_far_as_the_policy_lets_it(
    after: Any, shorten_to: Any, ttl: str, days: float, mark: dict[str, Any]
) -> None:
    """Of a failed job, which by phase waits three days."""
    written: dict[str, Any] = {
        "labels": tuple((key, value.format(ttl)) for key, value in mark.get("labels", ())),
        "description": mark.get("description", "").format(ttl),
    }
    assert waits(days, {"after": after, "shorten_to": shorten_to}, **written)


def test_a_ttl_never_shortens_what_the_target_asks() -> None:
    rules = make_rules(make_policy(shorten_to=timedelta(hours=1)), min_age=2 * DAY)
    decision = evaluate(make_job(days_ago=1, description="janitor-ttl=1h"), rules, NOW)
    assert (decision.verdict, decision.reason.code) == (Verdict.KEPT, "min_age")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"after": ((Phase.FAILED, 3 * DAY),)}, "exactly the phases that it governs"),
        ({"after": (*BY_PHASE, (Phase.ABNORMAL, 3 * DAY))}, "exactly the phases that it governs"),
        ({"after": BY_PHASE, "match": Selector(name=("x",))}, "exactly the phases that it governs"),
        ({"after": ((Phase.FAILED, 3 * DAY), (Phase.COMPLETED, timedelta(0)))}, "longer than nothing"),
        ({"shorten_to": 7 * DAY}, "must be shorter than"),
        ({"shorten_to": timedelta(0)}, "must be shorter than"),
        ({"grace": -DAY}, "must not be negative"),
    ],
)
def test_an_age_that_says_nothing_or_too_little_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_policy(**changes)
