"""The ledger's file: all or nothing, fenced, poisoned by the first failed write, never a silent fresh start."""

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from again import read_again
from builders import FakeClock
from sqlalchemy import event, text

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.chain import EMPTY, Draft, find_break
from janitor.ledger.facts import list_open_intents
from janitor.ledger.file import create_ledger
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.store import Fence, Ledger, Pen


def deletion(name: str, **fields: Any) -> Draft:
    given = {"intent_id": "i1", "job_id": "j1", "attempts": 0}
    return Draft(event=name, target="research", sweep_id="s1", fields=given | fields)


def test_events_are_appended_in_one_chain(ledger: Ledger) -> None:
    head = ledger.append([Draft(event=names.CONFIG_LOADED), Draft(event=names.CONFIG_LOADED)])
    assert (head.seq, find_break(ledger.rows())) == (2, (None, head))
    assert ledger.head() == head


def test_a_new_ledger_is_empty_and_only_its_owner_may_read_it(tmp_path: Path, clock: FakeClock) -> None:
    with open_ledger(tmp_path / "new.db", Pen(now=clock.now, actor="a"), create=True) as ledger:
        assert ledger.head() == EMPTY
    assert stat.S_IMODE(Path(ledger.name).stat().st_mode) == 0o600


def test_every_event_says_when_and_who(ledger: Ledger, clock: FakeClock) -> None:
    ledger.append([Draft(event=names.CONFIG_LOADED)])
    clock.advance(1.5)
    ledger.append([Draft(event=names.CONFIG_LOADED)])
    found = [row.event() for row in ledger.rows()]
    assert [item["at"] for item in found] == ["2026-11-23T03:00:00.000000Z", "2026-11-23T03:00:01.500000Z"]
    assert {item["actor"] for item in found} == {"test@here"}


def test_d1_s24_secrets_are_removed_from_events(tmp_path: Path, clock: FakeClock) -> None:
    pen = Pen(now=clock.now, actor="a", scrub=lambda fields: dict.fromkeys(fields, "***"))
    with open_ledger(tmp_path / "l.db", pen, create=True) as opened:
        opened.append([Draft(event=names.CONFIG_LOADED, fields={"note": "canary-secret"})])
        assert "canary-secret" not in next(opened.rows()).body


def test_d4_s25_a_hostile_name_is_one_ascii_record(ledger: Ledger) -> None:
    hostile = 'a\nb\u2028{"event":"deletion.confirmed"}\x1b[2J\ud800'
    ledger.append([Draft(event=names.CONFIG_LOADED, fields={"name": hostile})])
    row = next(ledger.rows())
    assert row.body.isascii()
    assert row.body.isprintable()
    assert row.event()["name"] == hostile


def test_s6_an_intent_is_closed_exactly_once(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    ledger.append([deletion(names.DELETION_INTENDED)], fence)
    ledger.append([deletion(names.DELETION_CONFIRMED, attempts=1)], fence)
    with pytest.raises(LedgerError, match="is not open"):
        ledger.append([deletion(names.DELETION_FAILED, attempts=1)], fence)


def test_s5_an_outcome_without_an_intent_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="is not open"):
        ledger.append([deletion(names.DELETION_ACCEPTED)], ledger.claim("research"))


