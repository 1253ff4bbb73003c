"""The anchor beside the ledger: a cut, restored or replaced ledger is noticed before anything is swept."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from again import put_anchor
from another_hand import another_hand

from janitor.core.errors import LedgerError
from janitor.ledger.anchor import check_anchor, check_tail, write_anchor
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.head_file import anchor_path
from janitor.ledger.store import Ledger


def test_the_anchor_is_the_head(ledger: Ledger) -> None:
    head = ledger.append([Draft(event="config.loaded")])
    assert write_anchor(ledger) == head
    assert ledger.storage.anchor.read() == head
    check_anchor(ledger)


@pytest.mark.on_a_file
def test_in_a_file_it_is_one_line(ledger: Ledger) -> None:
    head = write_anchor(ledger)
    assert anchor_path(Path(ledger.name)).read_text() == f"{head}\n"


def test_a_ledger_that_went_on_since_its_anchor_is_fine(ledger: Ledger) -> None:
    ledger.append([Draft(event="config.loaded")])
    write_anchor(ledger)
    ledger.append([Draft(event="config.loaded")])
    check_anchor(ledger)


def test_without_an_anchor_there_is_nothing_to_compare(ledger: Ledger) -> None:
    check_anchor(ledger)
    write_anchor(ledger)
    check_anchor(ledger)


@pytest.mark.on_a_file
def test_b15_an_older_copy_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([Draft(event="config.loaded")])
    ledger.storage.engine.dispose()
    shutil.copy(Path(ledger.name), tmp_path / "backup")
    ledger.append([Draft(event="config.loaded")])
    write_anchor(ledger)
    ledger.storage.engine.dispose()
    shutil.copy(tmp_path / "backup", Path(ledger.name))
    with pytest.raises(LedgerError, match="restored from an older copy"):
        check_anchor(ledger)


def test_a_rewritten_event_is_refused(ledger: Ledger) -> None:
    ledger.append([Draft(event="config.loaded")])
    write_anchor(ledger)
    with another_hand(ledger) as connection:
        connection.execute("UPDATE events SET hash = ?", ("0" * 64,))
        connection.commit()
    with pytest.raises(LedgerError, match="cut, restored"):
        check_anchor(ledger)


def test_an_anchor_that_is_none_is_refused(ledger: Ledger) -> None:
    put_anchor(ledger, "hello")
    with pytest.raises(LedgerError, match=r"is no anchor|has no head"):
        check_anchor(ledger)


@pytest.mark.on_a_file
def test_a_head_that_cannot_be_written_is_an_error(ledger: Ledger) -> None:
    anchor_path(Path(ledger.name)).with_name(f"{anchor_path(Path(ledger.name)).name}.new").mkdir()
    with pytest.raises(LedgerError, match="cannot be written"):
        write_anchor(ledger)


def test_an_anchor_never_goes_back(ledger: Ledger) -> None:
    ledger.append([Draft(event="config.loaded")])
    put_anchor(ledger, "7:" + "a" * 64)
    write_anchor(ledger)
    assert str(ledger.storage.anchor.read()) == "7:" + "a" * 64


def test_sweeps_that_end_side_by_side_leave_the_latest_head(ledger: Ledger) -> None:
    def end(_number: int) -> None:
        ledger.append([Draft(event="config.loaded")])
        write_anchor(ledger)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, range(40)))
    assert ledger.storage.anchor.read() == ledger.head()
    assert ledger.head().seq == 40


@pytest.mark.parametrize("is_anchored", [False, True])
def test_b16_a_changed_event_after_the_anchor_is_noticed_before_anything_is_swept(ledger: Ledger, *, is_anchored: bool) -> None:
    ledger.append([Draft(event="config.loaded")])
    if is_anchored:
        write_anchor(ledger)
    ledger.append([Draft(event="config.loaded", fields={"number": number}) for number in range(4)])
    check_tail(ledger)
    with another_hand(ledger) as connection:
        connection.execute("""UPDATE events SET body = replace(body, '"number":1', '"number":7')""")
        connection.commit()
    check_anchor(ledger)
    with pytest.raises(LedgerError, match=r"event 3 was changed.*last good head is 2:.*audit verify"):
        check_tail(ledger)


def test_b37_v10_what_lies_before_the_anchor_is_not_walked_again(ledger: Ledger) -> None:
    """A start costs what was written since; the whole is for `audit verify`."""
    ledger.append([Draft(event="config.loaded", fields={"number": number}) for number in range(4)])
    write_anchor(ledger)
    ledger.append([Draft(event="config.loaded")])
    with another_hand(ledger) as connection:
        connection.execute("""UPDATE events SET body = replace(body, '"number":1', '"number":7')""")
        connection.commit()
    check_tail(ledger)
    assert "event 2 was changed" in str(find_break(ledger.rows())[0])


@pytest.mark.parametrize("target", ["head", "head-lock", "db", "new"])
def test_no_target_is_named_so_that_its_lock_is_that_of_the_anchor(ledger: Ledger, target: str) -> None:
    with ledger.storage.lock(target):
        assert write_anchor(ledger) == ledger.head()
