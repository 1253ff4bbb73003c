"""Owns the calls of the vendor's SDK about v1 jobs ("old version": integer ids, versions), as its pages have them.

The raw call: no policy, no hold, no look and no audit log stand before a deletion (docs/modelarts-sdk.md).
"""

from typing import Any, NoReturn

from janitor.modelarts.job_state import JOB_STATE
from janitor.modelarts.sdk_arguments import refuse_creation, require_one_of, require_text, require_v1_id, require_whole
from janitor.modelarts.sdk_refusal import Outcome, read_v1
from janitor.modelarts.session import Session, require_session
from janitor.modelarts.training_job import TrainingJob, with_numbers
from janitor.modelarts.v1_listing import MOST_PAGE, PER_PAGE, SORTS, Search

__all__ = ["JOB_STATE", "Estimator", "TrainingJob"]


class Estimator(TrainingJob):
    """A handle on one existing v1 job, and the static calls that need none; creating jobs is not built.

    They answer as those of TrainingJob do.
    """

    def __init__(
        self, modelarts_session: Session, job_id: str | None = None, version_id: str | None = None, **creating: object
    ) -> None:
        if creating:
            refuse_creation()
        super().__init__(modelarts_session, job_id, version_id)

    @staticmethod
    def delete_job_by_id(modelarts_session: Session, job_id: str) -> Outcome:
        """Ask for the deletion of a job with all its versions, active or not, which can not be undone."""
        session = require_session(modelarts_session, "modelarts_session")
        return TrainingJob(session, str(require_v1_id("job_id", job_id))).delete_job()

    @staticmethod
    def get_job_list(  # noqa: PLR0913, PLR0917  the vendor's signature
        modelarts_session: Session,
        status: int | None = None,
        per_page: int = 10,
        page: int = 1,
        sortBy: str | None = None,  # noqa: N803  the vendor's name
        order: str = "desc",
        search_content: str = "",
        *,
        sort_by: str | None = None,
    ) -> dict[str, Any]:
        """One page of the default workspace's jobs: `is_success job_total_count job_count_limit quotas jobs`.

        Pages count from 1. `sortBy` and `sort_by` are the same and "job_name" where neither is given. The `status` of a row, an
        index of JOB_STATE, is that of one version of the job: another one may still run.
        """
        if sortBy is not None and sort_by is not None and sortBy != sort_by:
            raise ValueError("sortBy and sort_by are one parameter; give it once")
        search = Search(
            status=None if status is None else require_whole("status", status, 0, len(JOB_STATE) - 1),
            per_page=require_whole("per_page", per_page, 1, PER_PAGE),
            page=require_whole("page", page, 1, MOST_PAGE),
            sort_by=require_one_of("sort_by", sort_by or sortBy or "job_name", SORTS),
            order=require_one_of("order", order, ("asc", "desc")),
            search_content=require_text("search_content", search_content, "trial"),
        )
        jobs = require_session(modelarts_session, "modelarts_session").v1
        return read_v1(lambda: with_numbers(jobs.list_page(search), "jobs"))

    def fit(self, *_: object, **__: object) -> NoReturn:
        """Not built: raises NotImplementedError."""
        refuse_creation()

    def create_job_version(self, *_: object, **__: object) -> NoReturn:
        """Not built: raises NotImplementedError."""
        refuse_creation()
