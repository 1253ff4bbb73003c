"""How a secret may come back: the spellings that no output may hold, made without any code of janitor."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote

ODD = "can\"ary\\sec'ret|k`ey;=&<%+/?#$x"
"""A secret with every character that some syntax writes in another way."""


def echoes(value: str) -> Iterator[str]:
    """The value as it is, and as URLs, JSON (in JSON), HTML, Python and the two kinds of base64 have it, wherever it stands."""
    yield from (
        value,
        quote(value),
        quote(value, safe=""),
        re.sub("%..", _lower, quote(value, safe="")),
        value.replace("/", "\\/"),
    )
    yield from (json.dumps(value)[1:-1], json.dumps(json.dumps(value))[1:-1], repr(value)[1:-1], html.escape(value))
    yield "".join(letter if letter.isalnum() else f"\\u{ord(letter):04x}" for letter in value)
    yield "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in value)
    for before in ("", "u", "us"):
        for after in ("", ":", "::"):
            for encode in (b64encode, urlsafe_b64encode):
                yield encode(f"{before}{value}{after}".encode()).decode()


def _lower(found: re.Match[str]) -> str:
    return found[0].lower()


def traces(value: str) -> set[str]:
    """What gives a value away in a text: any spelling, of base64 the letters that are its alone, and its first half."""
    found = {value[: len(value) // 2], *(echo for echo in echoes(value) if not echo.endswith("="))}
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        for encode in (b64encode, urlsafe_b64encode):
            found.add(encode(b"\0" * before + value.encode()).decode().rstrip("=")[shared:-1])
    return found
