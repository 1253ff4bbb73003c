"""Signals are acted on by a thread of its own, so that a main thread that waits for a disk delays nothing (fault B4)."""

import os
import signal
import threading
import time

import pytest

from janitor.cli.stopping import act_on_signals, stop_on_signals


def until_set(event: threading.Event) -> bool:
    return event.wait(5)


def test_b4_an_action_runs_beside_the_main_thread() -> None:
    acted, names = threading.Event(), list[str]()

    def act() -> None:
        names.append(threading.current_thread().name)
        acted.set()

    with act_on_signals({signal.SIGHUP: act}):
        os.kill(os.getpid(), signal.SIGHUP)
        assert until_set(acted)
    assert names == ["janitor-signals"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_b4_v8_the_first_signal_asks_to_stop(number: signal.Signals) -> None:
    with stop_on_signals() as stop:
        os.kill(os.getpid(), number)
        assert until_set(stop)


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with stop_on_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert until_set(stop)
        with pytest.raises(KeyboardInterrupt):
            interrupt_and_wait()


def interrupt_and_wait() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)


def test_the_handlers_of_before_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with stop_on_signals():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert not [thread for thread in threading.enumerate() if thread.name == "janitor-signals"]
