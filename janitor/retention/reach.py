"""Owns how many jobs each policy lets go: what an edit of it is measured by."""

from collections import Counter
from collections.abc import Iterable, Mapping

from janitor.core.verdict import Decision, Verdict
from janitor.retention.decisions import Decisions
from janitor.retention.history import Reach

LET_GO = (Verdict.EXPIRED, Verdict.EXPIRING)


def count_reach(decisions: Iterable[Decision], policies: Mapping[str, str]) -> dict[str, Reach]:
    """How far each policy goes now: its digest, and of how many jobs that it selects the verdict is expired or expiring.

    Modes do not matter: what a policy would let go if it enforced is known before it does.
    """
    counts = _by_ruling(decisions) if isinstance(decisions, Decisions) else _one_by_one(decisions)
    return {name: Reach(digest=digest, lets_go=counts[name]) for name, digest in policies.items()}


def _by_ruling(decisions: Decisions) -> Counter[str]:
    """A few rulings stand for a million jobs."""
    counts = Counter[str]()
    for ruling, size in decisions.rulings().items():
        if ruling.verdict in LET_GO:
            for word in ruling.words:
                counts[word.voter.policy.name] += size
    return counts


def _one_by_one(decisions: Iterable[Decision]) -> Counter[str]:
    return Counter(name for decision in decisions if decision.verdict in LET_GO for name in decision.policies)
