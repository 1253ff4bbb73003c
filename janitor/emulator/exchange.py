"""Owns what an effect may know of the request it strikes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from janitor.emulator.delivery import Delivery
from janitor.emulator.document import Job
from janitor.emulator.received import Received
from janitor.emulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request, the route it is for, the jobs that it names, and the world it meets.

    `previous_page` is what the last list answer held.
    """

    received: Received
    route: str
    job_ids: tuple[str, ...]
    world: World
    previous_page: tuple[Job, ...]


Inner = Callable[[], Awaitable[Delivery]]
"""Handles the request, or lets the next fault have it."""
