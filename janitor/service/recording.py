"""Owns what is remembered of one sweep while it goes on, in bounded memory, for its trace: no name, owner or text of a job."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, local
from typing import Any

from janitor.core.plan import ATTEMPTED, NOT_ATTEMPTED
from janitor.core.seams import Clock
from janitor.service.spans import Mark, Span, Trace, Value
from janitor.sweep.report import TargetReport

MOST_REQUESTS = 20_000
MOST_MARKS = 1000
_LONGEST = 200
_WORDS = ("job_id", "intent_id", "reason_code", "code", "head")
"""Texts of an event that are ids or words of janitor's own; others, and long ones, may hold what somebody outside wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    kind: str
    status: int | None
    ended: float
    seconds: float
    repeat: int


class _Repeats(local):
    """Of one thread, which sends one call at a time: how often that call was sent before."""

    def __init__(self) -> None:
        self.coming: dict[str, int] = {}
        self.last: dict[str, int] = {}


class Recording:
    """Safe to use from any thread. Times are counted from one reading of the wall clock, so that setting it tears no trace."""

    def __init__(self, clock: Clock, told: Mapping[str, Value]) -> None:
        self._clock = clock
        self._told = told
        self._began, self._began_ns = clock.monotonic(), round(clock.now().timestamp() * 1e9)
        self._lock, self._repeats = Lock(), _Repeats()
        self._requests: list[_Request] = []
        self._marks: list[Mark] = []
        self._counts = {"requests.repeated": 0, "requests.untraced": 0, "lost": 0}
        self._waited_s = 0.0

    def sent(self, kind: str, status: int | None, seconds: float) -> None:
        """One attempt left and took so long."""
        repeats, now = self._repeats, self._clock.monotonic()
        repeat = repeats.last[kind] = repeats.coming.pop(kind, 0)
        request = _Request(kind=str(kind), status=status, ended=now, seconds=max(0.0, seconds), repeat=repeat)
        with self._lock:
            if len(self._requests) < MOST_REQUESTS:
                self._requests.append(request)
            else:
                self._counts["requests.untraced"] += 1

    def repeated(self, kind: str) -> None:
        """The call of this thread is about to be tried again."""
        self._repeats.coming[kind] = self._repeats.last.get(kind, 0) + 1
        with self._lock:
            self._counts["requests.repeated"] += 1

    def waited(self, seconds: float) -> None:
        """A call waited."""
        with self._lock:
            self._waited_s += max(0.0, seconds)

    def mark(self, name: str, fields: Mapping[str, Any]) -> None:
        """Something was said: its numbers, ids and words of janitor's own are kept."""
        attributes = {f"janitor.{key}": told for key, value in fields.items() if (told := _tell(key, value)) is not None}
        mark = Mark(name=name, at_ns=self._ns(self._clock.monotonic()), attributes=attributes)
        with self._lock:
            if len(self._marks) < MOST_MARKS:
                self._marks.append(mark)
            else:
                self._counts["lost"] += 1

    def end(self, report: TargetReport | None, defect: str | None) -> Trace:
        """The trace, with what the sweep came to, or the word for what it broke off with."""
        ended_ns = self._ns(self._clock.monotonic())
        told = {} if report is None else describe(report)
        with self._lock:
            requests, marks, counts = tuple(self._requests), tuple(self._marks), dict(self._counts)
        lost = counts.pop("lost")
        told |= {f"janitor.{name}": count for name, count in counts.items()} | {"janitor.waited_s": round(self._waited_s, 3)}
        error = defect if report is None else error_of(report)
        if error is not None:
            told["error.type"] = error
        times = {"began_ns": self._began_ns, "ended_ns": ended_ns, "lost_marks": lost}
        root = Span(name="sweep", attributes={**self._told, **told}, error=error, marks=marks, **times)
        sweep_id = f"{self._began_ns}" if report is None else report.sweep_id
        return Trace(sweep_id=sweep_id, root=root, requests=tuple(self._span(each) for each in requests))

    def _span(self, request: _Request) -> Span:
        told: dict[str, Value] = {"janitor.route": request.kind}
        told |= {"http.request.resend_count": request.repeat} if request.repeat else {}
        told |= {} if request.status is None else {"http.response.status_code": request.status}
        error = "no_answer" if request.status is None else str(request.status) if request.status >= 400 else None
        told |= {} if error is None else {"error.type": error}
        began, ended = self._ns(request.ended - request.seconds), self._ns(request.ended)
        return Span(name=request.kind, began_ns=began, ended_ns=ended, attributes=told, error=error)

    def _ns(self, monotonic: float) -> int:
        return self._began_ns + round((monotonic - self._began) * 1e9)


def describe(report: TargetReport) -> dict[str, Value]:
    """What a sweep came to, as attributes: its ids and counts, and which guard refused it."""
    outcomes = report.outcomes()
    told: dict[str, Value] = {
        "janitor.sweep_id": report.sweep_id,
        "janitor.kind": report.kind,
        "janitor.dry_run": report.dry_run,
        "janitor.exit_code": report.exit_code,
        "janitor.listed": sum(report.verdicts.values()),
        "janitor.listing.complete": report.is_complete,
    }
    groups: dict[str, Mapping[str, int]] = {
        "verdicts": report.verdicts,
        "deletions": {outcome: outcomes[outcome] for outcome in ATTEMPTED},
        "not_attempted": {outcome: outcomes[outcome] for outcome in NOT_ATTEMPTED},
        "recovered": report.recovered,
        "requests": report.traffic.requests,
    }
    for group, counts in groups.items():
        told |= {f"janitor.{group}.{name}": count for name, count in counts.items()}
    told |= {} if report.head is None else {"janitor.head": report.head}
    told |= {} if report.stuck is None else {"janitor.stuck": len(report.stuck)}
    return told if report.refusal is None else told | {"janitor.refused.by": report.refusal.by}


def error_of(report: TargetReport) -> str | None:
    """The word for why a sweep's exit code is not 0, None where it is."""
    if report.exit_code == 0:
        return None
    trouble, refusal = report.trouble, report.refusal
    if trouble is not None and trouble.exit_code == report.exit_code:
        return trouble.code
    return "deletion_failed" if refusal is None else refusal.by


def _tell(name: str, value: Any) -> Value | None:
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and name in _WORDS and len(value) <= _LONGEST else None


def telling(recording: Recording, say: Callable[..., None]) -> Callable[..., None]:
    """Say everything as before, and let the recording hear it."""

    def say_both(event: str, **fields: Any) -> None:
        try:
            say(event, **fields)
        finally:
            with suppress(Exception):
                recording.mark(event, fields)

    return say_both
