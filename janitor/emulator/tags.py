"""Owns the tags of jobs: which there are, and which jobs a condition on tags matches (modelarts-api.md §1.3.5, §1.5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from janitor.emulator.document import Job


class Tags:
    """The tags of every job, by its id; who holds the world's lock may use it."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def of(self, job_id: str) -> Mapping[str, str]:
        """Return the tags of a job, by key."""
        return self._tags.get(job_id, {})

    def all(self) -> Iterable[Mapping[str, str]]:
        """Return the tags of every job that has or had some."""
        return self._tags.values()

    def put(self, job_id: str, pairs: Mapping[str, str]) -> None:
        """Add tags; a key that the job has gets the new value."""
        self._tags[job_id] = {**self.of(job_id), **pairs}

    def take(self, job_id: str, keys: Iterable[str]) -> None:
        """Remove tags; a key that the job has not is no error."""
        unwanted = set(keys)
        self._tags[job_id] = {key: value for key, value in self.of(job_id).items() if key not in unwanted}

    def forget(self, job_id: str) -> None:
        """Remove all tags of a job that is gone."""
        self._tags.pop(job_id, None)


@dataclass(frozen=True, slots=True)
class Tagged:
    """The condition that a job has a key with one of some values, or with any where there are none."""

    tags: Tags
    key: str
    values: tuple[str, ...]

    def __call__(self, job: Job) -> bool:
        """Tell whether a job matches."""
        value = self.tags.of(job["metadata"]["id"]).get(self.key)
        return value is not None and (not any(self.values) or value in self.values)


@dataclass(frozen=True, slots=True)
class Untagged:
    """The condition that a job has no tag at all."""

    tags: Tags

    def __call__(self, job: Job) -> bool:
        """Tell whether a job matches."""
        return not self.tags.of(job["metadata"]["id"])
