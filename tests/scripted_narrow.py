"""Narrow readings of a scripted backend: answers that are not whole, that hide jobs, that come late, labels that changed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scripted import ScriptedBackend

from janitor.backends.narrow import Group, Labels, Matters, Query, Shown, Told
from janitor.core.errors import BackendError
from janitor.core.job import Job


@dataclass
class ScriptedNarrow:
    """Shows jobs by nine of their ids and one beside; `hidden` ones are left out of an answer that may say it is whole."""

    backend: ScriptedBackend
    asked: list[Query] = field(default_factory=list)
    at_once: int = 9
    is_whole: Callable[[Query], bool] = lambda _query: True
    hidden: set[str] = field(default_factory=set)
    before_show: Callable[[Query], None] = lambda _query: None
    after_labels: Callable[[], None] = lambda: None
    error: BackendError | None = None
    are_labels_told: bool = True
    tells_labels: bool = True
    labels_read: int = 0
    calibrated: list[list[str]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    forgotten: set[str] | None = None
    row_of: Callable[[Job], Job] = lambda job: job
    never_compared: set[str] = field(default_factory=set)

    def group(self, jobs: Sequence[Job], beside: Mapping[str, Job]) -> tuple[Group, ...]:
        groups = []
        for start in range(0, len(jobs), self.at_once):
            some = tuple(jobs[start : start + self.at_once])
            workspace = str(some[0].workspace)
            outside = [beside[workspace].id] if workspace in beside else []
            query = Query(workspace=workspace, job_ids=(*(job.id for job in some), *outside))
            groups.append(Group(query=query, jobs=some))
        return tuple(group for group in groups if len(group.jobs) > 1)

    def show(self, query: Query) -> Shown:
        self.asked.append(query)
        self.before_show(query)
        if self.error is not None:
            raise self.error
        ids = [job_id for job_id in query.job_ids if job_id in self.backend.jobs and job_id not in self.hidden]
        rows = (self.row_of(self.backend.jobs[job_id]) for job_id in ids)
        jobs = {row.id: replace(row, labels=None, document={"shown": True}) for row in rows}
        return Shown(jobs=jobs, is_complete=self.is_whole(query))

    def list_labels(self, workspace: str, matters: Matters, _going: Collection[str] = ()) -> Told | None:
        self.labels_read += 1
        ours = [job for job in self.backend.jobs.values() if job.workspace == workspace]
        mine = {job.id: job.labels if self.tells_labels else () for job in ours}
        found = {job_id: labels for job_id, labels in mine.items() if any(matters(*pair) for pair in labels or ())}
        self.after_labels()
        if self.forgotten is not None:
            found = {job_id: labels for job_id, labels in mine.items() if job_id not in self.forgotten}
        return Told(labels=found, are_all=self.forgotten is not None) if self.are_labels_told else None

    def calibrate(self, jobs: Sequence[Job]) -> Sequence[Job]:
        self.calibrated.append([job.id for job in jobs])
        there = [job.id for job in jobs if job.id in self.backend.jobs and job.id not in self.never_compared]
        return [replace(self.backend.jobs[job_id], labels=None) for job_id in there]

    def tells_enough(self, job: Job) -> bool:
        return bool(self.calibrated) and job.id not in self.silent

    def with_labels(self, job: Job, labels: Labels) -> Job:
        return replace(job, labels=labels)
