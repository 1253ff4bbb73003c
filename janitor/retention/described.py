"""Owns the way back from plain data to holds and selectors: what `describe.py` wrote, in the ledger or in a snapshot."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from janitor.core.duration import parse_duration
from janitor.core.phase import Phase
from janitor.retention.hold import Hold
from janitor.retention.selector import PATTERNS, RANGES, Range, Selector


def read_hold(described: Mapping[str, Any]) -> Hold:
    """The hold that `describe_hold` described; raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    until, match, targets = described["until"], described["match"], described["targets"]
    return Hold(
        name=_strictly(described["name"], str),
        reason=_strictly(described["reason"], str),
        owner=None if described["owner"] is None else _strictly(described["owner"], str),
        until=None if until is None else date.fromisoformat(until),
        targets=None if targets is None else _read_words(targets),
        job_ids=_read_words(described["job_ids"]),
        match=None if match is None else read_selector(match),
    )


def read_selector(described: Mapping[str, Any]) -> Selector:
    """The selector that `describe_selector` described; a field that is not known is an error, never passed over."""
    return Selector(**{field: _reader_of(field)(value) for field, value in described.items()})


def _reader_of(field: str) -> Callable[[Any], Any]:
    return _READERS.get(field, _read_words)


def _read_words(values: Any) -> frozenset[str]:
    return frozenset(_strictly(values, list))


def _read_phases(values: Any) -> frozenset[Phase]:
    return frozenset(map(Phase, _strictly(values, list)))


def _read_patterns(values: Any) -> tuple[str, ...]:
    return tuple(_strictly(values, list))


def _read_labels(values: Any) -> tuple[tuple[str, frozenset[str] | None], ...]:
    return tuple(
        (key, None if any_of is None else _read_words(any_of)) for key, any_of in sorted(_strictly(values, dict).items())
    )


def _read_range(value: Any) -> Range:
    return Range(**{bound: _read_bound(limit) for bound, limit in _strictly(value, dict).items()})


def _read_bound(limit: Any) -> int | timedelta | None:
    return parse_duration(limit) if isinstance(limit, str) else limit


def _strictly(value: Any, kind: type) -> Any:
    """A text in place of a list would become a set of its letters, and as a hold protect nothing."""
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "phase": _read_phases,
    "labels": _read_labels,
    **dict.fromkeys(PATTERNS, _read_patterns),
    **dict.fromkeys(RANGES, _read_range),
}
"""How each field is read, but for those that are compared whole."""
