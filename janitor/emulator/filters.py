"""Owns the filters of the v2 list: which are valid, and which jobs they match (modelarts-api.md §1.3.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from janitor.emulator.clock import to_ms
from janitor.emulator.document import Job, created_ms, value_of
from janitor.emulator.refusal import RefusedError

MAX_FILTERS = 20
MAX_VALUES = 10
MAX_SPAN = timedelta(days=31)

_PATHS: dict[str, tuple[str, ...]] = {
    "id": ("metadata", "id"),
    "name": ("metadata", "name"),
    "kind": ("kind",),
    "phase": ("status", "phase"),
    "algorithm_id": ("algorithm", "id"),
    "algorithm_name": ("algorithm", "name"),
    "user_id": ("metadata", "user_id"),
    "pool_id": ("spec", "resource", "pool_id"),
    "training_experiment_id": ("metadata", "training_experiment_reference", "id"),
    "runtime_type": ("spec", "runtime_type"),
    "priority": ("spec", "schedule_policy", "priority"),
}

_TESTS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "in": lambda found, wanted: found in wanted,
    "not": lambda found, wanted: found not in wanted,
    "like": lambda found, wanted: any(part in found for part in wanted),
}


@dataclass(frozen=True, slots=True)
class TextCondition:
    """One filter on a text; a job without the field has the empty text there."""

    key: str
    operator: str
    values: tuple[str, ...]

    def __call__(self, job: Job) -> bool:
        """Tell whether a job matches."""
        found = value_of(job, *_PATHS[self.key])
        return _TESTS[self.operator]("" if found is None else str(found), self.values)


@dataclass(frozen=True, slots=True)
class CreatedBetween:
    """The filter on the creation time, both ends included, in milliseconds."""

    first: int
    last: int

    def __call__(self, job: Job) -> bool:
        """Tell whether a job was created in the window."""
        return self.first <= created_ms(job) <= self.last


Condition = TextCondition | CreatedBetween


def parse_filters(raw: object) -> tuple[Condition, ...]:
    """Read the `filters` of a request body; all of them must hold, and one that cannot be read refuses the request."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_FILTERS:
        raise RefusedError(400, "ModelArts.2789", f"filters must be an array of at most {MAX_FILTERS} items.")
    return tuple(condition for item in raw if (condition := _parse_filter(item)) is not None)


def _parse_filter(item: object) -> Condition | None:
    """Read one filter; None where its values are all empty, which the vendor's sample uses for "no restriction"."""
    if not isinstance(item, dict):
        raise RefusedError(400, "ModelArts.2789", "Each filter must be an object.")
    fields: dict[str, Any] = item
    key, operator = fields.get("key", ""), fields.get("operator", "in")
    _check_key(key)
    _check_operator(key, operator)
    values = _parse_values(fields.get("value"))
    if not any(values):
        return None
    return _created_between(values) if key == "create_time" else TextCondition(key, operator, values)


def _check_key(key: object) -> None:
    if key != "create_time" and (not isinstance(key, str) or key not in _PATHS):
        raise RefusedError(400, "ModelArts.2807", f"Invalid filter key {key!r}.")


def _check_operator(key: str, operator: object) -> None:
    allowed = {"between"} if key == "create_time" else set(_TESTS)
    if not isinstance(operator, str) or operator not in allowed:
        raise RefusedError(400, "ModelArts.2808", f"Invalid operator {operator!r} for the filter key {key}.")


def _parse_values(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_VALUES or not all(isinstance(value, str) for value in raw):
        raise _bad_value(f"value must be an array of at most {MAX_VALUES} strings")
    return tuple(raw)


def _created_between(values: tuple[str, ...]) -> CreatedBetween:
    if len(values) != 2:
        raise _bad_value("create_time needs a start and an end")
    start, end = (_parse_moment(value) for value in values)
    if not timedelta(0) <= end - start <= MAX_SPAN:
        raise _bad_value(f"create_time must span 0 to {MAX_SPAN.days} days")
    return CreatedBetween(to_ms(start), to_ms(end))


def _parse_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_value(f"{text!r} is not an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise _bad_value(f"{text!r} names no time zone")
    return moment


def _bad_value(detail: str) -> RefusedError:
    return RefusedError(400, "ModelArts.2809", f"Invalid filter value: {detail}.")
