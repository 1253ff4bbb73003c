"""A ledger that is not what it was: its WAL cut or gone, an older copy, another ledger, nothing, or with bits turned over.

Either it is refused with exit code 5, or it is a true beginning of the audit log, on which the next sweep ends well.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from amount import cases
from builders import FakeClock
from small_sweep import EXPIRED, ROWS, SmallSweep, read_events
from stage import Stage

from janitor.core.errors import LedgerError
from janitor.ledger.file import create_ledger
from janitor.ledger.head_file import anchor_path, read_anchor
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.schema import SCHEMA_VERSION
from janitor.ledger.store import Pen

FRAME, HEADER = 24 + 4096, 32


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The ledger's files at one moment, the events in them, and the jobs that were gone."""

    database: bytes
    wal: bytes
    head: str
    events: list[str]
    deleted: set[str]

    def lay_out(self, folder: Path, wal: bytes | None) -> SmallSweep:
        """Put the database there, its head, and so much of its WAL."""
        folder.mkdir()
        (folder / "ledger.db").write_bytes(self.database)
        anchor_path(folder / "ledger.db").write_text(self.head)
        if wal is not None:
            (folder / "ledger.db-wal").write_bytes(wal)
        return SmallSweep.resume(folder, self.deleted)


def copy_of(small: SmallSweep, deleted: set[str]) -> Copy:
    wal = small.path.with_name("ledger.db-wal")
    return Copy(
        database=small.path.read_bytes(),
        wal=wal.read_bytes() if wal.exists() else b"",
        head=anchor_path(small.path).read_text(),
        events=[event["hash"] for event in read_events(small.path)],
        deleted=deleted,
    )


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Copy]:
    """The same ledger before a sweep that deletes three jobs, right after its last request, and when its head was written."""
    small, found, jobs = SmallSweep.begin(tmp_path_factory.mktemp("copied")), dict[str, Copy](), {job.id for job in EXPIRED}
    small.per_sweep = 0
    with small.open() as ledger:
        assert small.sweep(ledger).exit_code == 0
    found["before"] = copy_of(small, set())
    small.per_sweep = len(EXPIRED)
    asked = set[str]()

    def note(job_id: str) -> None:
        if job_id not in small.backend.jobs and "during" not in found:
            asked.update(small.backend.deleted)
            if asked == jobs:
                found["during"] = copy_of(small, jobs)

    small.backend.before_get = note
    with small.open() as ledger:
        assert small.sweep(ledger).exit_code == 0
        found["after"] = copy_of(small, jobs)
    return found


