"""How a message is brought to a channel: a few attempts, bounded in time, ended by a wish to stop; nothing is raised (B31)."""

from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
from builders import FakeClock
from channel import HANG, IMPORTING_APPRISE, PlayedChannel

from janitor.clock import SystemClock, start_beside
from janitor.core.channel import Channel, Form, read_channel
from janitor.core.secret import Secret
from janitor.notify.by_apprise import is_installed, send_by_apprise
from janitor.notify.courier import (
    ATTEMPTS,
    CRASHED,
    DELIVERED,
    INTERRUPTED,
    OUT_OF_TIME,
    REFUSED,
    RESTING,
    TIMED_OUT,
    Courier,
    Delivery,
)
from janitor.notify.forms import Message
from janitor.notify.strain import MOST_LEFT, MOST_LEFT_AT_ONE, REST_S, Abandoned, Strain

pytestmark = pytest.mark.filterwarnings(IMPORTING_APPRISE)
MESSAGE = Message(title="janitor: research swept", body="Jobs: deleted 1\nBy owner: ann_ 1 *\\x40* <b>", form=Form.TEXT)


def channel_at(address: str, name: str = "notify[0]") -> Channel:
    return Channel(name=name, kind=read_channel(address), address=Secret(address))


CHANNEL = channel_at("json://127.0.0.1:9/x")


def at_once(work: Callable[[], None], _name: str) -> None:
    work()


def never(_work: Callable[[], None], _name: str) -> None:
    """A channel that never answers."""


def scripted(*answers: Any) -> Callable[[Channel, Message], bool]:
    script: Iterator[Any] = iter(answers)

    def send(_channel: Channel, _message: Message) -> bool:
        answer = next(script)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    return send


@pytest.mark.parametrize(
    ("answers", "result", "attempts"),
    [
        ([True], DELIVERED, 1),
        ([False, False, True], DELIVERED, 3),
        ([RuntimeError("T0KEN"), True], DELIVERED, 2),
        ([False] * ATTEMPTS, REFUSED, ATTEMPTS),
        ([False, False, RuntimeError("T0KEN")], CRASHED, ATTEMPTS),
    ],
)
def test_a_message_is_tried_a_few_times_further_apart_each_time(
    clock: FakeClock, answers: list[Any], result: str, attempts: int
) -> None:
    delivery = Courier(send=scripted(*answers), clock=clock, start=at_once).deliver(CHANNEL, MESSAGE, Event())
    assert (delivery.result, delivery.attempts, delivery.is_delivered) == (result, attempts, result == DELIVERED)
    assert [wait for wait in clock.waits if wait >= 1] == [1, 2][: attempts - 1]


def test_b31_a_channel_that_never_answers_takes_half_a_minute_and_then_rests(clock: FakeClock) -> None:
    courier = Courier(send=scripted(), clock=clock, start=never)
    began = clock.monotonic()
    delivery = courier.deliver(CHANNEL, MESSAGE, Event())
    assert (delivery.result, delivery.attempts) == (TIMED_OUT, ATTEMPTS)
    assert clock.monotonic() - began < 35
    assert courier.deliver(CHANNEL, MESSAGE, Event()) == Delivery(channel=CHANNEL, message=MESSAGE, result=RESTING, attempts=0)
    clock.advance(REST_S)
    assert courier.deliver(CHANNEL, MESSAGE, Event()).attempts == ATTEMPTS


def test_b31_where_one_channel_of_a_server_never_answers_all_of_them_rest_and_those_of_others_do_not(clock: FakeClock) -> None:
    courier, silent = Courier(send=scripted(), clock=clock, start=never), Courier(send=scripted(), clock=clock, start=never)
    courier.deliver(CHANNEL, MESSAGE, Event())
    began = clock.monotonic()
    for number in range(200):
        there = channel_at("json://127.0.0.1:9/y", name=f"owners.u{number}")
        assert courier.deliver(there, MESSAGE, Event()).result == RESTING
    assert clock.monotonic() == began
    assert courier.deliver(channel_at("json://127.0.0.1:10/x", name="owners.ann"), MESSAGE, Event()).attempts == ATTEMPTS
    service, other = (channel_at(f"slack://T{letter}/B/C", name=letter) for letter in "AB")
    assert silent.deliver(service, MESSAGE, Event()).result == TIMED_OUT
    assert silent.deliver(other, MESSAGE, Event()).result == RESTING


def test_what_a_server_refuses_at_once_lets_no_other_channel_there_rest(clock: FakeClock) -> None:
    courier = Courier(send=scripted(False, False, False, True), clock=clock, start=at_once)
    assert courier.deliver(CHANNEL, MESSAGE, Event()).result == REFUSED
    assert courier.deliver(CHANNEL, MESSAGE, Event()).result == RESTING
    assert courier.deliver(channel_at("json://127.0.0.1:9/x", name="owners.ann"), MESSAGE, Event()).is_delivered


def test_b31_a_server_that_never_answers_holds_a_few_threads_and_all_of_them_not_many(clock: FakeClock) -> None:
    held = list[Callable[[], None]]()
    courier = Courier(send=lambda _channel, _message: True, clock=clock, start=lambda work, _name: held.append(work))
    for _ in range(5):  # the first has given up for good when the second is written to
        courier.deliver(CHANNEL, MESSAGE, Event())
        clock.advance(REST_S)
    assert len(held) == MOST_LEFT_AT_ONE
    for port in range(10, 60):
        courier.deliver(channel_at(f"json://127.0.0.1:{port}/x", name=str(port)), MESSAGE, Event())
    assert len(held) == MOST_LEFT
    assert courier.deliver(CHANNEL, MESSAGE, Event()).result == RESTING
    for work in held:  # the servers let go
        work()
    assert courier.deliver(CHANNEL, MESSAGE, Event()).attempts == ATTEMPTS


