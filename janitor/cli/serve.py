"""Owns `janitor serve`."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor import __version__
from janitor.cli.console_beside import ConsoleBeside
from janitor.cli.options import config_option
from janitor.cli.progress import make_log
from janitor.cli.stopping import act_on_signals
from janitor.cli.tracing import traces_option
from janitor.clock import SystemClock
from janitor.core import events
from janitor.core.listening import Address
from janitor.settings.find import find_policy_file

if TYPE_CHECKING:
    from janitor.service.daemon import Daemon
    from janitor.service.metrics import Metrics
    from janitor.service.traces import Traces
    from janitor.wiring import App


@click.command(name="serve")
@config_option
@click.option(
    "--listen",
    default="127.0.0.1:9464",
    envvar="JANITOR_LISTEN",
    show_default=True,
    metavar="HOST:PORT",
    help="Where /healthz, /readyz and /metrics are served. Port 0 takes a free one.",
)
@traces_option
def command(config: Path | None, listen: str, traces: str | None) -> int:
    """Run as a daemon: sweep each target at its schedule, until SIGTERM.

    Where the policy file has `console:`, the web pages are served too, at an address of their own.

    The policy file, and every file it names, is watched; SIGHUP reads it at once. A sweep under way then ends after its batch.
    While the file is refused nothing is swept. On SIGTERM no new request starts, every intent gets its outcome, the exit
    code is 0; what was accepted by then is proven at the next start.
    """
    from janitor.service.daemon import Daemon
    from janitor.service.health import Health
    from janitor.service.metrics import Metrics
    from janitor.service.policy_file import PolicyFile
    from janitor.service.web import make_application
    from janitor.serving import WebServer
    from janitor.wiring import load_app, make_keyrings

    clock, path = SystemClock(), find_policy_file(config, os.environ)
    metrics, health = Metrics((), clock, __version__), Health(clock)
    daemon: Daemon
    told = _open_traces(traces, lambda what: daemon.say(events.TRACE_LOST, reason=what))
    beside = ConsoleBeside(say=partial(_say, lambda: daemon), next_sweep=health.next_sweep)
    read = partial(_read, partial(load_app, path, keyrings=make_keyrings()), metrics, told, beside)
    file = PolicyFile(read=read, path=path, clock=clock)
    daemon = Daemon(file=file, metrics=metrics, health=health, clock=clock, make_say=make_log)
    web = WebServer(application=make_application(health, metrics), address=Address.parse(listen))
    stop = daemon.ask_to_stop
    with act_on_signals({signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: daemon.reload.set}):
        url = web.start()
        try:
            daemon.begin()
            daemon.say(events.SERVICE_LISTENING, url=url)
            beside.begun()
            daemon.run()
        finally:
            beside.stop()
            web.stop()
            if told is not None:
                told.close()
    return 0


def _say(daemon: "Callable[[], Daemon]", event: str, **fields: Any) -> None:
    """Say it in the log that the daemon has by then."""
    daemon().say(event, **fields)


def _open_traces(url: str | None, lost: Callable[[str], None]) -> "Traces | None":
    """The traces of this process, where they are wanted; else nothing is imported."""
    if url is None:
        return None
    from janitor.service.traces import open_traces

    return open_traces(url, lost)


def _read(load: "Callable[[], App]", metrics: "Metrics", traces: "Traces | None", beside: ConsoleBeside) -> "App":
    """One version of the file, as the daemon needs it: with a schedule for every target, and able to tell whom it names."""
    from janitor.service.timetable import schedules_of
    from janitor.wiring import schedule_actor

    app = replace(load(), actor=schedule_actor(), watch=metrics.watcher)
    schedules_of(app.settings)
    app.notifier()
    beside.follow(app)
    return app if traces is None else traces.watch(app)
