"""Owns the metrics of one run of `janitor sweep`: gathered around it, handed out at its end, never a reason to fail."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor import __version__
from janitor.core.errors import JanitorError, UsageError
from janitor.core.text import inert
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.notify.courier import Delivery
    from janitor.service.metrics import Metrics
    from janitor.settings.model import Settings
    from janitor.wiring import App


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

            swept = [target.name for target in app.settings.targets if not names or target.name in names]
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

    def note_notices(self, target: str, deliveries: "Sequence[Delivery]") -> None:
        """Take over what became of the notices of a sweep."""
        if self._metrics is not None:
            with _warned("metrics of notices not gathered"):
                told = [each.is_delivered for each in deliveries]
                self._metrics.notices_sent(target, delivered=told.count(True), failed=told.count(False))

    def publish(self, reports: Sequence[TargetReport]) -> None:
        """Count what the sweeps came to, then write the file and push."""
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
        if self._pushgateway is not None:
            with _warned("metrics not pushed"):
                metrics.push(self._pushgateway)


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
