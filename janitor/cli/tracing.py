"""Owns `--traces`: where a command sends the traces of its sweeps, and the one line where that failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import click

from janitor.cli.publish import refuse_password
from janitor.core.text import inert

if TYPE_CHECKING:
    from janitor.wiring import App

Command = TypeVar("Command", bound=Callable[..., int])


def _read(context: click.Context, parameter: click.Parameter, url: str | None) -> str | None:
    """Refuse, before anything is done, what no trace could be sent to."""
    if url is not None:
        from janitor.service.otlp import read_collector

        refuse_password(context, parameter, url)
        read_collector(url)
    return url


def traces_option(command: Command) -> Command:
    """Let a command take where its traces go, `traces`."""
    return click.option(
        "--traces",
        envvar="JANITOR_TRACES",
        show_envvar=True,
        metavar="URL",
        callback=_read,
        help="Send a trace of each sweep to this OpenTelemetry collector (OTLP over HTTP).",
    )(command)


@contextmanager
def tracing(url: str | None, app: "App") -> "Iterator[App]":
    """The same app, each of its sweeps traced; where there is nowhere to send to, nothing is done and nothing imported.

    At the end it waits a few seconds for what is not sent yet. If traces are lost, the first of them is a line on standard error.
    """
    if url is None:
        yield app
        return
    from janitor.service.traces import open_traces

    lost: list[str] = []
    traces = open_traces(url, lost.append)
    try:
        yield traces.watch(app)
    finally:
        traces.close()
        if lost:
            with suppress(OSError, ValueError):
                click.echo(f"janitor: warning: {inert(lost[0])}", err=True)
