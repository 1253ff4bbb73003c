"""Owns a value that fails whoever touches it: for laws about errors in deciding."""

from typing import Any


class Poison:
    """A value that fails whoever does anything with it, or from the nth time on."""

    def __init__(self, value: Any, left: int) -> None:
        self.value, self.left = value, left

    def touch(self) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError
        return self.value

    def __hash__(self) -> int:
        return hash(self.touch())

    def __bool__(self) -> bool:
        return bool(self.touch())

    def __iter__(self) -> Any:
        return iter(self.touch())

    def __eq__(self, other: object) -> Any:
        return self.touch() == other

    def __lt__(self, other: Any) -> Any:
        return self.touch() < other

    def __le__(self, other: Any) -> Any:
        return self.touch() <= other

    def __gt__(self, other: Any) -> Any:
        return self.touch() > other

    def __ge__(self, other: Any) -> Any:
        return self.touch() >= other

    def __add__(self, other: Any) -> Any:
        return self.touch() + other

    def __sub__(self, other: Any) -> Any:
        return self.touch() - other

    def __rsub__(self, other: Any) -> Any:
        return other - self.touch()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.touch(), name)
