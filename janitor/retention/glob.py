"""Owns name patterns: `*` and `?` only, case-sensitive, matching the whole name in linear time."""

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob; every other character, brackets included, stands for itself.

    Each part between stars is matched once, at its first fit (an atomic group), so no name can make the match explode.
    """
    first, *rest = [_literal(part) for part in re.split(r"\*+", pattern)]
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    lazy = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{lazy}.*{last}" if last else f"{first}{lazy}.*", re.DOTALL)


def is_match(pattern: str, name: str) -> bool:
    """Tell whether the whole name matches the glob."""
    return compile_glob(pattern).fullmatch(name) is not None


def _literal(part: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in part)
