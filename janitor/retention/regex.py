"""Owns `name_regex`: RE2, matching the whole name, in time linear in its length whatever the expression is."""

from collections.abc import Callable
from functools import lru_cache

import re2

LONGEST_REGEX = 500
"""Characters."""


@lru_cache(maxsize=1024)
def compile_regex(pattern: str) -> Callable[[str], bool | None]:
    """Make a question of an expression; raises ValueError, with what is wrong in it, for one that RE2 does not take."""
    if len(pattern) > LONGEST_REGEX:
        raise ValueError(f"is longer than {LONGEST_REGEX} characters")
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True  # as in a glob: an `except` must not miss a name for a line break in it
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"is no regular expression of RE2: {text}") from None
    except UnicodeEncodeError:
        raise ValueError("has half of a character, which no text can have") from None

    def fits(name: str) -> bool | None:
        try:
            return compiled.fullmatch(name) is not None
        except UnicodeEncodeError:  # half of a character: RE2 reads UTF-8
            return None

    return fits
