"""Owns which targets fall to which of several processes that share the work; pure, and the same on every machine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

MOST_SHARDS = 1000
_TEXT = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `count` equal parts, numbered from 0 as Kubernetes numbers the pods of an Indexed Job."""

    index: int
    count: int

    def __post_init__(self) -> None:
        """Raise ValueError for a shard that cannot be."""
        if not 1 <= self.count <= MOST_SHARDS:
            raise ValueError(f"there may be 1 to {MOST_SHARDS} shards, not {self.count}")
        if not 0 <= self.index < self.count:
            raise ValueError(
                f"of {self.count} shards the first is 0 and the last is {self.count - 1}; there is no shard {self.index}"
            )

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def own(self, targets: Iterable[str]) -> tuple[str, ...]:
        """Those of the targets, by name, that fall to this shard: each falls to exactly one of `count`.

        They are in their order, but begin at another place than those of the other shards: where the targets of a region stand
        together, its platform is not asked by every shard at once.
        """
        mine = [target for target in targets if shard_of(target, self.count) == self.index]
        first = len(mine) * self.index // self.count
        return (*mine[first:], *mine[:first])


def shard_of(target: str, count: int) -> int:
    """To which of so many shards a target falls: to the one whose number, hashed with its name, comes out highest.

    Other targets do not matter. With one shard more, a target stays where it is or moves to the new shard (rendezvous hashing).
    """
    name = sha256(target.encode())

    def weight(index: int) -> tuple[bytes, int]:
        mixed = name.copy()
        mixed.update(f"/{index}".encode())
        return mixed.digest(), index

    return max(range(count), key=weight)


def parse_shard(text: str) -> Shard:
    """Read `3/8`; raises ValueError with what to write instead."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no shard; write 0/8 for the first of eight, 7/8 for the last")
    return Shard(index=int(found[1]), count=int(found[2]))
