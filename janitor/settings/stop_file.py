"""Owns the file STOP beside the policy file: while it is there, nothing is deleted."""

import os
from pathlib import Path

NAME = "STOP"


def find_stop_file(policy_file: Path) -> str | None:
    """Say by what deleting is halted, or None. Whatever the file is, and whatever keeps us from looking, halts."""
    try:
        folder = policy_file.absolute().parent
        folder.stat()  # of a folder that is not there nobody can say what is in it
        is_there = _is_there(folder / NAME)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"whether a file {NAME} is beside {policy_file} cannot be told ({reason}); nothing is deleted until it can"
    return f"{folder / NAME} exists: nothing is deleted while it does; remove it to go on" if is_there else None


def _is_there(path: Path) -> bool:
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True
