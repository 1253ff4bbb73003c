"""Owns the conditions of `match` and `except`, answered yes, no, or cannot tell (None).

A job whose parts ended differently is in several phases: what deletes must name them all, what keeps need name but one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from operator import attrgetter
from typing import Any

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.glob import compile_glob
from janitor.retention.keep import LABEL
from janitor.retention.regex import compile_regex

Answer = bool | None
Condition = Callable[[Job], Answer]
LabelConditions = tuple[tuple[str, frozenset[str] | None], ...]
"""Keys, each once and in order, with the values of which a job may have any; None for any value at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A least and a greatest value, both included; None for no such bound. Raises ValueError where nothing can be within."""

    at_least: int | timedelta | None = None
    at_most: int | timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse a range without bounds, and one that is empty."""
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most, or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError("at_least is more than at_most, so nothing is within")

    def holds(self, value: Any) -> bool:
        """Tell whether a value is within."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Conditions on a job; a field that is None was not named, a set or tuple means "any of".

    `name` and `description` are globs, `name_regex` are regular expressions (RE2) that match the whole name, the others are
    compared whole. Each key of `labels` is a condition of its own: all of them for `match_all`, any of them for `match_any`.
    """

    phase: frozenset[Phase] | None = None
    kind: frozenset[str] | None = None
    workspace: frozenset[str] | None = None
    owner: frozenset[str] | None = None
    experiment: frozenset[str] | None = None
    flavor: frozenset[str] | None = None
    pool: frozenset[str] | None = None
    node_count: Range | None = None
    accelerators: Range | None = None
    duration: Range | None = None
    labels: LabelConditions | None = None
    name: tuple[str, ...] | None = None
    name_regex: tuple[str, ...] | None = None
    description: tuple[str, ...] | None = None

    def has_conditions(self) -> bool:
        """Tell whether at least one field is named and every named one lists something, none of it blank."""
        named = [getattr(self, field) for field in self.named() if field not in RANGES and field != "labels"]
        named += [] if self.labels is None else [[key for key, _ in self.labels]]
        named += [values for _, values in self.labels or () if values is not None]
        return bool(self.named()) and all(values and all(str(value).strip() for value in values) for values in named)

    def named(self) -> tuple[str, ...]:
        """The fields that are named, in the order in which they are asked."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)

    def match_all(self, job: Job) -> Answer:
        """Say whether every condition fits: one no is a no, else one cannot-tell is a cannot-tell."""
        return ask_all(self.for_all(), job)

    def match_phase(self, job: Job) -> Answer:
        """Say whether it names every phase of the job; some of them, but not all, is a cannot-tell."""
        return True if self.phase is None else _every_phase(self.phase)(job)

    def match_any(self, job: Job) -> Answer:
        """Say whether any named condition fits: one yes is a yes, else one cannot-tell is a cannot-tell."""
        return ask_any(self.for_keeping(), job)

    def for_all(self) -> tuple[Condition, ...]:
        """The conditions of `match_all`, made ready once for many jobs: to be asked with `ask_all`."""
        return self.conditions(_every_phase)

    def for_keeping(self) -> tuple[Condition, ...]:
        """The conditions of what keeps, made ready once: any one phase of the job is enough.

        To be asked with `ask_any` for an `except`, and with `ask_all` for a hold.
        """
        return self.conditions(_any_phase)

    def conditions(self, of_phase: Callable[[frozenset[Phase]], Condition]) -> tuple[Condition, ...]:
        """A question for each field that is named, and for each key of `labels`."""
        return tuple(condition for _, _, condition in self._questions(of_phase))

    def answers(self, job: Job, *, is_keeping: bool = False) -> tuple["Told", ...]:
        """What each condition says of one job, as in `for_all`, or as in `for_keeping`: for people who ask why."""
        questions = self._questions(_any_phase if is_keeping else _every_phase)
        return tuple(
            Told(field=field, wanted=wanted, found=_found(job, field), answer=condition(job))
            for field, wanted, condition in questions
        )

    def _questions(self, of_phase: Callable[[frozenset[Phase]], Condition]) -> Iterator[tuple[str, Any, Condition]]:
        """Each field that is named, what it asks for, and how; a key of `labels` is a field `label:KEY`."""
        for field in self.named():
            value = getattr(self, field)
            if field == "phase":
                yield field, value, of_phase(value)
            elif field == "labels":
                yield from ((f"{LABEL}{key}", values, _label(key, values)) for key, values in value)
            else:
                yield field, value, _MAKERS[field](value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One condition's answer: `wanted` is what it asks for (None: that the label is there), `found` the job's value.

    `found` is None where that is not known, or there is no such label.
    """

    field: str
    wanted: Any
    found: Any
    answer: Answer


