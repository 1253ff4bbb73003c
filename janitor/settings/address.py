"""Owns the addresses a policy file may name: https, plain http only to this machine, and nothing behind the host."""

import re
from typing import Annotated

from pydantic import AfterValidator

from janitor.core.loopback import is_this_machine
from janitor.settings import shapes

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?", re.ASCII
)
_MODELARTS = re.compile(r"https://modelarts\.([a-z0-9-]+\.[a-z0-9.-]+)")


def parse_endpoint(text: str) -> str:
    """Check the address of a platform. Raises ValueError; its text never repeats the address, which may hold a password."""
    address = _match(text)
    if address["scheme"] == "http" and not is_loopback(text):
        raise ValueError("must be https; plain http is for this machine only (localhost, 127.0.0.1, [::1])")
    return text.lower()


def is_endpoint(text: str) -> bool:
    """Tell whether a text is the address of a platform."""
    try:
        parse_endpoint(text)
    except ValueError:
        return False
    return True


def parse_proxy(text: str) -> str:
    """Check the address of a proxy; how the platform is reached through it is encrypted either way."""
    _match(text)
    return text.lower()


def is_loopback(endpoint: str) -> bool:
    """Tell whether an address is this machine's own."""
    return is_this_machine(_match(endpoint)["host"].strip("[]").lower())


def derive_iam_endpoint(endpoint: str) -> str | None:
    """The identity service beside a platform's address; None where it cannot be told."""
    if is_loopback(endpoint):
        return endpoint
    modelarts = _MODELARTS.fullmatch(endpoint)
    return f"https://iam.{modelarts[1]}" if modelarts else None


def _match(text: str) -> re.Match[str]:
    address = _ADDRESS.fullmatch(text)
    if address is None:
        raise ValueError("must be https://HOST or https://HOST:PORT: no user, no path, no slash at the end")
    if address["port"] and not 0 < int(address["port"]) < 65_536:
        raise ValueError("has a port outside 1 to 65535")
    return address


Endpoint = Annotated[str, AfterValidator(parse_endpoint), shapes.ENDPOINT]
Proxy = Annotated[str, AfterValidator(parse_proxy), shapes.PROXY]
