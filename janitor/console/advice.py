"""Owns which command to run after a sweep that ended before its time: by the word for what ended it."""

from janitor.console.words import command
from janitor.retention.history import LIFTABLE
from janitor.retention.pause import Pause

_PLACE = ""
"""The command line refuses a blank reason, so that somebody has to write one."""
_LOOKS: dict[str, tuple[str, ...]] = {
    "max_share": ("plan",),
    "labels_unavailable": ("check", "--against"),
    "ledger_failed": ("doctor",),
    "evaluation_failed": ("plan",),
    "interrupted": ("sweep",),
    "max_duration": ("sweep",),
}


def next_commands(code: str | None, target: str, pauses: tuple[Pause, ...]) -> tuple[str, ...]:
    """What to run, in this order; the last lifts a guard, once somebody has looked.

    A pause is lifted as it was made, for one target or for all; of those in force, none is meant where only a file halts.
    """
    of_target = ("--target", target)
    if code in LIFTABLE:
        look = command("janitor", "plan", *of_target)
        return look, command("janitor", "acknowledge", code, *of_target, "--reason", _PLACE)
    if code in ("pause", "paused"):
        return tuple(pause.remedy for pause in pauses if pause.target in (None, target))
    words = _LOOKS.get(code or "", ("doctor",))
    if words[-1] == "--against":
        return (command("janitor", *words, target),)
    return (command("janitor", *words, *of_target),)
