"""Owns the types of what stands in the policy file about the console: where it listens, whom it answers, whom it believes."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from janitor.core.errors import UsageError
from janitor.core.listening import Address
from janitor.settings import shapes
from janitor.settings.fields import matching

Network = IPv4Network | IPv6Network

WIDEST = {4: 8, 6: 32}
"""The largest network whose word may be taken for who asks, in bits, by the version of its addresses."""
_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of no text at all: with it an empty token would be let in."""
_LISTEN = shapes.text(r"^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$", examples=["127.0.0.1:9465"])
_HOST = shapes.text(r"^(?:[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*|\[[0-9A-Fa-f:.]+\])$", examples=["janitor.example.org"])
_NAME = shapes.text("^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$", examples=["alice"])
_SHA256 = shapes.text("^[0-9a-f]{64}$")
_NETWORK = shapes.text(
    r"^(?:[0-9.]+(?:/(?:[89]|[12][0-9]|3[0-2]))?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:/(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-8]))?)$",
    examples=["10.0.0.0/24"],
)
_HEADER = shapes.text("^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+$", examples=["X-Forwarded-User"])


def _read_listen(value: Any) -> Address:
    if not isinstance(value, str):
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:9465")  # noqa: TRY004 -- pydantic collects ValueError
    try:
        return Address.parse(value)
    except UsageError as error:
        raise ValueError(str(error)) from None


def _read_network(value: Any) -> Network:
    try:
        network = ip_network(value if isinstance(value, str) and "." not in value.partition("/")[2] else "")
    except ValueError:
        raise ValueError("must be an address or a network in CIDR form, such as 10.0.0.0/24, with no bit set behind it") from None
    widest = WIDEST[network.version]
    if network.prefixlen < widest:
        raise ValueError(
            f"is wider than /{widest}, so nearly anybody would be believed; name the addresses of the proxy, or the network "
            "that it alone is in"
        )
    return network


def _refuse_empty(digest: str) -> str:
    if digest == _EMPTY:
        raise ValueError("is the hash of an empty token; make one with janitor console --new-token NAME")
    return digest


_ADVICE = "must be the SHA-256 of a token, as janitor console --new-token NAME prints it; the token itself never stands here"

Listen = Annotated[Address, BeforeValidator(_read_listen), _LISTEN]
HostName = Annotated[
    str, matching(_HOST, "must be the name of a host, without scheme and port, such as janitor.example.org"), _HOST
]
TokenName = Annotated[str, matching(_NAME, "must be 1 to 63 of letters, digits, '.', '_', '@' and '-'"), _NAME]
TokenDigest = Annotated[str, matching(_SHA256, _ADVICE), AfterValidator(_refuse_empty), _SHA256]
ProxyNetwork = Annotated[Network, BeforeValidator(_read_network), _NETWORK]
HeaderName = Annotated[str, matching(_HEADER, "must be a header that only your proxy sets, such as X-Forwarded-User"), _HEADER]
