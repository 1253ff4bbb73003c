"""What a transport does when the platform wants fewer requests (faults A4, A5)."""

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, pairwise
from threading import Thread

import pytest
from unit.modelarts.modelarts_stage import DELETE, READ, Stage, fault, ok, throttled

from janitor.modelarts import RouteKind, Throttled, Unavailable

LIST = replace(READ, kind=RouteKind.LIST)
PER_SECOND = 5.0


def test_a4_retry_after_seconds_are_honoured(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After="7"), ok())
    reply = stage.transport(server).send(READ)
    assert reply.attempts == 2
    assert max(stage.waits()) == 7


def test_a4_retry_after_date_is_honoured(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After=stage.http_date(9)), ok())
    stage.transport(server).send(READ)
    assert max(stage.waits()) == 9


def test_a4_retry_after_date_counts_from_the_servers_own_clock(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After=stage.http_date(109), Date=stage.http_date(100)), ok())
    stage.transport(server).send(READ)
    assert max(stage.waits()) == 9


@pytest.mark.parametrize("garbage", ["-5", "soon", "1.5", "", "٣", "Thu, 99 Foo 2026 99:99:99 GMT", "1e3"])
def test_a4_garbage_in_retry_after_means_the_default_wait(stage: Stage, garbage: str) -> None:
    server = stage.serve(throttled(Retry_After=garbage.encode("utf-8").decode("latin-1")), ok())
    assert stage.transport(server, backoff_base_s=2).send(READ).attempts == 2
    assert 1 <= max(stage.waits()) <= 2


@pytest.mark.parametrize("gap", [-3600, -1])
def test_a4_a_past_date_means_the_default_wait(stage: Stage, gap: float) -> None:
    act = throttled(Retry_After=stage.http_date(gap))
    stage.transport(stage.serve(act, ok()), backoff_base_s=2).send(READ)
    assert 1 <= max(stage.waits()) <= 2
    with pytest.raises(Throttled) as caught:
        stage.transport(stage.serve(act), attempts=1).send(READ)
    assert caught.value.retry_after is None


@pytest.mark.parametrize("asked", [lambda _: "61", lambda _: "999999999999", lambda stage: stage.http_date(365 * 86_400)])
def test_a4_a_wait_over_the_cap_ends_the_run_and_nothing_is_sent_before_its_date(
    stage: Stage, asked: Callable[[Stage], str]
) -> None:
    server = stage.serve(throttled(Retry_After=asked(stage)), ok())
    transport = stage.transport(server)
    with pytest.raises(Throttled) as first:
        transport.send(READ)
    with pytest.raises(Throttled) as second:
        transport.send(READ)
    assert first.value.retry_after is not None
    assert first.value.retry_after > 60
    assert (first.value.attempts, second.value.attempts) == (1, 0)
    assert len(server.received) == 1


def test_a4_a_hold_over_the_cap_ends_with_its_date(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After="61"), ok())
    transport = stage.transport(server)
    with pytest.raises(Throttled):
        transport.send(READ)
    stage.clock.advance(62)
    assert transport.send(READ).status == 200


def test_a4_another_call_waits_for_the_date_too(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After="30"), ok())
    transport = stage.transport(server, attempts=1)
    with pytest.raises(Throttled):
        transport.send(READ)
    before = stage.clock.monotonic()
    transport.send(READ)
    assert stage.clock.monotonic() - before >= 29.9


def test_a4_a_throttled_delete_is_repeated_because_nothing_was_applied(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After="3"), ok())
    assert stage.transport(server).send(DELETE).attempts == 2


def test_a5_backoff_grows_with_jitter_and_ends(stage: Stage) -> None:
    server = stage.serve(*[throttled()] * 4)
    with pytest.raises(Throttled) as caught:
        stage.transport(server, backoff_base_s=1).send(READ)
    first, second, third = stage.waits()
    assert 0.5 <= first <= 1
    assert 1 <= second <= 2
    assert 2 <= third <= 4
    assert len({first, second / 2, third / 4}) == 3
    assert caught.value.attempts == 4


