"""Owns the carrying out of one call: when it may leave, how often, and what is learnt from each answer; knows no service."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self

from tenacity import RetryCallState, Retrying

from janitor.modelarts.answers import Judge
from janitor.modelarts.breaker import Breaker
from janitor.modelarts.call import Call, Reply
from janitor.modelarts.credentials import AccessKey, Credential
from janitor.modelarts.curfew import Curfew
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import (
    AuthFailed,
    Conflict,
    ModelArtsError,
    NotFound,
    Rejected,
    Stopped,
    Throttled,
    TooLate,
    Unavailable,
)
from janitor.modelarts.keyring import Keyring, KeyState, Pass
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.provider import ANONYMOUS
from janitor.modelarts.providers import GivenKey
from janitor.modelarts.rate import RateLimit
from janitor.modelarts.retry import Backoff, RetryBudget, Setback
from janitor.modelarts.surroundings import Surroundings
from janitor.modelarts.traffic import Traffic
from janitor.modelarts.watch import Guarded
from janitor.modelarts.wire import Answer, Breakdown

_STOP_CHECK_S = 0.1  # how soon a request waiting for its slot notices the stop event
_SIGNATURE_ACCEPTED = (NotFound, Rejected, Conflict)


@dataclass(slots=True, kw_only=True)
class _Errand:
    """One call under way."""

    call: Call
    attempts: int = 0
    is_probe: bool = False
    is_settled: bool = False
    has_new_key: bool = False


class Transport:
    """Sends calls to one endpoint with the credentials of one keyring; one instance serves all threads of a target.

    Share a keyring between transports that log in alike. Close a transport, or use it as a context manager.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        key: AccessKey | Keyring,
        *,
        limits: TransportLimits | None = None,
        surroundings: Surroundings | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.traffic = traffic or Traffic()
        self.endpoint = endpoint
        self._limits = limits or TransportLimits()
        self._around = around = surroundings or Surroundings()
        self._clock, self._stop, self._watch = around.clock, around.stop, Guarded(around.watch)
        self.curfew = Curfew(around.clock)
        self._keyring = key if isinstance(key, Keyring) else Keyring(GivenKey(key), self._clock)
        self._slots = BoundedSemaphore(self._limits.concurrency)
        self._breaker = Breaker(self._limits.breaker_threshold, self._limits.breaker_cooldown_s, self._clock, self._watch)
        self._rate = RateLimit(self._limits.requests_per_second, self._clock)
        self._backoff = Backoff(self._limits, around.random)
        self._budget = RetryBudget(self._limits.retry_share, self._limits.retry_floor)
        self._judge = Judge(self._keyring.cleaner, self._clock, self._limits.retry_after_cap_s)
        self._wire = around.open_wire(endpoint, self._limits, self._clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every pooled connection."""
        self._wire.close()

    def log_in(self) -> None:
        """Obtain the credential that the first request will leave with; see Keyring.hold for what is raised."""
        self._keyring.hold(self.connect)

    def key_state(self) -> KeyState:
        """What may be shown of the credentials in use."""
        return self._keyring.state()

    def send(self, call: Call) -> Reply:
        """Carry out a call with its retries; raises a ModelArtsError whose `attempts` says how many requests left.

        Reads are repeated after throttling, 5xx, lost connections and unusable bodies. A change is repeated only where the
        platform certainly did not apply it: it was throttled, or no connection could be opened.
        """
        errand = _Errand(call=call)
        self._budget.earn()
        try:
            reply = self._repeat(errand)
            self._settle(errand, None)
            return replace(reply, attempts=errand.attempts)
        except Setback as setback:
            error = setback.error
            self._settle(errand, error)
        except ModelArtsError as held_back:
            error = held_back
        finally:
            if errand.is_probe and not errand.is_settled:
                self._breaker.abandon_probe()
        error.attempts = errand.attempts
        raise error

    def _repeat(self, errand: _Errand) -> Reply:
        def tell(_state: RetryCallState) -> None:
            self._watch.repeated(errand.call.kind)

        loop = Retrying(retry=self._should_repeat, wait=self._wait_s, sleep=self._wait, before_sleep=tell, reraise=True)
        return loop(self._attempt, errand)

    def _attempt(self, errand: _Errand) -> Reply:
        """One attempt.

        1. Not after the stop event, and only in a free slot. 2. With a credential, and past the breaker. 3. At its turn. 4. Past
        the gate, whose places nobody takes who has to wait for anything else: a hold that came meanwhile is waited out outside,
        and so is a credential renewed. 5. In time. 6. Signed, sent, read. 7. Judged.
        """
        with self._slot():
            while True:
                self._hold_credential()
                errand.is_probe = errand.is_probe or self._breaker.admit()
                self._await_turn(errand.call)
                with self._passage() as leave:
                    self._check_stop()
                    if self._rate.held_s() > 0 or self._keyring.is_outdated(leave):
                        continue
                    connect_timeout_s = self._time_to_connect(errand.call)
                    outcome = self._exchange(errand, leave, connect_timeout_s)
                    return self._conclude(errand, leave, outcome)

    def _hold_credential(self) -> None:
        with self._patience():
            self._keyring.hold(self.connect)

    @contextmanager
    def _passage(self) -> Iterator[Pass]:
        with ExitStack() as stack:
            with self._patience():
                leave = stack.enter_context(self._keyring.passage(self._stop, self.connect))
            yield leave

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Where there is no credential for now, and nobody who was asked for it in vain already, the attempt may be repeated."""
        try:
            yield
        except Unavailable as error:
            raise Setback(error, may_repeat=not self._keyring.asks_remotely) from error

    def connect(
        self,
        endpoint: Endpoint,
        credential: Credential = ANONYMOUS,
        *,
        secrets: tuple[str, ...] = (),
        limits: TransportLimits | None = None,
    ) -> "Transport":
        """A transport to a service that has to do with the credentials themselves; what it sends is counted with the rest."""
        keyring = self._keyring.beside(GivenKey(credential), secrets)
        return Transport(
            endpoint, keyring, limits=limits or self._limits, surroundings=self._around, traffic=Traffic(self.traffic)
        )

    @contextmanager
    def _slot(self) -> Iterator[None]:
        self._check_stop()
        while not self._slots.acquire(timeout=_STOP_CHECK_S):
            self._check_stop()
        try:
            yield
        finally:
            self._slots.release()

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped("not sent: stopping")
        self.curfew.check()

    def _await_turn(self, call: Call) -> None:
        held_s = self._rate.held_s()
        if held_s > self._limits.retry_after_cap_s:
            raise Throttled(f"{call} not sent: the platform wants no request for {held_s:.0f} s more", retry_after=held_s)
        self.curfew.check(held_s)
        with self._timed_wait():
            is_my_turn = self._rate.take_turn(self._stop)
        if not is_my_turn:
            raise Stopped(f"{call} not sent: stopping")
        self._check_stop()

    def _time_to_connect(self, call: Call) -> float:
        if call.not_after is None:
            return self._limits.connect_timeout_s
        left = call.not_after - self._clock.monotonic()
        if left <= 0:
            raise TooLate(f"{call} not sent: its deadline passed {-left:.1f} s ago")
        return min(self._limits.connect_timeout_s, left)

    def _exchange(self, errand: _Errand, leave: Pass, connect_timeout_s: float) -> Answer | Breakdown:
        started = self._clock.monotonic()
        outcome = self._wire.exchange(errand.call, leave.held.credential, connect_timeout_s)
        if isinstance(outcome, Answer) or outcome.left:
            errand.attempts += 1
            self.traffic.count(errand.call.kind)
            status = outcome.status if isinstance(outcome, Answer) else None
            self._watch.sent(errand.call.kind, status, self._clock.monotonic() - started)
        return outcome

    def _conclude(self, errand: _Errand, leave: Pass, outcome: Answer | Breakdown) -> Reply:
        if isinstance(outcome, Breakdown):
            raise self._judge.breakdown(errand.call, outcome)
        self.traffic.note_date(outcome.headers.get("Date"), self._clock.now())
        try:
            reply = self._judge.reply(errand.call, outcome)
        except Setback as setback:
            self._learn(setback, leave)
            if isinstance(setback.error, AuthFailed):
                self._renew(errand, leave, setback.error)
            raise
        self._keyring.accept(leave)
        self._rate.recover()
        return reply

    def _learn(self, setback: Setback, leave: Pass) -> None:
        """Let one answer count for everybody: an accepted credential opens the gate, a throttled answer slows all down."""
        if isinstance(setback.error, _SIGNATURE_ACCEPTED):
            self._keyring.accept(leave)
        if isinstance(setback.error, Throttled):
            self._rate.slow_down()
        if setback.retry_after:
            self._rate.hold(setback.retry_after)

    def _renew(self, errand: _Errand, leave: Pass, refusal: AuthFailed) -> None:
        """Ask for another credential; a refused request changed nothing, so that any call may be repeated with it, once."""
        with self._patience():
            is_renewed = self._keyring.renew(leave, refusal, self.connect)
        if is_renewed and not errand.has_new_key:
            errand.has_new_key = True
            raise Setback(refusal, may_repeat=True, has_new_key=True)

    def _settle(self, errand: _Errand, error: ModelArtsError | None) -> None:
        """Tell the breaker how the call ended: only a sound answer, good or bad, says that the platform is well."""
        errand.is_settled = True
        refused = error is not None and error.status is not None and 400 <= error.status < 500
        if error is None or (refused and not isinstance(error, Throttled | Unavailable)):
            self._breaker.succeeded()
        else:
            self._breaker.failed()

    def _should_repeat(self, state: RetryCallState) -> bool:
        setback = _setback(state)
        if setback is None or not setback.may_repeat:
            return False
        return setback.has_new_key or (state.attempt_number < self._limits.attempts and self._budget.spend())

    def _wait_s(self, state: RetryCallState) -> float:
        setback = _setback(state)
        if setback is not None and setback.has_new_key:
            return 0.0
        return self._backoff.wait_s(state.attempt_number, setback.retry_after if setback else None)

    def _wait(self, seconds: float) -> None:
        self.curfew.check(seconds)
        with self._timed_wait():
            is_stopped = self._clock.wait(seconds, self._stop)
        if is_stopped:
            raise Stopped("not sent again: stopping")

    @contextmanager
    def _timed_wait(self) -> Iterator[None]:
        started = self._clock.monotonic()
        yield
        self._watch.waited(self._clock.monotonic() - started)


def _setback(state: RetryCallState) -> Setback | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Setback) else None
