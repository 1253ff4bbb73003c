"""Owns how a message is brought to a channel: a few bounded attempts, ended by a wish to stop, and a rest for what fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential

from janitor.core.channel import Channel
from janitor.core.seams import Clock
from janitor.notify.forms import Message

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
"""From DELIVERED on: what became of a message."""

ATTEMPTS = 3
ATTEMPT_S = 10.0
"""So long one attempt is waited for; then it is left to itself."""
REST_S = 300.0
"""So long a channel is left alone that took a message at no attempt: one that is down delays a run over many targets once."""
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
    _rests: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def deliver(self, channel: Channel, message: Message, stop: Event) -> Delivery:
        """Try a few times, further apart each time; at most half a minute and some seconds in all."""
        tried = 0

        def attempt() -> str:
            nonlocal tried
            if stop.is_set():
                return INTERRUPTED
            tried += 1
            return self._attempt(channel, message, stop)

        if self._is_resting(channel):
            return Delivery(channel=channel, message=message, result=RESTING, attempts=0)
        retrying = Retrying(
            retry=retry_if_result(lambda result: result in _REPEATED and not stop.is_set()),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=1, max=4),
            sleep=lambda seconds: self._wait(seconds, stop),
            retry_error_callback=_last_result,
        )
        result: str = retrying(attempt)
        if result in _REPEATED:
            self._let_rest(channel)
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
                return TIMED_OUT
        return results[-1]

    def _wait(self, seconds: float, stop: Event) -> None:
        self.clock.wait(seconds, stop)

    def _is_resting(self, channel: Channel) -> bool:
        with self._lock:
            return self.clock.monotonic() < self._rests.get(channel.name, 0.0)

    def _let_rest(self, channel: Channel) -> None:
        with self._lock:
            self._rests[channel.name] = self.clock.monotonic() + REST_S


def _last_result(state: RetryCallState) -> str:
    result: str = TIMED_OUT if state.outcome is None else state.outcome.result()
    return result


_REPEATED = frozenset({REFUSED, TIMED_OUT, CRASHED})
"""After these another attempt may help."""
