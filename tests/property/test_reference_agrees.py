"""The engine against tests/reference, which was written from the design alone and shares nothing with it: they must agree."""

import re
from collections import Counter
from typing import Any

import pytest
from amount import cases
from as_janitor import decide_with_janitor, from_decision
from reference.cases import PER, RULES, make_case
from reference.compare import differences
from reference.decide import decide, rank_group
from reference.shrink import shrink

from janitor.core.verdict import Decision

BATCHES = 4
EACH = cases(2_000, 100_000) // BATCHES

FLOORS = {
    **{f"verdict {each}": 30.0 for each in ("kept", "held", "unmanaged", "undecidable")},
    **{f"verdict {each}": 5.0 for each in ("expiring", "expired")},
    **{f"code {each}": 15.0 for each in ("held", "hold", "active", "match_unknown", "unmanaged", "too_young")},
    **{f"code {each}": 5.0 for each in ("excepted", "keep_rule", "time_unknown", "unknown_phase", "grace", "expired")},
    **{
        f"code {each}": 2.0 for each in ("hold_ended", "hold_unknown", "workspace_unknown", "out_of_scope", "min_age", "no_group")
    },
    "code except_unknown": 0.5,
    "decided by a fallback": 10.0,
    "several policies had a say": 20.0,
    **{f"{each} with a mark": 2.0 for each in ("expiring", "expired")},
    **{f"{each} with no mark": 2.0 for each in ("expiring", "expired")},
    **{f"{each} and observed": 2.0 for each in ("expiring", "expired")},
    **{f"{each} though it never started": 0.2 for each in ("expiring", "expired")},
    **{f"kept by {each} alone": 0.4 for each in ("last", *RULES, "within")},
    **{f"kept in a group by {each}": 0.8 for each in PER},
    "expired beside a keep rule": 1.5,
}
"""How often each of these must have been met in a hundred cases: what is never met is never tried."""


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_engine_and_the_reference_agree(batch: int) -> None:
    """2 000 cases in make test, 100 000 in make soak; a case is a few jobs with policies, holds, a past and a time."""
    met: Counter[str] = Counter()
    for seed in range(batch * EACH, (batch + 1) * EACH):
        case = make_case(seed)
        for job, answer, decision in zip(case["jobs"], decide(case), decide_with_janitor(case), strict=True):
            if is_wrong(case, job, answer, decision):
                pytest.fail(tell(seed))
            count(met, case, job, from_decision(decision))
    rare = {what: (met[what], floor) for what, floor in FLOORS.items() if met[what] < floor * EACH / 100}
    assert not rare, f"met too rarely in {EACH} cases: {rare}"


def is_wrong(case: dict[str, Any], job: dict[str, Any], answer: dict[str, Any], decision: Decision) -> bool:
    if differences(answer, from_decision(decision)):
        return True
    told = re.search(r"keeps it \((.+)\): number (\d+) of (\d+)", decision.reason.text)
    if told is None:
        return decision.reason.code == "keep_rule"
    (policy,) = [each for each in case["policies"] if each["name"] == decision.policy]
    ranked = rank_group(job, policy, case)
    place = list(ranked).index(job["id"]) + 1
    return told.groups() != (", ".join(ranked[job["id"]]), str(place), str(len(ranked)))


def differ(case: dict[str, Any]) -> list[str]:
    """Every job on which the two differ, as text."""
    return [
        f"job {job['id']}: reference {answer}, engine {from_decision(decision)} {decision.reason.text!r}"
        for job, answer, decision in zip(case["jobs"], decide(case), decide_with_janitor(case), strict=True)
        if is_wrong(case, job, answer, decision)
    ]


def tell(seed: int) -> str:
    """The seed, and the smallest case that shows the same."""
    smallest = shrink(make_case(seed), lambda case: bool(differ(case)))
    return "\n".join(
        [f"they differ; to repeat: differ(make_case({seed}))", *differ(smallest), f"the smallest such case: {smallest}"]
    )


def count(met: Counter[str], case: dict[str, Any], job: dict[str, Any], said: dict[str, Any]) -> None:
    """Note what was met."""
    met[f"verdict {said['verdict']}"] += 1
    met[f"code {said['code']}"] += 1
    policy = next((each for each in case["policies"] if each["name"] == said["policy"]), None)
    if policy is None:
        return
    met["decided by a fallback"] += policy["fallback"]
    met["several policies had a say"] += len(said["policies"]) > 1
    if said["verdict"] in ("expired", "expiring"):
        mark = case["marks"].get((job["id"], job["created"]))
        met[f"{said['verdict']} with {'a' if mark else 'no'} mark"] += 1
        met[f"{said['verdict']} and observed"] += bool(said["observers"])
        met[f"{said['verdict']} though it never started"] += job["never_started"]
    if said["code"] == "keep_rule":
        rules = rank_group(job, policy, case)[job["id"]]
        met[f"kept by {rules[0].split()[0]} alone"] += len(rules) == 1
        for word in policy["keep"].get("per", ()):
            met[f"kept in a group by {word}"] += 1
    met["expired beside a keep rule"] += bool(policy["keep"]) and said["verdict"] == "expired"
