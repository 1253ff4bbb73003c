"""Owns the check of what callers of the SDK surface write, before anything is sent: types, ranges, ids of one generation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from janitor.modelarts.v1_listing import is_v1_job_id
from janitor.modelarts.v2_page import is_job_id

_FILTER = frozenset({"key", "operator", "value"})


def require_v1_id(name: str, value: object) -> int:
    """A v1 id, written as a string; raises TypeError for another type and ValueError for another text."""
    text = require_text(name, value, "155500")
    if is_job_id(text):
        raise ValueError(f"{name} {text!r} is the id of a v2 job; use janitor.modelarts.estimatorV2")
    if not is_v1_job_id(text):
        raise ValueError(f"{name} {text!r:.80} is not the id of a v1 job: a whole number such as '155500'")
    return int(text)


def require_v2_id(name: str, value: object) -> str:
    """A v2 id; raises TypeError for another type and ValueError for another text."""
    text = require_text(name, value, "1f0c6a52-3d1b-4e7e-9f3a-5d2b7c8e9a01")
    if is_v1_job_id(text):
        raise ValueError(f"{name} {text!r} is the id of a v1 job; use janitor.modelarts.estimator")
    if not is_job_id(text):
        raise ValueError(f"{name} {text!r:.80} is not the id of a v2 job: a UUID of 36 characters")
    return text


def require_text(name: str, value: object, example: str) -> str:
    """A string; raises TypeError that shows an example of one."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string such as {example!r}, not {None if value is None else type(value).__name__}")
    return value


def require_one_of(name: str, value: object, allowed: Collection[str]) -> str:
    """One of these words; raises ValueError that lists them."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r:.80}")
    return value


def require_whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number from `least` to `most`; raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value}")
    return value


def require_filters(filters: object) -> list[dict[str, Any]]:
    """The filters of a v2 list, `operator` "in" where it is left out (docs/modelarts-api.md, list filters).

    A filter that is not understood must never become no filter: raises TypeError or ValueError.
    """
    if not isinstance(filters, Sequence) or isinstance(filters, str):
        raise TypeError(f"filters must be a list, not {type(filters).__name__}")
    return [_filter(each) for each in filters]


def _filter(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping) or not {"key", "value"} <= given.keys() <= _FILTER:
        raise ValueError('a filter is a dictionary such as {"key": "phase", "operator": "in", "value": ["Failed"]}')
    value = given["value"]
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise TypeError("the value of a filter must be a list of strings, also for one value, a number or a time")
    key, operator = require_text("key", given["key"], "phase"), require_text("operator", given.get("operator", "in"), "in")
    return {"key": key, "operator": operator, "value": list(value)}


def refuse_creation() -> NoReturn:
    """Say that jobs are not created here."""
    raise NotImplementedError(
        "janitor creates no jobs and no versions; use the console or the vendor's huaweicloudsdkmodelarts for that"
    )
