"""Owns the state of the emulated platform: which jobs exist, how they change, and the rule that truth is written first."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from janitor.emulator.account import Account
from janitor.emulator.actor import OUTSIDE, PLATFORM, Actor
from janitor.emulator.aging import Aging, AgingRule
from janitor.emulator.candidates import Predicate, candidates
from janitor.emulator.clock import Clock, system_clock, to_ms
from janitor.emulator.document import ACTIVE, STOPPABLE, Job, edit, text_of, value_of
from janitor.emulator.events import Events, phase_event
from janitor.emulator.identity import Identity
from janitor.emulator.index import JobIndex
from janitor.emulator.lifecycle import fields_in, next_step
from janitor.emulator.quotas import QuotaBook
from janitor.emulator.searches import Searches
from janitor.emulator.switches import Switches
from janitor.emulator.tags import Tags
from janitor.emulator.timers import Timers
from janitor.emulator.truth import TruthLog, build_record


class Answer(StrEnum):
    """How the platform takes a request to change a job."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"


class World:
    """Every job of one account; thread-safe. `switches` may be replaced at any time.

    `tags`, `events`, `quotas` and `timers` are for who uses them `at_once`; `identity` has a lock of its own.
    Every method first lets what is due happen. Documents handed out are the stored ones and must not be changed.
    """

    def __init__(self, account: Account, switches: Switches, truth: TruthLog, clock: Clock = system_clock) -> None:
        self.account = account
        self.switches = switches
        self.truth = truth
        self.clock = clock
        self.identity = Identity(account, clock, lambda: self.switches)
        self.tags = Tags()
        self.events = Events()
        self.quotas = QuotaBook()
        self.timers = Timers()
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._index = JobIndex()
        self._aging = Aging()
        self._leaving: dict[str, object] = {}
        self._moving: dict[str, object] = {}
        self._found: Searches[str] = Searches()
        self._instant: datetime | None = None

    def load(self, jobs: Iterable[Job]) -> None:
        """Take in the jobs that exist from the start; they are no change, so the truth log does not name them.

        They are not copied (there may be 100 000): the caller must not change them afterwards.
        """
        with self.at_once() as now:
            for job in (fresh := list(jobs)):
                self._refuse_double(job)
                self._jobs[job["metadata"]["id"]] = job
                self._set_out(job, now)
            self._index.load(fresh)
            self._touch()

    def add(self, job: Job, actor: Actor = OUTSIDE) -> None:
        """Let somebody create a job; its id must be free (an id may be used again once its job is gone)."""
        with self.at_once() as now:
            fresh = edit(job, {})
            self._refuse_double(fresh)
            self._note("added", fresh, actor, now)
            self._put(fresh)
            self._set_out(fresh, now)

    def get(self, job_id: str) -> Job | None:
        """Return the job, or None where there is none (any more)."""
        with self.at_once():
            return self._jobs.get(job_id)

    def jobs(self) -> list[Job]:
        """Return every job of every workspace, oldest first."""
        with self.at_once():
            return [self._jobs[job_id] for job_id in self._index.ids(None)]

    def count(self, workspace: str | None = None) -> int:
        """Return how many jobs there are, of one workspace or of all, those on their way out included."""
        with self.at_once():
            return self._index.count(workspace)

    def workspaces(self) -> list[str]:
        """Return the ids of the account's workspaces."""
        with self.at_once():
            return self._index.workspaces()

    def open_workspace(self, workspace: str) -> None:
        """Make a workspace known, though no job of this generation need be in it; for who is there `at_once`."""
        self._index.open(workspace)

    def find(self, workspace: str | None, conditions: tuple[Predicate, ...] = ()) -> Sequence[str]:
        """Return the ids that match, oldest first; asked again about an unchanged world, it does not search again."""
        with self.at_once():
            return self._found.of((workspace, conditions), lambda: self._search(workspace, conditions))

    def change(self, job_id: str, **fields: Any) -> None:
        """Let somebody outside change fields: plain names of metadata or status, or `**{"dotted.path": value}`."""
        with self.at_once() as now:
            self._edit(job_id, fields, OUTSIDE, now)

    def describe(self, job_id: str, description: str, actor: Actor) -> Answer:
        """Handle a request to change a job's description."""
        with self.at_once() as now:
            if job_id not in self._jobs:
                return Answer.NOT_FOUND
            self._edit(job_id, {"description": description}, actor, now)
            return Answer.ACCEPTED

    def tag(self, job_id: str, pairs: Mapping[str, str], actor: Actor = OUTSIDE) -> Answer:
        """Add tags to a job."""
        return self._retag(job_id, partial(self.tags.put, job_id, pairs), actor)

    def untag(self, job_id: str, keys: Iterable[str], actor: Actor = OUTSIDE) -> Answer:
        """Remove tags from a job."""
        return self._retag(job_id, partial(self.tags.take, job_id, keys), actor)

    def set_phase(self, job_id: str, phase: str, secondary: str | None = None) -> None:
        """Let a job move to a phase, for instance back to Running: a restart; its times stay as they are."""
        self.change(job_id, phase=phase, secondary_phase=secondary or phase)

    def rename(self, job_id: str, name: str) -> None:
        """Let somebody outside rename a job."""
        self.change(job_id, name=name)

    def remove(self, job_id: str) -> None:
        """Let a third party delete a job at once."""
        with self.at_once() as now:
            self._take_out(self._jobs[job_id], "removed", OUTSIDE, now)

    def delete(self, job_id: str, actor: Actor) -> Answer:
        """Handle a DELETE: accept it, and let the job go now, after the delay, or never."""
        with self.at_once() as now:
            return self._delete(job_id, actor, now)

    def would_delete(self, job_id: str) -> Answer:
        """Say how a DELETE of a job would be answered now, and change nothing."""
        with self.at_once():
            job = self._jobs.get(job_id)
            if job is None:
                return Answer.NOT_FOUND
            if job_id in self._leaving:
                return Answer.NOT_FOUND if self.switches.second_delete == "not_found" else Answer.ACCEPTED
            if self.switches.delete_active == "reject_409" and text_of(job, "status", "phase") in ACTIVE:
                return Answer.CONFLICT
            return Answer.ACCEPTED

    def delete_later(self, job_id: str, actor: Actor, seconds: float) -> None:
        """Let a DELETE arrive late, long after its sender has given up waiting."""
        with self.at_once() as now:
            self.timers.at(now + timedelta(seconds=seconds), partial(self._delete, job_id, actor))

    def terminate(self, job_id: str, actor: Actor) -> Answer:
        """Handle a request to stop a job: Terminating now, Terminated after the delay."""
        with self.at_once() as now:
            job = self._jobs.get(job_id)
            if job is None:
                return Answer.NOT_FOUND
            if text_of(job, "status", "phase") not in STOPPABLE:
                return Answer.CONFLICT
            self._edit(job_id, {"phase": "Terminating", "secondary_phase": "Terminating"}, actor, now)
            due = now + timedelta(seconds=self.switches.terminate_delay_s)
            self.timers.at(due, partial(self._finish_termination, job_id, actor))
            return Answer.ACCEPTED

    def settle(self) -> None:
        """Let everything that is due happen."""
        with self.at_once():
            pass

    @contextmanager
    def at_once(self) -> Iterator[datetime]:
        """Let everything within happen at one instant, with nobody in between."""
        with self._lock:
            outer = self._instant
            now = self._instant = outer or self.clock()
            try:
                if outer is None:
                    self.timers.run_due(now)
                    self._age(now)
                yield now
            finally:
                self._instant = outer

    def _search(self, workspace: str | None, conditions: tuple[Predicate, ...]) -> Sequence[str]:
        ids = candidates(self._index, self._jobs, workspace, conditions)
        return [id_ for id_ in ids if all(holds(self._jobs[id_]) for holds in conditions)] if conditions else ids

    def _age(self, now: datetime) -> None:
        rule = AgingRule(after_s=self.switches.ages_after_s, takes_all=self.quotas.ages_all())
        for job in self._aging.due(self._jobs.values(), rule, to_ms(now)):
            self._take_out(job, "removed", PLATFORM, now)

    def _delete(self, job_id: str, actor: Actor, now: datetime) -> Answer:
        answer = self.would_delete(job_id)
        if answer is not Answer.ACCEPTED or job_id in self._leaving:
            return answer
        self._note("delete_accepted", self._jobs[job_id], actor, now)
        token = self._leaving[job_id] = object()
        if job_id not in self.switches.never_delete:
            leave = partial(self._leave, job_id, token, actor)
            self.timers.at(now + timedelta(seconds=self.switches.delete_delay_s), leave)
            self.timers.run_due(now)
        return Answer.ACCEPTED

    def _leave(self, job_id: str, token: object, actor: Actor, due: datetime) -> None:
        """Remove the job whose deletion was accepted, unless it has gone and its id belongs to another one by now."""
        if self._leaving.get(job_id) is token:
            self._take_out(self._jobs[job_id], "deleted", actor, due)

    def _retag(self, job_id: str, change: Callable[[], None], actor: Actor) -> Answer:
        with self.at_once() as now:
            job = self._jobs.get(job_id)
            if job is None:
                return Answer.NOT_FOUND
            self._note("changed", job, actor, now)
            change()
            self._touch()
            return Answer.ACCEPTED

    def _set_out(self, job: Job, now: datetime) -> None:
        """Let the job leave its phase in time; a step that was due from an earlier phase is forgotten."""
        job_id, step = job["metadata"]["id"], next_step(job, self.switches)
        self._moving.pop(job_id, None)
        if step is not None:
            token = self._moving[job_id] = object()
            self.timers.at(now + timedelta(seconds=step.seconds), partial(self._move, job_id, token, step.phase))

    def _move(self, job_id: str, token: object, phase: str, due: datetime) -> None:
        if self._moving.get(job_id) is token:
            self._edit(job_id, fields_in(self._jobs[job_id], phase, due), OUTSIDE, due)

    def _finish_termination(self, job_id: str, actor: Actor, due: datetime) -> None:
        job = self._jobs.get(job_id)
        if job is None or text_of(job, "status", "phase") != "Terminating":
            return
        start = value_of(job, "status", "start_time") or 0
        duration = to_ms(due) - start if start else 0
        fields = {"phase": "Terminated", "secondary_phase": "Terminated", "duration": duration}
        self._edit(job_id, fields, actor, due)

    def _edit(self, job_id: str, fields: dict[str, Any], actor: Actor, now: datetime) -> None:
        job = self._jobs[job_id]
        edited = edit(job, fields)
        if value_of(edited, "metadata", "id") != job_id:
            raise ValueError(f"the id of {job_id} cannot change: remove the job and add another")
        self._note("changed", job, actor, now)
        self._index.remove(job)
        self._put(edited)
        phase = text_of(edited, "status", "phase")
        if phase is not None and phase != text_of(job, "status", "phase"):
            self.events.note(job_id, phase_event(phase, now))
            self._set_out(edited, now)

    def _take_out(self, job: Job, change: str, actor: Actor, now: datetime) -> None:
        job_id = job["metadata"]["id"]
        self._note(change, job, actor, now)
        self._index.remove(job)
        del self._jobs[job_id]
        for book in (self._leaving, self._moving):
            book.pop(job_id, None)
        self.tags.forget(job_id)
        self.events.forget(job_id)
        self._touch()

    def _put(self, job: Job) -> None:
        self._index.add(job)
        self._jobs[job["metadata"]["id"]] = job
        self._touch()

    def _touch(self) -> None:
        self._found.forget()
        self._aging.forget()

    def _refuse_double(self, job: Job) -> None:
        if job["metadata"]["id"] in self._jobs:
            raise ValueError(f"a job with id {job['metadata']['id']} exists")

    def _note(self, change: str, job: Job, actor: Actor, now: datetime) -> None:
        self.truth.append(build_record(change, job, actor, now))
