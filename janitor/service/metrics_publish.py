"""Owns the ways in which metrics leave the process: as text for a scraper, as a file, to a Pushgateway."""

from collections.abc import Callable, Iterator
from copy import copy
from math import isnan
from pathlib import Path
from urllib.request import Request

from prometheus_client import CollectorRegistry, Metric, generate_latest, pushadd_to_gateway, write_to_textfile
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from janitor.core.errors import JanitorError
from janitor.core.text import inert
from janitor.service.outlet import Headers, explain, make_opener, read_address

_STALE_AT_ONCE = "janitor_last_success_age_seconds"  # an age is right only at the moment at which it is asked for


class NotPublished(JanitorError):
    """Metrics could not be handed out; the message is one line and has no credentials."""


class View(Collector):
    """The samples of a registry that somebody wants to see, without the times of creation and what is not known (NaN)."""

    def __init__(self, registry: CollectorRegistry, is_wanted: Callable[[Sample], bool] = lambda _sample: True) -> None:
        self._registry = registry
        self._is_wanted = is_wanted

    def collect(self) -> Iterator[Metric]:
        """Every family that has a wanted sample."""
        for family in self._registry.collect():
            samples = [sample for sample in family.samples if _is_told(sample) and self._is_wanted(sample)]
            if samples:
                shown = copy(family)
                shown.samples = samples
                yield shown


def render(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Body and content type: OpenMetrics where the Accept header names it, else Prometheus' text format."""
    if "application/openmetrics-text" in accept:
        body: bytes = openmetrics.generate_latest(View(registry))  # type: ignore[no-untyped-call]
        return body, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(View(registry)), CONTENT_TYPE_PLAIN_0_0_4


def write_textfile(registry: CollectorRegistry, path: Path) -> None:
    """Write a file for node_exporter's textfile collector, all at once; raises NotPublished."""
    try:
        write_to_textfile(str(path), View(registry, _lasts))
    except OSError as error:
        raise NotPublished(f"metrics not written to {inert(str(path))}: {error.strerror or type(error).__name__}") from None


def push(registry: CollectorRegistry, targets: list[str], url: str, job: str, timeout_s: float) -> None:
    """Push to a Pushgateway; raises NotPublished.

    Each target is a group of its own: a push replaces the metrics of the same name in its group, so one group for all would
    lose the series of every target that this process did not sweep, and of every last success but the newest.
    """
    try:
        address, headers = read_address(url, "http://HOST:9091")
    except ValueError as error:
        raise NotPublished(f"metrics not pushed: the Pushgateway's address {error}") from None
    handler = _make_handler(headers)
    groups = [({"target": target}, View(registry, _of_target(target))) for target in targets]
    groups.append(({}, View(registry, _of_target(None))))
    for key, view in groups:
        try:
            pushadd_to_gateway(
                address.geturl(),
                job,
                view,
                grouping_key=key,
                timeout=timeout_s,
                handler=handler,
            )
        except Exception as error:  # noqa: BLE001  whatever the HTTP library raises, the sweep is over and its result stands
            raise NotPublished(f"metrics not pushed to {inert(address.netloc)}: {explain(error)}") from None


def _is_told(sample: Sample) -> bool:
    return not sample.name.endswith("_created") and not isnan(sample.value)


def _lasts(sample: Sample) -> bool:
    return sample.name != _STALE_AT_ONCE


def _of_target(target: str | None) -> Callable[[Sample], bool]:
    return lambda sample: sample.labels.get("target") == target and _lasts(sample)


def _make_handler(more: Headers) -> Callable[[str, str, float | None, Headers, bytes], Callable[[], None]]:
    """What prometheus_client calls to send."""
    opener = make_opener()

    def handle(url: str, method: str, timeout: float | None, headers: Headers, data: bytes) -> Callable[[], None]:
        request = Request(url, data=data, headers=dict(headers + more), method=method)  # noqa: S310  http or https, checked

        def send() -> None:
            opener.open(request, timeout=timeout).close()

        return send

    return handle