def cuts(copy: Copy) -> list[bytes | None]:
    """The WAL gone, empty, ending after each frame, and in the midst of each."""
    frames = range(HEADER, len(copy.wal) + 1, FRAME)
    assert len(frames) > 10
    return [
        None,
        b"",
        copy.wal[: HEADER // 2],
        *(copy.wal[:end] for end in frames),
        *(copy.wal[: end - 2000] for end in frames[1:]),
    ]


@pytest.mark.some(1)
@pytest.mark.parametrize("when", ["during", "after"])
def test_b17_wherever_the_wal_is_cut_the_ledger_is_refused_or_a_true_beginning(
    copies: dict[str, Copy], tmp_path: Path, when: str
) -> None:
    """In mid-sweep the head from before it still stands; at its end the new one does, and then nothing may be missing."""
    copy, seen, refused = copies[when], set[int](), 0
    for number, wal in enumerate(cuts(copy)):
        small = copy.lay_out(tmp_path / str(number), wal)
        shutil.copytree(small.folder, tmp_path / f"{number}-read")
        with closing(sqlite3.connect(tmp_path / f"{number}-read" / "ledger.db")) as connection:
            hashes = [digest for _, _, digest in connection.execute(ROWS)]
        assert hashes == copy.events[: len(hashes)]
        if read_anchor(small.path) and str(read_anchor(small.path)).split(":")[1] not in hashes:
            refused += 1
            with small.open() as ledger:
                assert small.sweep(ledger).exit_code == LedgerError.exit_code
            assert (small.backend.asked, small.backend.counts["list"]) == ([], 0)
        elif len(hashes) not in seen:
            seen.add(len(hashes))
            small.settle(is_all_recorded=False)
    assert (len(seen) > 4, refused > 20) == ((True, False) if when == "during" else (False, True))


def _older_copy(path: Path, before: Copy) -> None:
    path.write_bytes(before.database)


def _another(path: Path, _before: Copy) -> None:
    path.unlink()
    other = SmallSweep.begin(path.parent / "other")
    with other.open() as ledger:
        for _ in range(3):
            other.sweep(ledger)
    shutil.copy(other.path, path)


def _fresh(path: Path, _before: Copy) -> None:
    path.unlink()
    create_ledger(path)


def _empty(path: Path, _before: Copy) -> None:
    path.write_bytes(b"")


def _gone(path: Path, _before: Copy) -> None:
    path.unlink()


def _text(path: Path, _before: Copy) -> None:
    path.write_text("mounted elsewhere\n")


def _folder(path: Path, _before: Copy) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.some(7)
@pytest.mark.parametrize("put", [_older_copy, _another, _fresh, _empty, _gone, _text, _folder])
@pytest.mark.parametrize("create", [False, True])
def test_b12_b14_b15_whatever_stands_in_the_ledgers_place_nothing_is_swept(
    copies: dict[str, Copy], tmp_path: Path, put: Callable[[Path, Copy], None], *, create: bool
) -> None:
    """Even where the file may be created: its head lies beside it and says that there was one."""
    copy = copies["after"]
    small = copy.lay_out(tmp_path / "put", copy.wal)
    with small.open() as ledger:
        ledger.head()
    put(small.path, copies["before"])
    exit_code = 0
    try:
        with open_ledger(small.path, Pen(now=small.clock.now, actor="a"), create=create) as ledger:
            exit_code = small.sweep(ledger).exit_code
    except LedgerError as error:
        exit_code = error.exit_code
    assert (exit_code, small.backend.asked, small.backend.counts["list"]) == (5, [], 0)


@pytest.mark.parametrize("version", ["'99'", "'1.5'", "''", "NULL", None])
def test_b34_a_ledger_of_an_unknown_version_is_left_alone_and_the_way_out_is_named(
    tmp_path: Path, clock: FakeClock, version: str | None
) -> None:
    path = tmp_path / "ledger.db"
    create_ledger(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM meta")
        connection.execute("DROP TABLE meta")
        connection.execute("CREATE TABLE meta (key, value)")
        if version is not None:
            connection.execute(f"INSERT INTO meta VALUES ('schema', {version})")  # noqa: S608  of the list above
        connection.commit()
    before = path.read_bytes()
    wanted = rf"ledger version .* is none of '1', .*'{SCHEMA_VERSION}'; use the janitor that wrote it"
    with pytest.raises(LedgerError, match=wanted):
        open_ledger(path, Pen(now=clock.now, actor="a"), create=True)
    with pytest.raises(LedgerError, match=wanted):
        read_ledger(path)
    assert path.read_bytes() == before


@pytest.mark.on_a_file
def test_b16_bits_turned_over_anywhere_in_the_file_are_found_or_leave_every_event_as_it_was(
    copies: dict[str, Copy], make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    """Some bits of the file, a quarter of them where the events lie; the seed is fixed, so that a failure can be repeated."""
    small, rng, found = copies["after"].lay_out(tmp_path / "flipped", copies["after"].wal), random.Random(16), 0
    with small.open() as ledger:  # its WAL is brought home when it is closed
        ledger.head()
    stage = make_stage()
    stage.write()
    intact, head = small.path.read_bytes(), anchor_path(small.path).read_text()
    anchor_path(stage.ledger_path).write_text(head)
    events = _positions(intact)
    flips = cases(30, 4000)
    for number in range(flips):
        place = rng.choice(events) if number % 4 == 0 else rng.randrange(len(intact))
        flipped = bytearray(intact)
        flipped[place] ^= 1 << rng.randrange(8)
        stage.ledger_path.write_bytes(flipped)
        code, out, _ = stage.janitor("audit", "verify")
        assert code in (0, 5)
        found += code == 5
        if code == 0:
            assert "verified" in out
            assert [event["hash"] for event in read_events(stage.ledger_path)] == copies["after"].events
        for name in ("-wal", "-shm"):
            stage.ledger_path.with_name(f"ledger.db{name}").unlink(missing_ok=True)
    assert found >= flips // 4


def _positions(content: bytes) -> list[int]:
    """Where the bodies of events lie in the file."""
    return [
        place for place in range(len(content)) if content.startswith(b'{"actor"', place) for place in range(place, place + 300)
    ]
