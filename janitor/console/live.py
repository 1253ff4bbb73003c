"""Owns the stream of what a running sweep does: server-sent events for a bounded number of listeners, without a job's name."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from threading import Event
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from janitor.console.pulse import EVERY_S, Beat, Pulse
from janitor.core.seams import Clock

LIVE = "/live"
MOST_LISTENERS = 20
"""Each takes one of the 40 threads that answer, so that half of them stay for pages."""
LASTS_S = 600.0
"""Then a listener has to come again, and to say anew who it is."""
HEARTBEAT_S, CHANGED_EVERY_S, RETRY_MS = 15.0, 5.0, 5000
_TYPE = "text/event-stream"


class Live:
    """Serves the stream until `ending` is set, and to each listener for a while."""

    def __init__(self, pulse: Pulse, clock: Clock, ending: Event) -> None:
        self._pulse, self._clock, self._ending = pulse, clock, ending
        self._listeners = 0

    async def answer(self, request: Request) -> Response:
        """The stream, or a refusal where enough listen already."""
        if request.method == "HEAD":
            return Response(media_type=_TYPE)
        if self._listeners >= MOST_LISTENERS or self._ending.is_set():
            return PlainTextResponse("enough are listening; reload the page by hand\n", 503, {"Retry-After": "30"})
        self._listeners += 1
        return _Stream(self._listen(), self._left)

    def _left(self) -> None:
        self._listeners -= 1

    async def _listen(self) -> AsyncIterator[str]:
        teller, now = Teller(), self._clock.monotonic()
        until = now + LASTS_S
        yield f"retry: {RETRY_MS}\n\n"
        while now < until:
            beat = await run_in_threadpool(self._pulse.look)
            for message in teller.tell(beat, now):
                yield message
            if await run_in_threadpool(partial(self._clock.wait, EVERY_S, self._ending)):
                return
            now = self._clock.monotonic()


class Teller:
    """What one listener is told: `progress` with counts, `sweep.started`, `sweep.finished`, and `changed` to fetch pages anew."""

    def __init__(self) -> None:
        self._beat: Beat | None = None
        self._running: dict[str, str] = {}
        self._said_at = self._changed_at = float("-inf")
        self._owes_change = False

    def tell(self, beat: Beat, now: float) -> Iterator[str]:
        """What is new since the last time; a comment where nothing was said for long."""
        before, self._beat = self._beat, beat
        said = [*self._turns(beat)]
        if before is not None and beat.told != before.told:
            self._owes_change = True
        if beat.told is not None and (before is None or beat.told != before.told):
            said.append(_message("progress", beat.document, beat.told))
        is_turn = before is not None and (beat.turned != before.turned or (beat.told is None) != (before.told is None))
        if self._owes_change and (is_turn or now - self._changed_at >= CHANGED_EVERY_S):
            self._owes_change, self._changed_at = False, now
            said.append(_message("changed", {"seq": beat.told}))
        if not said and now - self._said_at >= HEARTBEAT_S:
            said.append(": still here\n\n")
        if said:
            self._said_at = now
        yield from said

    def _turns(self, beat: Beat) -> Iterator[str]:
        """Which sweeps began and which ended."""
        if beat.told is None:
            return
        courses = beat.document.get("sweeps", [])
        running = {each["sweep_id"]: each["target"] for each in courses if each["status"] == "running"}
        for word, some, others in (("finished", self._running, running), ("started", running, self._running)):
            for sweep_id, target in some.items():
                if sweep_id not in others:
                    yield _message(f"sweep.{word}", {"target": target, "sweep_id": sweep_id})
        self._running = running


class _Stream(StreamingResponse):
    """A stream that tells when its listener has left, however that came."""

    def __init__(self, content: AsyncIterator[str], left: Callable[[], None]) -> None:
        super().__init__(content, media_type=_TYPE)
        self._left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()


def _message(event: str, document: dict[str, Any], number: int | None = None) -> str:
    """One event on the wire; JSON in ASCII has no line end."""
    begin = "" if number is None else f"id: {number}\n"
    return f"{begin}event: {event}\ndata: {json.dumps(document)}\n\n"
