"""Owns what an effect may know of the request it strikes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from janitor.emulator.delivery import Delivery
from janitor.emulator.received import Received
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request, the route it is for, the jobs (and the version) that it names, and the worlds it meets.

    `previous_page` is what the last answer of the same list held.
    """

    received: Received
    route: str
    job_ids: tuple[str, ...]
    world: World
    previous_page: tuple[Mapping[str, Any], ...]
    v1: WorldV1
    version_id: str | None = None


Inner = Callable[[], Awaitable[Delivery]]
"""Handles the request, or lets the next fault have it."""
