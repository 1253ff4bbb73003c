"""Addresses to listen on: read strictly, written as they are read."""

import pytest

from janitor.core.errors import UsageError
from janitor.core.listening import Address


@pytest.mark.parametrize(
    ("text", "host", "is_near"),
    [
        ("127.0.0.1:9465", "127.0.0.1", True),
        ("[::1]:80", "::1", True),
        ("LocalHost:0", "LocalHost", True),
        ("192.0.2.1:1", "192.0.2.1", False),
    ],
)
def test_an_address_is_written_as_it_is_read(text: str, host: str, is_near: bool) -> None:
    address = Address.parse(text)
    assert (address.host, str(address), address.is_this_machine) == (host, text, is_near)


@pytest.mark.parametrize("text", ["", "9465", ":9465", "host:", "host:port", "host:65536", "host:١٢", "[::1]"])
def test_what_is_no_address_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match="write HOST:PORT"):
        Address.parse(text)
