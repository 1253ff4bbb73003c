"""Owns the checks between fields far apart: names used twice, targets that are not there, ages under the limit."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from janitor.core.duration import format_duration, parse_duration
from janitor.retention.policy import Limits
from janitor.settings.address import derive_iam_endpoint, is_endpoint
from janitor.settings.document import Document
from janitor.settings.problem import Path, Problem
from janitor.settings.suggest import suggest


def crosscheck(document: Document) -> Iterator[Problem]:
    """Check the values as read, so that a fault elsewhere in the file hides none of these."""
    for path, text in (
        *_find_reused_names(document.value),
        *_find_unknown_targets(document.value),
        *_find_early_ages(document.value),
        *_find_logins_nowhere(document.value),
    ):
        yield Problem(mark=document.place_of(path)[1], path=path, text=text)


def _find_reused_names(file: Any) -> Iterator[tuple[Path, str]]:
    for kind in ("targets", "policies", "holds"):
        seen: Counter[str] = Counter()
        for index, item in _mappings(file, kind):
            name = item.get("name")
            if isinstance(name, str):
                seen[name] += 1
                if seen[name] > 1:
                    yield (kind, index, "name"), "is the name of an earlier one; each needs its own"


def _find_unknown_targets(file: Any) -> Iterator[tuple[Path, str]]:
    known = [name for _, item in _mappings(file, "targets") if isinstance(name := item.get("name"), str)]
    for kind in ("policies", "holds"):
        for index, item in _mappings(file, kind):
            targets = item.get("targets")
            for place, name in enumerate(targets if isinstance(targets, list) else ()):
                if known and isinstance(name, str) and name not in known:
                    yield (kind, index, "targets", place), f"is no target of this file; {suggest(name, known)}"


def _find_early_ages(file: Any) -> Iterator[tuple[Path, str]]:
    ages = ((item.get("name"), _min_age(file, item)) for _, item in _mappings(file, "targets"))
    least = [(name, age) for name, age in ages if age is not None]
    for index, policy in _mappings(file, "policies"):
        after = _duration(policy.get("expire"), "after")
        targets = policy.get("targets")
        governed = [pair for pair in least if not isinstance(targets, list) or pair[0] in targets]
        early = [f'{format_duration(age)} of target "{name}"' for name, age in governed if after is not None and after < age]
        if early and after is not None:
            text = f"{format_duration(after)} is below limits.min_age, {', '.join(early)}; raise the one or lower the other"
            yield ("policies", index, "expire", "after"), text


def _find_logins_nowhere(file: Any) -> Iterator[tuple[Path, str]]:
    for index, target in _mappings(file, "targets"):
        credentials, endpoint = target.get("credentials"), target.get("endpoint")
        is_user = isinstance(credentials, dict) and "password" in credentials
        is_known = "iam_endpoint" in target or not isinstance(endpoint, str) or not is_endpoint(endpoint)
        if is_user and not is_known and derive_iam_endpoint(str(endpoint)) is None:
            text = "needs the identity service, whose address cannot be derived from the endpoint; add iam_endpoint"
            yield ("targets", index, "credentials", "password"), text


def _min_age(file: Any, target: dict[str, Any]) -> timedelta | None:
    for part in (target, file):
        limits = part.get("limits")
        if isinstance(limits, dict) and "min_age" in limits:
            return _duration(limits, "min_age")
    return Limits().min_age


def _duration(section: Any, field: str) -> timedelta | None:
    try:
        return parse_duration(section[field])
    except (KeyError, TypeError, ValueError):
        return None


def _mappings(file: Any, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    items = file.get(kind) if isinstance(file, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield index, item
