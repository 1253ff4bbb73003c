"""Owns one request as the gate sees it: what it asks for, what it says of itself, and from where it really comes."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import Scope

Peer = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Names of headers are in lower case; `peer` is the other end of the connection, None where that is no address."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    target: str = "/"
    """The path and the query as they were sent."""
    peer: Peer | None = None

    @staticmethod
    def of(scope: Scope) -> "Visit":
        """What a server hands on."""
        raw, query = scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")
        return Visit(
            method=scope["method"],
            path=scope["path"],
            target=(raw + (b"?" + query if query else b"")).decode("latin-1"),
            headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
            peer=_peer((scope.get("client") or ("",))[0]),
        )

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order."""
        return tuple(value for each, value in self.headers if each == name)

    def first(self, name: str) -> str | None:
        """The first value of a header; None where there is none."""
        return next(iter(self.all(name)), None)

    def only(self, name: str) -> str | None:
        """The value of a header that is there exactly once and says something; else None."""
        values = self.all(name)
        return values[0].strip() or None if len(values) == 1 else None

    @property
    def wants_page(self) -> bool:
        """Whether somebody looks at it in a browser."""
        return self.method in ("GET", "HEAD") and "text/html" in (self.first("accept") or "")

    @property
    def is_navigation(self) -> bool:
        """Whether a browser opens it in a window of its own, by a link or by hand, and no page gets to read it."""
        mode, place = self.only("sec-fetch-mode"), self.only("sec-fetch-dest")
        return self.method in ("GET", "HEAD") and mode == "navigate" and place == "document"


def _peer(text: str) -> Peer | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
