"""Owns the conditions of `match` and `except`, answered yes, no, or cannot tell (None).

A job whose parts ended differently is in several phases: what deletes must name them all, what keeps need name but one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.glob import is_match

Answer = bool | None
LabelConditions = tuple[tuple[str, frozenset[str] | None], ...]
"""Keys, each once and in order, with the values of which a job may have any; None for any value at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Conditions on a job; a field that is None was not named, a set means "any of".

    Each key of `labels` is a condition of its own: all of them for `match_all`, any of them for `match_any`.
    """

    phase: frozenset[Phase] | None = None
    name: tuple[str, ...] | None = None
    owner: frozenset[str] | None = None
    kind: frozenset[str] | None = None
    workspace: frozenset[str] | None = None
    labels: LabelConditions | None = None

    def has_conditions(self) -> bool:
        """Tell whether at least one field is named and every named one lists something, none of it blank."""
        named = [values for field in _FIELDS if (values := getattr(self, field)) is not None]
        named += [] if self.labels is None else [[key for key, _ in self.labels]]
        named += [values for _, values in self.labels or () if values is not None]
        return bool(named) and all(values and all(str(value).strip() for value in values) for values in named)

    def match_all(self, job: Job) -> Answer:
        """Say whether every condition fits: one no is a no, else one cannot-tell is a cannot-tell."""
        return _all_of([*(condition(self, job) for condition in _CONDITIONS), *_ask_labels(self.labels or (), job)])

    def match_phase(self, job: Job) -> Answer:
        """Say whether it names every phase of the job; some of them, but not all, is a cannot-tell."""
        if self.phase is None or not job.other_phases:
            return self.phase is None or job.phase in self.phase
        named = job.phases & self.phase
        return None if named and named != job.phases else bool(named)

    def cover(self, job: Job) -> Answer:
        """Say whether every condition fits, as for a hold: it keeps, so any one phase of the job is enough."""
        return _all_of([*(condition(self, job) for condition in _KEEPING), *_ask_labels(self.labels or (), job)])

    def match_any(self, job: Job) -> Answer:
        """Say whether any named condition fits: one yes is a yes, else one cannot-tell is a cannot-tell."""
        named = zip(_FIELDS, _KEEPING, strict=True)
        answers = [condition(self, job) for field, condition in named if getattr(self, field) is not None]
        answers += _ask_labels(self.labels or (), job)
        if True in answers:
            return True
        return None if None in answers else False


def _all_of(answers: list[Answer]) -> Answer:
    if False in answers:
        return False
    return None if None in answers else True


def _any_phase(selector: Selector, job: Job) -> Answer:
    return selector.phase is None or job.phase in selector.phase or not selector.phase.isdisjoint(job.other_phases)


def _name(selector: Selector, job: Job) -> Answer:
    if selector.name is None:
        return True
    name = job.name
    return None if not name else any(is_match(pattern, name) for pattern in selector.name)


def _one_of(field: str) -> Callable[[Selector, Job], Answer]:
    def condition(selector: Selector, job: Job) -> Answer:
        wanted: frozenset[str] | None = getattr(selector, field)
        if wanted is None:
            return True
        value: str | None = getattr(job, field)
        return None if not value else value in wanted

    return condition


def _ask_labels(conditions: LabelConditions, job: Job) -> list[Answer]:
    """The answer of each key; values are compared exactly, and a set known to lack the key is a no."""
    if not conditions or job.labels is None:
        return [None for _ in conditions]
    labels = dict(job.labels)
    return [key in labels and (values is None or labels[key] in values) for key, values in conditions]


_FIELDS = ("phase", "name", "owner", "kind", "workspace")
Condition = Callable[[Selector, Job], Answer]
_BESIDE_PHASE: tuple[Condition, ...] = (_name, _one_of("owner"), _one_of("kind"), _one_of("workspace"))
_CONDITIONS: tuple[Condition, ...] = (Selector.match_phase, *_BESIDE_PHASE)
_KEEPING: tuple[Condition, ...] = (_any_phase, *_BESIDE_PHASE)
