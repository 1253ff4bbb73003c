"""Owns the truth log: what really happened to each job, on disk before anybody is told.

It is the judge's evidence, so it is written by the emulator alone and never read back by it to decide anything.
"""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from janitor.emulator.actor import Actor
from janitor.emulator.document import Job, text_of, value_of, workspace_of
from janitor.emulator.document_v1 import STATUSES, JobV1, has_active, newest, text_of_v1, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthRecord:
    """One state change; `phase_before` is the job's true phase at that instant, `create_time` tells incarnations of an id apart.

    `change` is one of added, changed, delete_accepted, deleted, removed. `source` is api (a request, or a delay that a
    request began), platform (it removed an aged job by itself) or world (somebody outside). `at` is RFC 3339 UTC.
    Of the first generation: `job_id` as text, `phase_before` the name of the status, of the version where one is named, else of
    the newest; `version_id` where one version was touched; `was_active`: that version, or any of the job's, was active.
    """

    seq: int = 0
    at: str
    change: str
    job_id: str
    name: str | None
    workspace: str
    create_time: int | None
    phase_before: str | None
    source: str
    access_key: str | None = None
    path: str | None = None
    request_id: str | None = None
    version_id: int | None = None
    was_active: bool | None = None

    @property
    def moment(self) -> datetime:
        """Return `at` as an aware datetime."""
        return datetime.fromisoformat(self.at)


def build_record(change: str, job: Job, actor: Actor, now: datetime) -> TruthRecord:
    """Build the record of a change, from the job as it was before."""
    return TruthRecord(
        at=now.isoformat(),
        change=change,
        job_id=job["metadata"]["id"],
        name=text_of(job, "metadata", "name"),
        workspace=workspace_of(job),
        create_time=value_of(job, "metadata", "create_time"),
        phase_before=None if change == "added" else text_of(job, "status", "phase"),
        source=actor.source,
        access_key=actor.access_key,
        path=actor.path,
        request_id=actor.request_id,
    )


def build_record_v1(change: str, job: JobV1, version_id: int | None, actor: Actor, now: datetime) -> TruthRecord:
    """Build the record of a change of a v1 job or of one of its versions, from the job as it was before."""
    touched = None if version_id is None else version_of(job, version_id)
    status = (touched or newest(job)).get("status")
    is_new = change == "added"
    return TruthRecord(
        at=now.isoformat(),
        change=change,
        job_id=str(job["job_id"]),
        name=job.get("job_name"),
        workspace=text_of_v1(job, "workspace_id", "0"),
        create_time=job.get("create_time"),
        phase_before=None if is_new or status is None else STATUSES.get(status, str(status)),
        source=actor.source,
        access_key=actor.access_key,
        path=actor.path,
        request_id=actor.request_id,
        version_id=version_id,
        was_active=None if is_new else has_active(job["versions"] if touched is None else (touched,)),
    )


class TruthLog:
    """An append-only JSON-lines file, or memory only where there is no path; a torn last line is cut off when reopened."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._records: list[TruthRecord] = []
        self._file = None if path is None else self._open(path)

    def append(self, record: TruthRecord) -> TruthRecord:
        """Number a record and return only when it is on the disk."""
        with self._lock:
            numbered = replace(record, seq=len(self._records) + 1)
            if self._file is not None:
                os.write(self._file, _render(numbered))
                os.fsync(self._file)
            self._records.append(numbered)
        return numbered

    def records(self, change: str | None = None) -> list[TruthRecord]:
        """Return the records in order, all or those of one kind of change."""
        with self._lock:
            return [record for record in self._records if change in (None, record.change)]

    def __iter__(self) -> Iterator[TruthRecord]:
        return iter(self.records())

    def __len__(self) -> int:
        return len(self._records)

    def close(self) -> None:
        """Close the file; what was appended stays readable."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _open(self, path: Path) -> int:
        if path.exists():
            self._records.extend(read_truth(path))
            os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _sync_directory(path.parent)
        return descriptor


def read_truth(path: Path) -> list[TruthRecord]:
    """Read a truth log from disk, also while an emulator is writing it; an unfinished last line is not yet true."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [TruthRecord(**json.loads(line)) for line in lines]


def _render(record: TruthRecord) -> bytes:
    return json.dumps(asdict(record)).encode() + b"\n"


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
