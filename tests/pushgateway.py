"""A Pushgateway played by a real server on loopback."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


class Played:
    """A Pushgateway that answers every request in one way and remembers it."""

    def __init__(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.received: list[tuple[str, str, dict[str, str], str]] = []
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                played.received.append((self.command, self.path, dict(self.headers), text))
                self.send_response(status)
                for name, word in headers.items():
                    self.send_header(name, word)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that http.server gives it
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
