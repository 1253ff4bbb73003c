"""A backend in memory whose answers a test scripts: lost replies, late deletions, lying listings, changes between steps."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from janitor.backends.inspection import Inspection
from janitor.backends.memory import MemoryBackend
from janitor.backends.port import Answer, Listing, Quota, Reply, Traffic
from janitor.core.errors import BackendError, JobNotFound
from janitor.core.job import Job


@dataclass
class ScriptedBackend(MemoryBackend):
    """`script[job_id]` holds the answers of the next delete requests, `batches` those for several jobs; `applies` says whether
    they still delete, `applied` of which jobs. Deletes singly unless told otherwise.
    """

    most_at_once: int = 1
    script: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    batches: list[Reply] = field(default_factory=list)
    requests: list[list[str]] = field(default_factory=list)
    applies: bool = False
    applied: set[str] = field(default_factory=set)
    lingering: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    get_errors: dict[str, BackendError] = field(default_factory=dict)
    listing: Callable[[], Listing] | None = None
    before_get: Callable[[str], None] = lambda _job_id: None
    before_delete: Callable[[str], None] = lambda _job_id: None
    deadlines: list[float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    skew: timedelta | None = None
    projects_error: BackendError | None = None
    quota_error: BackendError | None = None
    inspection: Inspection | None = None
    closed: int = 0
    ends: list[float] = field(default_factory=list)

    @staticmethod
    def holding(*jobs: Job) -> "ScriptedBackend":
        """A backend that holds these jobs."""
        return ScriptedBackend(jobs={job.id: job for job in jobs})

    def list_jobs(self) -> Listing:
        return self.listing() if self.listing is not None else super().list_jobs()

    def list_projects(self) -> tuple[tuple[str, str], ...]:
        if self.projects_error is not None:
            raise self.projects_error
        return super().list_projects()

    def read_quota(self) -> Quota | None:
        if self.quota_error is not None:
            raise self.quota_error
        return super().read_quota()

    def inspect(self, *, ask: bool = True) -> Inspection:
        if self.inspection is None:
            return super().inspect(ask=ask)
        return self.inspection if ask else replace(self.inspection, features={})

    def end_by(self, until: float) -> None:
        self.ends.append(until)

    def close(self) -> None:
        self.closed += 1

    def traffic(self) -> Traffic:
        return replace(super().traffic(), skew=self.skew)

    def get_job(self, job_id: str) -> Job:
        self.before_get(job_id)
        if job_id in self.get_errors:
            raise self.get_errors[job_id]
        if job_id in self.hidden:
            raise JobNotFound(f"job {job_id} does not exist")
        return super().get_job(job_id)

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        for job in jobs:
            self.before_delete(job.id)
        self.deadlines.append(not_after)
        self.asked += [job.id for job in jobs]
        self.requests.append([job.id for job in jobs])
        script = self.script[jobs[0].id] if len(jobs) == 1 else self.batches
        if script:
            answer = script.pop(0)
            if answer.answer is Answer.UNSUPPORTED:
                self.most_at_once = 1
            for job in jobs:
                if self.applies or job.id in self.applied:
                    self.jobs.pop(job.id, None)
            return answer
        if self.lingering.issuperset(job.id for job in jobs):
            return Reply(answer=Answer.ACCEPTED)
        return super().delete_jobs(jobs, not_after=not_after)


def reply(answer: Answer, **fields: object) -> Reply:
    """An answer with its own name as code."""
    return Reply(answer=answer, **({"code": answer.value, "message": "scripted"} | fields))  # type: ignore[arg-type]  # any field