def test_s8_a_second_open_intent_for_a_job_is_refused(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    ledger.append([deletion(names.DELETION_INTENDED)], fence)
    with pytest.raises(LedgerError, match=r"UNIQUE|duplicate key") as caught:
        ledger.append([deletion(names.DELETION_INTENDED, intent_id="i2")], fence)
    assert "\n" not in str(caught.value)


def test_a_refused_append_leaves_no_trace_and_poisons(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    with pytest.raises(LedgerError):
        ledger.append([Draft(event=names.CONFIG_LOADED), deletion(names.DELETION_ACCEPTED)], fence)
    assert ledger.head() == EMPTY
    with pytest.raises(LedgerError, match="an earlier write failed"):
        ledger.append([Draft(event=names.CONFIG_LOADED)])


def test_b20_intents_and_outcomes_of_an_older_epoch_are_refused(ledger: Ledger) -> None:
    old, new = ledger.claim("research"), ledger.claim("research")
    assert (old.epoch, new.epoch) == (1, 2)
    with pytest.raises(LedgerError, match="another sweep took over"):
        ledger.append([deletion(names.DELETION_INTENDED)], old)


@pytest.mark.parametrize("event", [names.SWEEP_STARTED, names.LISTING_COMPLETED, names.SWEEP_FINISHED])
def test_b20_s23_whatever_a_sweep_of_an_older_epoch_would_write_is_refused(ledger: Ledger, event: str) -> None:
    """A stale `sweep.finished` would be the newest word on when the target was last in good order."""
    old, _ = ledger.claim("research"), ledger.claim("research")
    with pytest.raises(LedgerError, match="another sweep took over target research"):
        ledger.append([Draft(event=event, target="research", sweep_id="s1")], old)
    assert ledger.head().seq == 0


@pytest.mark.parametrize("fence", [None, Fence(target="other", epoch=1)])
def test_b20_intents_and_outcomes_need_the_fence_of_their_target(ledger: Ledger, fence: Fence | None) -> None:
    with pytest.raises(LedgerError, match="without the target's lock"):
        ledger.append([deletion(names.DELETION_INTENDED)], fence)


@pytest.mark.on_a_file
def test_b8_a_full_disk_refuses_the_intent_and_everything_after(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    _fill_disk(ledger)
    with pytest.raises(LedgerError, match=r"full.*free or mend the disk"):
        ledger.append([deletion(names.DELETION_INTENDED, note=["x" * 900] * 120)], fence)
    with pytest.raises(LedgerError, match="nothing more is written"):
        ledger.append([deletion(names.DELETION_INTENDED)], fence)
    assert list_open_intents(ledger, "research") == ()


def test_a_float_never_enters_the_chain(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="float"):
        ledger.append([Draft(event=names.CONFIG_LOADED, fields={"share": 0.5})])


def test_without_create_a_missing_ledger_is_an_error_and_stays_missing(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(LedgerError, match="no ledger is there"):
        open_ledger(tmp_path / "l.db", Pen(now=clock.now, actor="a"), create=False)
    assert list(tmp_path.iterdir()) == []


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (id)")
    connection.close()


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def _newer(path: Path) -> None:
    create_ledger(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()


@pytest.mark.parametrize("make", [_foreign, _garbage, _newer, Path.touch])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(
    tmp_path: Path, clock: FakeClock, make: Callable[[Path], None], read_only: bool
) -> None:
    path = tmp_path / "l.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError):
        read_ledger(path) if read_only else open_ledger(path, Pen(now=clock.now, actor="a"), create=True)
    assert path.read_bytes() == before


def test_creating_never_touches_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    create_ledger(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_ledger(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_s12_a_ledger_opened_for_reading_cannot_be_written(ledger: Ledger) -> None:
    ledger.append([Draft(event=names.CONFIG_LOADED)])
    with read_again(ledger) as reader:
        assert reader.head() == ledger.head()
        with pytest.raises(LedgerError):
            reader.append([Draft(event=names.CONFIG_LOADED)])


def test_where_there_is_no_ledger_reading_answers_none(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "l.db") is None


@pytest.mark.on_a_file
def test_every_commit_is_synced_in_full(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def _fill_disk(ledger: Ledger) -> None:
    """Let no connection grow the file any more: SQLite itself then answers "database or disk is full"."""

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(ledger.storage.engine, "connect", limit)
    ledger.storage.engine.dispose()


@pytest.mark.parametrize("name", ["a b.db", "a#b.db", "a%20b.db", "a?mode=memory.db", "a%41.db"])
def test_a_path_is_taken_literally(tmp_path: Path, clock: FakeClock, name: str) -> None:
    with open_ledger(tmp_path / name, Pen(now=clock.now, actor="a"), create=True) as opened:
        opened.append([Draft(event=names.CONFIG_LOADED)])
    reader = read_ledger(tmp_path / name)
    assert reader is not None
    with reader:
        assert reader.head().seq == 1
    assert {path.name for path in tmp_path.iterdir()} >= {name}
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(name)]


@pytest.mark.on_a_file
def test_a_ledger_in_a_folder_that_cannot_be_written_can_be_read(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ledger.append([Draft(event=names.CONFIG_LOADED)])
    ledger.close()
    monkeypatch.setattr("janitor.ledger.engine.os.access", lambda *_: False)
    before = sorted(path.name for path in tmp_path.iterdir())
    reader = read_ledger(Path(ledger.name))
    assert reader is not None
    with reader:
        assert reader.head().seq == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.on_a_file
def test_one_ledger_reached_by_two_paths_has_one_lock(ledger: Ledger, tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "link.db").symlink_to(Path(ledger.name))
    with open_ledger(tmp_path / "link.db", Pen(now=clock.now, actor="a"), create=True) as other:
        assert Path(other.name) == Path(ledger.name)


def test_of_two_processes_that_create_a_ledger_at_once_the_slower_uses_the_quickers(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "l.db"

    def create_twice(wanted: Path) -> None:
        create_ledger(wanted)
        create_ledger(wanted)

    monkeypatch.setattr("janitor.ledger.file.create_ledger", create_twice)
    with open_ledger(path, Pen(now=clock.now, actor="a"), create=True) as opened:
        assert opened.head() == EMPTY


@pytest.mark.on_a_file
@pytest.mark.parametrize("is_replaced", [False, True])
def test_b12_a_ledger_that_was_removed_while_it_was_open_takes_nothing_more(ledger: Ledger, *, is_replaced: bool) -> None:
    fence = ledger.claim("research")
    ledger.append([deletion(names.DELETION_INTENDED)], fence)
    Path(ledger.name).rename(Path(ledger.name).with_name("elsewhere"))
    if is_replaced:
        create_ledger(Path(ledger.name))
    with pytest.raises(LedgerError, match="removed or replaced while it was open"):
        ledger.append([deletion(names.DELETION_INTENDED, intent_id="i2", job_id="j2")], fence)


@pytest.mark.on_a_file
def test_b18_where_the_entry_of_the_log_cannot_be_synced_nothing_is_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite syncs its folder itself and passes over an error; then a power cut would take the log with all its intents."""

    def fail(_folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("janitor.ledger.place.sync_directory", fail)
    for _ in range(2):
        with pytest.raises(LedgerError, match="its folder cannot be synced: Input/output error"):
            ledger.claim("research")


def test_a_path_that_leads_nowhere_is_an_error_of_the_ledger(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    pen = Pen(now=clock.now, actor="a")
    for path in (tmp_path / "loop" / "ledger.db", tmp_path / ("x" * 300), tmp_path / "a\x00b"):
        with pytest.raises(LedgerError):
            open_ledger(path, pen, create=True)
        with pytest.raises(LedgerError):
            read_ledger(path)


def test_b11_a_failed_claim_or_table_write_poisons_like_a_failed_append(ledger: Ledger) -> None:
    """Whatever first cannot be written, nothing else is: not even what would succeed."""
    ledger.append([Draft(event=names.CONFIG_LOADED)])
    with pytest.raises(LedgerError, match=r"no such table|does not exist"), ledger.writing() as connection:
        connection.execute(text("UPDATE missing SET x = 1"))
    for write in (lambda: ledger.claim("research"), lambda: ledger.append([Draft(event=names.CONFIG_LOADED)])):
        with pytest.raises(LedgerError, match="an earlier write failed"):
            write()
    assert ledger.head().seq == 1


def test_b7_a_write_that_runs_out_of_memory_leaves_no_trace_and_poisons(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("janitor.ledger.store.apply", run_out)
    with pytest.raises(MemoryError):
        ledger.append([Draft(event=names.CONFIG_LOADED)])
    monkeypatch.undo()
    with pytest.raises(LedgerError, match="an earlier write failed"):
        ledger.append([Draft(event=names.CONFIG_LOADED)])
    assert ledger.head() == EMPTY
