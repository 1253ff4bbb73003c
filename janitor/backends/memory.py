"""Owns a backend in memory: for the tests of your own policies, and of janitor itself; no part of it is random or late."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from janitor.backends.inspection import Feature, Finding, Found, Inspection
from janitor.backends.narrow import Narrow
from janitor.backends.port import REQUEST_KINDS, Answer, Listing, Quota, Reply, Traffic, is_found
from janitor.core.errors import JobNotFound
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.span import Span
from janitor.retention.job_document import describe_job


@dataclass
class MemoryBackend:
    """Holds jobs by id; a deleted job is gone at once. `deleted` lists what was deleted, in order.

    With `quota_limit` None it is a platform without a quota, with `most_at_once` 1 one that deletes singly only, with
    `has_labels` False one that tells no labels.
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    projects: tuple[tuple[str, str], ...] = (("memory", "memory"),)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REQUEST_KINDS, 0))
    quota_limit: int | None = 10_000
    most_at_once: int = 100
    has_labels: bool = True
    narrow: Narrow | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @staticmethod
    def of(*jobs: Job) -> "MemoryBackend":
        """A backend that holds these jobs."""
        return MemoryBackend(jobs={job.id: job for job in jobs})

    def change(self, job_id: str, **changes: object) -> None:
        """Change a job, as its owner or the platform would."""
        self.jobs[job_id] = replace(self.jobs[job_id], **changes)  # type: ignore[arg-type]  # any field of Job

    def list_jobs(self) -> Listing:
        """Every job in a terminal phase."""
        self._count("list")
        jobs = tuple(replace(self._shown(job), document=None) for job in self.jobs.values() if job.phase in TERMINAL)
        workspaces = tuple(sorted({job.workspace for job in jobs if job.workspace}))
        return Listing(jobs=jobs, workspaces=workspaces, has_labels=self.has_labels)

    def list_created(self, span: Span) -> Listing:
        """Of these the jobs created by the end of the span."""
        whole = self.list_jobs()
        created = [job.created_at for job in whole.jobs if job.created_at is not None]
        span = replace(span, first=min([span.first, *created]))
        return replace(whole, jobs=tuple(job for job in whole.jobs if job.created_at in span), span=span)

    def get_job(self, job_id: str) -> Job:
        """The job as it is now."""
        self._count("get")
        if job_id not in self.jobs:
            raise JobNotFound(f"job {job_id} does not exist")
        job = self._shown(self.jobs[job_id])
        return replace(job, document=describe_job(job) if job.document is None else job.document)

    def has_job(self, job_id: str) -> bool:
        """Whether a look finds it."""
        return is_found(lambda: self.get_job(job_id))

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        """Delete at once, all or nothing."""
        del not_after
        self._count("delete" if len(jobs) == 1 else "batch_delete")
        with self._lock:
            if any(job.id not in self.jobs for job in jobs):
                answer = Answer.GONE if len(jobs) == 1 else Answer.UNKNOWN
                return Reply(answer=answer, code=answer.value, message="a job does not exist")
            for job in jobs:
                del self.jobs[job.id]
                self.deleted.append(job.id)
        return Reply(answer=Answer.ACCEPTED)

    def list_projects(self) -> tuple[tuple[str, str], ...]:
        """The projects given at the start."""
        self._count("other")
        return self.projects

    def read_quota(self) -> Quota | None:
        """The number of jobs against the limit."""
        self._count("other")
        return None if self.quota_limit is None else Quota(limit=self.quota_limit, used=len(self.jobs))

    def inspect(self, *, ask: bool = True) -> Inspection:
        """That there are no addresses and no credentials, and of the features at most a request for several jobs, and labels."""
        has = {Feature.BATCH: self.most_at_once > 1, Feature.TAGS: self.has_labels}
        found = {feature: Finding(found=Found.THERE if has.get(feature) else Found.NEVER) for feature in Feature}
        return Inspection(features={feature: each for feature, each in found.items() if ask or each.found is Found.NEVER})

    def end_by(self, until: float) -> None:
        """Nothing here takes any time."""
        del until

    def close(self) -> None:
        """Nothing is open."""

    def traffic(self) -> Traffic:
        """What was asked so far; there is no clock to differ from."""
        return Traffic(requests=dict(self.counts))

    def _shown(self, job: Job) -> Job:
        return job if self.has_labels else replace(job, labels=())

    def _count(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1
