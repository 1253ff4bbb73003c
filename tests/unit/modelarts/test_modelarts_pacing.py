"""The small parts that decide when a request may leave: breaker, rate, slots, and the real clock."""

import time
from datetime import UTC
from threading import Barrier, Event, Thread

import pytest
from unit.modelarts.modelarts_stage import DELETE, READ, Stage, StageClock, answer, fault, ok, reset

from janitor.modelarts import BreakerOpen, ModelArtsError, NotFound, Stopped, SystemClock, TransportLimits
from janitor.modelarts.breaker import Breaker
from janitor.modelarts.rate import RateLimit


def fail(stage: Stage, transport: object, count: int) -> None:
    for _ in range(count):
        with pytest.raises(ModelArtsError):
            transport.send(READ)  # type: ignore[attr-defined]


def test_five_failed_requests_in_a_row_open_the_breaker_and_nothing_is_sent(stage: Stage) -> None:
    server = stage.serve(*[reset] * 5, ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 5)
    for call in (READ, DELETE):
        with pytest.raises(BreakerOpen) as caught:
            transport.send(call)
        assert caught.value.attempts == 0
    assert len(server.received) == 5


def test_retries_of_one_request_count_as_one_failure(stage: Stage) -> None:
    server = stage.serve(*[reset] * 8, ok())
    transport = stage.transport(server, attempts=4, retry_floor=100)
    fail(stage, transport, 2)
    assert transport.send(READ).attempts == 1


def test_after_the_cool_down_one_probe_closes_the_breaker(stage: Stage) -> None:
    server = stage.serve(*[reset] * 5, ok(), ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 5)
    stage.clock.advance(31)
    assert transport.send(READ).status == 200
    assert transport.send(READ).status == 200


def test_a_failed_probe_opens_the_breaker_again(stage: Stage) -> None:
    server = stage.serve(*[reset] * 6, ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 5)
    stage.clock.advance(31)
    fail(stage, transport, 1)
    with pytest.raises(BreakerOpen):
        transport.send(READ)
    assert len(server.received) == 6
    stage.clock.advance(31)
    assert transport.send(READ).status == 200


def test_an_answer_that_refuses_is_a_sign_of_life(stage: Stage) -> None:
    gone = fault(400, "ModelArts.2775")
    server = stage.serve(*[reset] * 4, gone, *[reset] * 4, ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 4)
    with pytest.raises(NotFound):
        transport.send(READ)
    fail(stage, transport, 4)
    assert transport.send(READ).status == 200


def test_answers_without_sense_open_the_breaker(stage: Stage) -> None:
    server = stage.serve(*[answer(200, body=b"<html>")] * 5, ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 5)
    with pytest.raises(BreakerOpen):
        transport.send(READ)


def test_only_one_probe_goes_and_one_that_was_never_sent_gives_its_place_back(stage: Stage) -> None:
    clock = StageClock()
    breaker = Breaker(1, 30, clock)
    breaker.failed()
    clock.advance(31)
    assert breaker.admit()
    with pytest.raises(BreakerOpen, match="one probe"):
        breaker.admit()
    breaker.abandon_probe()
    assert breaker.admit()


def test_a_stopped_probe_gives_its_place_back(stage: Stage) -> None:
    server = stage.serve(*[reset] * 5, ok())
    transport = stage.transport(server, attempts=1)
    fail(stage, transport, 5)
    stage.clock.advance(31)
    with pytest.raises(ModelArtsError):
        transport.send(READ_TOO_LATE)
    assert transport.send(READ).status == 200


READ_TOO_LATE = type(READ)(kind=READ.kind, method="GET", path=READ.path, not_after=0.0)


def test_requests_are_spaced_evenly() -> None:
    clock = StageClock()
    rate = RateLimit(4, clock)
    for _ in range(5):
        assert rate.take_turn(Event())
    assert clock.elapsed - 1000 == pytest.approx(1.0)


def test_an_idle_time_earns_no_burst() -> None:
    clock = StageClock()
    rate = RateLimit(1, clock)
    rate.take_turn(Event())
    clock.advance(100)
    before = clock.elapsed
    rate.take_turn(Event())
    rate.take_turn(Event())
    assert clock.elapsed - before == pytest.approx(1.0)


def test_a_wait_for_a_turn_ends_when_stopped() -> None:
    stop = Event()
    rate = RateLimit(0.01, SystemClock())
    assert rate.take_turn(stop)
    stop.set()
    started = time.monotonic()
    assert not rate.take_turn(stop)
    assert time.monotonic() - started < 1


def test_no_more_requests_are_under_way_than_the_concurrency(stage: Stage) -> None:
    together: list[int] = []
    now: list[int] = []

    def act(connection: object) -> bool:
        now.append(1)
        together.append(len(now))
        time.sleep(0.02)
        now.pop()
        return ok()(connection)  # type: ignore[arg-type]

    server = stage.serve(*[act] * 13)
    transport = stage.transport(server, concurrency=2)
    transport.send(READ)
    start = Barrier(6)

    def work() -> None:
        start.wait()
        for _ in range(2):
            transport.send(READ)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(server.received) == 13
    assert max(together) == 2


def test_a_request_waiting_for_a_slot_ends_when_stopped(stage: Stage) -> None:
    arrived, release = Event(), Event()

    def act(connection: object) -> bool:
        arrived.set()
        release.wait(5)
        return ok()(connection)  # type: ignore[arg-type]

    transport = stage.transport(stage.serve(act), concurrency=1)
    busy = Thread(target=transport.send, args=(READ,))
    busy.start()
    arrived.wait(5)
    stage.stop.set()
    with pytest.raises(Stopped):
        transport.send(READ)
    release.set()
    busy.join(5)


@pytest.mark.parametrize(
    "limits",
    [
        {"concurrency": 5},
        {"concurrency": 0},
        {"attempts": 0},
        {"requests_per_second": 0},
        {"requests_per_second": float("nan")},
        {"read_timeout_s": -1},
        {"connect_timeout_s": 0},
        {"max_body_bytes": 0},
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        TransportLimits(**limits)  # type: ignore[arg-type]


def test_the_system_clock_tells_aware_time_and_waits_until_stopped() -> None:
    clock, stop = SystemClock(), Event()
    assert clock.now().tzinfo is UTC
    before = clock.monotonic()
    assert not clock.wait(0.01, None)
    assert not clock.wait(0.01, stop)
    assert clock.monotonic() - before >= 0.02
    stop.set()
    assert clock.wait(100, stop)
