"""How far the rows of lists are believed, and what is asked for by id to know it."""

from dataclasses import replace
from typing import Any

import pytest
from builders import FakeClock, make_job, make_rules, make_target, make_tools
from scripted import ScriptedBackend
from scripted_narrow import ScriptedNarrow

from janitor.backends.narrow import Shown
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.ledger.store import Ledger
from janitor.sweep.belief import Belief
from janitor.sweep.entry import sweep_target


def described(*texts: str) -> list[Job]:
    return [make_job(description=text) for text in texts]


def shown(*jobs: Job) -> Shown:
    return Shown(jobs={job.id: job for job in jobs}, is_complete=True)


def learnt(*texts: str) -> Belief:
    belief, jobs = Belief(), described(*texts)
    assert belief.learn(jobs, shown(*jobs))
    return belief


def test_a_description_that_is_longer_than_all_before_is_compared_and_no_other() -> None:
    first = described("a", "abc", "abcd", "b")
    assert Belief().choose(first) == [first[0], first[2], first[3]]
    longer = described("a", "abcde", "b")
    assert learnt("abcd").choose(longer) == [longer[1]]
    assert learnt("abcd").choose(first) == []


def test_where_no_job_has_a_description_three_more_are_compared_as_lists_may_tell_none() -> None:
    jobs = described(*[""] * 9)
    assert Belief().choose(jobs) == [jobs[at] for at in (0, 2, 4, 6, 8)]
    assert learnt("").choose(jobs) == []
    hidden = described(*[""] * 4, "janitor-hold", *[""] * 4)
    assert not Belief().learn(Belief().choose(hidden), shown(*(replace(job, description="") for job in hidden)))


@pytest.mark.parametrize("other", [{"kind": "hetero_job"}, {"phase": Phase.TERMINATED}, {"never_started": True}])
def test_a_job_of_a_sort_that_was_not_compared_is_compared_and_one_of_each_suffices(other: dict[str, Any]) -> None:
    belief, jobs = learnt("abc"), [make_job(), make_job(**other), make_job(**other)]
    assert [belief.covers(job) for job in jobs] == [True, False, False]
    assert belief.choose(jobs) == [jobs[2]]
    assert belief.learn([jobs[2]], shown(*jobs))
    assert belief.choose(jobs) == []


def test_characters_and_bytes_are_compared_each_by_the_longest() -> None:
    jobs = described("", "y" * 5, "語" * 4)
    assert Belief().choose(jobs) == jobs
    assert [learnt("y" * 5).covers(job) for job in jobs] == [True, True, False]
    assert [learnt("語" * 4).covers(job) for job in jobs] == [True, False, True]


TOLD: dict[str, Any] = {
    "metadata": {"id": "1"},
    "algorithm": {"command": "python a.py", "parameters": [{"name": "lr"}], "id": None},
}


@pytest.mark.parametrize(
    ("row", "is_believed"),
    [
        (TOLD, True),
        (TOLD | {"algorithm": {"command": "other", "parameters": [{"name": "x"}]}, "more": 1}, True),
        ({"metadata": {"id": "1"}}, False),
        (TOLD | {"algorithm": None}, False),
        (TOLD | {"algorithm": {"command": "python a.py"}}, False),
        (TOLD | {"algorithm": {"command": "python a.py", "parameters": []}}, False),
    ],
)
def test_a_row_that_leaves_out_what_a_tombstone_is_made_of_is_not_believed(row: dict[str, Any], *, is_believed: bool) -> None:
    """No policy reads how a job was trained, and once it is gone nothing else tells it."""
    job = make_job(document={"job": TOLD})
    assert Belief().learn([job], shown(replace(job, document={"job": row}))) is is_believed


def test_a_job_that_was_not_shown_proves_nothing() -> None:
    belief, jobs = Belief(), described("abc", "a")
    assert belief.learn(jobs, shown(jobs[1]))
    assert [belief.covers(job) for job in jobs] == [False, True]


def test_a28_a_row_that_is_wordier_than_any_that_was_compared_is_asked_for(ledger: Ledger) -> None:
    """It was to be compared, but was not there when it was asked for."""
    jobs = described(*[""] * 11, "one with a description")
    backend = ScriptedBackend.holding(*jobs, make_job(days_ago=2))
    narrow = backend.narrow = ScriptedNarrow(backend)
    backend.most_at_once = 100
    narrow.never_compared = {jobs[-1].id}
    asked: list[str] = []
    backend.before_get = asked.append
    report = sweep_target(make_target(backend, rules=make_rules()), ledger, make_tools(FakeClock()))
    assert report.outcomes()["confirmed"] == len(jobs)
    assert asked.count(jobs[-1].id) == 2  # the look, and the proof
