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

from janitor.core.job import Job
from janitor.retention.describe import describe_hold
from janitor.retention.described import read_hold
from janitor.retention.hold import Hold
from janitor.retention.job_document import describe_job, read_job, read_time, write_time
from janitor.retention.past import Key, Mark, Past, key_of

KIND, VERSION = "janitor snapshot", 1
_OPEN, _CLOSE = ', "jobs": [\n', '], "digest": '
_FOREIGN = "is no snapshot of janitor; take one with `janitor snapshot`"
_CHANGED = "was changed after janitor wrote it, or is not whole; take a new one with `janitor snapshot`"
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
    for line in rest:
        if line.startswith(_CLOSE):
            if next(rest, None) is not None or line != f'{_CLOSE}"{digest.hexdigest()}"}}\n':
                raise ValueError(_CHANGED)
            return _build(header, jobs, Past(first_seen=first_seen, marks=marks))
        digest.update(line.encode("utf-8", "surrogatepass"))
        job, seen, mark = _read_job(line)
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
        "mark": None if mark is None else {"since": write_time(mark.since), "grace_s": grace_s},
    }


def _read_header(line: str) -> Mapping[str, Any]:
    header = _parse(f"{line.removesuffix(_OPEN)}}}") if line.endswith(_OPEN) else None
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise ValueError(_FOREIGN)
    if header.get("version") != VERSION:
        raise ValueError(f"was written by another version of janitor ({header.get('version')!r}); take a new one")
    return header


def _read_job(line: str) -> tuple[Job, datetime | None, Mark | None]:
    document = _parse(line.removesuffix("\n").removesuffix(","))
    try:
        seen, mark = document.pop("first_seen"), document.pop("mark")
        read_mark = None if mark is None else Mark(since=read_time(mark["since"]), grace=timedelta(seconds=mark["grace_s"]))
        return read_job(document), None if seen is None else read_time(seen), read_mark
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_CHANGED) from error


def _build(header: Mapping[str, Any], jobs: Sequence[Job], past: Past) -> Snapshot:
    try:
        return Snapshot(
            target=header["target"],
            api=header["api"],
            project_id=header["project_id"],
            as_of=read_time(header["as_of"]),
            workspaces=tuple(header["workspaces"]),
            has_labels=header["has_labels"],
            holds=tuple(map(read_hold, header["holds"])),
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
