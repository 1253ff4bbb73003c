"""The lock of a target: one sweep at a time, freed by the kernel when its process dies."""

import errno
import fcntl
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from janitor.core.errors import LedgerError, LockHeld
from janitor.ledger.lock import hold_lock, lock_path


def test_b20_a_second_sweep_of_the_target_is_turned_away_and_another_target_is_not(tmp_path: Path) -> None:
    ledger = tmp_path / "l.db"
    with hold_lock(ledger, "research"):
        with pytest.raises(LockHeld, match="another sweep holds"), hold_lock(ledger, "research"):
            pass
        with hold_lock(ledger, "other"):
            pass
    with hold_lock(ledger, "research"):
        pass


def test_b20_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\nfrom janitor.ledger.lock import hold_lock\n"
        "with hold_lock(pathlib.Path(sys.argv[1]), 'research'):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "l.db")], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockHeld), hold_lock(tmp_path / "l.db", "research"):
            pass
        child.kill()
        child.wait()
    with hold_lock(tmp_path / "l.db", "research"):
        pass


def test_d12_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    ledger, victim = tmp_path / "l.db", tmp_path / "victim"
    lock_path(ledger, "research").symlink_to(victim)
    with pytest.raises(LedgerError, match="cannot be opened"), hold_lock(ledger, "research"):
        pass
    assert not victim.exists()


def test_b23_where_one_lock_is_granted_twice_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that counts locks by process, not by opening: two sweeps of one daemon would not see each other."""
    monkeypatch.setattr("janitor.ledger.lock.fcntl.flock", fcntl.lockf)
    with (
        pytest.raises(LedgerError, match=r"no working locks.*granted twice.*local disk"),
        hold_lock(tmp_path / "l.db", "research"),
    ):
        pytest.fail("the sweep began")


@pytest.mark.parametrize("refused_at", [1, 2])
def test_b23_where_locks_are_not_there_at_all_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused_at: int
) -> None:
    calls = count(1)

    def refuse(handle: int, operation: int) -> None:
        if next(calls) == refused_at:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("janitor.ledger.lock.fcntl.flock", refuse)
    with (
        pytest.raises(LedgerError, match=r"no working locks: No locks available; move"),
        hold_lock(tmp_path / "l.db", "research"),
    ):
        pytest.fail("the sweep began")


def test_b23_the_probe_does_not_give_the_lock_away(tmp_path: Path) -> None:
    path = lock_path(tmp_path / "l.db", "research")
    with hold_lock(tmp_path / "l.db", "research"), path.open("r+") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
