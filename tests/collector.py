"""An OpenTelemetry collector played by a real server on loopback: it reads what is posted as OTLP does, and remembers it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request, as it came and as it is understood."""

    path: str
    headers: dict[str, str]
    body: bytes
    understood: ExportTraceServiceRequest = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "understood", ExportTraceServiceRequest.FromString(self.body))

    def spans(self) -> list[Span]:
        """Its spans, in their order."""
        return [span for told in self.understood.resource_spans for scope in told.scope_spans for span in scope.spans]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who asked may be gone when the answer comes."""


class Collector:
    """Answers with its status, where it is told to be slow only after `release` is set; of each it refuses so many spans."""

    def __init__(self, status: int = 200, *, refuses: int = 0, is_slow: bool = False, **headers: str) -> None:
        self.received: list[Received] = []
        self.status = status
        self.release = Event()
        if not is_slow:
            self.release.set()
        answer = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=refuses))
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                played.received.append(Received(path=self.path, headers=dict(self.headers), body=body))
                played.release.wait(10)
                self.send_response(played.status)
                for name, word in headers.items():
                    self.send_header(name, word)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(answer.ByteSize()))
                self.end_headers()
                self.wfile.write(answer.SerializeToString())

            do_GET = do_POST  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that http.server gives it
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def spans(self) -> list[Span]:
        """Every span of every request, in the order in which they came."""
        return [span for each in self.received for span in each.spans()]

    def sweeps(self) -> list[Span]:
        """The spans without a parent."""
        return [span for span in self.spans() if not span.parent_span_id]

    def resource(self) -> dict[str, Any]:
        """What is told of who sent it."""
        resources = [told.resource for each in self.received for told in each.understood.resource_spans]
        assert all(resource == resources[0] for resource in resources)
        return read(resources[0].attributes)

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def read(attributes: Any) -> dict[str, Any]:
    """Attributes by their names; each may be there once only."""
    pairs: list[KeyValue] = list(attributes)
    told = {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
    assert len(told) == len(pairs)
    return told


Play = Callable[..., Collector]
