"""Conflicting policies: keep wins, the longest wins, who let go last is named, and the order of the file decides nothing."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate
from janitor.retention.policy import Mode, Policy
from janitor.retention.selector import Selector

BY_PHASE, BY_NAME = Selector(phase=frozenset({Phase.FAILED})), Selector(name=("trial-*",), phase=frozenset({Phase.FAILED}))
BASELINES = Selector(name=("*-baseline",))
made_policies = st.lists(
    st.tuples(
        st.sampled_from([BY_PHASE, BY_NAME]),
        st.integers(1, 60),
        st.sampled_from([None, None, BASELINES]),
        st.sampled_from(list(Mode)),
    ),
    min_size=2,
    max_size=4,
).map(
    lambda rows: [
        make_policy(name=f"p{n}", match=m, after=timedelta(days=d), except_=e, mode=o) for n, (m, d, e, o) in enumerate(rows)
    ]
)


def decide(policies: Sequence[Policy], days: int, name: str) -> Decision:
    job = make_job(id="00000000-0000-4000-8000-000000000001", name=name, days_ago=days)
    return evaluate(job, make_rules(*policies), NOW)


@given(made_policies, st.integers(2, 70), st.sampled_from(["trial-1", "trial-1-baseline"]))
def test_c13_keep_wins_the_longest_wins_and_the_order_of_the_file_decides_nothing(
    policies: list[Policy], days: int, name: str
) -> None:
    one = decide(policies, days, name)
    for order in itertools.permutations(policies):
        assert decide(order, days, name) == one
    is_excepted = name.endswith("-baseline") and any(policy.except_ for policy in policies)
    longest = max(policy.ages[0] for policy in policies)
    lets_go = not is_excepted and longest <= timedelta(days=days)
    assert one.verdict is (Verdict.EXPIRED if lets_go else Verdict.KEPT)
    assert one.policies == tuple(sorted(policy.name for policy in policies))
    if lets_go:
        assert one.policy == min(policy.name for policy in policies if policy.ages[0] == longest)
        assert set(one.observers) == {policy.name for policy in policies if policy.mode is Mode.OBSERVE}
