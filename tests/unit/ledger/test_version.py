"""Versions of a ledger: an older one is brought to the present one when opened for writing, and nothing of it is lost."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW, FakeClock, make_job

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.derivation import find_difference
from janitor.ledger.facts import last_finished, last_success, last_survivors, last_sweep, list_open_intents
from janitor.ledger.history import read_history
from janitor.ledger.jobs import last_sightings
from janitor.ledger.known import read_known
from janitor.ledger.labels import had_labels
from janitor.ledger.migrations import saying
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.overview import list_last_sweeps
from janitor.ledger.past import read_past
from janitor.ledger.standing import list_holds, list_pauses, read_standing, read_version
from janitor.ledger.standing_changes import pause_sweeping
from janitor.ledger.store import Ledger, Pen
from janitor.retention.history import GoodSweep, History
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.sight import Known

HERE = Path(__file__).parent
OLDER = {number: (HERE / f"version_{number}.sql").read_text() for number in ("1", "2", "3", "4", "5")}
"""Ledgers as the SQL of each version made them: a sweep, a confirmed deletion, an open one.

From 2 on also a hold and a pause, from 3 on a job that waits for its grace period.
"""
OF_4 = ("acknowledgements", "plans", "tombstones")
NEW_TABLES = {"1": ("holds", "pauses", "jobs", "marks", *OF_4), "2": ("jobs", "marks", *OF_4), "3": OF_4, "4": (), "5": ()}
HAS_MARKS = ("3", "4", "5")
MARKED = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(params=OLDER)
def number(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old(tmp_path: Path, number: str) -> Path:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")  # as every ledger has been from its first opening on
    connection.executescript(OLDER[number])
    connection.close()
    return path


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608  our tables
    connection.close()
    return found


def pen(clock: FakeClock) -> Pen:
    return Pen(now=clock.now, actor="cli:ann@host")


def standing_of(number: str) -> tuple[list[str], list[str]]:
    """The holds and the reasons of the pauses that a ledger of this version has."""
    return ([], []) if number == "1" else (["h-1"], ["incident"])


def check_holds_and_pauses(ledger: Ledger, number: str) -> None:
    found = [record.hold.name for record in list_holds(ledger)], [pause.reason for pause in list_pauses(ledger)]
    assert found == standing_of(number)
    standing = read_standing(ledger, "research")
    assert ([hold.name for hold in standing.holds], [standing.pause.reason] if standing.pause else []) == standing_of(number)


def check_past(ledger: Ledger, number: str) -> None:
    """The jobs whose deletion is open, or was confirmed just now; before 3 no marks and no sightings."""
    created = datetime(2026, 11, 1, tzinfo=UTC)
    waiting = make_job(id="j9", created_at=created, started_at=None, finished_at=None, never_started=True)
    key, mark = key_of(waiting), Mark(since=MARKED, grace=timedelta(days=1))
    known = Past(marks={key: mark}, first_seen={key: MARKED}) if number in HAS_MARKS else Past()
    assert read_past(ledger, "research", [waiting], NOW) == replace(known, leaving=frozenset({"j2"}))
    early = read_past(ledger, "research", [], NOW - timedelta(days=2, hours=12))
    assert early.leaving == frozenset({"j1", "j2"})
    assert read_known(ledger, "research", [waiting], {"j9"}) == Known(compared=int(number in HAS_MARKS))
    assert [row["verdict"] for row in last_sightings(ledger, "j9")] == ["expiring"] * (number in HAS_MARKS)


def check_sweeps(ledger: Ledger) -> None:
    """What the sweep in it listed and planned was not written down; that it ended well was."""
    began = datetime(2026, 11, 20, 3, 0, 2, tzinfo=UTC)
    assert read_history(ledger, "research", "d", NOW) == History(sweeps=(GoodSweep(started_at=began),), finished=1, gone_since=1)
    assert last_survivors(ledger, "research") == ("j8", "j9")
    ended = began + timedelta(seconds=6)
    assert (last_finished(ledger), last_sweep(ledger, "research"), last_success(ledger, "research")) == (ended, ended, None)
    assert [sweep.status for sweep in list_last_sweeps(ledger, "research", NOW, 5)] == ["finished"]


@pytest.mark.some(2)
def test_opened_for_writing_it_becomes_version_6_and_keeps_every_row(old: Path, number: str, clock: FakeClock) -> None:
    before = dump(old)
    with open_ledger(old, pen(clock), create=False) as ledger:
        assert find_break(ledger.rows())[0] is None
        assert find_difference(ledger) is None
        assert [intent.job_id for intent in list_open_intents(ledger, "research")] == ["j2"]
        check_sweeps(ledger)
        check_past(ledger, number)
        check_holds_and_pauses(ledger, number)
    after = dump(old)
    assert after.pop("meta") == [("schema", "6")]
    assert after.pop("ledger_revision") == [("6",)]
    assert [after.pop(table) for table in NEW_TABLES[number]] == [[] for _ in NEW_TABLES[number]]
    widths = {table: {len(row) for row in rows} for table, rows in before.items()}
    as_before = {table: [row[: max(widths[table])] for row in rows] for table, rows in after.items()}
    assert as_before == {table: rows for table, rows in before.items() if table != "meta"}


def test_an_upgraded_ledger_has_the_very_tables_of_a_new_one(old: Path, tmp_path: Path, clock: FakeClock) -> None:
    def columns(path: Path) -> dict[str, list[tuple[object, ...]]]:
        with closing(sqlite3.connect(path)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")]
            return {
                name: list(connection.execute(f"PRAGMA table_info({name})")) for name in tables if "ledger_revision" not in name
            }

    for path in (old, tmp_path / "new.db"):
        open_ledger(path, pen(clock), create=True).close()
    assert columns(old) == columns(tmp_path / "new.db")


@pytest.mark.some(2)
def test_it_can_be_used_at_once_and_opened_again(old: Path, clock: FakeClock) -> None:
    with open_ledger(old, pen(clock), create=False) as ledger:
        ledger.append([Draft(event=names.SWEEPING_PAUSED, fields={"reason": "audit"})])
        fields = {"job_id": "j1", "created_at": "2026-11-01T00:00:00.000000Z", "marked_at": "2026-11-20T00:00:00.000000Z"}
        mark = Draft(event=names.JOB_MARKED, target="research", fields=fields | {"grace": 60})
        ledger.append([mark], ledger.claim("research"))
    with open_ledger(old, pen(clock), create=False) as ledger:
        assert "audit" in [pause.reason for pause in list_pauses(ledger)]
        assert "j1" in [job_id for job_id, _ in read_past(ledger, "research", [], NOW).marks]
        assert find_break(ledger.rows())[0] is None
        assert find_difference(ledger) is None


def test_opened_for_reading_it_is_left_as_it_is_and_tells_what_it_has(old: Path, number: str) -> None:
    before = old.read_bytes()
    ledger = read_ledger(old)
    assert ledger is not None
    with ledger:
        check_holds_and_pauses(ledger, number)
        assert read_version(ledger, None) == (0 if number == "1" else 10)
        check_past(ledger, number)
        check_sweeps(ledger)
        assert find_difference(ledger) is None
        assert [intent.job_id for intent in list_open_intents(ledger, "research")] == ["j2"]
    assert old.read_bytes() == before


@pytest.mark.some(1)
def test_a29_who_reads_it_while_another_process_upgrades_it_sees_what_comes_then(
    old: Path, number: str, clock: FakeClock
) -> None:
    reader = read_ledger(old)
    assert reader is not None
    with reader:
        assert read_standing(reader, "research").pause is None or number != "1"
        with open_ledger(old, pen(clock), create=False) as writer:
            pause_sweeping(writer, "research", "audit")
        assert read_standing(reader, "research").pause is not None


def test_a29_whether_labels_were_told_is_known_of_it_before_and_after(old: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        listing = '{"event":"listing.completed","has_labels":true,"sweep_id":"s1","target":"research"}'
        connection.execute("INSERT INTO events SELECT max(seq) + 1, ?, 'x' FROM events", (listing,))
    for ledger in (read_ledger(old), open_ledger(old, pen(clock), create=False)):
        assert ledger is not None
        with ledger:
            assert had_labels(ledger, "research") is True


@pytest.mark.some(2)
@pytest.mark.parametrize("step", ["2", "3", "4", "5", "6"])
def test_a_step_that_fails_leaves_the_ledger_as_it_was(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Also the steps before it: they are one transaction."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(OLDER["1"])
    before = dump(old)
    say = saying.say_version

    def fail(version: str) -> None:
        say(version)
        if version == step:
            raise OSError(5, "the disk fails in the middle")

    monkeypatch.setattr(saying, "say_version", fail)
    with pytest.raises(LedgerError, match="the disk fails in the middle"):
        open_ledger(old, pen(clock), create=False)
    assert dump(old) == before


@pytest.mark.some(1)
def test_two_that_open_it_at_once_bring_it_to_version_6_once(old: Path, clock: FakeClock) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def open_it() -> None:
        barrier.wait()
        try:
            open_ledger(old, pen(clock), create=False).close()
        except LedgerError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert dump(old)["meta"] == [("schema", "6")]


@pytest.mark.some(15)
@pytest.mark.parametrize("unknown", ["0", "7", "99", "", "one"])
@pytest.mark.parametrize("read_only", [False, True])
def test_an_unknown_version_is_refused_by_name_and_left_alone(
    old: Path, clock: FakeClock, unknown: str, *, read_only: bool
) -> None:
    connection = sqlite3.connect(old)
    connection.execute("UPDATE meta SET value = ?", (unknown,))
    connection.commit()
    connection.close()
    before = old.read_bytes()
    with pytest.raises(LedgerError, match=f"version '{unknown}' is none of '1', '2', '3', '4'"):
        read_ledger(old) if read_only else open_ledger(old, pen(clock), create=True)
    assert old.read_bytes() == before
