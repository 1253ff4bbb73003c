"""Owns what a valid endpoint is: HTTPS, or plain HTTP to a loopback address, and nothing but a host; opens no connection.

The one exception is the metadata service of a cloud server, which has no HTTPS and answers on the machine's own link only.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Endpoint:
    """One service of the platform, and how to reach it.

    `ca_file` replaces the built-in certificate authorities; `proxy` is used instead of any from the environment. There is no
    way to turn certificate checks off. Raises ValueError for anything that could send a request in the clear or elsewhere.
    """

    url: str
    ca_file: str | None = None
    proxy: str | None = None

    def __post_init__(self) -> None:
        parts = _split(self.url, "endpoint")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the endpoint must not carry a user or a password")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"the endpoint {parts.hostname} must be a scheme and a host, without a path or query")
        if parts.scheme == "http" and not self._may_be_plain(parts.hostname or ""):
            raise ValueError(f"the endpoint {parts.hostname} must use https; plain http is for loopback addresses only")
        if self.proxy is not None:
            if parts.scheme == "http":
                raise ValueError("a proxy would see a plain http request; use https")
            _split(self.proxy, "proxy")
        object.__setattr__(self, "url", f"{parts.scheme}://{parts.netloc.lower()}")

    @property
    def is_encrypted(self) -> bool:
        """Whether it is HTTPS; plain HTTP stays on this machine."""
        return self.url.startswith("https://")

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Whom requests are for, however the URL is written: the host in lower case and the port."""
        parts = urlsplit(self.url)
        return (parts.hostname or "").lower(), parts.port or (443 if self.is_encrypted else 80)

    @property
    def proxy_host(self) -> str | None:
        """The proxy without the user and the password that its URL may hold."""
        return None if self.proxy is None else urlsplit(self.proxy).hostname

    def _may_be_plain(self, host: str) -> bool:
        return is_loopback(host)

    def __repr__(self) -> str:
        return f"Endpoint(url={self.url!r}, ca_file={self.ca_file!r}, proxy={self.proxy_host!r})"


METADATA_HOST = "169.254.169.254"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MetadataService(Endpoint):
    """The metadata service of an ECS: its fixed link-local address, in plain HTTP (docs/modelarts-api.md, metadata service)."""

    url: str = f"http://{METADATA_HOST}"

    def _may_be_plain(self, host: str) -> bool:
        return host == METADATA_HOST or is_loopback(host)


def _split(url: str, name: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not _is_plain_name(host):
        raise ValueError(f"the {name} is not a URL of the form https://host[:port]")
    return parts


def _is_plain_name(host: str) -> bool:
    return host.isascii() and all(character.isalnum() or character in ".-:" for character in host)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
