"""Owns the wire of OpenTelemetry: traces as OTLP in protobuf, posted to one address and nowhere else.

Of OpenTelemetry only the format is used. Its SDK takes an address, headers and more from variables of the environment, and
janitor lets no variable redirect what it sends.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult
from urllib.request import Request

from janitor import __version__
from janitor.core.errors import JanitorError, UsageError
from janitor.core.text import inert
from janitor.service.outlet import Headers, explain, make_opener, read_address
from janitor.service.spans import Mark, Span, Trace, Value

EXTRA = "otel"
TIMEOUT_S = 5.0
AT_ONCE = 500
"""How many spans one request has at most: some 100 kB."""
_EXAMPLE = "http://HOST:4318"
_PACKAGE = "opentelemetry.proto"
_PROTOCOL = f"{_PACKAGE}.collector.trace.v1.trace_service_pb2"
_LONGEST_ANSWER = 65_536
_LONGEST_TEXT = 200
_INTERNAL, _CLIENT, _ERROR = 1, 3, 2

Scrub = Callable[[str], str]


class TraceLost(JanitorError):
    """A trace could not be handed out; the message is one line and has no credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Where traces go: an address without user and password, and these as a header."""

    address: SplitResult
    headers: Headers = field(repr=False)

    @property
    def name(self) -> str:
        """The host and port, for messages."""
        return inert(self.address.netloc)

    def post(self, trace: Trace, scrub: Scrub) -> None:
        """Send a trace, its root first; raises TraceLost. Each request gives up after 5 s without a whole answer."""
        refused = 0
        try:
            protocol, opener = import_module(_PROTOCOL), make_opener()
            headers = {"Content-Type": "application/x-protobuf", **dict(self.headers)}
            for body in _encode(trace, scrub, protocol.ExportTraceServiceRequest):
                request = Request(self.address.geturl(), data=body, headers=headers, method="POST")  # noqa: S310  checked
                with opener.open(request, timeout=TIMEOUT_S) as answer:
                    refused += _refused(answer.read(_LONGEST_ANSWER), protocol.ExportTraceServiceResponse)
        except Exception as error:  # noqa: BLE001  whatever the HTTP library raises, the sweep is over and its result stands
            raise TraceLost(f"trace not sent to {self.name}: {explain(error)}") from None
        if refused:
            raise TraceLost(f"trace not taken whole by {self.name}: it refused {refused} span(s)")


def read_collector(url: str) -> Collector:
    """Where traces go, at `/v1/traces` where the address has no path; raises UsageError, also where the extra is missing."""
    if not is_installed():
        raise UsageError(
            f"--traces: needs an extra that is not installed; `pip install 'training-janitor[{EXTRA}]'`, or leave it out"
        )
    try:
        address, headers = read_address(url, _EXAMPLE)
        address.geturl().encode("ascii")
    except ValueError as error:
        flaw = "must be plain ASCII" if isinstance(error, UnicodeError) else str(error)
        raise UsageError(f"--traces: the collector's address {flaw}") from None
    path = address.path if address.path.strip("/") else "/v1/traces"
    return Collector(address=address._replace(path=path), headers=headers)


def is_installed() -> bool:
    """Whether traces can be written at all; next to nothing is imported for the answer."""
    try:
        return find_spec(_PACKAGE) is not None
    except ModuleNotFoundError:
        return False


def _encode(trace: Trace, scrub: Scrub, make: Callable[..., Any]) -> Iterator[bytes]:
    """The bodies of the requests; one by one, so that a trace of many spans is never held twice."""
    source = {"service.name": "janitor", "service.version": __version__, "host.name": socket.gethostname()}
    resource = {"attributes": _attributes(source, scrub)}
    spans = [trace.root, *trace.requests]
    for start in range(0, len(spans), AT_ONCE):
        some = [_span(trace, number, spans[number], scrub) for number in range(start, min(start + AT_ONCE, len(spans)))]
        scope = {"scope": {"name": "janitor", "version": __version__}, "spans": some}
        yield make(resource_spans=[{"resource": resource, "scope_spans": [scope]}]).SerializeToString()


def _span(trace: Trace, number: int, span: Span, scrub: Scrub) -> dict[str, Any]:
    """The span of the sweep (0) or of one of its requests (from 1), as protobuf takes it."""
    return {
        "trace_id": trace.trace_id(),
        "span_id": trace.span_id(number),
        "parent_span_id": trace.span_id(0) if number else b"",
        "name": span.name,
        "kind": _CLIENT if number else _INTERNAL,
        "start_time_unix_nano": span.began_ns,
        "end_time_unix_nano": span.ended_ns,
        "attributes": _attributes(span.attributes, scrub),
        "events": [_event(mark, scrub) for mark in span.marks],
        "dropped_events_count": span.lost_marks,
        "status": {} if span.error is None else {"code": _ERROR, "message": _text(span.error, scrub)},
    }


def _event(mark: Mark, scrub: Scrub) -> dict[str, Any]:
    return {"name": mark.name, "time_unix_nano": mark.at_ns, "attributes": _attributes(mark.attributes, scrub)}


def _attributes(told: Mapping[str, Value], scrub: Scrub) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value, scrub)} for key, value in told.items()]


def _value(value: Value, scrub: Scrub) -> dict[str, Any]:
    match value:
        case bool():
            return {"bool_value": value}
        case int():
            return {"int_value": max(-(2**63), min(2**63 - 1, value))}
        case float():
            return {"double_value": value}
    return {"string_value": _text(value, scrub)}


def _text(text: str, scrub: Scrub) -> str:
    return inert(scrub(text), _LONGEST_TEXT)


def _refused(body: bytes, parse: Callable[[], Any]) -> int:
    """How many spans the collector took the request without; none where its answer says nothing that can be read."""
    answer = parse()
    try:
        answer.ParseFromString(body)
    except Exception:  # noqa: BLE001  it answered that it took them, in whatever form
        return 0
    return int(answer.partial_success.rejected_spans)
