"""Owns what a transport takes from outside, all of it with a default."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Event

from janitor.modelarts.clock import Clock, SystemClock
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.watch import Unwatched, Watcher
from janitor.modelarts.wire import Exchanger, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Time, chance, the event that ends all waiting, who watches, and what carries requests."""

    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    stop: Event = field(default_factory=Event)
    watch: Watcher = field(default_factory=Unwatched)
    open_wire: Callable[[Endpoint, TransportLimits, Clock], Exchanger] = Wire
