"""What is asked of the last listings, of the tail of the log and of past sweeps, where no page would show that it is wrong."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, FakeClock, make_job
from console_client import Console, Desk
from console_stage import ConsoleStage, decide

from janitor.console.pages import PAGES
from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.ledger import timeline
from janitor.ledger.chain import Draft
from janitor.ledger.listed import Place, PlaceLost, Wanted, count_gone, list_listed, tally
from janitor.ledger.opening import read_ledger
from janitor.ledger.schema import jobs
from janitor.ledger.selection import Selection
from janitor.ledger.store import Ledger
from janitor.ledger.tail import check_newest, first_after, read_tail


def pause(ledger: Ledger, target: str | None = None) -> None:
    ledger.append([Draft(event=names.SWEEPING_PAUSED, target=target, fields={"reason": "x"})])


def test_a_place_that_is_gone_is_an_error_and_never_another_place(ledger: Ledger, clock: FakeClock) -> None:
    ConsoleStage(ledger=ledger, clock=clock).list(decide(1), decide(2))
    with pytest.raises(PlaceLost, match="job gone of target research"):
        list_listed(ledger, Wanted(equal={}), 10, Place(target="research", job_id="gone"))


@pytest.mark.parametrize(("seen_again", "number"), [("kept", 1), ("expired", 0)])
def test_a_job_is_gone_since_it_was_seen_itself_and_not_since_any_other(
    ledger: Ledger, clock: FakeClock, seen_again: str, number: int
) -> None:
    """After a narrow listing some were seen later than others."""
    ConsoleStage(ledger=ledger, clock=clock).sweep(make_job(), make_job(days_ago=1))
    assert count_gone(ledger, "research", tally(ledger)) == 1
    with ledger.writing() as connection:
        later = {"seen_at": timestamp(NOW + timedelta(days=7))}
        connection.execute(jobs.update().where(jobs.c.verdict == seen_again).values(later))
    assert count_gone(ledger, "research", tally(ledger)) == number
    assert count_gone(ledger, "other", tally(ledger)) == 0


def test_the_first_event_after_a_time_is_found_among_any_number(ledger: Ledger, clock: FakeClock) -> None:
    for _ in range(13):
        pause(ledger)
        clock.advance(60)
    for minutes in (-1, 0, 5, 12, 99):
        at = (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert first_after(ledger, at) == min(14, max(1, minutes + 2)), minutes


def test_the_tail_stops_where_it_says_and_goes_on_there(ledger: Ledger) -> None:
    for number in range(9):
        pause(ledger, f"t{number % 3}")
    found = read_tail(ledger, Selection(target="t1"), 2)
    assert [event["seq"] for event in found.events] == [8, 5]
    assert found.read_to == 5
    rest = read_tail(ledger, Selection(target="t1"), 2, found.read_to)
    assert [event["seq"] for event in rest.events] == [2]
    assert rest.read_to == 1


def test_the_newest_events_are_checked_from_the_hash_before_them(ledger: Ledger) -> None:
    for _ in range(6):
        pause(ledger)
    assert check_newest(ledger, 3) == (None, ledger.head())
    assert check_newest(ledger, 99) == (None, ledger.head())
    with ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events WHERE seq = 5")
    wrong, _ = check_newest(ledger, 3)
    assert wrong == "event 5 is missing: event 6 stands in its place"
    assert check_newest(ledger, 1)[0] == "event 5 is missing"


def test_an_event_that_is_none_is_an_error_that_names_it(ledger: Ledger) -> None:
    pause(ledger)
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET body = '[]'")
    with pytest.raises(LedgerError, match="event 1 was changed: it is no event"):
        read_tail(ledger, Selection(), 5)


def test_the_end_of_a_sweep_is_not_looked_for_beyond_the_next_one_of_its_target(ledger: Ledger) -> None:
    for sweep in ("s1", "s2"):
        ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id=sweep)])
    ledger.append([Draft(event=names.SWEEP_FINISHED, target="research", sweep_id="s2", fields={"outcomes": {}})])
    newest, oldest = timeline.list_spans(ledger, 5)
    assert (newest.sweep_id, newest.next_seq, oldest.next_seq) == ("s2", None, 2)
    end = timeline.read_end(ledger, newest)
    assert end is not None
    assert end["seq"] == 3
    assert timeline.read_end(ledger, oldest) is None
    assert [event["seq"] for event in timeline.list_span_events(ledger, oldest, 9)] == [1]


@pytest.mark.some(1)
@pytest.mark.on_a_file
@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_page_can_be_shown_of_a_ledger_of_an_older_version(version: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("old") / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / f"version_{version}.sql").read_text())
    ledger = read_ledger(path)
    assert ledger is not None
    with ledger:
        console = Console(desk=Desk(ledger=ledger, clock=FakeClock()))
        for address in (*PAGES, "/job?id=x", "/sweep?id=x"):
            assert console.get(address).status in (200, 400, 404), address
