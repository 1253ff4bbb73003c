"""Owns the diagnosis of the ledger: whether a sweep could use it, found out without writing a byte."""

import os
from pathlib import Path

from janitor.core.errors import LedgerError
from janitor.ledger.anchor import check_tail
from janitor.ledger.head_file import HeadFile, anchor_path, read_anchor
from janitor.ledger.opening import Where, read_ledger
from janitor.ledger.server import Server
from janitor.sweep.diagnose_check import Check, Result

_RESTORE = "mount the volume that has the ledger, or restore it; `janitor audit verify` tells what is left of it"


def diagnose_ledger(where: Where, *, create: bool) -> Check:
    """Whether the ledger is there or may be created, can be read, has its anchored head, and can be written."""
    where = Path(os.path.realpath(where)) if isinstance(where, Path) else where
    try:
        ledger = read_ledger(where)
        if ledger is None:
            return _judge_missing(where, create=create) if isinstance(where, Path) else _judge_empty(where, create=create)
        with ledger:
            check_tail(ledger)
            number, is_anchored = ledger.head().seq, ledger.storage.anchor.read() is not None
            obstacle = ledger.storage.obstacle()
    except LedgerError as error:
        return _fault(str(error), _RESTORE)
    if obstacle is not None and isinstance(where, Path):
        return _fault(obstacle, "let janitor's user write the ledger and its folder")
    if obstacle is not None:
        return _fault(f"{where}: {obstacle}", "until then every sweep stops before it deletes anything")
    anchored = "its anchored head is in it" if is_anchored else "no head is anchored yet"
    return Check(check="ledger", result=Result.OK, message=f"{where}: {number} events, {anchored}")


def _judge_empty(server: Server, *, create: bool) -> Check:
    """A database without a ledger; one that was anchored in a file was lost."""
    anchor = None if server.head is None else HeadFile(server.head).read()
    if anchor is not None and anchor.seq:
        return _fault(f"{server}: no ledger is there, but {server.head} anchors event {anchor.seq} of it", _RESTORE)
    if not create:
        return _fault(f"{server}: no ledger is there", "run `janitor init --ledger`, or name the database that has it")
    return Check(check="ledger", result=Result.OK, message=f"{server}: empty yet; the first sweep creates the ledger")


def _judge_missing(path: Path, *, create: bool) -> Check:
    """A head without its ledger means that the ledger was lost: a fresh one would be refused by every sweep."""
    anchor = read_anchor(path)
    if anchor is not None and anchor.seq:
        return _fault(f"{path}: is not there, but {anchor_path(path).name} anchors event {anchor.seq} of it", _RESTORE)
    if not create:
        return _fault(f"{path}: is not there", "run `janitor init --ledger`, or mount the volume that has it")
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return _fault(
            f"{path}: cannot be created in {folder}", "let janitor's user write that folder, or name another ledger.path"
        )
    return Check(check="ledger", result=Result.OK, message=f"{path}: not there yet; the first sweep creates it")


def _fault(message: str, advice: str) -> Check:
    return Check(check="ledger", result=Result.FAULT, message=message, advice=advice)
