"""Owns how the jobs of a batch are looked at: many together by a narrow reading where a plan is long, else each by its id."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from janitor.backends.narrow import Labels, Narrow, Query, Shown, Told
from janitor.core import events
from janitor.core.errors import BackendError, Interrupted
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.verdict import Decision
from janitor.retention.marks import may_mark
from janitor.sweep.bars import Bars
from janitor.sweep.belief import Belief
from janitor.sweep.look import Look, compare
from janitor.sweep.target import Target, Tools

MANY = 10
"""From so many planned jobs on they are looked at together; fewer are worth a request each, which tells most."""

SHARED_FOR_S = 3.0
"""One reading of the labels serves all looks that begin in so many seconds; they are as old as it is."""

NOT_SHOWN = "a list failed, or did not show most of the jobs that it was asked for"
DIFFERENT = "a list tells something else of a job than the answer about it alone"
LABELS_DIFFER = "a job has other labels by itself than the listing showed"
LABELS_UNTOLD = "the labels of the jobs cannot be known for certain by a few requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is looked at by one reading: jobs of one query, or without one a single job."""

    entries: tuple[Decision, ...]
    query: Query | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _LabelsRead:
    """One reading of the labels that matter, begun at that monotonic time: policies and holds read these keys."""

    at: float
    keys: frozenset[str]
    told: Told

    def matters(self, key: str, value: str) -> bool:
        """Whether a label decides anything."""
        return key in self.keys or may_mark(key, value)

    def knows_of(self, planned: Job) -> bool:
        """Whether anything is known of its labels; a job that is not among all is not as it was."""
        return planned.id in self.told.labels or not self.told.are_all

    def labels_of(self, planned: Job) -> Labels:
        """The labels of a job now, as far as they matter: those that do not are as they were listed."""
        if planned.id in self.told.labels or planned.labels is None:
            return self.told.labels.get(planned.id)
        return tuple(pair for pair in planned.labels if not self.matters(*pair))


@dataclass(kw_only=True)
class Looker:
    """Looks at the jobs of one plan. `beside` has for each workspace a listed job that the plan leaves alone."""

    target: Target
    tools: Tools
    bars: Bars
    look_alone: Callable[[Decision], Look]
    planned: frozenset[str] = frozenset()
    beside: Mapping[str, Job] = field(default_factory=dict)
    _is_off: bool = False
    _belief: Belief = field(default_factory=Belief)
    _labels: dict[str, _LabelsRead] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def narrow(self) -> Narrow | None:
        """How many are looked at together; None where each is by itself."""
        is_wanted = self.target.looks_together and not self._is_off and len(self.planned) >= MANY
        return self.target.backend.narrow if is_wanted else None

    def parts(self, chosen: Sequence[Decision]) -> list[Part]:
        """Cut a batch, just chosen, into what is looked at together."""
        entries, narrow = {entry.job.id: entry for entry in chosen}, self.narrow
        groups = () if narrow is None else narrow.group([entry.job for entry in chosen], self.beside)
        parts = [Part(query=group.query, entries=tuple(entries.pop(job.id) for job in group.jobs)) for group in groups]
        return parts + [Part(entries=(entry,)) for entry in entries.values()]

    def look(self, part: Part) -> dict[str, Look]:
        """Look at the jobs of a part; a reading that fails, or does not show a job, says nothing of it, so it is asked for.

        Where one that is asked for has other labels than the listing showed, what reads those of many may not tell all.
        """
        narrow = self.narrow
        together = {} if part.query is None or narrow is None else self._look_together(part, part.query, narrow)
        alone = [entry for entry in part.entries if entry.job.id not in together]
        if len(alone) > len(together) and part.query is not None:
            self._give_up(NOT_SHOWN)
        looks = {entry.job.id: self.look_alone(entry) for entry in alone}
        if narrow is not None and any("labels" in look.changed for look in looks.values()):
            self._give_up(LABELS_DIFFER)
        return together | looks

    def _give_up(self, why: str) -> None:
        """From now on each job is asked for by its id, which takes more requests; the log says why, once."""
        is_first, self._is_off = not self._is_off, True
        if is_first:
            self.bars.journal.say(events.LISTS_NOT_BELIEVED, reason=f"{why}: each job is asked for by its id from now on")

    def _look_together(self, part: Part, query: Query, narrow: Narrow) -> dict[str, Look]:
        """Labels first, then the jobs: a look is as old as the older of the two.

        What is told of a job together has to be all that is told of it alone; before the first, a few are asked for to know that,
        and later those that are wordier than all before; the rows of these have to say the same.
        """
        try:
            labels, at = self._read_labels(query.workspace, narrow), self.tools.clock.monotonic()
            shown = None if labels is None else self._show([entry.job for entry in part.entries], query, narrow)
        except (BackendError, Interrupted):
            return {}
        if labels is None:
            self._give_up(LABELS_UNTOLD)
        if labels is None or shown is None:
            return {}
        looks, canary = dict[str, Look](), self._find_canary(shown)
        for planned in (entry.job for entry in part.entries):
            fresh = shown.jobs.get(planned.id)
            if fresh is not None and self._tells_all(fresh, narrow) and labels.knows_of(planned):
                told = narrow.with_labels(fresh, labels.labels_of(planned))
                look = compare(planned, told, min(at, labels.at), self.bars.unread)
                looks[planned.id] = replace(look, query=query, canary=canary, label_keys=labels.keys)
        return looks

    def _tells_all(self, fresh: Job, narrow: Narrow) -> bool:
        return narrow.tells_enough(fresh) and self._belief.covers(fresh)

    def _find_canary(self, shown: Shown) -> str | None:
        outside = (job_id for job_id, job in shown.jobs.items() if job_id not in self.planned and job.phase in TERMINAL)
        return next(outside, None)

    def _show(self, planned: Sequence[Job], query: Query, narrow: Narrow) -> Shown | None:
        """Ask a query; None where queries are not believed. Everybody waits for the first, and for what comes of it."""
        with self._lock:
            samples = [] if self._is_off else self._belief.choose(planned)
            if samples:
                known, shown = narrow.calibrate(samples), narrow.show(query)
                if not self._belief.learn(known, shown):
                    self._give_up(DIFFERENT)
                return None if self._is_off else shown
        return None if self._is_off else narrow.show(query)

    def _read_labels(self, workspace: str, narrow: Narrow) -> _LabelsRead | None:
        with self._lock:
            last = self._labels.get(workspace)
            if last is None or last.keys != self.bars.label_keys or self.tools.clock.monotonic() > last.at + SHARED_FOR_S:
                blank = _LabelsRead(at=self.tools.clock.monotonic(), keys=self.bars.label_keys, told=Told(labels={}))
                told = narrow.list_labels(workspace, blank.matters, self.planned)
                if told is None:
                    return None
                self._labels[workspace] = replace(blank, told=told)
            return self._labels[workspace]
