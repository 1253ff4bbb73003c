"""What the ledger remembers of the last listing: each job once, when it was first seen, when it was first seen ended."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from another_hand import another_hand
from builders import NOW, FakeClock, make_job, make_rules
from sqlalchemy import event, select

from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber, Secret
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.ledger import jobs
from janitor.ledger.jobs import remember_jobs
from janitor.ledger.opening import open_ledger
from janitor.ledger.past import read_past
from janitor.ledger.schema import jobs as jobs_table
from janitor.ledger.store import Ledger, Pen
from janitor.retention.evaluate import evaluate_all
from janitor.retention.past import key_of

HOUR = timedelta(hours=1)


def remember(ledger: Ledger, *listed: Job, at: datetime = NOW, target: str = "research") -> None:
    remember_jobs(ledger, target, evaluate_all(listed, make_rules(), at), at)


def rows(ledger: Ledger, target: str = "research") -> dict[str, dict[str, Any]]:
    with ledger.reading() as connection:
        found = connection.execute(select(jobs_table).where(jobs_table.c.target == target)).mappings()
        return {row["job_id"]: dict(row) for row in found}


def unstarted(**changes: Any) -> Job:
    return make_job(started_at=None, finished_at=None, never_started=True, **changes)


def first_seen(ledger: Ledger, job: Job) -> datetime | None:
    """What deciding is told."""
    return read_past(ledger, "research", [job], NOW).first_seen.get(key_of(job))


def test_a_row_says_what_was_listed_and_decided(ledger: Ledger) -> None:
    job = make_job(days_ago=3, name="x", other_phases=frozenset({Phase.COMPLETED, Phase.ABNORMAL}))
    remember(ledger, job)
    assert rows(ledger)[job.id] == {
        "target": "research",
        "job_id": job.id,
        "created_at": "2026-11-20T01:00:00.000000Z",
        "name": "x",
        "owner": "ci-bot",
        "phase": "failed",
        "other_phases": "abnormal completed",
        "runs": 1,
        "started_at": "2026-11-20T02:00:00.000000Z",
        "finished_at": "2026-11-20T03:00:00.000000Z",
        "first_seen": timestamp(NOW),
        "first_seen_terminal": timestamp(NOW),
        "verdict": "undecidable",
        "reason": evaluate_all([job], make_rules(), NOW)[0].reason.text,
        "reason_code": "match_unknown",
        "policy": None,
        "eligible_at": None,
        "expected_at": None,
        "seen_at": timestamp(NOW),
    }
    young = make_job(days_ago=3)
    remember(ledger, young)
    (row,) = rows(ledger).values()
    assert (row["verdict"], row["reason_code"], row["policy"]) == ("kept", "too_young", "weekly")
    assert row["eligible_at"] == "2026-11-27T03:00:00.000000Z"


def test_jobs_that_are_listed_no_more_are_forgotten_and_those_of_other_targets_are_not(ledger: Ledger) -> None:
    stays, goes = make_job(), make_job()
    remember(ledger, goes, target="other")
    remember(ledger, stays, goes)
    remember(ledger, stays)  # the clock has stood still meanwhile
    assert list(rows(ledger)) == [stays.id]
    remember(ledger, at=NOW + HOUR)
    assert rows(ledger) == {}
    assert list(rows(ledger, "other")) == [goes.id]


def test_when_a_job_was_first_seen_and_first_seen_ended_stays(ledger: Ledger) -> None:
    job = unstarted()
    assert first_seen(ledger, job) is None
    for hours in (0, 1, 2):
        remember(ledger, job, at=NOW + hours * HOUR)
    row = rows(ledger)[job.id]
    assert (row["first_seen"], row["first_seen_terminal"], row["seen_at"]) == (
        timestamp(NOW),
        timestamp(NOW),
        timestamp(NOW + 2 * HOUR),
    )
    assert first_seen(ledger, job) == NOW
    assert read_past(ledger, "other", [job], NOW).first_seen == {}


def test_only_of_jobs_that_never_started_it_is_read_when_they_were_first_seen(ledger: Ledger) -> None:
    ran, other, gone = make_job(), unstarted(), unstarted()
    remember(ledger, ran, other, gone)
    assert set(read_past(ledger, "research", [ran, other], NOW).first_seen) == {key_of(other)}


@pytest.mark.parametrize(
    "change",
    [
        {"phase": Phase.COMPLETED},
        {"other_phases": frozenset({Phase.COMPLETED})},
        {"resources": Resources(runs=2)},
        {"started_at": NOW - 2 * HOUR},
        {"finished_at": NOW - HOUR},
        {"created_at": NOW - timedelta(days=99)},
        {"created_at": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a31_a_job_that_was_restarted_or_is_another_one_begins_anew(ledger: Ledger, change: dict[str, Any]) -> None:
    before = unstarted()
    after = replace(before, **change)
    remember(ledger, before)
    assert first_seen(ledger, after) is None, "what was seen of it before says nothing of it now"
    remember(ledger, after, at=NOW + HOUR)
    assert first_seen(ledger, after) == NOW + HOUR
    assert rows(ledger)[after.id]["first_seen"] == timestamp(NOW + HOUR if "created_at" in change else NOW)
    remember(ledger, before, at=NOW + 2 * HOUR)
    assert first_seen(ledger, before) == NOW + 2 * HOUR


def test_a_job_seen_running_begins_when_it_is_seen_ended(ledger: Ledger) -> None:
    job = unstarted(phase=Phase.PENDING)
    remember(ledger, job)
    assert rows(ledger)[job.id]["first_seen_terminal"] is None
    assert first_seen(ledger, job) is None
    remember(ledger, replace(job, phase=Phase.TERMINATED), at=NOW + HOUR)
    row = rows(ledger)[job.id]
    assert (row["first_seen"], row["first_seen_terminal"]) == (timestamp(NOW), timestamp(NOW + HOUR))


def test_a_clock_that_went_back_makes_nothing_earlier(ledger: Ledger) -> None:
    job, restarted = unstarted(), unstarted()
    remember(ledger, job, restarted)
    restarted = replace(restarted, phase=Phase.COMPLETED)
    remember(ledger, job, restarted, at=NOW - HOUR)
    assert (first_seen(ledger, job), first_seen(ledger, restarted)) == (NOW, NOW)
    assert {row["seen_at"] for row in rows(ledger).values()} == {timestamp(NOW - HOUR)}


def test_no_secret_reaches_the_table_and_no_name_is_longer_than_in_events(tmp_path: Path, clock: FakeClock) -> None:
    scrubber = Scrubber((Secret("geheimnis-1"),))
    decision = Decision(
        job=make_job(name="a geheimnis-1 b", owner="geheimnis-1" + "x" * 5000),
        verdict=Verdict.KEPT,
        reason=Reason(code="c", text="as geheimnis-1 says"),
        policy="geheimnis-1",
    )
    with open_ledger(tmp_path / "l.db", Pen(now=clock.now, actor="t", scrub=scrubber.scrub), create=True) as ledger:
        remember_jobs(ledger, "research", [decision], NOW)
        (row,) = rows(ledger).values()
    assert (row["name"], row["reason"], row["policy"], len(row["owner"])) == ("a *** b", "as *** says", "***", 1000)
    assert b"geheimnis" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_d5_names_and_ids_that_are_no_text_for_a_database_are_kept_as_escapes(ledger: Ledger) -> None:
    job = unstarted(id="j\ud800", name="模型\x1b\ud800\0", owner=None)
    remember(ledger, job)
    (row,) = rows(ledger).values()
    assert (row["job_id"], row["name"], row["owner"]) == ("j\\ud800", "模型\\x1b\\ud800\\x00", None)
    assert first_seen(ledger, job) == NOW


@pytest.mark.parametrize("broken", ["'soon'", "5", "''"])
def test_a_time_that_cannot_be_read_is_no_traceback(ledger: Ledger, broken: str) -> None:
    job = unstarted()
    remember(ledger, job)
    with another_hand(ledger) as connection:
        connection.execute(f"UPDATE jobs SET first_seen_terminal = {broken}")  # noqa: S608  ours
        connection.commit()
    with pytest.raises(LedgerError, match="what the ledger knows of target research cannot be read"):
        read_past(ledger, "research", [job], NOW)


def test_others_can_write_while_rows_are_made_and_between_pages(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling ten thousand sentences takes longer than anybody waits for the lock, and who waits may want to stop the sweep."""
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    listed = [make_job() for _ in range(5)]
    remember(ledger, *listed, *(make_job() for _ in range(5)))
    free = list[bool]()

    def is_free() -> bool:
        with another_hand(ledger) as hand:
            return hand.may_write()

    def slowly() -> Iterator[Decision]:
        for decision in evaluate_all(listed, make_rules(), NOW):
            free.append(is_free())
            yield decision

    remember_jobs(ledger, "research", slowly(), NOW + HOUR)
    assert (free, len(rows(ledger))) == ([True] * 5, 5)


