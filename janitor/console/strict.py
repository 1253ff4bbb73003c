"""Owns what every answer of the console has: headers that let a browser do nothing with it but show it, and never a traceback."""

from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janitor.console.gate import STATIC

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
_CACHE = b"cache-control"
_ENCODED = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())
_NAMES = frozenset(name for name, _ in _ENCODED) | {b"server"}
_FAILED = b"this page failed; the log of janitor says why\n"


class Strict:
    """Around everything else. `failed` is told of what nobody foresaw."""

    def __init__(self, inner: ASGIApp, failed: Callable[[Exception], None]) -> None:
        self._inner, self._failed = inner, failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens inside."""
        if scope["type"] != "http":
            return
        is_begun = False

        async def send_strict(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                message = {**message, "headers": _with_ours(message.get("headers", ()), scope["path"])}
            await send(message)

        try:
            await self._inner(scope, receive, send_strict)
        except ClientDisconnect:
            return  # who left, or did not read on, gets no more
        except Exception as error:  # noqa: BLE001  whatever it was, who asks gets an answer and whoever runs this a line
            self._failed(error)
            if not is_begun:
                headers = [(b"content-type", b"text/plain; charset=utf-8")]
                await send_strict({"type": "http.response.start", "status": 500, "headers": headers})
                await send_strict({"type": "http.response.body", "body": _FAILED})


def _with_ours(headers: list[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """Ours in place of any others of these names; only of files that never change it is theirs to say how long they last."""
    ours = _NAMES
    if path.startswith(STATIC) and any(name.lower() == _CACHE for name, _ in headers):
        ours = _NAMES - {_CACHE}
    kept = [(name, value) for name, value in headers if name.lower() not in ours]
    return [*kept, *((name, value) for name, value in _ENCODED if name in ours)]
