"""Owns in which order jobs are planned again whose latest deletion failed; all others go before them."""

from collections.abc import Mapping

from janitor.ledger.failures import Failure
from janitor.retention.planner import Rank
from janitor.sweep.recover import NOT_APPLIED


def rank_failures(failures: Mapping[str, Failure]) -> dict[str, Rank]:
    """First the jobs of which nobody knows why it failed, then those that were refused.

    In each group the one that failed longest ago is first, so that it is another one each time.
    """
    return {job_id: _rank(failure) for job_id, failure in failures.items()}


def _rank(failure: Failure) -> Rank:
    return 1 if failure.reason_code == NOT_APPLIED.code else 2, failure.seq
