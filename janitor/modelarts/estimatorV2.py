"""Owns the calls of the vendor's SDK about v2 jobs (UUID ids): one request each, answered as the vendor's pages say.

The raw call: no policy, no hold, no look and no audit log stand before a deletion (docs/modelarts-sdk.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from janitor.modelarts.job_state import JOB_STATE
from janitor.modelarts.sdk_arguments import (
    refuse_creation,
    require_filters,
    require_one_of,
    require_text,
    require_v2_id,
    require_whole,
)
from janitor.modelarts.sdk_refusal import Refusal, change_v2, read_v2
from janitor.modelarts.session import Session, require_session
from janitor.modelarts.v2 import TrainingJobsV2
from janitor.modelarts.v2_page import LIMIT

__all__ = ["JOB_STATE", "Estimator"]

_MOST_OFFSET = 2**31 - 1


class Estimator:
    """A handle on one existing v2 job, and the static calls that need none (docs/modelarts-api.md, SDK calls).

    Every call answers a refusal of the platform as a dictionary with its own `error_msg`, `error_code` and `error_solution`,
    and raises a ModelArtsError where the platform gave no usable answer: OutcomeUnknown where a change may have been made.
    """

    def __init__(self, session: Session, job_id: str | None = None, **creating: object) -> None:
        if creating:
            refuse_creation()
        self._session = require_session(session, "session")
        self.job_id = None if job_id is None else require_v2_id("job_id", job_id)

    @staticmethod
    def delete_job_by_id(session: Session, job_id: str) -> Refusal | None:
        """Ask for a job's deletion, active or not, which can not be undone; None means that the platform took the request."""
        jobs, parsed = _jobs(session), require_v2_id("job_id", job_id)
        return change_v2(lambda: jobs.delete_job(parsed))

    @staticmethod
    def control_job_by_id(session: Session, job_id: str) -> dict[str, Any]:
        """Ask for the stop of an active job; answers the job, which is Terminating for a while."""
        jobs, parsed = _jobs(session), require_v2_id("job_id", job_id)
        return read_v2(lambda: jobs.terminate_job(parsed))

    @staticmethod
    def get_job_list(  # noqa: PLR0913, PLR0917  the vendor's signature
        session: Session,
        offset: int = 0,
        limit: int = LIMIT,
        sort_by: str = "create_time",
        order: str = "desc",
        group_by: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """One page of the default workspace's jobs as the platform wrote it: `total count limit offset items` and more.

        `offset` counts records according to the vendor's page on this call and pages according to others: a loop over it may
        miss jobs. `TrainingJobsV2.list_jobs` finds out and proves its list complete.
        """
        search: dict[str, Any] = {
            "offset": require_whole("offset", offset, 0, _MOST_OFFSET),
            "limit": require_whole("limit", limit, 1, LIMIT),
            "sort_by": require_text("sort_by", sort_by, "create_time"),
            "order": require_one_of("order", order, ("asc", "desc")),
        }
        if group_by is not None:
            search["group_by"] = require_text("group_by", group_by, "name")
        if filters is not None:
            search["filters"] = require_filters(filters)
        jobs = _jobs(session)
        return read_v2(lambda: jobs.list_page(search))

    def delete_job(self) -> Refusal | None:
        """Like `delete_job_by_id`, for this job."""
        return self.delete_job_by_id(self._session, self._own_id())

    def control_job(self) -> dict[str, Any]:
        """Like `control_job_by_id`, for this job."""
        return self.control_job_by_id(self._session, self._own_id())

    def get_job_info(self) -> dict[str, Any]:
        """The job as the platform has it now."""
        jobs, job_id = _jobs(self._session), self._own_id()
        return read_v2(lambda: jobs.get_job(job_id))

    def fit(self, *_: object, **__: object) -> NoReturn:
        """Not built: raises NotImplementedError."""
        refuse_creation()

    def _own_id(self) -> str:
        if self.job_id is None:
            raise ValueError("this Estimator has no job_id; make it as Estimator(session=session, job_id=...)")
        return self.job_id


def _jobs(session: Session) -> TrainingJobsV2:
    return require_session(session, "session").v2
