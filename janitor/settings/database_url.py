"""Owns the address of a database that a policy file may name: PostgreSQL by psycopg, a user, no password, few options."""

import re
from typing import Annotated

from pydantic import AfterValidator

from janitor.settings import shapes

_SCHEME = "postgresql+psycopg"
_FORM = f"write {_SCHEME}://USER@HOST:PORT/DATABASE, or {_SCHEME}://USER@/DATABASE?host=/FOLDER for a socket"
_NAME = "(?:[A-Za-z0-9_.~-]|%[0-9A-Fa-f]{2})+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"{re.escape(_SCHEME)}://{_NAME}@(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])?(?::(?P<port>[0-9]{{1,5}}))?"
    rf"/{_NAME}(?:\?(?P<options>[!-~]*))?"
)
_OPTIONS = {
    "host": re.compile(r"/[^,]*"),
    "port": re.compile(r"[0-9]{1,5}"),
    "sslmode": re.compile("disable|allow|prefer|require|verify-ca|verify-full"),
    "sslrootcert": re.compile("/.+|system"),
    "sslcert": re.compile("/.+"),
    "sslkey": re.compile("/.+"),
    "target_session_attrs": re.compile("any|read-write|primary"),
    "channel_binding": re.compile("disable|prefer|require"),
}
"""What may stand behind the question mark, and how: where the server is reached, and nothing that changes what a session does."""


def parse_database_url(text: str) -> str:
    """Check an address. Raises ValueError; its text never repeats the address, which may hold a password.

    It is read strictly, so that nothing that reads it later can take a part of it for something else.
    """
    if not text.startswith(f"{_SCHEME}://"):
        raise ValueError(f"must begin with {_SCHEME}://")
    user, at, _ = text.removeprefix(f"{_SCHEME}://").partition("@")
    if (at and ":" in user) or "password=" in text.lower():
        raise ValueError("has a password; write it as `password: {file: PATH}` or `{env: NAME}`")
    address = _ADDRESS.fullmatch(text)
    if address is None or not 0 < int(address["port"] or 1) < 65536:
        raise ValueError(f"is no address of a database; {_FORM}")
    options = _read_options(address["options"])
    if (address["host"] is None) is not ("host" in options) or (address["host"] is None and address["port"] is not None):
        raise ValueError(f"must name one host, or the folder of a socket; {_FORM}")
    if "port" in options and "host" not in options:
        raise ValueError("has its port as an option; write it behind the host")
    return text


def _read_options(text: str | None) -> dict[str, str]:
    found = dict[str, str]()
    for part in text.split("&") if text else ():
        name, _, value = part.partition("=")
        if name not in _OPTIONS:
            raise ValueError(f"has an option that is not supported; these are: {', '.join(sorted(_OPTIONS))}")
        if name in found:
            raise ValueError(f"has the option {name} twice")
        if not _OPTIONS[name].fullmatch(value) or "%" in value or "+" in value:
            raise ValueError(f"has an option {name} that cannot be; it has to be like {_OPTIONS[name].pattern}")
        found[name] = value
    return found


DatabaseUrl = Annotated[str, AfterValidator(parse_database_url), shapes.DATABASE_URL]
