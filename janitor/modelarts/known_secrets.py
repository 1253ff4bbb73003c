"""Owns the list of secrets that the process has come to know, for whoever removes them from text; shows none itself."""

from threading import Lock

MOST_OBTAINED = 32
"""Tokens and temporary keys are remembered past their end, but not for ever: each one makes all text slower to clean."""


class SecretValues(tuple[str, ...]):
    """Secrets, not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self)} ***"


class KnownSecrets:
    """Secrets that were given, for good, and secrets that were obtained, the latest of them."""

    def __init__(self, *given: str) -> None:
        self._lock = Lock()
        self._given = SecretValues(dict.fromkeys(given))
        self._obtained = SecretValues()
        self._values = self._given

    def give(self, *secrets: str) -> None:
        """Note secrets that the user wrote down somewhere."""
        with self._lock:
            self._given = SecretValues(dict.fromkeys((*self._given, *secrets)))
            self._refresh()

    def obtain(self, *secrets: str) -> None:
        """Note secrets that a service handed out."""
        with self._lock:
            older = [each for each in self._obtained if each not in secrets]
            self._obtained = SecretValues([*older, *dict.fromkeys(secrets)][-MOST_OBTAINED:])
            self._refresh()

    def values(self) -> SecretValues:
        """All of them; the very same tuple as long as there is no new one."""
        return self._values

    def _refresh(self) -> None:
        values = SecretValues(dict.fromkeys((*self._given, *self._obtained)))
        if set(values) != set(self._values):
            self._values = values
