"""A long plan is looked at by narrow readings, with the guarantees of single ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from again import open_again
from builders import NOW, make_policy, make_rules, make_target, make_tools
from unit.sweep.long_night import JOBS, TEAM, Night

from janitor.backends.memory import MemoryBackend
from janitor.backends.narrow import Query
from janitor.backends.port import Listing
from janitor.core.errors import Unreachable
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger import lease
from janitor.ledger.standing_changes import add_hold
from janitor.ledger.store import Ledger
from janitor.retention.selector import Selector
from janitor.sweep.entry import sweep_target
from janitor.sweep.looking import DIFFERENT, LABELS_DIFFER, LABELS_UNTOLD, MANY, NOT_SHOWN


@pytest.fixture
def night(ledger: Ledger) -> Night:
    return Night(ledger)


def test_a_long_plan_takes_few_requests_and_each_absence_is_proven_by_the_query_of_the_look(night: Night) -> None:
    report = night.sweep()
    assert report.outcomes()["confirmed"] == JOBS
    looks, proofs = night.narrow.asked[:6], night.narrow.asked[6:]
    assert sorted(looks, key=str) == sorted(proofs, key=str)
    assert all(query.job_ids[-1] == night.kept.id for query in looks)
    assert night.disbelief == []
    assert night.backend.counts["get"] == 5  # the first job by itself, twice, with a canary around the second; one of those gone


def test_fewer_jobs_are_looked_at_one_by_one(ledger: Ledger) -> None:
    night = Night(ledger, MANY - 1)
    assert night.sweep().outcomes()["confirmed"] == MANY - 1
    assert night.narrow.asked == []


def test_where_nobody_asked_for_lists_each_job_is_asked_for_by_its_id(night: Night) -> None:
    target = make_target(night.backend, rules=night.rules, looks_together=False)
    assert sweep_target(target, night.ledger, make_tools(night.clock)).outcomes()["confirmed"] == JOBS
    assert (night.narrow.asked, night.backend.counts["get"] > 2 * JOBS) == ([], True)


def test_a28_a_row_that_differs_skips_the_job_and_no_other(night: Night) -> None:
    changed: dict[int, dict[str, object]] = {
        3: {"phase": Phase.RUNNING},
        20: {"name": "other"},
        40: {"description": "janitor-hold"},
    }

    def change(_job_id: str) -> None:
        for at, fields in changed.items():
            if night.jobs[at].id in night.backend.jobs:
                night.backend.change(night.jobs[at].id, **fields)

    night.backend.before_delete = change
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"]) == (JOBS - 3, 3)
    assert {night.jobs[at].id for at in changed} <= night.backend.jobs.keys()


@pytest.mark.parametrize("label", [("janitor-hold", ""), ("Janitor_HOLD", "x"), ("team", "nlp")])
def test_a29_a_label_that_came_since_the_listing_is_read(night: Night, label: tuple[str, str]) -> None:
    night.rules = make_rules(make_policy(except_=Selector(labels=(("team", frozenset({"nlp"})),))))
    night.backend.before_delete = lambda _: night.backend.change(night.jobs[-1].id, labels=(label,))
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"]) == (JOBS - 1, 1)
    assert night.jobs[-1].id in night.backend.jobs
    assert night.narrow.labels_read == 1


@pytest.mark.parametrize(("took_s", "readings"), [(1.0, 1), (1.6, 2), (3.1, 3)])
def test_s15_labels_are_read_anew_after_three_seconds(night: Night, took_s: float, readings: int) -> None:
    began = list[int]()

    def answer(query: Query) -> None:
        began.append(night.narrow.labels_read)
        night.clock.advance(took_s if query == night.narrow.asked[0] or len(night.narrow.asked) in {2, 6} else 0)

    night.narrow.before_show = answer
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert night.narrow.labels_read == readings


def test_a29_labels_that_a_new_hold_reads_are_read_at_once(night: Night) -> None:
    """The looks that had begun know nothing of them, and keep their jobs; those of the next batch do."""
    night.backend.change(night.jobs[-1].id, labels=(("team", "nlp"),))

    def hold(_job_id: str) -> None:
        with open_again(night.ledger, night.clock) as other:
            add_hold(other, "research", TEAM)

    night.backend.before_delete = hold
    report = night.sweep()
    assert (night.narrow.labels_read, report.outcomes()["skipped"] >= 1) == (2, True)
    assert night.jobs[-1].id in night.backend.jobs


def test_a_label_that_nothing_reads_keeps_no_job(night: Night) -> None:
    night.backend.before_delete = lambda _: night.backend.change(night.jobs[-1].id, labels=(("team", "nlp"),))
    assert night.sweep().outcomes()["confirmed"] == JOBS


def test_a_label_that_was_taken_away_is_a_change(ledger: Ledger) -> None:
    night = Night(ledger)
    night.backend.change(night.jobs[-1].id, labels=(("janitor-ttl", "30d"), ("team", "nlp")))
    night.backend.before_delete = lambda _: night.backend.change(night.jobs[-1].id, labels=(("team", "nlp"),))
    assert night.sweep().outcomes()["skipped"] == 1


def test_s15_a_look_is_as_old_as_the_labels_that_it_goes_by(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LASTS_S", 3600.0)
    night.narrow.after_labels = lambda: night.clock.advance(4)
    shown = dict[int, float]()

    def note(_query: Query) -> None:
        shown.setdefault(night.narrow.labels_read, night.clock.elapsed)

    night.narrow.before_show = note
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert night.backend.deadlines[1:] == [shown[number] - 4 + 10 for number in sorted(shown)]


def test_s15_a_look_is_as_old_as_the_beginning_of_its_reading(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LASTS_S", 3600.0)
    began = list[float]()

    def take_long(_query: Query) -> None:
        began.append(night.clock.elapsed)
        night.clock.advance(2)

    night.narrow.before_show = take_long
    night.sweep()
    assert night.backend.deadlines[1] == began[0] + 10


def test_a_job_that_a_query_does_not_show_is_asked_for_by_its_id(night: Night) -> None:
    night.narrow.hidden = {night.jobs[5].id}
    asked: list[str] = []
    night.backend.before_get = asked.append
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert asked.count(night.jobs[5].id) == 2


@pytest.mark.parametrize(("fails", "why"), [("error", NOT_SHOWN), ("labels", LABELS_UNTOLD), ("hides all", NOT_SHOWN)])
def test_where_narrow_readings_fail_each_job_is_looked_at_by_itself_from_then_on(night: Night, fails: str, why: str) -> None:
    night.narrow.error = Unreachable("away") if fails == "error" else None
    night.narrow.are_labels_told = fails != "labels"
    night.narrow.hidden = {job.id for job in night.jobs} if fails == "hides all" else set()
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert len(night.narrow.asked) <= 1
    assert night.backend.counts["get"] >= 2 * JOBS
    assert [reason.startswith(why) for reason in night.disbelief] == [True]


def test_a_hold_that_came_after_the_look_and_asks_for_labels_that_were_not_read_keeps_all_of_them(night: Night) -> None:
    def hold(_query: Query) -> None:
        if len(night.narrow.asked) == 2:
            with open_again(night.ledger, night.clock) as other:
                add_hold(other, "research", TEAM)

    night.narrow.before_show = hold
    report = night.sweep()
    assert report.outcomes()["skipped"] > 0
    assert report.outcomes()["confirmed"] + report.outcomes()["skipped"] == JOBS


def test_a28_a_row_that_does_not_tell_enough_is_not_believed_and_a_few_jobs_are_asked_for_to_know_it(night: Night) -> None:
    night.narrow.silent = {night.jobs[5].id}
    night.backend.change(night.jobs[4].id, description="the one of which most is told")
    asked: list[str] = []
    night.backend.before_get = asked.append
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert asked.count(night.jobs[5].id) == 2
    assert night.narrow.calibrated == [[night.jobs[1].id, night.jobs[4].id, night.jobs[9].id]]


def test_a28_where_a_row_says_other_than_the_job_asked_for_by_its_id_no_row_is_believed(night: Night) -> None:
    """The platform cuts what it shows in lists, of one job as well as of another; only of one does it show."""
    night.narrow.row_of = lambda job: replace(job, description=(job.description or "")[:20])
    night.backend.change(night.jobs[4].id, description="a description of twenty characters and more")
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert len(night.narrow.asked) == 1
    assert night.backend.counts["get"] >= 2 * JOBS
    assert [reason.startswith(DIFFERENT) for reason in night.disbelief] == [True]


def tell_in_lists(night: Night, row_of: Callable[[Job], Job]) -> None:
    """In every list, the whole listing among them, jobs are told of like this."""

    def listing() -> Listing:
        whole = MemoryBackend.list_jobs(night.backend)
        return replace(whole, jobs=tuple(map(row_of, whole.jobs)))

    night.narrow.row_of, night.backend.listing = row_of, listing


def cut_characters(job: Job) -> Job:
    return replace(job, description=(job.description or "")[:60])


def cut_bytes(job: Job) -> Job:
    return replace(job, description=(job.description or "").encode()[:60].decode(errors="ignore"))


@pytest.mark.parametrize(("cut", "held", "other"), [(cut_characters, "x" * 60, ""), (cut_bytes, "\u8a9e" * 20, "y" * 59)])
def test_a28_a_mark_that_every_list_cuts_off_is_seen_whichever_query_shows_its_job(
    night: Night, cut: Callable[[Job], Job], held: str, other: str
) -> None:
    """Nothing is cut of what the first query shows, nor, where bytes count, of the description with the most characters."""
    night.backend.change(night.jobs[30].id, description=f"{held} janitor-hold")
    night.backend.change(night.jobs[29].id, description=other)
    tell_in_lists(night, cut)
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"]) == (JOBS - 1, 1)
    assert night.jobs[30].id in night.backend.jobs


def test_a28_what_every_list_leaves_out_of_some_sort_of_jobs_is_seen(night: Night) -> None:
    """They ended later than lists tell: the runs after the first are in the answer about the job alone."""
    others = {night.jobs[at].id for at in (30, 40)}
    for each in others:
        night.backend.change(each, phase=Phase.COMPLETED, finished_at=NOW - timedelta(hours=30))
    ended = night.jobs[0].finished_at
    tell_in_lists(night, lambda job: replace(job, finished_at=ended) if job.id in others else job)
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"]) == (JOBS - 2, 2)
    assert others <= night.backend.jobs.keys()


def test_a29_a_job_that_is_not_among_those_of_which_all_labels_are_told_is_asked_for(night: Night) -> None:
    night.narrow.forgotten = {night.jobs[5].id}
    asked: list[str] = []
    night.backend.before_get = asked.append
    assert night.sweep().outcomes()["confirmed"] == JOBS
    assert asked.count(night.jobs[5].id) == 2


def test_a29_where_a_job_by_itself_has_other_labels_than_it_was_listed_with_none_are_read_together(night: Night) -> None:
    """What reads the labels of all jobs tells none of them; the first job, which is looked at by itself, gives it away."""
    night.backend.change(night.jobs[0].id, labels=(("team", "nlp"),))
    night.backend.change(night.jobs[30].id, labels=(("janitor-hold", ""),))
    tell_in_lists(night, lambda job: replace(job, labels=()))
    night.narrow.tells_labels = False
    report = night.sweep()
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"]) == (JOBS - 2, 2)
    assert night.jobs[30].id in night.backend.jobs
    assert [reason.startswith(LABELS_DIFFER) for reason in night.disbelief] == [True]