def ask_all(conditions: tuple[Condition, ...], job: Job) -> Answer:
    """One no is a no, else one cannot-tell is a cannot-tell."""
    answer: Answer = True
    for condition in conditions:
        said = condition(job)
        if said is False:
            return False
        if said is None:
            answer = None
    return answer


def ask_any(conditions: tuple[Condition, ...], job: Job) -> Answer:
    """One yes is a yes, else one cannot-tell is a cannot-tell."""
    answer: Answer = False
    for condition in conditions:
        said = condition(job)
        if said:
            return True
        if said is None:
            answer = None
    return answer


def _every_phase(wanted: frozenset[Phase]) -> Condition:
    def condition(job: Job) -> Answer:
        if not job.other_phases:
            return job.phase in wanted
        named = job.phases & wanted
        return None if named and named != job.phases else bool(named)

    return condition


def _any_phase(wanted: frozenset[Phase]) -> Condition:
    return lambda job: job.phase in wanted or not wanted.isdisjoint(job.other_phases)


def _one_of(field: str) -> Callable[[frozenset[str]], Condition]:
    read = attrgetter(field)

    def make(wanted: frozenset[str]) -> Condition:
        def condition(job: Job) -> Answer:
            value = read(job)
            return value in wanted if value else None

        return condition

    return make


def _within(field: str) -> Callable[[Range], Condition]:
    read = attrgetter(field)

    def make(wanted: Range) -> Condition:
        def condition(job: Job) -> Answer:
            value = read(job)
            return None if value is None else wanted.holds(value)

        return condition

    return make


def _name(globs: tuple[str, ...]) -> Condition:
    fits = _any_glob(globs)
    return lambda job: fits(job.name) if job.name else None


def _any_glob(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a text matches any of these; most selectors have but one."""
    first, *others = (compile_glob(glob).fullmatch for glob in globs)
    if not others:
        return lambda text: first(text) is not None
    return lambda text: first(text) is not None or any(fit(text) is not None for fit in others)


def _name_regex(patterns: tuple[str, ...]) -> Condition:
    fits = tuple(compile_regex(pattern) for pattern in patterns)

    def condition(job: Job) -> Answer:
        if not job.name:
            return None
        said = [fit(job.name) for fit in fits]
        return True if True in said else (None if None in said else False)

    return condition


def _description(globs: tuple[str, ...]) -> Condition:
    """A text known to be empty is a no: the platform writes it in three ways for "none" (docs/modelarts-api.md)."""
    fits = _any_glob(globs)

    def condition(job: Job) -> Answer:
        text = job.description
        return None if text is None else bool(text) and fits(text)

    return condition


def _label(key: str, values: frozenset[str] | None) -> Condition:
    """Values are compared exactly; a set known to lack the key is a no."""

    def condition(job: Job) -> Answer:
        if job.labels is None:
            return None
        labels = dict(job.labels)
        return key in labels and (values is None or labels[key] in values)

    return condition


def _found(job: Job, field: str) -> Any:
    """The job's value of a field as `_questions` names it."""
    if field.startswith(LABEL):
        return dict(job.labels or ()).get(field.removeprefix(LABEL))
    return job.phases if field == "phase" else getattr(job, "name" if field == "name_regex" else field)


RANGES = frozenset({"node_count", "accelerators", "duration"})
"""Fields whose condition is a range."""

PATTERNS = frozenset({"name", "name_regex", "description"})
"""Fields whose condition is a tuple of patterns."""

_MAKERS: dict[str, Callable[[Any], Condition]] = {
    **{field: _one_of(field) for field in ("kind", "workspace", "owner", "experiment", "flavor", "pool")},
    **{field: _within(field) for field in sorted(RANGES)},
    "name": _name,
    "name_regex": _name_regex,
    "description": _description,
}
