"""A disk that fails or forgets: a layer under SQLite itself, between its real code and the real files.

It wraps the VFS of the very libsqlite3 that Python's sqlite3 uses, so pages, frames, checkpoints and error paths are SQLite's
own. Three uses: `Fault` lets the nth write or sync fail; `Disk.trace` remembers every write, sync and removal; `image_at` makes
the files that a power cut at one moment of the trace would leave.
"""

import ctypes
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

OK, READONLY, FULL, CANTOPEN = 0, 8, 13, 14
IOERR_WRITE, IOERR_FSYNC = 778, 1034
DATABASE, WAL = 0x100, 0x80000
_METHODS = (
    *("xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock", "xCheckReservedLock"),
    *("xFileControl", "xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap"),
    *("xFetch", "xUnfetch"),
)
_CALLS = (
    *("xOpen", "xDelete", "xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness", "xSleep"),
    *("xCurrentTime", "xGetLastError", "xCurrentTimeInt64", "xSetSystemCall", "xGetSystemCall", "xNextSystemCall"),
)


class _IoMethods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = [("iVersion", ctypes.c_int), *((name, ctypes.c_void_p) for name in _METHODS)]


class _File(ctypes.Structure):
    """sqlite3_file: whatever follows belongs to the wrapped VFS."""

    _fields_ = [("pMethods", ctypes.POINTER(_IoMethods))]


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = [
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in _CALLS),
    ]


