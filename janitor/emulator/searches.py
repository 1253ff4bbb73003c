"""Owns what searches of an unchanged world found, so that the pages of one listing do not search again and again."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

REMEMBERED = 16
Id = TypeVar("Id")


class Searches(Generic[Id]):
    """A few results, by what was searched for."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Sequence[Id]] = {}

    def of(self, key: Hashable, search: Callable[[], Sequence[Id]]) -> Sequence[Id]:
        """Return what was found under a key, else search."""
        if key not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[key] = search()
        return self._found[key]

    def forget(self) -> None:
        """Forget everything: the world has changed."""
        self._found.clear()
