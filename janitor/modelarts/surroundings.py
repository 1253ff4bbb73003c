"""Owns what a transport takes from outside, all of it with a default."""

from dataclasses import dataclass, field
from random import Random
from threading import Event

from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.watch import Unwatched, Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Time, chance, the event that ends all waiting, and who watches."""

    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    stop: Event = field(default_factory=Event)
    watch: Watcher = field(default_factory=Unwatched)
