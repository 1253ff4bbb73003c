"""Owns what the guards need to know of a target's earlier sweeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFTABLE = ("clock", "crash_loop", "listing_shrank", "listing_grew", "ages_implausible", "policy_changed", "deletions_jumped")
"""What `janitor acknowledge` lifts, the most basic first."""
LASTING = frozenset({"clock", "ages_implausible"})
"""These stay lifted until a sweep passes without it; the others for one sweep that finishes, whose view counts from then on."""
LASTS = timedelta(days=30)
"""So long at most a guard stays lifted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one policy went in a sweep: what it said then, by digest, and how many jobs it let go, deleted or not."""

    digest: str
    lets_go: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody's word that a guard is wrong this time: whose, when, why, and until when at the latest it lifts the guard."""

    guard: str
    by: str
    at: datetime
    until: datetime
    reason: str

    def __str__(self) -> str:
        """Name it in one sentence, for people."""
        return f"{self.guard} lifted: acknowledged by {self.by} on {self.at:%Y-%m-%d %H:%MZ}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodSweep:
    """One sweep that finished well: when it began, what it listed (of which workspaces), planned, and how far its policies went.

    `listed_to` is the latest creation that it listed, None where it listed everything; `policy_digest` names the policies and
    `has_labels` tells whether the platform told labels. `seq` is the number of the event that began it. None stands for what an
    older janitor did not write down.
    """

    started_at: datetime
    listed: int | None = None
    planned: int | None = None
    workspaces: tuple[str, ...] = ()
    policies: Mapping[str, Reach] | None = None
    listed_to: datetime | None = None
    policy_digest: str | None = None
    has_labels: bool | None = None
    seq: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past of one target: its last finished sweeps, newest first and ten at most, and how many there were in all.

    `unfinished` says when those began that never ended since the last one that did, newest first, without those begun before
    `crash_loop` was last acknowledged. `gone_since` counts the deletions, by a sweep or by hand, since the last finished sweep
    that listed everything began. That is `last_whole`, None where it is the last of all. `listed_by` names the policies of the
    sweep that last listed the jobs, finished or not; `is_whole_latest` is whether everything was last listed by one that
    finished, and was not refused or broken off. `acknowledged` are the guards that somebody lifted for these very policies;
    `crash_loop` is not among them: its count begins anew instead.
    """

    sweeps: tuple[GoodSweep, ...] = ()
    finished: int = 0
    unfinished: tuple[datetime, ...] = ()
    gone_since: int = 0
    last_whole: GoodSweep | None = None
    listed_by: str | None = None
    is_whole_latest: bool = True
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)

    @property
    def last(self) -> GoodSweep | None:
        """The last sweep that finished well."""
        return self.sweeps[0] if self.sweeps else None

    @property
    def whole(self) -> GoodSweep | None:
        """The last sweep that finished well and had listed everything."""
        return self.last_whole or self.last

    def last_to_show(self, created_at: datetime | None) -> GoodSweep | None:
        """The last sweep that finished well whose listing would have shown a job that was created then and had ended."""
        last = self.last
        is_shown = last is None or last.listed_to is None or (created_at is not None and created_at <= last.listed_to)
        return last if is_shown else self.whole


NO_HISTORY = History()