@pytest.mark.parametrize("write", ["INSERT INTO jobs", "DELETE FROM jobs"])
def test_no_transaction_is_longer_than_a_page(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, write: str) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    remember(ledger, *(make_job() for _ in range(5)))
    sizes, written = list[int](), list[int]()

    def note(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        written.extend([cursor.rowcount] if statement.startswith(write) else [])

    def commit(_connection: Any) -> None:
        sizes.extend([sum(written)] if written else [])
        written.clear()

    event.listen(ledger.storage.engine, "after_cursor_execute", note)
    event.listen(ledger.storage.engine, "commit", commit)
    remember(ledger, *(make_job() for _ in range(5)), at=NOW + HOUR)
    assert sizes == [2, 2, 1]


def test_a_listing_that_was_taken_over_in_part_leaves_every_row_right(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sweep wrote that was killed between two pages: some rows are new, the others as before, none is forgotten."""
    monkeypatch.setattr(jobs, "AT_ONCE", 3)
    listed, gone = [unstarted() for _ in range(5)], unstarted()
    remember(ledger, *listed, gone)
    before = rows(ledger)

    def broken() -> Iterator[Decision]:
        yield from evaluate_all(listed[:4], make_rules(), NOW)
        raise LedgerError("in the middle")

    for at in (NOW, NOW + HOUR, NOW + HOUR):  # the clock stood still, then not, then again
        with pytest.raises(LedgerError, match="in the middle"):
            remember_jobs(ledger, "research", broken(), at)
        after = rows(ledger)
        assert all(after[job.id] == before[job.id] for job in (*listed[3:], gone))
        for job in listed[:3]:
            assert {name for name, value in after[job.id].items() if value != before[job.id][name]} == {"seen_at"}
            assert after[job.id]["seen_at"][:19] == timestamp(at)[:19]
    assert read_past(ledger, "research", listed, NOW).first_seen == {key_of(job): NOW for job in listed}
    remember(ledger, *listed, at=NOW + HOUR)
    assert set(rows(ledger)) == {job.id for job in listed}


@pytest.mark.soak
def test_decisions_are_read_one_after_the_other_and_none_is_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1 000 rows of some 4 kB fifty are in memory at once."""
    monkeypatch.setattr(jobs, "AT_ONCE", 50)
    job = make_job()
    reasons = (Reason(code="c", text=f"{number}" * 900) for number in range(1000, 2000))
    decisions = (Decision(job=replace(job, id=each.text[:4]), verdict=Verdict.KEPT, reason=each) for each in reasons)
    tracemalloc.start()
    try:
        remember_jobs(ledger, "research", decisions, NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    assert len(rows(ledger)) == 1000
