"""Owns the sums of what deleted jobs leave behind in object storage: addresses by owner and by bucket, and no sizes.

Nobody tells a size, so none is made up. A job of which no address is told may have written nothing, or anywhere: it is counted
apart, as not known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

_BUCKET = re.compile(r"(?:(?:obs|s3)://|/)([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/|\Z)")
"""How an address begins: `/bucket/…` or `obs://bucket/…` (docs/modelarts-api.md, "Where a job wrote")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of it: of how many jobs, of how many of these no address is told, and how many addresses, each counted once."""

    jobs: int = 0
    untold: int = 0
    addresses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """All of it, and by owner and bucket, the largest first; None is the owner, or the bucket, that is not told.

    One address may be of several owners, so the shares may come to more than the whole. A job counts in each bucket it names.
    """

    total: Share = Share()
    owners: Mapping[str | None, Share] = field(default_factory=dict)
    buckets: Mapping[str | None, Share] = field(default_factory=dict)


def sum_leftovers(jobs: Iterable[tuple[str | None, Sequence[str] | None]]) -> Leftovers:
    """Sum up jobs, each given by its owner and its addresses; the sequence is read once."""
    total, owners, buckets = _Tally(), dict[str | None, _Tally](), dict[str | None, _Tally]()
    for owner, told in jobs:
        addresses = frozenset(told or ())
        total.add(addresses)
        owners.setdefault(owner or None, _Tally()).add(addresses)
        by_bucket = dict[str | None, set[str]]()
        for address in addresses:
            by_bucket.setdefault(bucket_of(address), set()).add(address)
        for bucket, some in by_bucket.items():
            buckets.setdefault(bucket, _Tally()).add(some)
    return Leftovers(total=total.share(), owners=_largest_first(owners), buckets=_largest_first(buckets))


def bucket_of(address: str) -> str | None:
    """The bucket in which an address lies; None where it is not written like any."""
    found = _BUCKET.match(address)
    return found and found[1]


class _Tally:
    """What has been counted so far."""

    __slots__ = ("_addresses", "_jobs", "_untold")

    def __init__(self) -> None:
        self._jobs = self._untold = 0
        self._addresses = set[str]()

    def add(self, addresses: AbstractSet[str]) -> None:
        self._jobs += 1
        self._untold += not addresses
        self._addresses.update(addresses)

    def share(self) -> Share:
        return Share(jobs=self._jobs, untold=self._untold, addresses=len(self._addresses))


def _largest_first(tallies: Mapping[str | None, _Tally]) -> dict[str | None, Share]:
    shares = {name: tally.share() for name, tally in tallies.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1].addresses, -item[1].jobs, item[0] or "")))
