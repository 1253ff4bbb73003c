"""Owns what the guards need to know of a target's earlier sweeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one policy went in a sweep: what it said then, by digest, and how many jobs it let go, deleted or not."""

    digest: str
    lets_go: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSweep:
    """One sweep that finished well: when it began, what it listed (of which workspaces), planned, and how far its policies went.

    None stands for what an older janitor did not write down.
    """

    started_at: datetime
    listed: int | None = None
    planned: int | None = None
    workspaces: tuple[str, ...] = ()
    policies: Mapping[str, Reach] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past of one target: its last finished sweeps, newest first and ten at most, and how many there were in all.

    `unfinished` says when those began that never ended since the last one that did, newest first, without those begun before
    `crash_loop` was last acknowledged. `gone_since` counts the deletions, by a sweep or by hand, since the last finished sweep
    began. `acknowledged` are the guards that somebody lifted for these very policies.
    """

    sweeps: tuple[PastSweep, ...] = ()
    finished: int = 0
    unfinished: tuple[datetime, ...] = ()
    gone_since: int = 0
    acknowledged: frozenset[str] = field(default_factory=frozenset)

    @property
    def last(self) -> PastSweep | None:
        """The last sweep that finished well."""
        return self.sweeps[0] if self.sweeps else None


NO_HISTORY = History()
