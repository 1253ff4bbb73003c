"""Before each intent: the ledger's files are those that were opened, and the disk has room for every outcome."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend
from sqlalchemy import event as sql

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Draft
from janitor.ledger.opening import open_ledger
from janitor.ledger.place import RESERVE, ROOM_PER_INTENT, free_bytes
from janitor.ledger.store import Ledger, Pen
from janitor.sweep.entry import sweep_target

Room = Callable[[Path], int]


def open_with(room: Room, tmp_path: Path, clock: FakeClock) -> Ledger:
    return open_ledger(tmp_path / "ledger.db", Pen(now=clock.now, actor="test@here"), create=True, room=room)


def intent(number: int) -> Draft:
    fields = {"intent_id": f"i{number}", "job_id": f"j{number}", "attempts": 0}
    return Draft(event=names.DELETION_INTENDED, target="research", sweep_id="s1", fields=fields)


def test_b8_without_room_for_its_outcomes_no_intent_is_written_and_the_error_has_the_numbers(
    tmp_path: Path, clock: FakeClock
) -> None:
    needed = RESERVE + 3 * ROOM_PER_INTENT
    rooms = iter([needed, needed - 1])
    with open_with(lambda _path: next(rooms), tmp_path, clock) as ledger:
        fence = ledger.claim("research")
        head = ledger.append([intent(number) for number in range(3)], fence)
        with pytest.raises(LedgerError) as caught:
            ledger.append([intent(number) for number in range(3, 6)], fence)
        assert ledger.head() == head
        assert all(text in str(caught.value) for text in (str(Path(ledger.name)), str(needed - 1), str(needed), "free the disk"))


def test_b8_where_the_room_cannot_be_told_nothing_is_intended(tmp_path: Path, clock: FakeClock) -> None:
    def refuse(_path: Path) -> int:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with open_with(refuse, tmp_path, clock) as ledger:
        ledger.append([Draft(event=names.CONFIG_LOADED)])
        with pytest.raises(LedgerError, match=r"cannot be told.*nothing is deleted"):
            ledger.append([intent(1)], ledger.claim("research"))
        assert ledger.head().seq == 1


def test_b8_room_is_asked_before_every_batch_and_a_sweep_that_finds_none_sends_nothing_more(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The disk fills up after the first batch of one; the other jobs are left alone, and the exit code is 5."""
    backend, rooms = ScriptedBackend.holding(*[make_job() for _ in range(12)], make_job(days_ago=1)), iter([1 << 30, 1000])
    with open_with(lambda _path: next(rooms), tmp_path, clock) as ledger:
        report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert len(backend.asked) == 1
    assert report.exit_code == 5
    assert report.trouble is not None
    assert "1000 bytes are free" in report.trouble.message


def test_the_room_of_a_real_disk_is_what_an_ordinary_user_may_still_write(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    assert 0 < free_bytes(tmp_path) <= found.f_bfree * found.f_frsize


@pytest.mark.on_a_file
@pytest.mark.parametrize("name", ["-wal", "-shm"])
@pytest.mark.parametrize("is_replaced", [False, True])
def test_b12_a_ledger_whose_wal_was_removed_alone_takes_nothing_more(ledger: Ledger, name: str, *, is_replaced: bool) -> None:
    fence = ledger.claim("research")
    ledger.append([intent(1)], fence)
    companion = Path(ledger.name).with_name(Path(ledger.name).name + name)
    companion.rename(Path(ledger.name).with_name("elsewhere"))
    if is_replaced:
        companion.write_bytes(Path(ledger.name).with_name("elsewhere").read_bytes())
    with pytest.raises(LedgerError, match=f"its {name} file was removed or replaced"):
        ledger.append([intent(2)], fence)
    with pytest.raises(LedgerError, match="nothing more is written"):
        ledger.claim("research")


@pytest.mark.on_a_file
def test_b12_a_wal_that_is_removed_while_the_intent_is_written_lets_no_request_leave(ledger: Ledger, clock: FakeClock) -> None:
    """The files are looked at after the sync too: what was written into a removed file is nowhere."""
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    removed = list[str]()

    def remove(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO intents"):
            Path(ledger.name).with_name(Path(ledger.name).name + "-wal").unlink()
            removed.append(statement)

    sql.listen(ledger.storage.engine, "after_cursor_execute", remove)
    report = sweep_target(make_target(backend), ledger, make_tools(clock))
    assert (len(removed), report.exit_code, backend.asked) == (1, 5, [])


def test_closing_every_connection_makes_no_stranger_of_the_next_wal(ledger: Ledger) -> None:
    ledger.append([intent(1)], ledger.claim("research"))
    ledger.storage.engine.dispose()
    assert ledger.append([intent(2)], ledger.claim("research")).seq == 2
