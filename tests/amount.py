"""How many cases are tried: few in `make test`, which has a budget, many in `make soak`."""

import os

IS_SOAK = os.environ.get("JANITOR_EXAMPLES") == "soak"


def cases(few: int, many: int) -> int:
    """One of the two."""
    return many if IS_SOAK else few
