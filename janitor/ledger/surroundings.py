"""Owns the rule that no variable of the environment, and no password file of a home folder, changes how a server is reached."""

import os
from typing import Any

from janitor.core.errors import LedgerError

_NO_FILE = f"{os.devnull}/none"
"""A path at which nothing can be: the driver would look for passwords in the home folder."""
_SERVICE = "service"


def pin_options(given: frozenset[str], name: str) -> dict[str, Any]:
    """The driver's options that a variable of the environment would set, each as it is without one.

    `given` are those that are set already. Raises LedgerError for the one variable that nothing can take the place of, and
    ImportError where the driver is missing.
    """
    from psycopg.pq import Conninfo  # noqa: PLC0415  the driver is an extra

    pinned: dict[str, Any] = {"passfile": _NO_FILE}
    for option in Conninfo.get_defaults():
        keyword, variable = option.keyword.decode(), (option.envvar or b"").decode()
        if variable not in os.environ or keyword in given | set(pinned):
            continue
        if keyword == _SERVICE:
            raise LedgerError(f"{name}: the environment sets {variable}, which may name another server; start janitor without it")
        pinned[keyword] = (option.compiled or b"").decode()
    return pinned
