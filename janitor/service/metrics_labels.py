"""Owns the closed sets of label values: whatever happens, a label has one of these, so the number of series is bounded."""

from typing import Literal, get_args

from janitor.backends.port import REQUEST_KINDS
from janitor.core.plan import Outcome
from janitor.core.verdict import Verdict
from janitor.retention.history import LIFTABLE
from janitor.sweep.report import NO_RECOVERY

OTHER = "other"
NO_ANSWER = "none"

ScheduleEvent = Literal["executed", "error", "missed", "overlapped"]

VERDICTS = tuple(verdict.value for verdict in Verdict)
OUTCOMES = tuple(outcome.value for outcome in Outcome)
RECOVERIES = tuple(NO_RECOVERY)
GUARDS = (*LIFTABLE, "identity", "max_share", "labels_unavailable", "lock", "pause", OTHER)
ROUTES = REQUEST_KINDS
STATUSES = (200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 429, 500, 501, 502, 503, 504)
CODES = (*map(str, STATUSES), OTHER, NO_ANSWER)
LOADS = ("ok", "refused")
NOTICES = ("delivered", "failed")
SCHEDULE_EVENTS: tuple[str, ...] = get_args(ScheduleEvent)

_RESULTS = {0: "done", 4: "refused", 6: "unreadable", 3: "failed", 5: "ledger", 130: "interrupted"}
RESULTS = (*_RESULTS.values(), "error")


def result_of(exit_code: int) -> str:
    """The word for how a sweep ended."""
    return _RESULTS.get(exit_code, "error")


def guard_of(name: str) -> str:
    """The guard that refused a plan."""
    return name if name in GUARDS else OTHER


def route_of(kind: str) -> str:
    """The kind of route of a request, as a plain string."""
    return str(kind) if kind in ROUTES else OTHER


def code_of(status: int | None) -> str:
    """The status of an answer; `none` where none came."""
    if status is None:
        return NO_ANSWER
    return str(status) if status in STATUSES else OTHER
