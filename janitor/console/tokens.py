"""Owns the tokens by which people log in: of each only the SHA-256 is known."""

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

from janitor.settings.model import ConsoleToken

LONGEST = 512
_BEGINS = "janitor_"
"""So that who finds one in a log or a repository knows what it opens."""


def make_token(random: str) -> str:
    """A new token, of random text that has at least 256 bits."""
    return _BEGINS + random


def may_be_token(text: str) -> bool:
    """Whether something looks like a token of ours, and is not one of another service."""
    return text.strip().startswith(_BEGINS)


def digest_of(token: str) -> str:
    """What is known of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Tokens:
    """Those of the policy file."""

    def __init__(self, known: Iterable[ConsoleToken]) -> None:
        self._known = tuple(known)

    def __bool__(self) -> bool:
        return bool(self._known)

    def find(self, token: str) -> ConsoleToken | None:
        """Whose token it is; how long that takes tells nothing of the hashes."""
        if not token or len(token) > LONGEST:
            return None
        digest = digest_of(token)
        matching = [each for each in self._known if compare_digest(each.sha256, digest)]
        return matching[0] if matching else None

    def has(self, token: ConsoleToken) -> bool:
        """Whether a token is still good."""
        return token in self._known
