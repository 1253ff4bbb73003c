"""Links, pipes and files that somebody planted beside a ledger: not followed, not written through, not waited for (fault D12)."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from janitor.core.errors import LedgerError
from janitor.ledger.anchor import write_anchor
from janitor.ledger.chain import Draft
from janitor.ledger.file import create_ledger
from janitor.ledger.head_file import anchor_path, read_anchor
from janitor.ledger.lock import hold_lock, lock_path
from janitor.ledger.opening import open_ledger
from janitor.ledger.store import Ledger, Pen

VICTIM = "not a word of this may change\n"
Plant = Callable[[Path, Path], None]
PLANTS: dict[str, Plant] = {
    "link": lambda place, victim: place.symlink_to(victim),
    "hard link": lambda place, victim: place.hardlink_to(victim),
    "pipe": lambda place, _victim: os.mkfifo(place),
    "link to nothing": lambda place, victim: place.symlink_to(victim.with_name("nothing")),
}
BESIDE = ("head", "head.new", "head-lock")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text(VICTIM)
    return path


def untouched(victim: Path) -> bool:
    return (victim.read_text(), victim.with_name("nothing").exists()) == (VICTIM, False)


@pytest.mark.on_a_file
@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("name", BESIDE)
def test_d12_the_head_is_written_into_nothing_that_was_planted(ledger: Ledger, victim: Path, name: str, kind: str) -> None:
    place = Path(ledger.name).with_name(f"{Path(ledger.name).name}.{name}")
    PLANTS[kind](place, victim)
    head = ledger.append([Draft(event="config.loaded")])
    try:
        write_anchor(ledger)
    except LedgerError:
        assert not anchor_path(Path(ledger.name)).is_file() or name == "head"
    else:
        assert read_anchor(Path(ledger.name)) == head
        assert not anchor_path(Path(ledger.name)).is_symlink()
    assert untouched(victim)


@pytest.mark.on_a_file
@pytest.mark.parametrize("kind", ["link", "link to nothing"])
def test_d12_no_lock_is_taken_on_another_file(ledger: Ledger, victim: Path, kind: str) -> None:
    PLANTS[kind](lock_path(Path(ledger.name), "research"), victim)
    with pytest.raises(LedgerError, match="the lock cannot be opened"), hold_lock(Path(ledger.name), "research"):
        pytest.fail("it was taken")
    assert untouched(victim)


@pytest.mark.parametrize("kind", PLANTS)
def test_d12_a_ledger_is_created_in_nothing_that_was_planted(tmp_path: Path, victim: Path, kind: str) -> None:
    """Neither where it will be, nor where it is made ready."""
    PLANTS[kind](tmp_path / f".new.db.{os.getpid()}", victim)
    create_ledger(tmp_path / "new.db")
    assert untouched(victim)
    assert stat.S_ISREG((tmp_path / "new.db").lstat().st_mode)
    PLANTS[kind](tmp_path / "second.db", victim)
    with pytest.raises(FileExistsError):
        create_ledger(tmp_path / "second.db")
    assert untouched(victim)


def test_d12_what_lies_beside_a_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask lets through."""
    before = os.umask(0)
    try:
        with (
            open_ledger(tmp_path / "ledger.db", Pen(now=lambda: None, actor="a"), create=True) as ledger,  # type: ignore[arg-type,return-value]
            hold_lock(Path(ledger.name), "research"),
        ):
            ledger.claim("research")
            write_anchor(ledger)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) >= 5
    assert set(modes.values()) == {0o600}