def test_a5_retries_stay_within_a_tenth_of_the_requests_and_a_small_floor(stage: Stage) -> None:
    server = stage.serve(*[throttled()] * 200)
    transport = stage.transport(server, breaker_threshold=1000)
    for _ in range(50):
        with pytest.raises(Throttled):
            transport.send(READ)
    assert 50 < len(server.received) <= 50 + 10 + 5


def test_a5_throttled_answers_halve_the_rate_and_good_ones_restore_it(stage: Stage) -> None:
    server = stage.serve(throttled(), throttled(), *[ok()] * 60)
    transport = stage.transport(server, requests_per_second=10, attempts=1)
    for _ in range(2):
        with pytest.raises(Throttled):
            transport.send(READ)
    for _ in range(60):
        transport.send(READ)
    gaps = stage.clock.waits
    assert gaps[2] == pytest.approx(0.4, abs=0.02)
    assert gaps[-1] == pytest.approx(0.1)


def test_a5_sustained_throttling_opens_the_breaker(stage: Stage) -> None:
    server = stage.serve(*[throttled()] * 10)
    transport = stage.transport(server, attempts=1, breaker_threshold=3)
    for _ in range(3):
        with pytest.raises(Throttled):
            transport.send(READ)
    with pytest.raises(Exception, match="left alone"):
        transport.send(READ)
    assert len(server.received) == 3


def test_a503_with_a_long_retry_after_is_not_repeated(stage: Stage) -> None:
    server = stage.serve(fault(503, "APIG.0613", Retry_After="120"), ok())
    with pytest.raises(Unavailable):
        stage.transport(server).send(READ)
    assert len(server.received) == 1


def test_a5_one_rate_for_all_kinds_of_requests_falls_to_an_eighth_and_recovers_within_half_a_minute(stage: Stage) -> None:
    """Measured in virtual time at the rate that is configured by default: 43 good answers bring it back from its lowest."""
    kinds = cycle([READ, DELETE, LIST])
    server = stage.serve(*[throttled()] * 5, *[ok()] * 60)
    transport = stage.transport(server, requests_per_second=PER_SECOND, attempts=1, breaker_threshold=100)
    for call, _ in zip(kinds, range(5), strict=False):
        with pytest.raises(Throttled):
            transport.send(call)
    left_at = []
    for call, _ in zip(kinds, range(60), strict=False):
        transport.send(call)
        left_at.append(stage.clock.monotonic())
    gaps = [later - earlier for earlier, later in pairwise(left_at)]
    slowest, full = 8 / PER_SECOND, 1 / PER_SECOND
    assert gaps[0] == pytest.approx(slowest, rel=0.06)
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(gaps))
    back = next(number for number, gap in enumerate(gaps) if gap < full * 1.001)
    assert 40 <= back <= 43
    assert sum(gaps[:back]) < 30
    assert gaps[-1] == pytest.approx(full)


def test_a5_threads_share_the_rate_and_what_one_is_told_slows_all(stage: Stage) -> None:
    server = stage.serve(throttled(), throttled(), throttled(), *[ok()] * 24)
    transport = stage.transport(server, requests_per_second=PER_SECOND, attempts=1)
    for _ in range(3):
        with pytest.raises(Throttled):
            transport.send(READ)
    began = stage.clock.monotonic()

    def work() -> None:
        for call in (READ, LIST, DELETE) * 2:
            transport.send(call)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(server.received) == 3 + 24
    least = sum(8 / PER_SECOND / 1.05**number for number in range(23))
    assert stage.clock.monotonic() - began >= least * 0.99


def test_a4_all_of_a_target_wait_for_one_retry_after_and_for_no_longer(stage: Stage) -> None:
    server = stage.serve(throttled(Retry_After="30"), *[ok()] * 3)
    transport = stage.transport(server, attempts=1)
    with pytest.raises(Throttled):
        transport.send(DELETE)
    began = stage.clock.monotonic()
    for call in (READ, LIST, DELETE):
        transport.send(call)
    assert 30 <= stage.clock.monotonic() - began < 31
