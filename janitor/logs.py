"""Owns logging to standard error: the names of the audit events, one line of JSON each. Not the record."""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.seams import Clock
from janitor.core.secret import Scrubber
from janitor.core.text import inert
from janitor.sweep.endurance import OVER
from janitor.sweep.target import say_nothing

_LEVELS = {
    events.DELETION_FAILED: logging.ERROR,
    events.DELETION_UNKNOWN: logging.WARNING,
    events.DELETION_SKIPPED: logging.WARNING,
    events.PLAN_REFUSED: logging.ERROR,
    events.LISTING_FAILED: logging.ERROR,
    events.SWEEP_ABORTED: logging.ERROR,
    events.DELETION_INTENDED: logging.DEBUG,
    events.POLICY_FILE_REFUSED: logging.ERROR,
    events.LEADERSHIP_LOST: logging.WARNING,
    events.SWEEP_CRASHED: logging.ERROR,
    events.SWEEP_MISSED: logging.WARNING,
    events.SWEEP_OVERLAPPED: logging.WARNING,
    events.SWEEP_CUT_SHORT: logging.WARNING,
    events.RECOVERY_FAILED: logging.WARNING,
    events.LEDGER_UNREADABLE: logging.ERROR,
    events.LIBRARY_WARNED: logging.WARNING,
    events.ARCHIVE_FAILED: logging.WARNING,
    events.LISTS_NOT_BELIEVED: logging.WARNING,
    events.NOTICE_FAILED: logging.WARNING,
    events.TRACE_LOST: logging.WARNING,
    events.CONSOLE_REFUSED: logging.WARNING,
    events.CONSOLE_FAILED: logging.ERROR,
}

_OF_THE_DATABASE = ("psycopg", "sqlalchemy")
"""They say of a connection that broke what the error that follows says better."""

Processor = Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]


def make_say(clock: Clock, scrubber: Scrubber, *, is_quiet: bool = False) -> Callable[..., None]:
    """A function `say(event, **fields)` that writes one line of JSON to standard error, without secrets or control characters.

    Nothing that fails here may change what a sweep does, so a line that cannot be written is dropped.
    """
    for name in _OF_THE_DATABASE:
        _logger(name).handlers = _logger(name).handlers or [logging.NullHandler()]
    if sys.stderr is None:
        return say_nothing
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            _stamp(clock),
            _clean(scrubber),
            structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if is_quiet else logging.INFO),
    ).bind()

    def say(event: str, **fields: Any) -> None:
        try:
            logger.log(_level_of(event, fields), event, **fields)
        except (OSError, ValueError):
            return

    return say


def _level_of(event: str, fields: Mapping[str, Any]) -> int:
    """Of the jobs that a sweep had no time for, `sweep.cut_short` warns once."""
    is_told_once = event == events.DELETION_SKIPPED and fields.get("reason_code") == OVER.code
    return logging.INFO if is_told_once else _LEVELS.get(event, logging.INFO)


def route_libraries(say: Callable[..., None]) -> None:
    """Let warnings of the daemon's libraries appear as lines like any other, one each and without tracebacks.

    What APScheduler's executors say is known better from its events, and left out.
    """
    _logger("apscheduler").handlers = [logging.NullHandler()]
    for name in ("apscheduler.scheduler", "uvicorn", *_OF_THE_DATABASE):
        _logger(name).handlers = [_Route(say)]


def _logger(name: str) -> logging.Logger:
    logger = logging.getLogger(name)  # noqa: TID251  a library's own, to be routed
    logger.propagate = False
    return logger


class _Route(logging.Handler):
    """Turns a record of a library into one of our lines."""

    def __init__(self, say: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, but for what the timetable tells better."""
        if "maximum number of running instances" in record.getMessage():
            return
        self._say(events.LIBRARY_WARNED, library=record.name, reason=record.getMessage())


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["at"] = timestamp(clock.now())
        return entry

    return stamp


def _clean(scrubber: Scrubber) -> Processor:
    def clean(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: inert(value) if isinstance(value, str) else value for key, value in scrubber.scrub(dict(entry)).items()}

    return clean
