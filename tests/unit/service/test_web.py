"""What `serve` answers beside the console: health and metrics, nothing for a browser to be talked into (faults D19, D20)."""

import asyncio
from typing import Any

import pytest
from builders import FakeClock

from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.web import make_application

PATHS = ("/healthz", "/readyz", "/metrics")
FROM_ELSEWHERE = {
    "host": "evil.example",
    "origin": "https://evil.example",
    "referer": "https://evil.example/",
    "sec-fetch-site": "cross-site",
    "cookie": "session=1",
    "x-forwarded-host": "evil.example",
    "x-http-method-override": "DELETE",
    "access-control-request-method": "DELETE",
}
Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def application(clock: FakeClock) -> Any:
    health = Health(clock)
    health.beat()
    health.file_loaded(None)
    health.set_targets(("research",))
    return make_application(health, Metrics(["research"], clock, "9.9"))


def ask(application: Any, path: str, method: str = "GET", query: str = "", **headers: str) -> Reply:
    """One request as a web server would hand it on; status, headers, body."""
    said: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 9464),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asyncio.run(application(scope, receive, send))
    start, *parts = said
    shown = {name.decode().lower(): text.decode() for name, text in start["headers"]}
    return start["status"], shown, b"".join(part.get("body", b"") for part in parts)


@pytest.mark.parametrize("path", PATHS)
def test_d19_a_page_from_elsewhere_gets_what_everybody_gets_and_no_leave_to_read_it(application: Any, path: str) -> None:
    plain = ask(application, path, host="127.0.0.1:9464")
    told = ask(application, path, query="callback=steal&method=DELETE", **FROM_ELSEWHERE)
    assert (told[0], told[2]) == (plain[0], plain[2])
    assert told[1] == plain[1]
    assert not {name for name in told[1] if name.startswith("access-control-") or name == "set-cookie"}
    assert (told[1]["x-content-type-options"], told[1]["cache-control"]) == ("nosniff", "no-store")
    assert "html" not in told[1]["content-type"]
    assert b"evil" not in told[2]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_d19_d20_nothing_but_reading_is_answered(application: Any, method: str) -> None:
    assert {ask(application, path, method, **FROM_ELSEWHERE)[0] for path in PATHS} == {405}


@pytest.mark.parametrize(
    "path", ["/", "/console", "/docs", "/openapi.json", "/jobs", "/pause", "/metrics/../healthz", "//healthz"]
)
def test_d19_d20_there_is_no_console_and_no_other_page(application: Any, path: str) -> None:
    assert {ask(application, path, method)[0] for method in ("GET", "POST", "DELETE")} <= {404, 405}
