"""Owns random cases in which something would be deleted, for laws about what may change without one more deletion."""

from collections.abc import Callable, Iterator
from itertools import count as counting
from random import Random
from typing import Any

from as_janitor import decide_with_janitor
from reference.cases import CONDITIONS, DAY, make_case, make_keep

from janitor.core.verdict import Decision, Verdict

Case = dict[str, Any]


_seeds: dict[str, list[int]] = {}


def make_tempting(count: int, make: Callable[[int], Case] | None = None) -> Iterator[tuple[Random, Case]]:
    """Cases in which something would be deleted, each with a random generator of its own."""
    make = make or enforced
    found = _seeds.setdefault(make.__name__, [])
    for place in range(count):
        if place == len(found):
            found.append(next(seed for seed in counting(max(found, default=0) + 1) if doomed(make(seed))))
        yield Random(found[place]), make(found[place])


def enforced(seed: int) -> Case:
    case = make_case(seed)
    return case | {"policies": [policy | {"mode": "enforce"} for policy in case["policies"]], "target_mode": "enforce"}


def crowded(seed: int) -> Case:
    """A case whose jobs are many in few groups, old enough, some of them excepted: who stays depends on who else counts."""
    random, case = Random(seed), enforced(seed)
    jobs = [*case["jobs"], *({**job, "id": f"{job['id']}-2"} for job in case["jobs"])]
    seen = case["first_seen"] | {(f"{job_id}-2", created): time for (job_id, created), time in case["first_seen"].items()}
    keeps = [
        {"last": random.choice((0, 1, 1, 2))} | ({} if random.random() < 0.5 else make_keep(random)) for _ in case["policies"]
    ]
    policies = [
        policy | {"keep": keep, "after": DAY, "shorten_to": None, "grace": 0, "except": make_exception(random)}
        for policy, keep in zip(case["policies"], keeps, strict=True)
    ]
    return case | {"jobs": jobs, "policies": policies[:2], "marks": {}, "holds": [], "first_seen": seen}


def make_exception(random: Random) -> Case:
    """By a fact that nothing else needs."""
    field = random.choice(("owner", "experiment", "flavor", "pool"))
    return {field: random.choice(CONDITIONS[field])}


def doomed(case: Case) -> set[str]:
    return {each.job.id for each in decide_with_janitor(case) if is_deletion(each)}


def is_deletion(decision: Decision) -> bool:
    return decision.verdict is Verdict.EXPIRED and not decision.observers
