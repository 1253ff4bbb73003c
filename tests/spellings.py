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
    """The value as it may be written, and in the two kinds of base64, wherever it stands in what was encoded."""
    yield from _written(value)
    for before in ("", "u", "us"):
        for after in ("", ":", "::"):
            for encode in (b64encode, urlsafe_b64encode):
                yield encode(f"{before}{value}{after}".encode()).decode()


def traces(value: str) -> set[str]:
    """What gives a value away in a text: it or its first half, however written, and the letters of base64 that are its alone."""
    found = {*_written(value), *_written(value[: len(value) // 2])}
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        for encode in (b64encode, urlsafe_b64encode):
            found.add(encode(b"\0" * before + value.encode()).decode().rstrip("=")[shared:-1])
    return found


def _written(value: str) -> Iterator[str]:
    """The value as it is, and as URLs, JSON (in JSON), HTML and Python write it."""
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


def _lower(found: re.Match[str]) -> str:
    return found[0].lower()
