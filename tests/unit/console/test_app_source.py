"""The ledger behind the pages: one for all, the one that lies there now, and never one that cannot be trusted without a word."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from builders import FakeClock
from console_scene import app_of, guarded, make_settings
from small_sweep import SmallSweep, empty_ledger

from janitor.console.app_source import AppSource
from janitor.core.errors import LedgerError
from janitor.ledger.store import Ledger
from janitor.settings.model import LedgerSettings
from janitor.wiring import App

pytestmark = pytest.mark.on_a_file


@pytest.fixture
def source(tmp_path: Path, clock: FakeClock) -> AppSource:
    return AppSource(app_of(tmp_path, guarded(), clock))


def sweep_in(folder: Path) -> None:
    small = SmallSweep(folder=folder)
    with small.open() as ledger:
        small.sweep(ledger)


def events_in(source: AppSource) -> int:
    with source.reading() as ledger:
        assert ledger is not None
        return ledger.head().seq


def test_one_ledger_stays_open_for_all_and_sees_what_is_written(source: AppSource, tmp_path: Path) -> None:
    with source.reading() as one, source.reading() as other:
        assert one is other
    sweep_in(tmp_path)
    with source.reading() as later:
        assert later is one
    assert events_in(source) > 0
    source.close()


def test_where_a_server_does_not_answer_nobody_waits_for_the_try_of_somebody_else(source: AppSource) -> None:
    """Both are let go only once both are trying; one ledger stays, and what was opened beside it is closed."""
    both, opened, plain = Barrier(2), list[Ledger](), source.app.read_ledger

    def open_late() -> Ledger | None:
        both.wait(10)
        ledger = plain()
        assert ledger is not None
        opened.append(ledger)
        return ledger

    vars(source.app)["read_ledger"] = open_late
    with ThreadPoolExecutor(2) as threads:
        assert [*threads.map(lambda _: events_in(source), range(2))] == [0, 0]
    with source.reading() as kept:
        assert len(opened) == 2
        assert any(each is kept for each in opened)
    source.close()


def test_a_ledger_that_is_replaced_is_shown_from_then_on(source: AppSource, tmp_path: Path) -> None:
    """Who still reads the old one reads it to the end."""
    sweep_in(tmp_path)
    with source.reading() as old:
        assert old is not None
        before = old.head()
        for each in tmp_path.iterdir():
            each.unlink()
        (tmp_path / "ledger.db").write_bytes(empty_ledger())
        with source.reading() as new:
            assert new is not None
            assert (new is old, new.head().seq) == (False, 0)
        assert before.seq > 0
    assert events_in(source) == 0
    source.close()


def test_d21_a_ledger_without_its_anchored_head_is_a_page_that_says_so(source: AppSource, tmp_path: Path) -> None:
    sweep_in(tmp_path)
    (tmp_path / "other").write_bytes(empty_ledger())
    (tmp_path / "other").replace(tmp_path / "ledger.db")
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    with pytest.raises(LedgerError, match="restored from an older copy or replaced"):
        events_in(source)
    source.close()


def test_a_missing_ledger_is_none_where_it_may_be_created_and_a_foreign_one_is_an_error(
    source: AppSource, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    path.unlink()
    with source.reading() as ledger:
        assert ledger is None
    with pytest.raises(LedgerError, match="no ledger is there"):
        source.require()
    assert not path.exists()
    source.follow(App(settings=replace(source.settings, ledger=LedgerSettings(path=path, create=False)), clock=source.clock))
    with pytest.raises(LedgerError, match="no ledger is there"):
        events_in(source)
    path.write_bytes(b"something else\n" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        source.require()
    path.write_bytes(empty_ledger())
    source.require()
    source.close()


def test_another_policy_file_may_name_another_ledger(source: AppSource, tmp_path: Path) -> None:
    sweep_in(tmp_path)
    assert events_in(source) > 0
    (tmp_path / "next").mkdir()
    source.follow(App(settings=make_settings(tmp_path / "next", guarded()), clock=source.clock))
    assert events_in(source) == 0
    source.close()


def test_a_file_that_is_read_as_one_that_never_changes_is_opened_anew_when_it_does(
    source: AppSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that may not be written SQLite reads it so."""
    real: Callable[..., bool] = os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path and real(path, mode))
    before = events_in(source)
    sweep_in(tmp_path)
    assert events_in(source) > before
    source.close()


def test_d21_a_ledger_that_went_is_not_one_that_has_still_to_be_made(source: AppSource, tmp_path: Path, clock: FakeClock) -> None:
    """By its head, which stayed, or because this process had it open."""
    assert events_in(source) == 0
    (tmp_path / "ledger.db").unlink()
    with pytest.raises(LedgerError, match="no ledger is there"):
        events_in(source)
    (tmp_path / "ledger.db").write_bytes(empty_ledger())
    sweep_in(tmp_path)
    assert (tmp_path / "ledger.db.head").exists()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    later = AppSource(App(settings=source.settings, clock=clock))
    with pytest.raises(LedgerError, match="no ledger is there"):
        events_in(later)
    later.close()
    source.close()


def test_a_file_stop_beside_the_policy_file_is_seen_while_it_is_there(source: AppSource, tmp_path: Path) -> None:
    assert source.halted() is None
    (tmp_path / "STOP").touch()
    assert "nothing is deleted while it does" in str(source.halted())
