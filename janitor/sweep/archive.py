"""Owns archives: files about jobs that are written, synced and read back before the jobs go, and never touched again.

A file is `TARGET/JOBID-INTENTID.json` in the folder that a policy names, and holds the bytes of the tombstone.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from janitor.core.tombstone import Tombstone

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def name_of(job_id: str, intent_id: str) -> str:
    """The name of a job's file: letters, digits, `_` and `-` alone. An id of anything else is told by its hash."""
    return f"{_safe(job_id)}-{_safe(intent_id)}.json"


def identity_of(folder: Path) -> object:
    """What two spellings of one folder have in common; of one that cannot be looked at, how it is spelled."""
    try:
        found = folder.stat()
    except (OSError, ValueError):
        return folder
    return found.st_dev, found.st_ino


def write_files(folder: Path, target: str, files: Mapping[str, Tombstone]) -> dict[str, str]:
    """Write files of these names, and answer with what went wrong, by name; {} where all are there for good.

    1. The folder must be there; the target's own, below it, is made. 2. Each file is written, new, for its owner only. 3. Each is
    synced, then the folder once. 4. Each is read back. A file that is not good is removed.
    """
    wrong = dict[str, str]()
    try:
        with _open_target(folder, target) as place:
            wrong |= {name: flaw for name, stone in files.items() if (flaw := _write(place, name, stone)) is not None}
            try:
                os.fsync(place)
            except OSError:
                _remove(place, set(files) - set(wrong))
                raise
            written = {name: stone for name, stone in files.items() if name not in wrong}
            return wrong | {name: flaw for name, stone in written.items() if (flaw := _check(place, name, stone)) is not None}
    except (OSError, ValueError) as error:
        return dict.fromkeys(files, _words(error)) | wrong


def find_flaw(folder: Path, target: str) -> str | None:
    """Why a target's files cannot be written there, as far as looking tells; nothing is made or changed. None where they can."""
    try:
        with _open_folder(folder) as above:
            try:
                with _open_own(above, folder, target) as place:
                    can_write = _can_write(place)
            except FileNotFoundError:  # it would be made
                can_write = _can_write(above)
    except (OSError, ValueError) as error:
        return _words(error)
    return None if can_write else "Permission denied"


def _can_write(place: int) -> bool:
    return os.access(".", os.W_OK | os.X_OK, dir_fd=place, effective_ids=True)


def remove_files(folder: Path, target: str, names: Iterable[str]) -> None:
    """Remove files of jobs that got no intent, as far as that goes; one that stays says nothing that is wrong."""
    with suppress(OSError, ValueError), _open_target(folder, target) as place:
        _remove(place, names)


def _remove(place: int, names: Iterable[str]) -> None:
    for name in names:
        with suppress(OSError):
            os.unlink(name, dir_fd=place)


@contextmanager
def _open_target(folder: Path, target: str) -> Iterator[int]:
    """The target's folder, no link, of our own and written by nobody else; a folder that is not mounted is never made."""
    with _open_folder(folder) as above:
        with suppress(FileExistsError):
            os.mkdir(_safe(target), 0o700, dir_fd=above)
            os.fsync(above)
        with _open_own(above, folder, target) as place:
            yield place


@contextmanager
def _open_folder(folder: Path) -> Iterator[int]:
    """The folder that a policy names, in which not everybody may write."""
    above = os.open(folder, _FOLDER)
    try:
        if stat.S_IMODE(os.fstat(above).st_mode) & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
            raise ValueError(f"{folder}: everybody may write there")
        yield above
    finally:
        os.close(above)


@contextmanager
def _open_own(above: int, folder: Path, target: str) -> Iterator[int]:
    """The target's own folder below it, which is there."""
    name = _safe(target)
    place = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
    try:
        found = os.fstat(place)
        if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError(f"{folder}/{name}: is not our own folder, or others may write there")
        yield place
    finally:
        os.close(place)


def _write(place: int, name: str, stone: Tombstone) -> str | None:
    """Write and sync one file; what went wrong, or None. What is there already is never touched."""
    try:
        handle = os.open(name, _NEW, 0o600, dir_fd=place)
    except OSError as error:
        return _words(error)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(stone.body.encode("ascii"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        _remove(place, [name])
        return _words(error)
    return None


def _check(place: int, name: str, stone: Tombstone) -> str | None:
    """Read a file back; what is wrong with it, or None."""
    try:
        with os.fdopen(os.open(name, _OLD, dir_fd=place), "rb") as stream:
            found = os.fstat(stream.fileno())
            content = stream.read(len(stone.body) + 1)
    except OSError as error:
        return _words(error)
    if sha256(content).hexdigest() == stone.sha256 and found.st_nlink == 1:
        return None
    _remove(place, [name])
    return "what was read back is not what was written"


def _safe(word: str) -> str:
    return word if _SAFE.fullmatch(word) else f"x{sha256(word.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
