"""Owns what there is to tell of one sweep of one target, to everybody or to the owner of some of its jobs: plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A job as people are told of it."""

    id: str
    name: str | None
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Jobs that are marked to go and of which nobody was told yet: how many, the first few, and when the first may go."""

    count: int
    first: Sequence[Named]
    from_: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What refused a plan or ended a sweep early: a word and a sentence, which may repeat what others wrote."""

    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one sweep came to; with an `owner` everything in it is about that owner's jobs alone.

    `outcomes` counts the ten words of docs/operations.md, `owners` the expired jobs of each, most first. `observed` is how many
    jobs are marked and stay all the same, as a policy or the target only observes. `coming` is how many jobs expire on each of
    the next seven days. `quota` is what is used, and the limit. What is not known is None.
    """

    target: str
    mode: str
    as_of: datetime
    outcomes: Mapping[str, int]
    owner: str | None = None
    owners: Sequence[tuple[str | None, int]] = ()
    marked: Marked | None = None
    observed: int = 0
    coming: Sequence[tuple[date, int]] | None = None
    quota: tuple[int, int] | None = None
    refusal: Stop | None = None
    trouble: Stop | None = None
    failures: Sequence[Named] = field(default=())
