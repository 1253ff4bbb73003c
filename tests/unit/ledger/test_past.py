"""The marks of a target: they survive the process, follow their events, and are read from the chain."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job

from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger.chain import Draft
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
    return dict(read_past(ledger, target, []).marks)


def test_a_ledger_that_does_not_exist_yet_has_no_past() -> None:
    assert read_past(None, "research", [make_job()]) == NO_PAST


def test_b40_a_mark_is_there_after_the_process_ended(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job()
    write(ledger, draft(names.JOB_MARKED, job))
    write(ledger, draft(names.JOB_MARKED, other, target="other"))
    ledger.close()
    with Ledger.open(ledger.path, Pen(now=clock.now, actor="t"), create=False) as again:
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
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("UPDATE marks SET marked_at = '2020-01-01T00:00:00.000000Z', grace = 1")
        connection.commit()
    assert marks(ledger) == {key_of(job): Mark(since=NOW, grace=HOUR)}


@pytest.mark.parametrize("change", ["seq = 99", "seq = 1", "seq = 3", "job_id = 'j'"])
def test_a_row_of_another_event_is_an_error_and_no_mark(ledger: Ledger, change: str) -> None:
    """Of none, of another kind, of another job: a mark that cannot be believed stops the sweep."""
    write(ledger, Draft(event=names.SWEEP_STARTED, target="research", sweep_id="s"))
    write(ledger, draft(names.JOB_MARKED, make_job()))
    write(ledger, draft(names.JOB_MARKED, make_job(), target="other"))
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute(f"UPDATE marks SET {change} WHERE target = 'research'")  # noqa: S608  ours
        connection.commit()
    with pytest.raises(LedgerError, match="what the ledger knows of target research cannot be read"):
        marks(ledger)
