"""Every write and every sync of a small sweep fails, one after the other: SQLite is real, only its file calls are cut off.

Whichever fails: no request leaves afterwards, every request that left has its intent among what was synced, and a restart, on
the files as they are or on what alone was synced, closes every intent once.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from amount import cases
from faulty_disk import FULL, IOERR_FSYNC, IOERR_WRITE, READONLY, Disk, Fault, Lost, faulty_disk, lay_out
from small_sweep import EXPIRED, SmallSweep, intended, read_events

from janitor.core.errors import LedgerError
from janitor.ledger.file import create_ledger
from janitor.ledger.head_file import anchor_path
from janitor.sweep.report import TargetReport

ANCHORED = "anchored "
SHARES, WRITE_SHARES = 4, cases(2, 4)
"""The sweeps of one fault are shared out among so many tests, which may run side by side."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A sweep: what it came to (nothing where the ledger did not open), what it sent, what the disk saw until it was closed."""

    small: SmallSweep
    disk: Disk
    report: TargetReport | None
    sent: set[str]
    closed_at: int


def run(small: SmallSweep, fault: Fault | None = None, durable: dict[str, bytes] | None = None) -> Ended:
    """Sweep once on a disk with this fault."""
    sent, report, closed_at = set[str](), None, 0
    with faulty_disk(fault, durable) as disk:

        def send(job_id: str) -> None:
            disk.note(job_id)
            sent.add(job_id)

        def say(_name: str, **said: Any) -> None:
            if "head" in said:
                disk.note(f"{ANCHORED}{said['head']}")

        small.backend.before_delete = send
        with suppress(LedgerError), small.open() as ledger:
            report = small.sweep(ledger, say=say)
            closed_at = len(disk.trace)
    return Ended(small=small, disk=disk, report=report, sent=sent, closed_at=closed_at)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A sweep on a disk without faults: how many writes and syncs there are to fail."""
    ended = run(SmallSweep.begin(tmp_path_factory.mktemp("healthy")))
    assert ended.sent == {job.id for job in EXPIRED}
    assert ended.report is not None
    assert ended.report.exit_code == 0
    return ended


def each(kind: str, healthy: Ended, share: int, first: int = 0) -> Iterator[int]:
    """One share of the numbers of a sweep's syncs, or of every fifth of its writes, in `make soak` of every one.

    With `first` 0 or 1 it is outside `make soak` every second one of each share, so that the two together have them all.
    """
    shares, step = (WRITE_SHARES, cases(5, 1)) if kind == "write" else (SHARES, 1)
    total = healthy.disk.counts[kind]
    assert total > 10
    numbers = range(1 + share * step, total + 1, shares * step)
    return iter(numbers if kind == "write" else numbers[cases(first, 0) :: cases(2, 1)])


def check(ended: Ended, folder: Path, done: set[tuple[str, int]]) -> None:
    """What must be true after a fault; a restart is tried once for each thing that can be left."""
    trace = [step.note or step.kind for step in ended.disk.trace]
    first = trace.index("fault")
    assert not ended.sent & set(trace[first:])
    if first < ended.closed_at or not ended.closed_at:
        assert ended.report is None or (ended.report.trouble is not None and ended.report.trouble.exit_code == 5)
    for lost in (Lost.DROPPED, Lost.KEPT):
        left = folder / f"{ended.small.folder.name}-{lost}"
        lay_out(ended.disk.image_at(len(trace), lost), left)
        check_restart(SmallSweep.resume(left, ended.sent, ended.small.clock.now()), ended.sent, done)


def check_restart(left: SmallSweep, sent: set[str], done: set[tuple[str, int]]) -> None:
    """Every request has its intent, and the next sweeps finish the work, unless that was seen for the same events before."""
    found = read_events(left.path)
    assert sent <= intended(found)
    state = (found[-1]["hash"] if found else "", len(sent))
    if state not in done:
        done.add(state)
        left.settle()


@pytest.mark.some(1)
@pytest.mark.parametrize("share", range(WRITE_SHARES))
def test_b8_b9_b10_whichever_write_first_finds_the_disk_full_and_is_cut_short(healthy: Ended, tmp_path: Path, share: int) -> None:
    done = set[tuple[str, int]]()
    for nth in each("write", healthy, share):
        fault = Fault(kind="write", nth=nth, code=FULL, for_ever=True, is_short=True)
        check(run(SmallSweep.begin(tmp_path / f"w{nth}"), fault), tmp_path, done)
    assert len(done) > 5


@pytest.mark.some(4)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("for_ever", [False, True])
def test_b11_whichever_sync_fails_nothing_more_is_sent_though_the_next_one_works(
    healthy: Ended, tmp_path: Path, share: int, *, for_ever: bool
) -> None:
    """In `make test` each sync either once or from then on, by turns; in `make soak` in both ways."""
    done = set[tuple[str, int]]()
    for nth in each("sync", healthy, share, int(for_ever)):
        fault = Fault(kind="sync", nth=nth, code=IOERR_FSYNC, for_ever=for_ever)
        check(run(SmallSweep.begin(tmp_path / f"s{nth}"), fault), tmp_path, done)
    assert done


@pytest.mark.parametrize(("code", "for_ever"), [(IOERR_WRITE, False), (READONLY, True)])
def test_b8_b13_whether_a_write_fails_once_or_the_disk_is_read_only_from_then_on(
    healthy: Ended, tmp_path: Path, code: int, *, for_ever: bool
) -> None:
    """Every thirteenth write, frames' headers and their pages by turns; in `make soak` every one."""
    done = set[tuple[str, int]]()
    for nth in range(1, healthy.disk.counts["write"] + 1, cases(13, 1)):
        check(
            run(SmallSweep.begin(tmp_path / f"w{nth}"), Fault(kind="write", nth=nth, code=code, for_ever=for_ever)),
            tmp_path,
            done,
        )
    assert len(done) > 5


