"""Owns the list of secrets that the process has come to know, for whoever removes them from text; shows none itself."""

from threading import Lock
from weakref import WeakKeyDictionary

MOST_OUTDATED = 32
"""Secrets are remembered past their end, eight credentials or more, but not for ever: each one makes all text slower to clean."""


class SecretValues(tuple[str, ...]):
    """Secrets, not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self)} ***"


class KnownSecrets:
    """Secrets that somebody uses, as long as anybody does, and the latest of those that were used or only obtained."""

    def __init__(self, *given: str) -> None:
        self._lock = Lock()
        self._given = SecretValues(dict.fromkeys(given))
        self._in_use: WeakKeyDictionary[object, SecretValues] = WeakKeyDictionary()
        self._latest = SecretValues()
        self._values = self._given

    def use(self, owner: object, *secrets: str) -> None:
        """Note all that `owner` uses from now on; what it used before is outdated."""
        with self._lock:
            self._note(self._in_use.get(owner, ()))
            self._in_use[owner] = SecretValues(secrets)
            self._refresh()

    def retire(self, owner: object) -> None:
        """Note that all `owner` uses will be outdated as soon as nobody has it any more."""
        with self._lock:
            self._note(self._in_use.get(owner, ()))
            self._refresh()

    def obtain(self, *secrets: str) -> None:
        """Note secrets that a service handed out, whether or not they will be used."""
        with self._lock:
            self._note(secrets)
            self._refresh()

    def values(self) -> SecretValues:
        """All of them; the very same tuple as long as there is no new one."""
        return self._values

    def _note(self, secrets: tuple[str, ...]) -> None:
        older = [each for each in self._latest if each not in secrets]
        self._latest = SecretValues([*older, *dict.fromkeys(secrets)][-MOST_OUTDATED:])

    def _refresh(self) -> None:
        used = [each for secrets in self._in_use.values() for each in secrets]
        values = SecretValues(dict.fromkeys((*self._given, *used, *self._latest)))
        if set(values) != set(self._values):
            self._values = values
