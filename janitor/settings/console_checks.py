"""Owns what the console may not be: reached from other machines with nobody asked who they are."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from janitor.core.errors import UsageError
from janitor.core.listening import Address
from janitor.settings.problem import Path

UNGUARDED = (
    "is reached from other machines, and nobody would be asked who they are; add tokens (janitor console --new-token NAME "
    "makes one) or a proxy to console, or listen on 127.0.0.1"
)
_HOSTS = (
    "name other machines' way to the console, and nobody would be asked who they are; add tokens (janitor console "
    "--new-token NAME makes one) or a proxy to console"
)


def find_wrong_console(file: Any) -> Iterator[tuple[Path, str]]:
    """Check the values as read; what is none is refused elsewhere."""
    console = file.get("console") if isinstance(file, dict) else None
    if not isinstance(console, dict):
        return
    if "tokens" not in console and "proxy" not in console:
        if _is_beyond(console.get("listen")):
            yield ("console", "listen"), UNGUARDED
        if "hosts" in console:
            yield ("console", "hosts"), _HOSTS
    tokens = console.get("tokens")
    seen: Counter[tuple[str, str]] = Counter()
    for index, token in enumerate(tokens if isinstance(tokens, list) else ()):
        for word in ("name", "sha256"):
            value = token.get(word) if isinstance(token, dict) else None
            seen[word, str(value)] += 1
            if isinstance(value, str) and seen[word, value] > 1:
                yield ("console", "tokens", index, word), "is that of an earlier one; each needs its own"


def _is_beyond(listen: Any) -> bool:
    try:
        return isinstance(listen, str) and not Address.parse(listen).is_this_machine
    except UsageError:
        return False
