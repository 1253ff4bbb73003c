"""Owns the handle on one existing v1 job of the SDK surface: one request a call, answered as the vendor's pages say.

The raw call: no policy, no hold, no look and no audit log stand before a deletion (docs/modelarts-sdk.md).
"""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from janitor.modelarts.job_state import JOB_STATE
from janitor.modelarts.sdk_arguments import require_text, require_v1_id
from janitor.modelarts.sdk_refusal import Outcome, change_v1, read_v1
from janitor.modelarts.session import Session, require_session
from janitor.modelarts.v1 import TrainingJobsV1

_MOST_DIGITS = 18
"""A longer text is no code: it stays as it is, however much of it there is."""


class TrainingJob:
    """One v1 job, and one of its versions where `version_id` is given; both are strings (docs/modelarts-api.md, SDK calls).

    Every call answers a refusal of the platform as `{"is_success": False, "error_code": ..., "error_msg": ...}`, in its own
    words, and raises a ModelArtsError where the platform gave no usable answer: OutcomeUnknown where a change may have been
    made.
    """

    def __init__(self, modelarts_session: Session, job_id: str | None = None, version_id: str | None = None) -> None:
        self._session = require_session(modelarts_session, "modelarts_session")
        self.job_id = _checked("job_id", job_id)
        self.version_id = _checked("version_id", version_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(job_id={self.job_id!r}, version_id={self.version_id!r})"

    def delete_job(self) -> Outcome:
        """Ask for the deletion of the job with all its versions, active or not, which can not be undone."""
        job_id = self._job_number()
        return self._change(lambda jobs: jobs.delete_job(job_id))

    def delete_job_version(self) -> Outcome:
        """Ask for the deletion of this version, active or not, which can not be undone."""
        job_id, version_id = self._numbers()
        return self._change(lambda jobs: jobs.delete_version(job_id, version_id))

    def stop_job_version(self) -> Outcome:
        """Ask for the stop of this running version, which does not wait for it."""
        job_id, version_id = self._numbers()
        return self._change(lambda jobs: jobs.stop_version(job_id, version_id))

    def update_job_description(self, description: str) -> Outcome:
        """Replace the description of the job, at most 256 characters."""
        job_id, text = self._job_number(), require_text("description", description, "baseline, do not delete")
        return self._change(lambda jobs: jobs.describe_job(job_id, text))

    def get_job_info(self) -> dict[str, Any]:
        """This version as the platform has it now; `status` is an index of JOB_STATE."""
        job_id, version_id = self._numbers()
        return self._read(lambda jobs: with_number(jobs.get_version(job_id, version_id)))

    def get_job_version_info(self) -> dict[str, Any]:
        """The job with all its `versions`."""
        job_id = self._job_number()
        return self._read(lambda jobs: with_numbers(jobs.get_versions(job_id), "versions"))

    def get_job_version_object_list(self, is_show: bool = True) -> "list[TrainingJob]":  # noqa: FBT001, FBT002  the vendor's signature
        """A handle on each version of the job; `is_show` also prints them, a line each.

        Raises a ModelArtsError also for a refusal, such as NotFound: a list has no `is_success`.
        """
        job_id = self._job_number()
        versions = with_numbers(self._session.v1.get_versions(job_id), "versions")["versions"]
        if is_show:
            sys.stdout.writelines(f"{_line(version)}\n" for version in versions)
        return [TrainingJob(self._session, str(job_id), str(version["version_id"])) for version in versions]

    def get_job_log_file_list(self) -> NoReturn:
        """Not built: raises NotImplementedError."""
        _refuse_logs()

    def get_job_log(self, *_: object, **__: object) -> NoReturn:
        """Not built: raises NotImplementedError."""
        _refuse_logs()

    def _change(self, call: Callable[[TrainingJobsV1], object]) -> Outcome:
        jobs = self._session.v1
        return change_v1(lambda: call(jobs))

    def _read(self, call: Callable[[TrainingJobsV1], dict[str, Any]]) -> dict[str, Any]:
        jobs = self._session.v1
        return read_v1(lambda: call(jobs))

    def _job_number(self) -> int:
        if self.job_id is None:
            raise ValueError(f"this {type(self).__name__} has no job_id; make it as Estimator(session, job_id=...)")
        return require_v1_id("job_id", self.job_id)

    def _numbers(self) -> tuple[int, int]:
        if self.version_id is None:
            raise ValueError(
                f"this {type(self).__name__} has no version_id; make it as Estimator(session, job_id=..., version_id=...)"
            )
        return self._job_number(), require_v1_id("version_id", self.version_id)


def with_numbers(document: dict[str, Any], rows: str) -> dict[str, Any]:
    """The document with the `status` of each row as a number, as the vendor's pages have it."""
    return document | {rows: [with_number(row) for row in document[rows]]}


def with_number(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its `status` as a number; the platform may write it as text (docs/modelarts-api.md, traps)."""
    status = str(row.get("status"))
    is_code = status.isascii() and status.isdecimal() and len(status) <= _MOST_DIGITS
    return row | {"status": int(status)} if is_code else row


def _checked(name: str, value: str | None) -> str | None:
    return None if value is None else str(require_v1_id(name, value))


def _line(version: dict[str, Any]) -> str:
    """One version for people; what the platform wrote is quoted, so that it can do nothing to a terminal."""
    status = version.get("status")
    state = next((name for code, name in enumerate(JOB_STATE) if code == status), repr(status))
    return f"{version['version_id']}  {version.get('version_name')!r:.40}  {state:.40}"


def _refuse_logs() -> NoReturn:
    raise NotImplementedError("janitor reads no logs; read them at the log_url that get_job_info() shows, in object storage")