@pytest.mark.parametrize(("kind", "code"), [("write", FULL), ("sync", IOERR_FSYNC)])
def test_b8_b11_a_ledger_is_created_as_a_whole_or_not_at_all(tmp_path: Path, kind: str, code: int) -> None:
    """Every sync, and every ninth write or in `make soak` every one, fails once; also those of closing, that SQLite ignores."""
    for nth in count(1, 1 if kind == "sync" else cases(9, 1)):
        path = tmp_path / str(nth) / "ledger.db"
        with faulty_disk(Fault(kind=kind, nth=nth, code=code)) as disk:
            with suppress(LedgerError):
                create_ledger(path)
            is_over = disk.counts[kind] < nth
        assert [each.name for each in path.parent.iterdir()] == (["ledger.db"] if is_over else [])
        if is_over:
            break
    assert read_events(path) == []
    assert nth > 5


def test_b11_what_a_failed_sync_left_is_not_built_upon_by_the_next_process(healthy: Ended, tmp_path: Path) -> None:
    """The next process still reads what the disk does not have, as the kernel gives it; then the power is cut in its sweep."""
    sent_later = 0
    for nth in range(1, healthy.disk.counts["sync"] + 1):
        before = run(SmallSweep.begin(tmp_path / f"s{nth}"), Fault(kind="sync", nth=nth, code=IOERR_FSYNC))
        moment = [step.note for step in before.disk.trace].index("fault") + 2
        folder, names = tmp_path / f"next{nth}", {}
        for lost in (Lost.KEPT, Lost.DROPPED):
            names[lost] = {str(folder / Path(path).name): data for path, data in before.disk.image_at(moment, lost).items()}
        lay_out(names[Lost.KEPT], folder)
        small = SmallSweep.resume(folder, before.sent, before.small.clock.now())
        small.clock.advance(60)
        after = run(small, durable=names[Lost.DROPPED])
        sent_later += len(after.sent)
        for moment in (number for number, step in enumerate(after.disk.trace) if step.note or number == after.closed_at):
            left = tmp_path / f"cut{nth}-{moment}"
            lay_out(after.disk.image_at(moment, Lost.DROPPED), left)
            sent = before.sent | {step.note for step in after.disk.trace[:moment] if step.note in after.sent}
            assert sent <= intended(read_events(left / "ledger.db"))
    assert sent_later > 10


@pytest.mark.parametrize("lost", list(Lost))
def test_b17_b18_whenever_the_power_is_cut_what_was_synced_is_enough(tmp_path: Path, lost: Lost) -> None:
    """At every moment of a sweep its unsynced writes are gone; at every second, in `make soak` every one, all there, or torn."""
    ended, done = run(SmallSweep.begin(tmp_path / "first")), set[tuple[str, int]]()
    for moment, step in enumerate([*ended.disk.trace, None]):
        is_looked_at = step.kind in ("sync", "note", "delete") if lost is Lost.DROPPED and step else moment % cases(2, 1) == 0
        if is_looked_at or step is None:
            left = tmp_path / f"cut{moment}"
            passed = ended.disk.trace[:moment]
            lay_out(ended.disk.image_at(moment, lost), left)
            sent = {item.note for item in passed if item.note in ended.sent}
            for item in passed:
                if item.note.startswith(ANCHORED):
                    anchor_path(left / "ledger.db").write_text(item.note.removeprefix(ANCHORED))
            check_restart(SmallSweep.resume(left, sent, ended.small.clock.now()), sent, done)
    assert len(done) > 10
