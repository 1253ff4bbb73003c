"""Owns what is kept of jobs before their intents: the tombstone of each and, where a policy asks for it, an archived file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from janitor.core.tombstone import Ground, Tombstone, Unkept, build_tombstone
from janitor.core.verdict import Reason
from janitor.sweep.attempt import Attempt
from janitor.sweep.target import Target, Tools


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The attempts that may go on, their tombstones by intent, and the others, each with the reason."""

    attempts: tuple[Attempt, ...]
    stones: dict[str, Tombstone]
    unkept: tuple[tuple[Attempt, Reason], ...]

    def drop_others(self, intended: Sequence[Attempt]) -> None:
        """Remove what was archived of jobs that got no intent."""


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Keeps what a target's policies ask for."""

    target: Target
    tools: Tools
    scrub: Callable[[Any], Any]

    def keep(self, attempts: Sequence[Attempt]) -> Kept:
        """Make the tombstone of each job of what its last look told; whose cannot be made must not go."""
        stones, unkept = dict[str, Tombstone](), list[tuple[Attempt, Reason]]()
        ground = Ground(
            platform=self.target.platform,
            target=self.target.name,
            project_id=self.target.project_id,
            keep_values=self.target.tombstones.keep_values,
            scrub=self.scrub,
        )
        for attempt in attempts:
            try:
                stones[attempt.intent_id] = build_tombstone(attempt.decision, attempt.look.document, ground)
            except Unkept as error:
                unkept.append((attempt, Reason(code="tombstone_failed", text=f"it has no tombstone, so it stays: {error}")))
        kept = tuple(
            replace(attempt, look=replace(attempt.look, document=None), tombstone=stones[attempt.intent_id].sha256)
            for attempt in attempts
            if attempt.intent_id in stones
        )
        return Kept(attempts=kept, stones=stones, unkept=tuple(unkept))
