"""A long plan is proven gone by narrow readings, with the guarantees of single ones."""

from collections.abc import Callable

import pytest
from unit.sweep.long_night import JOBS, Night

from janitor.backends.narrow import Query
from janitor.ledger.store import Ledger
from janitor.sweep.confirm import CONTRADICTED


@pytest.fixture
def night(ledger: Ledger) -> Night:
    return Night(ledger)


def proofs_only(night: Night, change: Callable[[], None]) -> None:
    """Do something once all deletions were asked for."""

    def act(_query: Query) -> None:
        if len(night.backend.asked) == JOBS:
            change()

    night.narrow.before_show = act


def test_g_absence_from_an_answer_that_is_not_whole_proves_nothing(night: Night) -> None:
    """The second batch lingers, but no job of it is asked for by its id as a sample."""
    night.backend.lingering = {job.id for job in night.jobs[10:19]}
    proofs_only(night, lambda: night.narrow.hidden.update(job.id for job in night.jobs))
    night.narrow.is_whole = lambda _: len(night.backend.asked) < JOBS
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["accepted"]) == (JOBS - 9, 9)


def test_g_absence_beside_an_absent_canary_proves_nothing(night: Night) -> None:
    night.backend.lingering = {job.id for job in night.jobs[10:19]}
    proofs_only(night, lambda: night.narrow.hidden.update(night.backend.jobs))
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["accepted"]) == (JOBS - 9, 9)


def test_g_where_all_jobs_go_a_list_that_shows_none_is_not_believed_against_a_look(ledger: Ledger) -> None:
    night = Night(ledger, stays=False)
    night.backend.lingering = {job.id for job in night.jobs}
    proofs_only(night, lambda: night.narrow.hidden.update(night.backend.jobs))
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["accepted"]) == (0, JOBS)


def test_g_where_all_jobs_go_they_are_proven_gone_by_list_look_and_identity(ledger: Ledger) -> None:
    night = Night(ledger, stays=False)
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert night.backend.counts["get"] == 8  # the first, twice, and one of each of the six queries


def test_g_where_all_jobs_go_and_the_project_is_not_shown_nothing_is_proven(ledger: Ledger) -> None:
    night = Night(ledger, stays=False)

    def hide() -> None:
        night.backend.projects = ()

    proofs_only(night, hide)
    report = night.sweep()
    assert report.outcomes()["confirmed"] == 0


def test_jobs_that_are_still_shown_are_waited_for(night: Night) -> None:
    night.backend.lingering = {job.id for job in night.jobs}

    def go() -> None:
        if night.clock.waits:
            for job in night.jobs:
                night.backend.jobs.pop(job.id, None)

    proofs_only(night, go)
    assert night.sweep().outcomes()["confirmed"] == JOBS


def test_g_where_one_that_a_list_misses_is_there_lists_prove_nothing_any_more(night: Night) -> None:
    night.backend.lingering = {job.id for job in night.jobs}
    proofs_only(night, lambda: night.narrow.hidden.update(job.id for job in night.jobs))
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["accepted"]) == (0, JOBS)
    assert len(night.narrow.asked) == 6 + 4  # looks, and the proofs of one part
    assert night.disbelief == [CONTRADICTED]
