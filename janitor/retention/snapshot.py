"""Owns snapshots: a target's complete listing with what the ledger knew of it, as a file that is written and read line by line.

The file is one JSON object, laid out so that a listing of any size streams: a first line with everything but the jobs, a line a
job, and a last line with the SHA-256 of all bytes before it. `jq` reads it; janitor reads it back only as it wrote it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from janitor.core.duration import LONGEST
from janitor.core.job import EARLIEST, Job
from janitor.core.moment import YEARS
from janitor.retention.describe import describe_hold
from janitor.retention.described import read_hold
from janitor.retention.hold import Hold
from janitor.retention.job_document import describe_job, read_job, read_list, read_text, read_time, read_truth, write_time
from janitor.retention.past import Key, Mark, Past, key_of

KIND, VERSION = "janitor snapshot", 1
_OPEN, _CLOSE = ', "jobs": [\n', '], "digest": '
_FOREIGN = "is no snapshot of janitor; take one with `janitor snapshot`"
_CHANGED = "was changed after janitor wrote it, or is not whole; take a new one with `janitor snapshot`"
_BEYOND = 2500
"""No backend tells times from this year on: adding any age or grace period to one before stays within the calendar."""
_HEADER = {"kind", "version", "target", "api", "project_id", "as_of", "workspaces", "has_labels", "holds"}
_MARK, _NOTICED = {"since", "grace_s"}, "noticed_at"
Scrub = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One target at one instant: every job in a terminal phase, and from the ledger its past and the holds kept there.

    `workspaces` are those that were listed; where the platform tells no labels (`has_labels`), those of every job are ().
    """

    target: str
    api: str
    project_id: str
    as_of: datetime
    workspaces: tuple[str, ...]
    has_labels: bool
    holds: tuple[Hold, ...]
    jobs: Sequence[Job]
    past: Past


def write_snapshot(snapshot: Snapshot, scrub: Scrub) -> Iterator[str]:
    """The lines of the file, without secrets; they are ASCII."""
    digest = sha256()
    for line in _lines(snapshot, scrub):
        digest.update(line.encode("ascii"))
        yield line
    yield f'{_CLOSE}"{digest.hexdigest()}"}}\n'


def read_snapshot(lines: Iterable[str]) -> Snapshot:
    """Read what `write_snapshot` wrote; raises ValueError, with what is wrong and what to do, for any other file."""
    rest = iter(lines)
    first = next(rest, "")
    header = _read_header(first)
    digest, jobs, marks, first_seen = (
        sha256(first.encode("utf-8", "surrogatepass")),
        list[Job](),
        dict[Key, Mark](),
        dict[Key, datetime](),
    )
    ids = set[str]()
    for line in rest:
        if line.startswith(_CLOSE):
            if next(rest, None) is not None or line != f'{_CLOSE}"{digest.hexdigest()}"}}\n':
                raise ValueError(_CHANGED)
            return _build(header, jobs, Past(first_seen=first_seen, marks=marks))
        digest.update(line.encode("utf-8", "surrogatepass"))
        job, seen, mark = _read_job(line)
        if job.id in ids:
            raise ValueError(_CHANGED)
        ids.add(job.id)
        jobs.append(job)
        if seen is not None:
            first_seen[key_of(job)] = seen
        if mark is not None:
            marks[key_of(job)] = mark
    raise ValueError(_CHANGED)


def _lines(snapshot: Snapshot, scrub: Scrub) -> Iterator[str]:
    header = {
        "kind": KIND,
        "version": VERSION,
        "target": snapshot.target,
        "api": snapshot.api,
        "project_id": snapshot.project_id,
        "as_of": write_time(snapshot.as_of),
        "workspaces": list(snapshot.workspaces),
        "has_labels": snapshot.has_labels,
        "holds": [describe_hold(hold) for hold in snapshot.holds],
    }
    yield json.dumps(scrub(header)).removesuffix("}") + _OPEN
    last = len(snapshot.jobs) - 1
    for place, job in enumerate(snapshot.jobs):
        yield json.dumps(scrub(_describe(job, snapshot.past))) + ("\n" if place == last else ",\n")


def _describe(job: Job, past: Past) -> dict[str, Any]:
    seen, mark = past.first_seen.get(key_of(job)), past.mark_of(job)
    grace_s = None if mark is None else -(-mark.grace // timedelta(seconds=1))
    return describe_job(job) | {
        "first_seen": None if seen is None else write_time(seen),
        "mark": None if mark is None else {"since": write_time(mark.since), "grace_s": grace_s, **_describe_notice(mark)},
    }


def _describe_notice(mark: Mark) -> dict[str, Any]:
    """Nothing where nobody was told, so that an older janitor reads it too."""
    return {} if mark.noticed_at is None else {_NOTICED: write_time(mark.noticed_at)}


def _read_header(line: str) -> Mapping[str, Any]:
    header = _parse(f"{line.removesuffix(_OPEN)}}}") if line.endswith(_OPEN) else None
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise ValueError(_FOREIGN)
    if type(header.get("version")) is not int or header["version"] != VERSION:
        raise ValueError(f"was written by another version of janitor ({header.get('version')!r}); take a new one")
    if header.keys() != _HEADER:
        raise ValueError(_CHANGED)
    return header


def _read_job(line: str) -> tuple[Job, datetime | None, Mark | None]:
    document = _parse(line.removesuffix("\n").removesuffix(","))
    try:
        seen, mark = document.pop("first_seen"), document.pop("mark")
        return (
            _check_times(read_job(document)),
            None if seen is None else _read_near(seen),
            None if mark is None else _read_mark(mark),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_CHANGED) from error


def _read_mark(mark: Mapping[str, Any]) -> Mark:
    grace_s = mark["grace_s"]
    if type(grace_s) is not int or not 0 <= grace_s <= LONGEST.total_seconds() or mark.keys() - {_NOTICED} != _MARK:
        raise ValueError(_CHANGED)
    noticed_at = _read_near(mark[_NOTICED]) if _NOTICED in mark else None
    return Mark(since=_read_near(mark["since"]), grace=timedelta(seconds=grace_s), noticed_at=noticed_at)


def _check_times(job: Job) -> Job:
    for time in (job.created_at, job.started_at, job.finished_at):
        if time is not None and not EARLIEST.year <= time.year < _BEYOND:
            raise ValueError(_CHANGED)
    return job


def _read_near(value: Any) -> datetime:
    """A time of our own clock; an age from any other would be no age."""
    time = read_time(value)
    if time.year not in YEARS:
        raise ValueError(_CHANGED)
    return time


def _build(header: Mapping[str, Any], jobs: Sequence[Job], past: Past) -> Snapshot:
    try:
        return Snapshot(
            target=read_text(header["target"]),
            api=read_text(header["api"]),
            project_id=read_text(header["project_id"]),
            as_of=_read_near(header["as_of"]),
            workspaces=read_list(read_text)(header["workspaces"]),
            has_labels=read_truth(header["has_labels"]),
            holds=read_list(read_hold)(header["holds"]),
            jobs=jobs,
            past=past,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_CHANGED) from error


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
