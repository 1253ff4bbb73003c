"""The ledger lies on a real disk that is really full, before a sweep or in the middle of it: nothing is simulated.

It is a tmpfs of its own, which only root may mount; test_faults_of_storage limits the size of a file, which anybody may.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crash.scene import Scene
from crash.strace import Trace, sweep_traced

from janitor.emulator.faults import Fault

pytestmark = pytest.mark.on_a_file

MEGABYTE, PAGE = 1 << 20, 4096
SIZE = 16 * MEGABYTE
"""Bytes of the disk: a sweep wants eight megabytes to be free, and somewhat more for each intent."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no disk can be filled: mounting a tmpfs needs root and CAP_SYS_ADMIN; it said: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, room: int) -> None:
    """Let somebody else's file take all of a disk but so many bytes."""
    free = os.statvfs(disk)
    with disk.joinpath("somebody-elses").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room)


def free(disk: Path) -> None:
    disk.joinpath("somebody-elses").unlink()


@pytest.mark.parametrize("room", [0, 4 * MEGABYTE])
def test_b8_where_the_disk_is_full_before_the_first_intent_nothing_is_deleted(
    make_scene: Callable[..., Scene], disk: Path, room: int
) -> None:
    """No ledger can be created; or it can, and there is too little room for what would come of a deletion."""
    scene = make_scene(singly=True, small=True, folder=disk)
    before = set(disk.iterdir())
    fill(disk, room)
    code, report = scene.stage.sweep()
    assert (code, scene.asked(), scene.stage.deleted_in_truth()) == (5, [], [])
    assert ("full" if room == 0 else "free the disk") in report["error"]["message"]
    free(disk)
    assert room > 0 or set(disk.iterdir()) == before
    scene.settle()


def test_b9_b10_s14_full_while_a_request_is_under_way_nothing_more_is_sent(make_scene: Callable[..., Scene], disk: Path) -> None:
    """What came of it cannot be written as a whole: a write is cut short, without any error, and only the next one fails."""
    scene = make_scene(singly=True, small=True, folder=disk)
    scene.stage.emulator.faults.add(Fault("delete", "hang_after", nth=1, seconds=2))
    trace = sweep_while(scene, lambda: fill(disk, 3 * PAGE))
    (failed, *_) = [call for call in trace.named("pwrite64") if call.result == -1]
    short = [call for call in trace.named("pwrite64") if call.result is not None and -1 < call.result < len(call.data)]
    assert trace.code == 5
    assert len(scene.asked()) == len(scene.stage.deleted_in_truth()) == 1
    assert short
    assert [request.data for request in trace.requests() if request.began > failed.began] == []
    free(disk)
    closed = [event for event in scene.settle() if event["event"] == "deletion.already_gone"]
    assert [event["job_id"] for event in closed] == scene.asked()[:1]


def sweep_while(scene: Scene, happens: Callable[[], None]) -> Trace:
    """Trace a sweep in which something happens as soon as its first deletion has arrived, which hangs meanwhile."""

    def wait_for_it() -> None:
        deadline = time.monotonic() + 60
        while not scene.stage.emulator.faults.scripted()[0].struck and time.monotonic() < deadline:
            time.sleep(0.01)
        happens()

    beside = threading.Thread(target=wait_for_it)
    beside.start()
    trace = sweep_traced(scene)
    beside.join()
    return trace
