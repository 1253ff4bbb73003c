"""Owns the metrics of one run of a command: gathered around it, handed out at its end, never a reason to fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from janitor import __version__
from janitor.core.errors import JanitorError, LedgerError, UsageError
from janitor.core.text import inert
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from janitor.ledger.store import Ledger
    from janitor.notify.courier import Delivery
    from janitor.service.metrics import Metrics
    from janitor.settings.model import Settings
    from janitor.wiring import App

Command = TypeVar("Command", bound=Callable[..., int])


def refuse_password(context: click.Context, parameter: click.Parameter, address: str | None) -> str | None:
    """A command line is for everybody on the machine to read, so no password may stand there."""
    is_typed = parameter.name is not None and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    if address is not None and "@" in address and is_typed:
        option, variable = parameter.opts[0], parameter.envvar
        raise UsageError(f"{option}: everybody on this machine can read a password there; set {variable} instead")
    return address


def publish_options(textfile_variable: str | None) -> Callable[[Command], Command]:
    """Let a command take where its metrics go, `textfile` and `pushgateway`; a file, and its variable, belong to one command."""
    textfile = click.option(
        "--metrics-textfile",
        "textfile",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=textfile_variable,
        show_envvar=True,
        metavar="FILE",
        help="At the end, write the metrics of this run here (FILE.prom, for node_exporter); not of a dry run.",
    )
    pushgateway = click.option(
        "--pushgateway",
        envvar="JANITOR_PUSHGATEWAY",
        show_envvar=True,
        metavar="URL",
        callback=refuse_password,
        help="At the end, push the metrics of this run to this Pushgateway; not of a dry run.",
    )
    return lambda command: textfile(pushgateway(command))


class RunMetrics:
    """Does nothing, and imports nothing, where there is no file to write and no Pushgateway to push to. Raises nothing."""

    def __init__(self, textfile: Path | None, pushgateway: str | None) -> None:
        self._textfile = textfile
        self._pushgateway = pushgateway
        self._metrics: Metrics | None = None
        self._settings: tuple[Settings, ...] = ()

    def watch(self, app: "App", names: tuple[str, ...]) -> "App":
        """The same app, its requests counted; targets that this run leaves out have no series."""
        if self._textfile is None and self._pushgateway is None:
            return app
        self._settings = (app.settings,)
        changes: dict[str, Any] = {}
        with _warned("metrics not gathered"):
            from janitor.service.metrics import Metrics

            swept = [target.name for target in app.settings.targets if target.name in names]
            self._metrics = Metrics(swept, app.clock, __version__)
            self._metrics.file_loaded(ok=True)
            watchers = {name: self._metrics.watcher(name) for name in swept}
            changes["watch"] = watchers.__getitem__
        return replace(app, **changes)

    def note_ledger(self, ledger: "Ledger", targets: Sequence[Target], now: datetime) -> None:
        """Take over what only the ledger knows: its size, what the pace leaves, the last success before this run."""
        if self._metrics is None:
            return
        with _warned("metrics of the ledger not gathered"):
            from janitor.service.readings import note_ledger, note_target

            note_ledger(self._metrics, ledger)
            for target in targets:
                note_target(self._metrics, ledger, target, now)

    def note_quota(self, target: Target, report: TargetReport) -> None:
        """Ask the platform of a target that was swept what is used of its quota."""
        if self._metrics is not None:
            with _warned("metrics of the quota not gathered"):
                from janitor.service.readings import note_quota

                note_quota(self._metrics, target, report)

    def note_notices(self, target: str, deliveries: "Sequence[Delivery]") -> None:
        """Take over what became of the notices of a sweep."""
        if self._metrics is not None:
            with _warned("metrics of notices not gathered"):
                told = [each.is_delivered for each in deliveries]
                self._metrics.notices_sent(target, delivered=told.count(True), failed=told.count(False))

    def publish(self, reports: Sequence[TargetReport]) -> None:
        """Count what the sweeps came to, then write the file and push; of a run that had no target there is nothing to push.

        Its file takes the place of one that is old, and what it does not know would take that of what others pushed.
        """
        metrics = self._metrics
        if metrics is None:
            return
        with _warned("metrics not gathered"):
            for report in reports:
                metrics.sweep_ended(report)
        if self._textfile is not None:
            with _warned("metrics not written"):
                _check_place(self._textfile, self._settings)
                metrics.write_textfile(self._textfile)
        if self._pushgateway is not None and reports:
            with _warned("metrics not pushed"):
                metrics.push(self._pushgateway)


class VerifiedMetrics:
    """Whether the audit log was found untouched; does nothing where there is no file to write and no Pushgateway to push to."""

    def __init__(self, textfile: Path | None, pushgateway: str | None) -> None:
        self._textfile = textfile
        self._pushgateway = pushgateway

    @contextmanager
    def telling(self, config: Path | None) -> Iterator[None]:
        """Publish how the verification inside went; what it raises goes on, and where it could not even begin nothing is told."""
        try:
            yield
        except LedgerError:
            self._publish(config, is_good=False)
            raise
        self._publish(config, is_good=True)

    def _publish(self, config: Path | None, *, is_good: bool) -> None:
        if self._textfile is None and self._pushgateway is None:
            return
        with _warned("metrics not gathered"):
            from janitor.service.metrics_families import make_verified
            from janitor.wiring import load_app

            app = load_app(config)
            self._hand_out(make_verified(is_good=is_good, when=app.clock.now()), app.settings)

    def _hand_out(self, registry: "CollectorRegistry", settings: "Settings") -> None:
        from janitor.service import metrics_publish

        if self._textfile is not None:
            with _warned("metrics not written"):
                _check_place(self._textfile, (settings,))
                metrics_publish.write_textfile(registry, self._textfile)
        if self._pushgateway is not None:
            with _warned("metrics not pushed"):
                metrics_publish.push(registry, [], self._pushgateway, "janitor", 5.0)


def _check_place(path: Path, settings: "tuple[Settings, ...]") -> None:
    from janitor.cli.whole_file import METRICS, OutputFile

    try:
        OutputFile(path=path, begins=METRICS, settings=settings).check()
    except UsageError as error:
        raise UsageError(f"metrics not written to {error}") from error


@contextmanager
def _warned(what: str) -> Iterator[None]:
    """Whatever goes wrong is one line on standard error: the sweep is over, and its result stands."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        message = str(error) if isinstance(error, JanitorError) else f"{what}: unexpected {type(error).__name__}"
        with suppress(OSError, ValueError):
            click.echo(f"janitor: warning: {inert(message)}", err=True)
