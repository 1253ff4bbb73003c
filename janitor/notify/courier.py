"""Owns how a message is brought to a channel: a few bounded attempts, ended by a wish to stop or when the time is over."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential

from janitor.core.channel import Channel
from janitor.core.seams import Clock
from janitor.notify.forms import Message
from janitor.notify.strain import Strain

Send = Callable[[Channel, Message], bool]
"""Bring a message to a channel once: True where the channel took it. It may raise, and may never return."""
Start = Callable[[Callable[[], None], str], object]
"""Begin work beside the caller that does not keep the process alive."""

DELIVERED = "delivered"
REFUSED = "refused"
TIMED_OUT = "timed_out"
CRASHED = "crashed"
INTERRUPTED = "interrupted"
RESTING = "resting"
OUT_OF_TIME = "out_of_time"
"""From DELIVERED on: what became of a message."""

ATTEMPTS = 3
ATTEMPT_S = 10.0
"""So long one attempt is waited for; then it is left to itself."""
TELLING_S = 60.0
"""So long attempts at the notices of one sweep may begin."""
_STEP_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one message to one channel."""

    channel: Channel
    message: Message
    result: str
    attempts: int

    @property
    def is_delivered(self) -> bool:
        """Whether the channel said that it took it."""
        return self.result == DELIVERED


@dataclass(kw_only=True)
class Courier:
    """Brings messages to channels; safe to use from several threads. Nothing that a channel does is raised."""

    send: Send
    clock: Clock
    start: Start
    strain: Strain = field(default_factory=Strain)

    def until(self) -> float:
        """Until when attempts may begin at the notices of a sweep that is told of from now on, in monotonic seconds."""
        return self.clock.monotonic() + TELLING_S

    def deliver(self, channel: Channel, message: Message, stop: Event, until: float = math.inf) -> Delivery:
        """Try a few times, further apart each time; at most half a minute and some seconds in all. No attempt begins later."""
        tried, lost_s = 0, 0.0

        def attempt() -> str:
            nonlocal tried, lost_s
            if stop.is_set():
                return INTERRUPTED
            began, tried = self.clock.monotonic(), tried + 1
            result = self._attempt(channel, message, stop)
            lost_s += self.clock.monotonic() - began
            return result

        hindrance = self._hindrance(channel, until)
        if hindrance is not None:
            return Delivery(channel=channel, message=message, result=hindrance, attempts=0)

        def may_help(result: str) -> bool:
            return result in _REPEATED and not stop.is_set() and self._hindrance(channel, until) is None

        retrying = Retrying(
            retry=retry_if_result(may_help),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=1, max=4),
            sleep=lambda seconds: self._wait(seconds, stop),
            retry_error_callback=_last_result,
        )
        result: str = retrying(attempt)
        if result in _REPEATED:
            self.strain.failed(channel, lost_s, self.clock.monotonic())
        elif result == DELIVERED:
            self.strain.succeeded(channel)
        return Delivery(channel=channel, message=message, result=result, attempts=tried)

    def _attempt(self, channel: Channel, message: Message, stop: Event) -> str:
        """One attempt beside us, as nothing can end it from outside: a channel may answer a byte a second for ever."""
        done, results = Event(), [TIMED_OUT]

        def work() -> None:
            try:
                results.append(DELIVERED if self.send(channel, message) else REFUSED)
            except Exception:  # noqa: BLE001  whatever it is, it was not delivered; its text may repeat the address
                results.append(CRASHED)
            finally:
                done.set()

        until = self.clock.monotonic() + ATTEMPT_S
        self.start(work, f"notice to {channel.name}")
        while not self.clock.wait(_STEP_S, done):
            if stop.is_set():
                return INTERRUPTED
            if self.clock.monotonic() >= until:
                self.strain.abandoned.add(channel.server, done)
                return TIMED_OUT
        return results[-1]

    def _wait(self, seconds: float, stop: Event) -> None:
        self.clock.wait(seconds, stop)

    def _hindrance(self, channel: Channel, until: float) -> str | None:
        now = self.clock.monotonic()
        return RESTING if self.strain.is_resting(channel, now) else OUT_OF_TIME if now >= until else None


def _last_result(state: RetryCallState) -> str:
    result: str = TIMED_OUT if state.outcome is None else state.outcome.result()
    return result


_REPEATED = frozenset({REFUSED, TIMED_OUT, CRASHED})
"""After these another attempt may help."""
