"""Owns under which names the console answers: a page that has its own name point here gets nothing (DNS rebinding)."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from janitor.core.loopback import is_this_machine

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)


def parse_host(text: str) -> str | None:
    """The name that a Host header has, in one spelling: lower case, no port, no dot at its end; None where it is no name."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    name = found["name"].lower()
    bare = name.strip("[]") if name.startswith("[") else name.removesuffix(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        return None if name.startswith("[") or not bare else bare


class Hosts:
    """The names of this machine, the address listened on, and those of the policy file."""

    def __init__(self, names: Iterable[str]) -> None:
        own = (parse_host(f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name) for name in names)
        self._names = frozenset(name for name in own if name is not None and not _is_any(name))

    def has(self, name: str) -> bool:
        """Whether a name, as `parse_host` reads it, is one of ours."""
        return is_this_machine(name) or name in self._names


def _is_any(name: str) -> bool:
    """Whether it is an address to listen on that is nobody's own, as 0.0.0.0."""
    try:
        return ip_address(name).is_unspecified
    except ValueError:
        return False
