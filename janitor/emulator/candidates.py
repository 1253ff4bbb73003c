"""Owns which jobs a search has to look at: few where it names jobs or a window of creation, else those of the workspace."""

from collections.abc import Callable, Mapping, Sequence

from janitor.emulator.document import Job, created_ms, workspace_of
from janitor.emulator.filters import CreatedBetween, TextCondition
from janitor.emulator.index import JobIndex

Predicate = Callable[[Job], bool]


def candidates(index: JobIndex, jobs: Mapping[str, Job], workspace: str | None, conditions: Sequence[Predicate]) -> Sequence[str]:
    """The ids among which all matches are, oldest first; every condition has yet to be asked."""
    for condition in conditions:
        if isinstance(condition, TextCondition) and (condition.key, condition.operator) == ("id", "in"):
            named = [jobs[job_id] for job_id in set(condition.values) if job_id in jobs]
            within = [job for job in named if workspace is None or workspace_of(job) == workspace]
            return [
                str(job["metadata"]["id"]) for job in sorted(within, key=lambda job: (created_ms(job), job["metadata"]["id"]))
            ]
        if isinstance(condition, CreatedBetween):
            return index.ids(workspace, (condition.first, condition.last))
    return index.ids(workspace)
