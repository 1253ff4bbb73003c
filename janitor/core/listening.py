"""Owns what an address to listen on is: a host and a port, as people write them."""

import re
from dataclasses import dataclass

from janitor.core.errors import UsageError
from janitor.core.loopback import is_this_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @staticmethod
    def parse(text: str) -> "Address":
        """Read `HOST:PORT`, an IPv6 host in brackets; raises UsageError."""
        host, colon, port = text.rpartition(":")
        if not colon or not host or not re.fullmatch("[0-9]{1,5}", port, re.ASCII) or int(port) > 65535:
            raise UsageError(f"{text[:100]!r} is no address to listen on; write HOST:PORT, such as 127.0.0.1:9464")
        return Address(host=host.removeprefix("[").removesuffix("]"), port=int(port))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_this_machine(self) -> bool:
        """Whether nobody beyond this machine can reach it."""
        return is_this_machine(self.host.lower())
