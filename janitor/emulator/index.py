"""Owns the order of jobs: per workspace, by (create_time, id), so that a page of 100 000 jobs is a slice."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import merge

from janitor.emulator.document import Job, created_ms, workspace_of

Key = tuple[int, str]
Window = tuple[int, int]
"""The first and the last moment of creation, in milliseconds."""


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

    def ids(self, workspace: str | None, window: Window | None = None) -> list[str]:
        """Return ids in ascending order, of one workspace or (None) of all, and of those created in the window."""
        parts = list(self._keys.values()) if workspace is None else [self._keys.get(workspace, [])]
        if window is not None:
            parts = [keys[bisect_left(keys, (window[0], "")) : bisect_left(keys, (window[1] + 1, ""))] for keys in parts]
        return [job_id for _, job_id in (parts[0] if len(parts) == 1 else merge(*parts))]

    def count(self, workspace: str | None) -> int:
        """Return how many jobs there are, of one workspace or (None) of all."""
        parts = list(self._keys.values()) if workspace is None else [self._keys.get(workspace, [])]
        return sum(map(len, parts))

    def workspaces(self) -> list[str]:
        """Return every workspace that has or had a job, and the default one."""
        return sorted(self._keys)


def _key(job: Job) -> Key:
    return created_ms(job), str(job["metadata"]["id"])
