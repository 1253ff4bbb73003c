"""Owns the address of a database that a policy file may name: PostgreSQL by psycopg, a user, no password, few options."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator

from janitor.settings import shapes

_SCHEME = "postgresql+psycopg"
_FORM = f"write {_SCHEME}://USER@HOST:PORT/DATABASE"
_OPTIONS = frozenset({"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs", "channel_binding"})
"""What may stand behind the question mark: how to reach the server, and nothing that changes what a session does."""


def parse_database_url(text: str) -> str:
    """Check an address. Raises ValueError; its text never repeats the address, which may hold a password."""
    try:
        parts = urlsplit(text)
        port, options = parts.port, parse_qsl(parts.query, strict_parsing=bool(parts.query), keep_blank_values=True)
    except ValueError:
        raise ValueError(f"is no address; {_FORM}") from None
    if parts.scheme != _SCHEME:
        raise ValueError(f"must begin with {_SCHEME}://")
    if parts.password is not None or any(name == "password" for name, _ in options):
        raise ValueError("has a password; write it as `password: {file: PATH}` or `{env: NAME}`")
    if (
        len(parts.path) < 2
        or "/" in parts.path[1:]
        or parts.fragment
        or port == 0
        or not text.isascii()
        or not text.isprintable()
    ):
        raise ValueError(f"names no database; {_FORM}")
    odd = sorted({name for name, _ in options} - _OPTIONS)
    if odd:
        raise ValueError(f"has an option that is not supported; these are: {', '.join(sorted(_OPTIONS))}")
    return text


DatabaseUrl = Annotated[str, AfterValidator(parse_database_url), shapes.DATABASE_URL]
