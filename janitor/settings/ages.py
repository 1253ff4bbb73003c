"""Owns what the ages of a policy have to be beside each other: for exactly the phases governed, over the limit, in order."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

from janitor.core.duration import format_duration, parse_duration
from janitor.core.phase import GOVERNED_BY_DEFAULT, TERMINAL
from janitor.retention.policy import Limits
from janitor.settings.model import Settings
from janitor.settings.problem import Path

Found = Iterator[tuple[Path, str]]
_TIMES = ("max_duration", "confirm_within", "quiet_period")
_USUAL: dict[str, timedelta] = {field.name: field.default for field in fields(Settings) if field.name in _TIMES}  # type: ignore[misc]  # all have one


def find_wrong_ages(file: Any) -> Found:
    """Check the ages as read of every policy; what is no age at all is refused elsewhere."""
    for index, policy in mappings_of(file, "policies"):
        expire = policy.get("expire")
        if isinstance(expire, dict):
            for path, text in (
                *_find_other_phases(policy, expire.get("after")),
                *_find_late_shortening(expire),
                *_find_early_ages(file, policy, expire),
            ):
                yield ("policies", index, "expire", *path), text


def find_short_sweeps(file: Any) -> Found:
    """A sweep that may not last as long as it waits for its deletions would end before it has begun."""
    if not isinstance(file, dict):
        return
    times = {word: _duration(file[word]) if word in file else _USUAL[word] for word in _TIMES}
    longest, proving, quiet = times.values()
    if longest is None or proving is None or quiet is None or longest > proving + quiet:
        return
    word = next(word for word in _TIMES if word in file)
    shown = ", ".join(f"{word} {format_duration(time)}" for word, time in times.items() if time is not None)
    yield (word,), f"max_duration must be longer than confirm_within and quiet_period together: {shown}"


def mappings_of(file: Any, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The items of a list of the file that are mappings, with their places in it."""
    items = file.get(kind) if isinstance(file, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield index, item


def _find_other_phases(policy: dict[str, Any], after: Any) -> Found:
    """Ages of phases that are not governed, and phases without an age; a word that is no phase is refused elsewhere."""
    governed = _governed_phases(policy.get("match"))
    if not isinstance(after, dict) or not after or governed is None or not TERMINAL.issuperset(after):
        return
    listed = ", ".join(sorted(governed))
    for phase in after:
        if phase not in governed:
            yield (
                ("after", phase),
                f"is for a phase that this policy does not govern: {listed}; name it in match.phase, or remove it",
            )
    left = sorted(governed.difference(after))
    if left:
        yield ("after",), f"has no age for {' and '.join(left)}, though this policy governs {listed}; give each its own"


def _governed_phases(match: Any) -> frozenset[str] | None:
    """None where they cannot be told, as something is wrong with the match."""
    if not isinstance(match, dict):
        return None
    named = match.get("phase", sorted(GOVERNED_BY_DEFAULT))
    words = named if isinstance(named, list) else [named]
    return frozenset(words) if all(isinstance(word, str) and word in TERMINAL for word in words) else None


def _find_late_shortening(expire: dict[str, Any]) -> Found:
    shortest, ages = _duration(expire.get("owner_may_shorten_to")), [age for _, age in _ages(expire)]
    if shortest is not None and ages and shortest >= max(ages):
        text = (
            f"{format_duration(shortest)} must be shorter than expire.after, {format_duration(max(ages))}, or it shortens nothing"
        )
        yield ("owner_may_shorten_to",), text


def _find_early_ages(file: Any, policy: dict[str, Any], expire: dict[str, Any]) -> Found:
    floors = ((item.get("name"), _min_age(file, item)) for _, item in mappings_of(file, "targets"))
    targets = policy.get("targets")
    least = [(name, age) for name, age in floors if age is not None and (not isinstance(targets, list) or name in targets)]
    shortest = _duration(expire.get("owner_may_shorten_to"))
    for path, after in (*_ages(expire), *([] if shortest is None else [(("owner_may_shorten_to",), shortest)])):
        early = [f'{format_duration(age)} of target "{name}"' for name, age in least if after < age]
        if early:
            text = f"{format_duration(after)} is below limits.min_age, {', '.join(early)}; raise the one or lower the other"
            yield path, text


def _ages(expire: dict[str, Any]) -> list[tuple[Path, timedelta]]:
    after = expire.get("after")
    written: dict[Path, Any] = {("after", phase): age for phase, age in after.items()} if isinstance(after, dict) else {}
    written = written or {("after",): after}
    return [(path, age) for path, value in written.items() if (age := _duration(value)) is not None]


def _min_age(file: Any, target: dict[str, Any]) -> timedelta | None:
    for part in (target, file):
        limits = part.get("limits")
        if isinstance(limits, dict) and "min_age" in limits:
            return _duration(limits["min_age"])
    return Limits().min_age


def _duration(value: Any) -> timedelta | None:
    try:
        return parse_duration(value)
    except (TypeError, ValueError):
        return None
