"""Owns what is shown while a sweep runs: a bar on a terminal, log lines in a pipe; always on standard error."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from janitor.core import events

if TYPE_CHECKING:
    from janitor.wiring import App


@contextmanager
def show_progress(app: "App") -> Iterator[Callable[..., None]]:
    """A function `say(event, **fields)` for the time of one command.

    JANITOR_LOG=json asks for lines on a terminal too, JANITOR_LOG=quiet for nothing but warnings in a pipe.
    """
    from janitor.logs import make_say

    wish = os.environ.get("JANITOR_LOG")
    if sys.stderr is None or not sys.stderr.isatty() or wish == "json":
        yield make_say(app.clock, app.scrubber, is_quiet=wish == "quiet")
        return
    with _bar() as say:
        yield say


def make_log(app: "App") -> Callable[..., None]:
    """The log of a daemon: always lines, whatever standard error is; warnings of its libraries among them."""
    from janitor.logs import make_say, route_libraries

    say = make_say(app.clock, app.scrubber, is_quiet=os.environ.get("JANITOR_LOG") == "quiet")
    route_libraries(say)
    return say


@contextmanager
def _bar() -> Iterator[Callable[..., None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        asked = progress.add_task("asked for", total=None)
        settled = progress.add_task("settled", total=None)

        def say(event: str, **fields: Any) -> None:
            if event == events.PLAN_BUILT:
                progress.reset(asked, total=fields["planned"])
                progress.reset(settled, total=fields["planned"])
            if event in (events.DELETION_ACCEPTED, events.DELETION_FAILED, events.DELETION_SKIPPED):
                progress.advance(asked)
            if event in events.CLOSING:
                progress.advance(settled)

        yield say
