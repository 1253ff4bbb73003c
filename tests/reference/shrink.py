"""Owns making a case small: whatever can be left out without the trouble going away is left out."""

from collections.abc import Callable
from typing import Any

Case = dict[str, Any]


def shrink(case: Case, is_trouble: Callable[[Case], bool]) -> Case:
    """The case without any job, policy, hold or condition that the trouble does not need."""
    for smaller in smaller_cases(case):
        if is_trouble(smaller):
            return shrink(smaller, is_trouble)
    return case


def smaller_cases(case: Case) -> list[Case]:
    """The cases that are smaller by one thing."""
    found = []
    for word in ("jobs", "policies", "holds"):
        found += [case | {word: case[word][:place] + case[word][place + 1 :]} for place in range(len(case[word]))]
    for place, policy in enumerate(case["policies"]):
        plainer = [policy | {word: plain} for word, plain in PLAIN.items() if policy[word] != plain]
        found += [case | {"policies": [*case["policies"][:place], each, *case["policies"][place + 1 :]]} for each in plainer]
    return found


PLAIN = {"except": None, "keep": None, "grace": 0, "shorten_to": None, "mode": "enforce", "fallback": False}
"""What a policy says that asks for nothing special."""