_Pointer, _Int = ctypes.c_void_p, ctypes.c_int
_OPEN = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Pointer, _Int, _Pointer)  # the name as a pointer: SQLite keeps it
_DELETE = ctypes.CFUNCTYPE(_Int, _Pointer, ctypes.c_char_p, _Int)
_WRITE = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(_Int, _Pointer, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(_Int, _Pointer, _Int)
_CLOSE = ctypes.CFUNCTYPE(_Int, _Pointer)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change of a file, or a note of the test's own (`kind` "note"), in the order in which they happened."""

    kind: str
    path: str = ""
    offset: int = 0
    data: bytes = b""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The nth write (or sync) fails with a result code, once or from then on; a short write leaves half of its bytes."""

    kind: str
    nth: int
    code: int
    for_ever: bool = False
    is_short: bool = False


class Lost(StrEnum):
    """What a power cut does to what was written and not synced."""

    DROPPED = "dropped"
    KEPT = "kept"
    TORN = "torn"


@dataclass(kw_only=True)
class Disk:
    """What happened on the disk, and which fault is due."""

    fault: Fault | None = None
    trace: list[Step] = field(default_factory=list)
    start: dict[str, bytes] = field(default_factory=dict)
    carried: list[Step] = field(default_factory=list)
    """What earlier processes wrote and nobody has synced yet: the next sync of the file takes it along."""
    counts: dict[str, int] = field(default_factory=lambda: {"write": 0, "sync": 0})
    failed: int = 0
    on_sync: Callable[[], None] = lambda: None
    """Told before each sync."""

    def note(self, text: str) -> None:
        """Remember something that is no change of a file, a request for instance, at its place among them."""
        self.trace.append(Step(kind="note", note=text))

    def is_due(self, kind: str) -> bool:
        """Count a write or sync; tell whether it is to fail."""
        self.counts[kind] += 1
        fault = self.fault
        if fault is None or fault.kind != kind:
            return False
        is_due = self.counts[kind] >= fault.nth if fault.for_ever else self.counts[kind] == fault.nth
        if is_due:
            self.failed += 1
            self.note("fault")
        return is_due

    def image_at(self, moment: int, lost: Lost) -> dict[str, bytes]:
        """The files after a power cut right before `trace[moment]`: synced bytes are there, of the others `lost` says."""
        durable, pending = dict(self.start), _by_path(self.carried)
        for step in self.trace[:moment]:
            if step.kind == "sync":
                durable[step.path] = _applied(durable.get(step.path, b""), pending.pop(step.path, []))
            elif step.kind == "forget":  # a sync failed: the kernel calls the pages clean, and no later sync writes them
                lost_for_ever = pending.pop(step.path, [])
                durable[step.path] = _applied(durable.get(step.path, b""), _surviving(lost_for_ever, lost))
            elif step.kind == "delete":
                durable.pop(step.path, None)
                pending.pop(step.path, None)
            elif step.kind in ("write", "truncate"):
                pending.setdefault(step.path, []).append(step)
        for path, steps in pending.items():
            durable[path] = _applied(durable.get(path, b""), _surviving(steps, lost))
        return durable

    def unsynced_at(self, moment: int) -> list[Step]:
        """What was written before `trace[moment]`, and a later sync would still bring to the disk."""
        pending = _by_path(self.carried)
        for step in self.trace[:moment]:
            if step.kind in ("sync", "forget", "delete"):
                pending.pop(step.path, None)
            elif step.kind in ("write", "truncate"):
                pending.setdefault(step.path, []).append(step)
        return [step for steps in pending.values() for step in steps]


def _by_path(steps: list[Step]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.path, []).append(step)
    return found


def _surviving(steps: list[Step], lost: Lost) -> list[Step]:
    """Torn: the last write is there to a half, and every second one before it not at all, as a disk may order them."""
    if lost is Lost.KEPT:
        return steps
    if lost is Lost.DROPPED or not steps:
        return []
    last = steps[-1]
    return [*steps[:-1:2], replace(last, data=last.data[: len(last.data) // 2])]


def _applied(content: bytes, steps: list[Step]) -> bytes:
    result = bytearray(content)
    for step in steps:
        if step.kind == "truncate":
            del result[step.offset :]
        else:
            result.extend(bytes(max(0, step.offset - len(result))))
            result[step.offset : step.offset + len(step.data)] = step.data
    return bytes(result)


def lay_out(image: dict[str, bytes], folder: Path) -> None:
    """Write the files of an image into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in image.items():
        (folder / Path(path).name).write_bytes(content)


@contextmanager
def faulty_disk(
    fault: Fault | None = None, durable: dict[str, bytes] | None = None, carried: list[Step] | None = None
) -> Iterator[Disk]:
    """While this lasts, every SQLite file that is opened lies on such a disk; it must be closed before the end.

    `durable` says, by path, what the disk holds of files that lie there, and `carried` what a sync would bring there; without
    them, all that can be read is on the disk.
    """
    library, disk = _library(), Disk(fault=fault, start=dict(durable or {}), carried=carried or [])
    layer = _Layer(library, disk)
    assert library.sqlite3_vfs_register(ctypes.byref(layer.vfs), 1) == OK
    try:
        yield disk
    finally:
        assert library.sqlite3_vfs_unregister(ctypes.byref(layer.vfs)) == OK
        assert not layer.files, f"still open: {layer.files}"


class _Layer:
    """A VFS that is the default one but for opening, removing, writing, truncating and syncing databases and their WALs."""

    def __init__(self, library: Any, disk: Disk) -> None:
        inner = ctypes.cast(library.sqlite3_vfs_find(None), ctypes.POINTER(_Vfs)).contents
        self.disk = disk
        self.files: dict[int, _Open] = {}
        self._seen: set[str] = set()
        self._inner_open, self._inner_delete = _OPEN(inner.xOpen), _DELETE(inner.xDelete)
        calls = {"xOpen": _OPEN(self._open), "xDelete": _DELETE(self._delete)}
        methods = {"xWrite": _WRITE(self._write), "xTruncate": _TRUNCATE(self._truncate)}
        methods |= {"xSync": _SYNC(self._sync), "xClose": _CLOSE(self._close)}
        self._alive = [calls, methods]  # or they would be collected while SQLite still calls them
        self._methods = {name: ctypes.cast(method, _Pointer).value for name, method in methods.items()}
        self.vfs = _Vfs.from_buffer_copy(inner)
        self.vfs.zName = b"faulty"
        for name, call in calls.items():
            setattr(self.vfs, name, ctypes.cast(call, _Pointer).value)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        path = ctypes.string_at(name).decode() if name and flags & (DATABASE | WAL) else None
        if path is not None and path not in self._seen and Path(path).exists():
            self.disk.start.setdefault(path, Path(path).read_bytes())
        result = self._inner_open(vfs, name, file, flags, out)
        head = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if path is not None and result == OK and head.pMethods:
            self._seen.add(path)
            self.files[file] = opened = _Open(path, head.pMethods.contents)
            for method, pointer in self._methods.items():
                setattr(opened.methods, method, pointer)
            head.pMethods = ctypes.pointer(opened.methods)
        return int(result)

    def _delete(self, vfs: int, name: bytes, sync: int) -> int:
        result = self._inner_delete(vfs, name, sync)
        if result == OK:
            self.disk.trace.append(Step(kind="delete", path=name.decode()))
        return int(result)

    def _write(self, file: int, data: int, amount: int, offset: int) -> int:
        opened, fault = self.files[file], self.disk.fault
        is_due = self.disk.is_due("write")
        if is_due and fault is not None:
            amount = amount // 2 if fault.is_short else 0
        result = OK
        if amount:
            result = opened.write(file, data, amount, offset)
            self.disk.trace.append(Step(kind="write", path=opened.path, offset=offset, data=ctypes.string_at(data, amount)))
        return fault.code if is_due and fault is not None else int(result)

    def _truncate(self, file: int, size: int) -> int:
        opened = self.files[file]
        self.disk.trace.append(Step(kind="truncate", path=opened.path, offset=size))
        return int(opened.truncate(file, size))

    def _sync(self, file: int, flags: int) -> int:
        opened, fault = self.files[file], self.disk.fault
        self.disk.on_sync()
        if self.disk.is_due("sync") and fault is not None:
            self.disk.trace.append(Step(kind="forget", path=opened.path))
            return fault.code
        result = opened.sync(file, flags)
        self.disk.trace.append(Step(kind="sync", path=opened.path))
        return int(result)

    def _close(self, file: int) -> int:
        return int(self.files.pop(file).close(file))


class _Open:
    """One open file: its path, its real methods, and the table that SQLite sees."""

    def __init__(self, path: str, inner: _IoMethods) -> None:
        self.path = path
        self.methods = _IoMethods.from_buffer_copy(inner)
        self.write, self.truncate = _WRITE(inner.xWrite), _TRUNCATE(inner.xTruncate)
        self.sync, self.close = _SYNC(inner.xSync), _CLOSE(inner.xClose)


def _library() -> Any:
    """The libsqlite3 that Python's sqlite3 is linked to; the module itself where it has SQLite built in."""
    sqlite3.connect(":memory:").close()
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "sqlite3" in line}
    for path in sorted(mapped, key=lambda path: "libsqlite3" not in path):
        library = ctypes.CDLL(path)
        if hasattr(library, "sqlite3_vfs_find"):
            library.sqlite3_vfs_find.restype = ctypes.c_void_p
            return library
    pytest.fail("no libsqlite3 with sqlite3_vfs_find is loaded, so no fault of the disk can be injected")
