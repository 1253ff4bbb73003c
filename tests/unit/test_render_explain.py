"""What `janitor explain` prints of the rarer cases; the usual ones are in the integration test."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Resources
from janitor.core.phase import Phase
from janitor.render_explain import render_explanation
from janitor.render_trace import describe_explanation
from janitor.retention.keep import Keep
from janitor.retention.planner import Pace
from janitor.retention.selector import Range, Selector
from janitor.retention.trace import trace_job
from janitor.sweep.explaining import Explanation, Turn

PER_OWNER = make_policy(keep=Keep(last=1, per=("owner",)))
PICKY = make_policy(
    match=Selector(
        node_count=Range(at_least=2, at_most=8), duration=Range(at_most=timedelta(minutes=30)), labels=(("stage", None),)
    )
)


def explain(job: Any, policy: Any, **more: Any) -> str:
    trace = trace_job(job, make_rules(policy), NOW, others=())
    return render_explanation(describe_explanation(Explanation(target="research", as_of=NOW, trace=trace, **more)))


CASES: dict[str, tuple[Any, Any, str]] = {
    "no group": (make_job(owner=None), PER_OWNER, "rank        policy weekly: in no group, as its owner is not known"),
    "does not count": (make_job(finished_at=None), PER_OWNER, "rank        policy weekly: does not count among the 0 of ci-bot"),
    "range": (make_job(resources=Resources(node_count=9)), PICKY, "its node_count is 9, wanted at least 2 and at most 8"),
    "duration": (make_job(), PICKY, "its duration is 1h, wanted at most 30min"),
    "label": (make_job(), PICKY, "its label:stage is not there, wanted any value"),
    "parts": (
        make_job(phase=Phase.FAILED, other_phases=frozenset({Phase.ABNORMAL})),
        make_policy(),
        "its phase is abnormal and failed, wanted completed or failed",
    ),
    "first seen": (make_job(), make_policy(), "never started, first seen ended 2026-11-23 03:00:00Z"),
    "hostile": (make_job(name="a\x1b[2J\nverdict     expired"), make_policy(), "a\\x1b[2J\\x0averdict     expired"),
    "no times": (make_job(created_at=None, started_at=None, finished_at=None), make_policy(), "failed; never started"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rarer_answers_are_told_in_words(case: str) -> None:
    job, policy, text = CASES[case]
    assert text in explain(job, policy, first_seen=NOW)


@pytest.mark.parametrize(
    ("sweep", "words"),
    [(1, "the 1st sweep"), (2, "the 2nd sweep"), (12, "the 12th sweep"), (23, "the 23rd sweep"), (None, "before it: never, ")],
)
def test_the_turn_of_an_expired_job_is_told(sweep: int | None, words: str) -> None:
    text = explain(make_job(), make_policy(), turn=Turn(older=5, sweep=sweep, pace=Pace(per_sweep=3, per_day=9)))
    assert words in text
    assert "at 3 a sweep and 9 in 24 h" in text
