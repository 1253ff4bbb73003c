"""Owns the jobs of the first generation: integer ids, versions with a status each; time, truth and lock are the world's."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from janitor.emulator.actor import OUTSIDE, Actor
from janitor.emulator.clock import to_ms
from janitor.emulator.document import edit
from janitor.emulator.document_v1 import (
    DELETE_FAILED,
    KILLED,
    KILLING,
    RUNNING,
    JobV1,
    Version,
    has_active,
    next_version,
    sortable,
    text_of_v1,
    version_of,
    with_fields,
    with_version,
    without_version,
)
from janitor.emulator.searches import Searches
from janitor.emulator.truth import build_record_v1
from janitor.emulator.world import Answer, World

Doomed = tuple[int, int | None]
"""What a deletion is of: a job, or one version of it."""


class WorldV1:
    """Every v1 job of the account; thread-safe, as it does everything while it holds its `World`.

    Documents handed out are the stored ones and must not be changed.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._jobs: dict[int, JobV1] = {}
        self._leaving: dict[Doomed, object] = {}
        self._found: Searches[int] = Searches()

    def load(self, jobs: Iterable[JobV1]) -> None:
        """Take in the jobs that exist from the start; not copied, and no change, so the truth log does not name them."""
        with self._world.at_once():
            for job in jobs:
                self._refuse_double(job)
                self._put(job)

    def add(self, job: JobV1, actor: Actor = OUTSIDE) -> None:
        """Let somebody create a job; its id must be free (an id may be used again once its job is gone)."""
        with self._world.at_once() as now:
            fresh = edit(job, {})
            self._refuse_double(fresh)
            self._note("added", (fresh["job_id"], None), fresh, actor, now)
            self._put(fresh)

    def get(self, job_id: int) -> JobV1 | None:
        """Return the job, or None where there is none (any more)."""
        with self._world.at_once():
            return self._jobs.get(job_id)

    def jobs(self) -> list[JobV1]:
        """Return every job of every workspace, oldest first."""
        with self._world.at_once():
            return sorted(self._jobs.values(), key=lambda job: (sortable(job.get("create_time")), job["job_id"]))

    def count(self) -> int:
        """Return how many jobs there are, those on their way out included."""
        with self._world.at_once():
            return len(self._jobs)

    def find(self, key: Hashable, choose: Callable[[Iterable[JobV1]], Sequence[int]]) -> Sequence[int]:
        """Return the ids that `choose` takes; asked again for the same key about an unchanged world, it is not called again."""
        with self._world.at_once():
            return self._found.of(key, lambda: choose(self._jobs.values()))

    def change(self, job_id: int, **fields: Any) -> None:
        """Let somebody outside change fields of a job, such as `job_name`, `job_desc` or `user`."""
        with self._world.at_once() as now:
            self._replace((job_id, None), with_fields(self._jobs[job_id], fields), OUTSIDE, now)

    def change_version(self, job_id: int, version_id: int, **fields: Any) -> None:
        """Let somebody outside change fields of one version."""
        with self._world.at_once() as now:
            self._edit_version(job_id, version_id, fields, OUTSIDE, now)

    def set_status(self, job_id: int, version_id: int, status: int) -> None:
        """Let a version move to a status, for instance back to running; its times stay as they are."""
        self.change_version(job_id, version_id, status=status)

    def add_version(self, job_id: int, status: int = RUNNING, **fields: Any) -> int:
        """Let somebody outside start another version of a job; return its id."""
        with self._world.at_once() as now:
            job = self._jobs[job_id]
            fresh = with_fields(next_version(job, status, to_ms(now)), fields)
            self._replace((job_id, None), with_version(job, fresh), OUTSIDE, now)
            return int(fresh["version_id"])

    def describe(self, job_id: int, description: str, actor: Actor) -> Answer:
        """Handle a request to change a job's description."""
        with self._world.at_once() as now:
            if job_id not in self._jobs:
                return Answer.NOT_FOUND
            self._replace((job_id, None), with_fields(self._jobs[job_id], {"job_desc": description}), actor, now)
            return Answer.ACCEPTED

    def remove(self, job_id: int, version_id: int | None = None) -> None:
        """Let a third party delete a job, or one version of it, at once."""
        with self._world.at_once() as now:
            if version_id is not None:
                self._existing(job_id, version_id)
            self._take_out((job_id, version_id), "removed", OUTSIDE, now)

    def delete(self, job_id: int, actor: Actor, version_id: int | None = None) -> Answer:
        """Handle a DELETE of a job, or of one version: accept it, and let it go now, after the delay, or never."""
        with self._world.at_once() as now:
            return self._delete((job_id, version_id), actor, now)

    def delete_later(self, doomed: Doomed, actor: Actor, seconds: float) -> None:
        """Let a DELETE arrive late, long after its sender has given up waiting."""
        with self._world.at_once() as now:
            self._world.timers.at(now + timedelta(seconds=seconds), partial(self._delete, doomed, actor))

    def stop(self, job_id: int, version_id: int, actor: Actor) -> Answer:
        """Handle a request to stop a version: killing now, killed after the delay; only a running one can be stopped."""
        with self._world.at_once() as now:
            version = version_of(self._jobs.get(job_id), version_id)
            if version is None:
                return Answer.NOT_FOUND
            if version["status"] != RUNNING:
                return Answer.CONFLICT
            self._edit_version(job_id, version_id, {"status": KILLING}, actor, now)
            due = now + timedelta(seconds=self._world.switches.terminate_delay_s)
            self._world.timers.at(due, partial(self._finish_stop, job_id, version_id, actor))
            return Answer.ACCEPTED

    def _versions(self, doomed: Doomed) -> Sequence[Version] | None:
        """Return the versions that a deletion would take away; None where there is nothing to delete."""
        job_id, version_id = doomed
        job = self._jobs.get(job_id)
        if job is None or version_id is None:
            return None if job is None else job["versions"]
        version = version_of(job, version_id)
        return None if version is None else (version,)

    def _would_delete(self, doomed: Doomed) -> Answer:
        versions, switches = self._versions(doomed), self._world.switches
        if versions is None:
            return Answer.NOT_FOUND
        if self._is_leaving(doomed):
            return Answer.NOT_FOUND if switches.second_delete == "not_found" else Answer.ACCEPTED
        if switches.delete_active == "reject_409" and has_active(versions):
            return Answer.CONFLICT
        return Answer.ACCEPTED

    def _delete(self, doomed: Doomed, actor: Actor, now: datetime) -> Answer:
        answer, switches = self._would_delete(doomed), self._world.switches
        if answer is not Answer.ACCEPTED or self._is_leaving(doomed):
            return answer
        self._note("delete_accepted", doomed, self._jobs[doomed[0]], actor, now)
        token = self._leaving[doomed] = object()
        if str(doomed[0]) not in switches.never_delete:
            leave = partial(self._leave, doomed, token, actor)
            self._world.timers.at(now + timedelta(seconds=switches.delete_delay_s), leave)
            self._world.timers.run_due(now)
        return Answer.ACCEPTED

    def _is_leaving(self, doomed: Doomed) -> bool:
        return doomed in self._leaving or (doomed[0], None) in self._leaving

    def _leave(self, doomed: Doomed, token: object, actor: Actor, due: datetime) -> None:
        """Finish an accepted deletion, unless what it was of has gone and its id belongs to something else by now."""
        if self._leaving.get(doomed) is not token:
            return
        if str(doomed[0]) in self._world.switches.v1_delete_fails:
            del self._leaving[doomed]
            for version in self._versions(doomed) or ():
                self._edit_version(doomed[0], version["version_id"], {"status": DELETE_FAILED}, actor, due)
            return
        self._take_out(doomed, "deleted", actor, due)

    def _take_out(self, doomed: Doomed, change: str, actor: Actor, now: datetime) -> None:
        """Remove a job or one version; with its last version a job goes too."""
        job_id, version_id = doomed
        self._note(change, doomed, self._jobs[job_id], actor, now)
        remaining = None if version_id is None else without_version(self._jobs[job_id], version_id)
        if remaining and remaining["versions"]:
            self._leaving.pop(doomed, None)
            self._put(remaining)
            return
        if version_id is not None:
            self._note(change, (job_id, None), self._jobs[job_id], actor, now)
        del self._jobs[job_id]
        self._found.forget()
        for each in [each for each in self._leaving if each[0] == job_id]:
            del self._leaving[each]

    def _finish_stop(self, job_id: int, version_id: int, actor: Actor, due: datetime) -> None:
        version = version_of(self._jobs.get(job_id), version_id)
        if version is None or version["status"] != KILLING:
            return
        start = version.get("start_time") or 0
        fields = {"status": KILLED, "duration": to_ms(due) - start if start else 0}
        self._edit_version(job_id, version_id, fields, actor, due)

    def _edit_version(self, job_id: int, version_id: int, fields: dict[str, Any], actor: Actor, now: datetime) -> None:
        version = with_fields(self._existing(job_id, version_id), fields)
        self._replace((job_id, version_id), with_version(self._jobs[job_id], version), actor, now)

    def _existing(self, job_id: int, version_id: int) -> Version:
        version = version_of(self._jobs[job_id], version_id)
        if version is None:
            raise KeyError(f"job {job_id} has no version {version_id}")
        return version

    def _replace(self, changed: Doomed, edited: JobV1, actor: Actor, now: datetime) -> None:
        self._note("changed", changed, self._jobs[changed[0]], actor, now)
        self._put(edited)

    def _put(self, job: JobV1) -> None:
        self._jobs[job["job_id"]] = job
        self._world.open_workspace(text_of_v1(job, "workspace_id", "0"))
        self._found.forget()

    def _refuse_double(self, job: JobV1) -> None:
        if job["job_id"] in self._jobs:
            raise ValueError(f"a job with id {job['job_id']} exists")

    def _note(self, change: str, touched: Doomed, job: JobV1, actor: Actor, now: datetime) -> None:
        self._world.truth.append(build_record_v1(change, job, touched[1], actor, now))
