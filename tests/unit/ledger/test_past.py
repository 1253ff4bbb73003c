"""The marks of a target: they survive the process, follow their events, and are read from the chain."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from again import open_again
from another_hand import another_hand
from builders import NOW, FakeClock, make_job
from sqlalchemy import event

from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.derivation import find_difference
from janitor.ledger.opening import open_ledger
from janitor.ledger.past import read_past
from janitor.ledger.store import Ledger, Pen
from janitor.retention.past import NO_PAST, Key, Mark, key_of

HOUR = timedelta(hours=1)


def draft(event: str, job: Job, since: datetime = NOW, grace: timedelta = HOUR, target: str = "research", **more: Any) -> Draft:
    assert job.created_at is not None
    fields = {"job_id": job.id, "created_at": timestamp(job.created_at), "marked_at": timestamp(since)}
    seconds = grace // timedelta(seconds=1)
    return Draft(event=event, target=target, sweep_id="s", fields=fields | {"grace": seconds} | more)


def write(ledger: Ledger, *drafts: Draft) -> None:
    ledger.append(drafts, ledger.claim(drafts[0].target or ""))


def marks(ledger: Ledger, target: str = "research") -> dict[Key, Mark]:
    return dict(read_past(ledger, target, [], NOW).marks)


def test_a_ledger_that_does_not_exist_yet_has_no_past() -> None:
    assert read_past(None, "research", [make_job()], NOW) == NO_PAST


def test_b40_a_mark_is_there_after_the_process_ended(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    write(ledger, draft(names.JOB_MARKED, other, target="other"))
    ledger.close()
    with open_again(ledger, clock) as again:
        assert marks(again) == {key_of(job): Mark(since=NOW, grace=HOUR)}
        assert list(marks(again, "other")) == [key_of(other)]


def test_a_mark_can_be_lengthened_and_taken_away_and_made_again(ledger: Ledger) -> None:
    job = make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    write(ledger, draft(names.JOB_MARKED, job, grace=2 * HOUR))
    assert marks(ledger) == {key_of(job): Mark(since=NOW, grace=2 * HOUR)}
    write(ledger, draft(names.JOB_UNMARKED, job))
    assert marks(ledger) == {}
    write(ledger, draft(names.JOB_MARKED, job, since=NOW + HOUR))
    assert marks(ledger) == {key_of(job): Mark(since=NOW + HOUR, grace=HOUR)}


@pytest.mark.parametrize(
    ("event", "change", "said"),
    [
        (names.JOB_MARKED, {"since": NOW - HOUR}, "is marked already"),
        (names.JOB_MARKED, {"since": NOW + HOUR}, "is marked already"),
        (names.JOB_MARKED, {"grace": HOUR / 2}, "is marked already"),
    ],
    ids=["older", "anew", "shorter"],
)
def test_no_event_can_begin_a_mark_anew_or_shorten_it(ledger: Ledger, event: str, change: dict[str, Any], said: str) -> None:
    job = make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    with pytest.raises(LedgerError, match=said):
        write(ledger, draft(event, job, **change))
    assert marks(ledger) == {key_of(job): Mark(since=NOW, grace=HOUR)}


def test_what_has_no_mark_cannot_lose_one(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="is not marked"):
        write(ledger, draft(names.JOB_UNMARKED, make_job()))


@pytest.mark.parametrize("event", [names.JOB_MARKED, names.JOB_UNMARKED])
def test_only_who_has_the_target_can_change_its_marks(ledger: Ledger, event: str) -> None:
    old = ledger.claim("research")
    job = make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    with pytest.raises(LedgerError, match="another sweep took over"):
        ledger.append([draft(event, job)], old)


@pytest.mark.parametrize("event", [names.JOB_MARKED, names.JOB_UNMARKED])
def test_s9_no_mark_is_changed_without_the_lock(ledger: Ledger, event: str) -> None:
    job = make_job()
    if event == names.JOB_UNMARKED:
        write(ledger, draft(names.JOB_MARKED, job))
    with pytest.raises(LedgerError, match="without the target's lock"):
        ledger.append([draft(event, job)])


@pytest.mark.parametrize("ending", [names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE])
def test_a31_a_job_that_is_gone_has_no_mark_and_another_one_of_its_id_keeps_its_own(ledger: Ledger, ending: str) -> None:
    job, survivor = make_job(), make_job()
    reborn = make_job(id=job.id, days_ago=90)
    write(ledger, *[draft(names.JOB_MARKED, each) for each in (job, survivor, reborn)])
    deletion: dict[str, Any] = {"intent_id": "i", "attempts": 0}
    write(ledger, draft(names.DELETION_INTENDED, job, **deletion), draft(names.DELETION_ACCEPTED, job, **deletion))
    assert len(marks(ledger)) == 3
    write(ledger, draft(ending, job, **deletion))
    assert set(marks(ledger)) == {key_of(survivor), key_of(reborn)}


@pytest.mark.parametrize("ending", [names.DELETION_FAILED, names.DELETION_SKIPPED])
def test_a_job_that_was_not_deleted_keeps_its_mark(ledger: Ledger, ending: str) -> None:
    job = make_job()
    deletion: dict[str, Any] = {"intent_id": "i", "attempts": 0}
    drafts = [draft(event, job, **deletion) for event in (names.JOB_MARKED, names.DELETION_INTENDED, ending)]
    write(ledger, *drafts)
    assert list(marks(ledger)) == [key_of(job)]


def test_what_a_mark_says_is_read_from_the_chain_and_not_from_its_row(ledger: Ledger) -> None:
    job = make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    with another_hand(ledger) as connection:
        connection.execute("UPDATE marks SET marked_at = '2020-01-01T00:00:00.000000Z', grace = 1")
        connection.commit()
    assert marks(ledger) == {key_of(job): Mark(since=NOW, grace=HOUR)}


@pytest.mark.parametrize("change", ["seq = 99", "seq = 1", "seq = 3", "job_id = 'j'"])
def test_a_row_of_another_event_is_an_error_and_no_mark(ledger: Ledger, change: str) -> None:
    """Of none, of another kind, of another job: a mark that cannot be believed stops the sweep."""
    write(ledger, Draft(event=names.SWEEP_STARTED, target="research", sweep_id="s"))
    write(ledger, draft(names.JOB_MARKED, make_job()))
    write(ledger, draft(names.JOB_MARKED, make_job(), target="other"))
    with another_hand(ledger) as connection:
        connection.execute(f"UPDATE marks SET {change} WHERE target = 'research'")  # noqa: S608  ours
        connection.commit()
    with pytest.raises(LedgerError, match="what the ledger knows of target research cannot be read"):
        marks(ledger)


def test_of_many_events_at_once_the_job_that_does_not_fit_is_named_and_nothing_is_written(ledger: Ledger) -> None:
    jobs = [make_job() for _ in range(4)]
    write(ledger, *[draft(names.JOB_MARKED, job) for job in jobs[:2]])
    head = ledger.head()
    fitting = [draft(names.JOB_MARKED, jobs[0], grace=2 * HOUR), *[draft(names.JOB_MARKED, job) for job in jobs[2:]]]
    with pytest.raises(LedgerError, match=f"job {jobs[1].id} is marked already, since {timestamp(NOW)}"):
        write(ledger, *fitting[:2], draft(names.JOB_MARKED, jobs[1], since=NOW + HOUR), fitting[2])
    assert (ledger.head(), marks(ledger)) == (head, {key_of(job): Mark(since=NOW, grace=HOUR) for job in jobs[:2]})


def test_of_many_jobs_at_once_the_one_that_has_no_mark_is_named(ledger: Ledger) -> None:
    jobs = [make_job() for _ in range(3)]
    write(ledger, *[draft(names.JOB_MARKED, job) for job in (jobs[0], jobs[2])])
    with pytest.raises(LedgerError, match=f"job {jobs[1].id} is not marked"):
        write(ledger, *[draft(names.JOB_UNMARKED, job) for job in jobs])
    assert set(marks(ledger)) == {key_of(jobs[0]), key_of(jobs[2])}


def written_at_once(jobs: list[Job]) -> list[Draft]:
    """Marks, a longer one, intents and their outcomes, marks taken away: kinds in runs and by turns, one job twice in a run."""
    deletions: list[dict[str, Any]] = [{"intent_id": f"i{number}", "attempts": 1} for number in range(len(jobs))]
    drafts = [draft(names.JOB_MARKED, job) for job in (*jobs, jobs[0])]
    drafts += [draft(names.DELETION_INTENDED, job, **more) for job, more in zip(jobs, deletions, strict=True)]
    endings = (names.DELETION_CONFIRMED, names.DELETION_FAILED, names.DELETION_ALREADY_GONE)
    for job, more, ending in zip(jobs, deletions, endings, strict=True):
        drafts += [draft(names.DELETION_ACCEPTED, job, **more), draft(ending, job, **more)]
    drafts += [draft(names.DELETION_SKIPPED, jobs[1], intent_id=None, attempts=0)]
    return [*drafts, draft(names.JOB_UNMARKED, jobs[1]), draft(names.JOB_MARKED, jobs[1], since=NOW + HOUR)]


def test_events_written_at_once_are_those_written_one_by_one_and_so_are_the_tables(tmp_path: Path) -> None:
    def told(name: str, *, at_once: bool) -> tuple[list[str], list[list[tuple[Any, ...]]]]:
        with open_ledger(tmp_path / name, Pen(now=FakeClock().now, actor="t"), create=True) as ledger:
            fence = ledger.claim("research")
            for some in [drafts] if at_once else [[each] for each in drafts]:
                ledger.append(some, fence)
            assert (find_break(ledger.rows())[0], find_difference(ledger)) == (None, None)
            bodies = [row.body for row in ledger.rows()]
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            return bodies, [sorted(connection.execute(f"SELECT * FROM {table}")) for table in ("marks", "intents")]  # noqa: S608  ours

    drafts = written_at_once([make_job() for _ in range(3)])
    assert told("once.db", at_once=True) == told("each.db", at_once=False)


@pytest.mark.parametrize("name", [names.JOB_MARKED, names.JOB_UNMARKED, names.DELETION_INTENDED, names.DELETION_ACCEPTED])
def test_more_events_of_a_kind_need_no_more_statements(ledger: Ledger, name: str) -> None:
    """A first sweep may mark twenty thousand jobs, while others wait for the lock."""
    statements = list[str]()
    event.listen(
        ledger.storage.engine, "before_cursor_execute", lambda _connection, _cursor, text, *_rest: statements.append(text)
    )
    needed = []
    for number in (2, 20):
        jobs = [make_job() for _ in range(number)]
        drafts = {each: [draft(each, job, intent_id=job.id, attempts=1) for job in jobs] for each in (*_FIRST.values(), name)}
        if name in _FIRST:
            write(ledger, *drafts[_FIRST[name]])
        statements.clear()
        write(ledger, *drafts[name])
        needed.append(len(statements))
    assert needed[0] == needed[1]


_FIRST = {names.JOB_UNMARKED: names.JOB_MARKED, names.DELETION_ACCEPTED: names.DELETION_INTENDED}
"""What must have been written before."""


@pytest.mark.parametrize("ending", [names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE])
def test_a_job_leaves_from_its_intent_on_until_a_day_after_it_is_gone(ledger: Ledger, clock: FakeClock, ending: str) -> None:
    """However long before it was intended: a sweep that was killed is looked after by the next, days later."""
    job, other, failed = make_job(), make_job(), make_job()

    def leaving() -> set[str]:
        return set(read_past(ledger, "research", [], clock.now()).leaving)

    for each, target in ((job, "research"), (failed, "research"), (other, "other")):
        write(ledger, draft(names.DELETION_INTENDED, each, target=target, intent_id=each.id, attempts=0))
    assert leaving() == {job.id, failed.id}
    write(ledger, draft(names.DELETION_FAILED, failed, intent_id=failed.id, attempts=1))
    assert leaving() == {job.id}
    clock.advance(3 * 86_400)
    assert leaving() == {job.id}
    write(ledger, draft(ending, job, intent_id=job.id, attempts=1))
    clock.advance(86_400 - 1)
    assert leaving() == {job.id}
    clock.advance(1)
    assert leaving() == set()
