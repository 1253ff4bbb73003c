"""Versions of a ledger: an older one is brought to the present one when opened for writing, and nothing of it is lost."""

import sqlite3
import threading
from pathlib import Path

import pytest
from builders import FakeClock

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger import version
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.facts import last_finished, last_survivors, list_open_intents
from janitor.ledger.standing import Standing, list_holds, list_pauses, read_standing, read_version
from janitor.ledger.store import Ledger, Pen

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()
"""A ledger as the SQL of version 1 made it: a sweep, a confirmed deletion, an open one."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
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


def test_opened_for_writing_it_becomes_version_2_and_keeps_every_row(old: Path, clock: FakeClock) -> None:
    before = dump(old)
    with Ledger.open(old, pen(clock), create=False) as ledger:
        assert find_break(ledger.rows())[0] is None
        assert [intent.job_id for intent in list_open_intents(ledger, "research")] == ["j2"]
        assert last_survivors(ledger, "research") == ("j8", "j9")
        assert last_finished(ledger) is not None
        assert read_standing(ledger, "research") == Standing()
    after = dump(old)
    assert after.pop("meta") == [("schema", "2")]
    assert (after.pop("holds"), after.pop("pauses")) == ([], [])
    assert after == {table: rows for table, rows in before.items() if table != "meta"}


def test_it_can_be_used_at_once_and_opened_again(old: Path, clock: FakeClock) -> None:
    with Ledger.open(old, pen(clock), create=False) as ledger:
        ledger.append([Draft(event=names.SWEEPING_PAUSED, fields={"reason": "audit"})])
    with Ledger.open(old, pen(clock), create=False) as ledger:
        assert [pause.reason for pause in list_pauses(ledger)] == ["audit"]
        assert find_break(ledger.rows())[0] is None


def test_opened_for_reading_it_is_left_as_it_is_and_has_no_holds(old: Path) -> None:
    before = old.read_bytes()
    ledger = Ledger.open_read_only(old)
    assert ledger is not None
    with ledger:
        assert read_standing(ledger, "research") == Standing()
        assert (list_holds(ledger), list_pauses(ledger), read_version(ledger, None)) == ((), (), 0)
        assert [intent.job_id for intent in list_open_intents(ledger, "research")] == ["j2"]
    assert old.read_bytes() == before


def test_a_step_that_fails_leaves_version_1_as_it_was(old: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(old)
    change, becomes = version._STEPS["1"]

    def fail(connection: object) -> None:
        change(connection)  # type: ignore[arg-type]  # a connection
        raise OSError(5, "the disk fails in the middle")

    monkeypatch.setitem(version._STEPS, "1", (fail, becomes))
    with pytest.raises(LedgerError, match="the disk fails in the middle"):
        Ledger.open(old, pen(clock), create=False)
    assert dump(old) == before


def test_two_that_open_it_at_once_bring_it_to_version_2_once(old: Path, clock: FakeClock) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def open_it() -> None:
        barrier.wait()
        try:
            Ledger.open(old, pen(clock), create=False).close()
        except LedgerError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert dump(old)["meta"] == [("schema", "2")]


@pytest.mark.parametrize("unknown", ["0", "3", "99", "", "one"])
@pytest.mark.parametrize("read_only", [False, True])
def test_an_unknown_version_is_refused_by_name_and_left_alone(
    old: Path, clock: FakeClock, unknown: str, *, read_only: bool
) -> None:
    connection = sqlite3.connect(old)
    connection.execute("UPDATE meta SET value = ?", (unknown,))
    connection.commit()
    connection.close()
    before = old.read_bytes()
    with pytest.raises(LedgerError, match=f"version '{unknown}' is none of '1', '2'"):
        Ledger.open_read_only(old) if read_only else Ledger.open(old, pen(clock), create=True)
    assert old.read_bytes() == before
