"""Owns the step from a job of a test file to a job with its past: relative times, defaults, and what would be no such job."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from janitor.core.job import Job, Resources
from janitor.core.phase import TERMINAL, Phase
from janitor.retention.past import Mark, Past, key_of
from janitor.settings.case_schema import JobFields, JobSection, MarkSection

STEP = timedelta(hours=1)
"""From creation to start, and from start to finish, of a job of which the case does not say it."""

Times = tuple[datetime | None, datetime | None, datetime | None]
"""Created, started, finished."""

_PLAIN = ("name", "owner", "kind", "workspace", "description", "experiment", "never_started")
_RESOURCES = ("flavor", "pool", "node_count", "accelerators")


class NoSuchJob(ValueError):
    """What is written would be no job; `field` is where."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every job of a case has in common."""

    as_of: datetime
    workspace: str
    defaults: JobFields


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeJob:
    """A job of a case, and what the ledger would know of it."""

    job: Job
    first_seen: datetime | None
    mark: Mark | None


def build_job(section: JobSection, frame: Frame) -> MadeJob:
    """A job of a case; raises NoSuchJob for one that no platform could show.

    What neither the job nor `defaults` says: its name is its id, its owner `someone`, its kind `job`, its workspace the first
    of the target, its description empty, its tags none; it was created an hour before it started, and started an hour before
    it finished. Of experiment, flavor, pool, node_count and accelerators nothing is known then.
    """
    written: dict[str, Any] = {
        "name": section.id,
        "owner": "someone",
        "kind": "job",
        "workspace": frame.workspace,
        "description": "",
    }
    written |= frame.defaults.written() | section.written()
    labels = written.get("labels", {})
    times = _times(written, frame.as_of, _phase(written))
    resources: dict[str, Any] = {field: written.get(field) for field in _RESOURCES}
    job = Job(
        id=section.id,
        phase=written["phase"],
        other_phases=frozenset(written.get("other_phases", ())) - {written["phase"]},
        labels=None if labels is None else tuple(sorted(labels.items())),
        resources=Resources(**resources),
        created_at=times[0],
        started_at=times[1],
        finished_at=times[2],
        **{field: written[field] for field in _PLAIN if field in written},
    )
    mark = written.get("marked")
    return MadeJob(
        job=job,
        first_seen=_at(written.get("first_seen"), frame.as_of),
        mark=None if mark is None else _mark(mark, frame.as_of),
    )


def _mark(mark: MarkSection, as_of: datetime) -> Mark:
    """Whoever has to be told of a mark was told at once: a case is about policies, and not about channels."""
    since = _since(mark.since, as_of)
    return Mark(since=since, grace=mark.grace or timedelta(0), noticed_at=since)


def build_past(made: Iterable[MadeJob]) -> Past:
    """What the ledger would know of these jobs."""
    known = tuple(made)
    return Past(
        first_seen={key_of(each.job): each.first_seen for each in known if each.first_seen is not None},
        marks={key_of(each.job): each.mark for each in known if each.mark is not None},
    )


def _phase(written: Mapping[str, Any]) -> Phase:
    if "phase" not in written:
        raise NoSuchJob("phase", "is required, here or in defaults: how did it end?")
    phase: Phase = written["phase"]
    return phase


def _times(written: Mapping[str, Any], as_of: datetime, phase: Phase) -> Times:
    """The three times of a job; what is not said follows from what is."""
    if written.get("never_started", False):
        return _times_of_unstarted(written, as_of)
    if "first_seen" in written:
        raise NoSuchJob("first_seen", "counts only for a job that never started; remove it, or add never_started: true")
    if "finished" not in written and phase in TERMINAL:
        raise NoSuchJob("finished", "is required of a job that has ended: a time, 8d ago, or null for not known")
    finished = _at(written.get("finished"), as_of)
    created = _at(written.get("created"), as_of)
    started = _at(written.get("started"), as_of)
    if "started" not in written and finished is not None:
        started = finished - STEP if created is None else max(created, finished - STEP)
    if "created" not in written and (started or finished) is not None:
        created = (started or finished or as_of) - STEP
    return created, started, finished


def _times_of_unstarted(written: Mapping[str, Any], as_of: datetime) -> Times:
    """It has no start and no end of its own; it was created before anybody saw it ended."""
    for field in ("started", "finished"):
        if written.get(field) is not None:
            raise NoSuchJob(field, "contradicts never_started; say first_seen instead: when a sweep first saw it ended")
    created, first_seen = _at(written.get("created"), as_of), _at(written.get("first_seen"), as_of)
    if "created" not in written:
        created = (first_seen or as_of) - STEP
    return created, None, None


def _at(when: datetime | timedelta | None, as_of: datetime) -> datetime | None:
    return None if when is None else _since(when, as_of)


def _since(when: datetime | timedelta, as_of: datetime) -> datetime:
    return as_of - when if isinstance(when, timedelta) else when
