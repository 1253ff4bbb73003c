"""Runs `janitor` in a process of its own that kills itself at a chosen crash point: child.py POINT NTH ARGUMENTS..."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.cli.main import run
from janitor.sweep.journal import Journal


class Trap:
    """Kills the process, as the kernel would, at the nth passage."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def spring(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def before_the_intents_sync(trap: Trap) -> None:
    """CP10: the intents are written in their transaction, and not yet synced."""
    pending = {"intents": False}

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        pending["intents"] = pending["intents"] or statement.startswith("INSERT INTO intents")

    def commit(_connection: Any) -> None:
        if pending["intents"]:
            pending["intents"] = False
            trap.spring()

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", commit)


def after_the_intents_sync(trap: Trap) -> None:
    """CP11: the intents are on the disk, nothing was sent."""
    _after(Journal, "intend", trap)


def after_the_reply(trap: Trap) -> None:
    """CP14: a reply was read, its outcome is not written."""
    _after(ModelArtsV2, "delete_jobs", trap)


def _after(owner: type, name: str, trap: Trap) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        trap.spring()
        return result

    setattr(owner, name, wrapped)


POINTS = {"cp10": before_the_intents_sync, "cp11": after_the_intents_sync, "cp14": after_the_reply}

if __name__ == "__main__":
    point, nth, *rest = sys.argv[1:]
    if point in POINTS:
        POINTS[point](Trap(int(nth)))
    sys.exit(run(rest))
