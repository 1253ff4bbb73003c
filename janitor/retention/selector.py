"""Owns the conditions of `match` and `except`, answered yes, no, or cannot tell (None).

A job whose parts ended differently is in several phases: what deletes must name them all, what keeps need name but one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.retention.glob import is_match

Answer = bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Conditions on a job; a field that is None was not named, a set means "any of"."""

    phase: frozenset[Phase] | None = None
    name: tuple[str, ...] | None = None
    owner: frozenset[str] | None = None
    kind: frozenset[str] | None = None
    workspace: frozenset[str] | None = None

    def has_conditions(self) -> bool:
        """Tell whether at least one field is named and every named one lists something, none of it blank."""
        named = [values for field in _FIELDS if (values := getattr(self, field)) is not None]
        return bool(named) and all(values and all(str(value).strip() for value in values) for values in named)

    def match_all(self, job: Job) -> Answer:
        """Say whether every condition fits: one no is a no, else one cannot-tell is a cannot-tell."""
        return _all_of([condition(self, job) for condition in _CONDITIONS])

    def match_phase(self, job: Job) -> Answer:
        """Say whether it names every phase of the job; some of them, but not all, is a cannot-tell."""
        if self.phase is None or not job.other_phases:
            return self.phase is None or job.phase in self.phase
        named = job.phases & self.phase
        return None if named and named != job.phases else bool(named)

    def cover(self, job: Job) -> Answer:
        """Say whether every condition fits, as for a hold: it keeps, so any one phase of the job is enough."""
        return _all_of([condition(self, job) for condition in _KEEPING])

    def match_any(self, job: Job) -> Answer:
        """Say whether any named condition fits: one yes is a yes, else one cannot-tell is a cannot-tell."""
        named = zip(_FIELDS, _KEEPING, strict=True)
        answers = [condition(self, job) for field, condition in named if getattr(self, field) is not None]
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


_FIELDS = ("phase", "name", "owner", "kind", "workspace")
Condition = Callable[[Selector, Job], Answer]
_BESIDE_PHASE: tuple[Condition, ...] = (_name, _one_of("owner"), _one_of("kind"), _one_of("workspace"))
_CONDITIONS: tuple[Condition, ...] = (Selector.match_phase, *_BESIDE_PHASE)
_KEEPING: tuple[Condition, ...] = (_any_phase, *_BESIDE_PHASE)
