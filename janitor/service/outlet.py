"""Owns the way to a machine of the operator's that is told how sweeps went: no proxy, no redirect, nothing of the environment."""

import base64
from contextlib import suppress
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, OpenerDirector

from janitor.clock import SystemClock
from janitor.core.loopback import is_this_machine
from janitor.core.text import inert
from janitor.service.deadline import BoundedHandler, BoundedSecureHandler

DEADLINE_S = 5.0
"""So long an answer may take in all, however it comes."""
_LONGEST_ANSWER = 300

Headers = list[tuple[str, str]]


def read_address(url: str, example: str) -> tuple[SplitResult, Headers]:
    """The address without user and password, and these as a header; raises ValueError with the end of a sentence about it."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        user, password, port = parts.username, parts.password, parts.port
    except ValueError:
        raise ValueError("cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise ValueError(f"must be like {example}")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    if user is None:
        return bare, []
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise ValueError("has a password that everybody on the way could read; write https://")
    pair = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode(errors="surrogateescape")).decode()
    return bare, [("Authorization", f"Basic {pair}")]


def make_opener() -> OpenerDirector:
    """What sends a request: it knows no proxy, no redirect, nothing but HTTP, and no answer that takes over 5 s in all."""
    opener = OpenerDirector()
    monotonic = SystemClock().monotonic
    ways = (BoundedHandler(monotonic, DEADLINE_S), BoundedSecureHandler(monotonic, DEADLINE_S))
    for known in (*ways, HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(known)
    return opener


def explain(error: Exception) -> str:
    """Why, without the address: some errors of urllib repeat it with its password."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code} {_read_answer(error)}".rstrip()
    reason = error.reason if isinstance(error, URLError) else error
    return inert(str(reason)) if isinstance(reason, OSError) else type(error).__name__


def _read_answer(error: HTTPError) -> str:
    """What is said of a request that is refused, as far as people can read it."""
    with error, suppress(Exception):
        if "protobuf" in error.headers.get("Content-Type", ""):
            return ""
        return inert(error.read(_LONGEST_ANSWER).decode(errors="replace").strip(), _LONGEST_ANSWER)
    return ""
