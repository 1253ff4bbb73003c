"""Owns the order of jobs: per workspace, by (create_time, id), so that a page of 100 000 jobs is a slice."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import merge

from janitor.emulator.document import Job, created_ms, workspace_of

Key = tuple[int, str]


class JobIndex:
    """Keeps sorted keys per workspace; a workspace stays known after its last job has gone."""

    def __init__(self) -> None:
        self._keys: dict[str, list[Key]] = {"0": []}

    def load(self, jobs: Iterable[Job]) -> None:
        """Take in many jobs at once: one sort instead of an insertion each."""
        for job in jobs:
            self._keys.setdefault(workspace_of(job), []).append(_key(job))
        for keys in self._keys.values():
            keys.sort()

    def add(self, job: Job) -> None:
        """Put one job in its place."""
        insort(self._keys.setdefault(workspace_of(job), []), _key(job))

    def remove(self, job: Job) -> None:
        """Take one job out; the job must be the document that was put in."""
        keys = self._keys[workspace_of(job)]
        del keys[bisect_left(keys, _key(job))]

    def open(self, workspace: str) -> None:
        """Make a workspace known before any job is in it."""
        self._keys.setdefault(workspace, [])

    def ids(self, workspace: str | None) -> list[str]:
        """Return ids in ascending order, of one workspace or (None) of all."""
        if workspace is not None:
            return [job_id for _, job_id in self._keys.get(workspace, ())]
        return [job_id for _, job_id in merge(*self._keys.values())]

    def workspaces(self) -> list[str]:
        """Return every workspace that has or had a job, and the default one."""
        return sorted(self._keys)


def _key(job: Job) -> Key:
    return created_ms(job), str(job["metadata"]["id"])
