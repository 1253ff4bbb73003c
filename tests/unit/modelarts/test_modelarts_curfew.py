"""The time that all requests together are given: nothing leaves after it, and nobody waits beyond it."""

from collections.abc import Callable

import pytest
from unit.modelarts.modelarts_stage import DELETE, READ, Stage, fault, ok, throttled

from janitor.modelarts.errors import OutOfTime

WAIT = "60"


@pytest.mark.parametrize("call", [READ, DELETE])
def test_nothing_leaves_after_the_time_is_over_until_there_is_more_of_it(stage: Stage, call: object) -> None:
    server = stage.serve(ok(), ok())
    transport = stage.transport(server)
    transport.curfew.set(stage.clock.monotonic() + 10)
    transport.send(call)  # type: ignore[arg-type]
    stage.clock.advance(10)
    with pytest.raises(OutOfTime) as caught:
        transport.send(call)  # type: ignore[arg-type]
    assert (caught.value.attempts, len(server.received)) == (0, 1)
    transport.curfew.set(None)
    assert transport.send(call).attempts == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [lambda: throttled(Retry_After=WAIT), lambda: fault(503, "APIG.0613", Retry_After=WAIT)])
def test_v7_a_wait_that_the_platform_asks_for_is_not_begun_where_it_outlasts_the_time(
    stage: Stage, answer: Callable[[], object]
) -> None:
    server = stage.serve(answer(), ok())  # type: ignore[arg-type]
    transport = stage.transport(server)
    transport.curfew.set(stage.clock.monotonic() + 59)
    for attempts in (1, 0):
        with pytest.raises(OutOfTime) as caught:
            transport.send(READ)
        assert caught.value.attempts == attempts
    assert (stage.waits(), len(server.received)) == ([], 1)


def test_v7_the_longest_waits_that_are_begun_end_within_the_time(stage: Stage) -> None:
    """Every answer asks for the longest wait that is honoured; whoever asks on and on is through when the time is."""
    server = stage.serve(*[throttled(Retry_After=WAIT)] * 40)
    transport = stage.transport(server)
    started = stage.clock.monotonic()
    transport.curfew.set(started + 600)
    errors = set()
    for _ in range(40):
        with pytest.raises(Exception) as caught:  # noqa: PT011  throttled first, then too late
            transport.send(READ)
        errors.add(type(caught.value).__name__)
        stage.clock.advance(1)
    assert stage.clock.monotonic() - started <= 600 + 40
    assert "OutOfTime" in errors
    assert 4 <= len(server.received) <= 600 / 60
