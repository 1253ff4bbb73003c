"""System calls of a real sweep fail one after the other, or kill it, and nothing in the program is changed for that.

Whichever it is: nothing is sent once it failed, every deletion that was asked for has its intent, the exit code is one that is
documented, and healthy sweeps finish the work. A fault that is never reached fails its test.
"""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from amount import IS_SOAK
from crash.scene import Scene
from crash.strace import Call, Trace, is_log_named, sweep_traced
from crash.syscall_figures import add_figures

pytestmark = pytest.mark.on_a_file

ONE_AFTER_THE_OTHER = "target_defaults: {rate: {requests_per_second: 1000, concurrency: 1}}\n"
"""All that a sweep does is done by one thread: strace counts the calls of each thread by itself."""

MakeScene = Callable[..., Scene]
DOCUMENTED = {0, 1, 2, 5, 6}
"""Done; a part of the program or of Python, 2 the policy file or a key, 6 the target cannot be read; 5: the ledger fails."""


def anywhere(_path: Path, _folder: Path) -> bool:
    return True


def beside_the_ledger(path: Path, folder: Path) -> bool:
    """Whether a file is the ledger, its draft or what lies beside them, or their folder."""
    return path == folder or (path.parent == folder and "ledger.db" in path.name)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault: the system call, what strace does to it, and to which files.

    In `make soak` every call of a healthy sweep is tried, shared out among so many tests as `shares` says.
    `few` are the places that are tried where time is short, as shares of the way through the calls of a healthy sweep.
    `for_ever`: all later calls fail too.
    """

    call: str
    action: str
    few: tuple[float, ...] = ()
    shares: int = 1
    for_ever: bool = False
    where: Callable[[Path, Path], bool] = anywhere

    @property
    def name(self) -> str:
        """As `fdatasync error=EIO, for ever`."""
        return f"{self.call} {self.action}{', for ever' if self.for_ever else ''}"

    def injection(self, nth: int) -> str:
        """What strace is told."""
        return f"{self.call}:{self.action}:when={nth}{'+' if self.for_ever else ''}"


KINDS = [
    Kind(call="fdatasync", shares=4, action="error=EIO", few=(0.65,)),
    Kind(call="fdatasync", shares=4, action="error=EIO", few=(0.77,), for_ever=True),
    Kind(call="fdatasync", shares=4, action="signal=KILL", few=(0.65,)),
    Kind(call="pwrite64", shares=16, action="error=ENOSPC", few=(0.37,)),
    Kind(call="pwrite64", shares=16, action="error=ENOSPC", few=(0.67,), for_ever=True),
    Kind(call="pwrite64", shares=16, action="signal=KILL", few=(0.73,)),
    Kind(call="fsync", action="error=EIO", few=(0.5,)),
    Kind(call="fsync", action="error=EIO", for_ever=True),
    Kind(call="openat", shares=4, action="error=EROFS", few=(0.4,), where=beside_the_ledger),
    Kind(call="openat", shares=4, action="error=EROFS", where=beside_the_ledger, for_ever=True),
    Kind(call="openat", shares=4, action="error=EMFILE"),
    Kind(call="openat", shares=4, action="error=EMFILE", few=(0.8,), for_ever=True),
    Kind(call="rename", action="error=EIO", few=(0.0,)),
    Kind(call="link", action="error=EROFS", few=(0.0,)),
    Kind(call="unlink", action="error=EIO"),
    Kind(call="ftruncate", action="error=EIO"),
    Kind(call="statfs", action="error=EIO", few=(0.5,)),
    Kind(call="flock", action="error=ENOLCK"),
]
CASES = [(kind, share) for kind in KINDS for share in (range(kind.shares) if IS_SOAK else kind.few)]


def new_scene(make_scene: MakeScene, folder: Path) -> Scene:
    folder.mkdir()
    return make_scene(singly=False, small=True, top=ONE_AFTER_THE_OTHER, folder=folder)


@pytest.fixture(scope="session")
def seen() -> dict[str, list[bool]]:
    """Of each kind, whether each call in a healthy sweep is of interest; the first test that asks finds it out."""
    return {}


@pytest.fixture
def healthy(seen: dict[str, list[bool]], make_scene: MakeScene, tmp_path: Path) -> dict[str, list[bool]]:
    if not seen:
        scene = new_scene(make_scene, tmp_path / "healthy")
        trace = sweep_traced(scene)
        assert trace.code == 0
        assert set(scene.stage.deleted_in_truth()) == scene.expired
        for kind in KINDS:
            seen[kind.name] = [kind.where(Path(call.path), scene.stage.folder) for call in trace.named(kind.call)]
    return seen


def places(kind: Kind, of_interest: list[bool], share: float) -> Iterator[int]:
    """The numbers of the calls that are to fail."""
    found = [number for number, is_of_interest in enumerate(of_interest, 1) if is_of_interest]
    assert found, "a healthy sweep makes no such call"
    yield from found[int(share) :: kind.shares] if IS_SOAK else [found[int(share * len(found))]]


@pytest.mark.some(9)
@pytest.mark.timeout(1200 if IS_SOAK else 120)
@pytest.mark.parametrize(("kind", "share"), CASES, ids=lambda value: value.name if isinstance(value, Kind) else str(value))
def test_b8_b9_b11_b13_b36_s14_whichever_system_call_fails_nothing_is_sent_afterwards(
    make_scene: MakeScene, healthy: dict[str, list[bool]], tmp_path: Path, kind: Kind, share: float
) -> None:
    counts = Counter[str]()
    for nth in places(kind, healthy[kind.name], share):
        print(kind.injection(nth))
        scene = new_scene(make_scene, tmp_path / str(nth))
        trace = sweep_traced(scene, kind.injection(nth))
        asked = scene.asked()
        check_end(scene, trace, kind)
        scene.settle()
        reached = sum(1 for call in trace.calls if call.is_injected) or 1
        counts.update({"sweeps": 1, "calls failed": reached, "deletions asked for before": len(asked), f"exit {trace.code}": 1})
    assert counts["sweeps"]
    assert counts["sweeps"]
    add_figures(kind.name, f"part {share}", counts)


def check_end(scene: Scene, trace: Trace, kind: Kind) -> None:
    """What is true at once, before anything is made good."""
    assert set(scene.asked()) <= (set(scene.intended()) if scene.stage.ledger_path.exists() else set())
    assert "Traceback" not in scene.stage.folder.joinpath("child.err").read_text()
    if kind.action == "signal=KILL":
        assert trace.code == -signal.SIGKILL, "the fault was not reached"
        return
    assert trace.failed(), "the fault was not reached"
    assert trace.code in DOCUMENTED
    assert trace.code != 0 or set(scene.stage.deleted_in_truth()) == scene.expired
    first = trace.failed()[0]
    if beside_the_ledger(Path(first.path), scene.stage.folder) and not is_of_no_account(first, trace, scene):
        assert trace.code in (0, 5)
        assert [request.data for request in trace.requests() if request.began > first.began] == []


def is_of_no_account(call: Call, trace: Trace, scene: Scene) -> bool:
    """What SQLite rightly survives.

    It syncs the folder of a new WAL and minds no error; janitor does that too, before any request, and minds. The draft of a
    ledger is finished and synced without a WAL as well.
    """
    path = Path(call.path)
    is_about_folder = call.name in ("openat", "fdatasync") and path == scene.stage.folder
    is_of_draft = path.name.startswith(".ledger.db") and (
        path.name.endswith("-shm") or (path.name.endswith("-wal") and call.name in ("openat", "unlink"))
    )
    return is_of_draft or (is_about_folder and is_log_named(trace, scene))


def test_b11_s14_a_thread_whose_sync_fails_ends_the_sweep_though_others_look_meanwhile(make_scene: MakeScene) -> None:
    """What came of a batch cannot be synced, while the jobs of the next are looked at: no more than what is under way goes on."""
    scene = make_scene(singly=False)
    trace = sweep_traced(scene, "fdatasync:error=EIO:when=1+", cp15_outcomes_not_synced=2)
    assert trace.code == 5
    first = trace.failed()[0]
    after = [request for request in trace.requests() if request.began > first.began]
    assert not any(request.is_deletion for request in after)
    assert len(after) <= 3 * 2, "three others look, with two requests each"
    assert scene.asked()
    scene.settle()