def test_b31_no_attempt_begins_when_the_time_for_the_notices_of_a_sweep_is_over(clock: FakeClock) -> None:
    courier = Courier(send=scripted(), clock=clock, start=never)
    assert courier.deliver(CHANNEL, MESSAGE, Event(), clock.monotonic() + 5).attempts == 1
    late = Courier(send=scripted(), clock=clock, start=never).deliver(CHANNEL, MESSAGE, Event(), clock.monotonic())
    assert (late.result, late.attempts) == (OUT_OF_TIME, 0)


def test_b31_once_much_time_is_lost_only_channels_are_tried_that_took_their_last_message(clock: FakeClock) -> None:
    down = set[str]()
    strain = Strain(abandoned=Abandoned(), most_lost_s=50)
    courier = Courier(
        send=lambda _channel, _message: True,
        clock=clock,
        start=lambda work, name: None if name.removeprefix("notice to ") in down else work(),
        strain=strain,
    )
    good, dead, worse, new = (channel_at(f"json://127.0.0.1:{port}/x", name=str(port)) for port in (9, 10, 11, 12))
    assert courier.deliver(good, MESSAGE, Event()).is_delivered
    down |= {"10", "11"}
    assert [courier.deliver(each, MESSAGE, Event()).attempts for each in (dead, worse)] == [ATTEMPTS, ATTEMPTS]
    clock.advance(REST_S)
    assert [courier.deliver(each, MESSAGE, Event()).result for each in (dead, new, good)] == [RESTING, RESTING, DELIVERED]


@pytest.mark.parametrize("after", [0, 0.2, 10.5])
def test_a_wish_to_stop_ends_an_attempt_and_the_wait_for_the_next_one_and_lets_nothing_rest(
    clock: FakeClock, after: float
) -> None:
    stop, until = Event(), clock.monotonic() + after

    class Stopping(FakeClock):
        def wait(self, seconds: float, stop_event: Event | None) -> bool:
            if self.elapsed + seconds >= until:
                stop.set()
            return super().wait(seconds, stop_event)

    ours = Stopping()
    if not after:
        stop.set()
    courier = Courier(send=scripted(), clock=ours, start=never)
    delivery = courier.deliver(CHANNEL, MESSAGE, stop)
    assert delivery.result in (INTERRUPTED, TIMED_OUT)
    assert ours.monotonic() <= until + 1
    assert delivery.attempts == (0 if not after else 1)


def test_apprise_brings_the_text_as_it_is_and_follows_no_redirect() -> None:
    assert is_installed()
    with PlayedChannel() as channel:
        assert send_by_apprise(channel_at(channel.url), MESSAGE)
        (got,) = channel.received
        assert (got["title"], got["message"], got["attachments"]) == (MESSAGE.title, MESSAGE.body, [])
    with PlayedChannel() as other, PlayedChannel(answers=[307], location=other.url.replace("json:", "http:")) as channel:
        assert not send_by_apprise(channel_at(channel.url), MESSAGE)
        assert (len(channel.received), other.received) == (1, [])


def test_apprise_is_not_asked_about_an_address_that_is_not_let_through() -> None:
    unchecked = Channel(name="notify[0]", kind=CHANNEL.kind, address=Secret("syslog://"))
    with pytest.raises(ValueError, match="no address that notices may go to"):
        send_by_apprise(unchecked, MESSAGE)


def test_what_apprise_cannot_make_a_channel_of_is_not_delivered() -> None:
    assert not send_by_apprise(Channel(name="notify[0]", kind=read_channel("slack://x"), address=Secret("slack://x")), MESSAGE)


@pytest.mark.parametrize(("answers", "result", "attempts"), [([500, 503, 200], DELIVERED, 3), ([500], REFUSED, ATTEMPTS)])
def test_a_real_channel_that_fails_is_tried_again(clock: FakeClock, answers: list[int], result: str, attempts: int) -> None:
    with PlayedChannel(answers=answers) as channel:
        delivery = Courier(send=send_by_apprise, clock=clock, start=at_once).deliver(channel_at(channel.url), MESSAGE, Event())
        assert (delivery.result, delivery.attempts, len(channel.received)) == (result, attempts, attempts)


def test_b31_a_real_channel_that_hangs_is_left_to_itself_when_somebody_wants_to_stop(capfd: pytest.CaptureFixture[str]) -> None:
    """On the real clock and in a real thread; nothing of the address is in what anybody says."""
    stop = Event()
    with PlayedChannel(answers=[HANG]) as channel:
        courier = Courier(send=send_by_apprise, clock=SystemClock(), start=start_beside)
        found = list[Delivery]()
        thread = Thread(target=lambda: found.append(courier.deliver(channel_at(channel.url), MESSAGE, stop)))
        thread.start()
        for _ in range(500):
            if not channel.received:
                SystemClock().wait(0.01, None)
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert [each.result for each in found] == [INTERRUPTED]
    assert "T0KEN" not in "".join(capfd.readouterr())
