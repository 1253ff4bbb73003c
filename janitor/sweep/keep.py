"""Owns what is kept of jobs before their intents: the tombstone of each and, where a policy asks for it, an archived file."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from janitor.core import events
from janitor.core.tombstone import Ground, Tombstone, Unkept, build_tombstone
from janitor.core.verdict import Decision, Reason
from janitor.sweep.archive import identity_of, name_of, remove_files, write_files
from janitor.sweep.attempt import Attempt
from janitor.sweep.target import Target, Tools


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The attempts that may go on, their tombstones by intent, and the others, each with the reason."""

    target: str
    attempts: tuple[Attempt, ...] = ()
    stones: dict[str, Tombstone] = field(default_factory=dict)
    unkept: tuple[tuple[Attempt, Reason], ...] = ()
    archived: dict[tuple[str, Path], str] = field(default_factory=dict)
    """The name of each file that was written, by intent and folder."""

    def drop_others(self, intended: Sequence[Attempt]) -> None:
        """Remove what was archived of jobs that got no intent; with an intent a file is never touched again."""
        intents, left = {attempt.intent_id for attempt in intended}, defaultdict[Path, list[str]](list)
        for (intent_id, folder), name in self.archived.items():
            if intent_id not in intents:
                left[folder].append(name)
        for folder, names in left.items():
            remove_files(folder, self.target, names)


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Keeps what a target's policies ask for."""

    target: Target
    tools: Tools
    scrub: Callable[[Any], Any]

    def keep(self, attempts: Sequence[Attempt]) -> Kept:
        """Make the tombstone of each job of what its last look told, and archive it; whose is not kept as asked must not go.

        1. Make the tombstones. 2. Write the files, all of one folder at once. 3. Whoever has neither stays.
        """
        stones, failed = self._make_stones(attempts)
        archived, unarchived = self._archive([attempt for attempt in attempts if attempt.intent_id in stones], stones)
        failed |= unarchived
        kept = tuple(
            replace(attempt, look=replace(attempt.look, document=None), tombstone=stones[attempt.intent_id].sha256)
            for attempt in attempts
            if attempt.intent_id not in failed
        )
        unkept = tuple((attempt, failed[attempt.intent_id]) for attempt in attempts if attempt.intent_id in failed)
        found = Kept(target=self.target.name, attempts=kept, stones=stones, unkept=unkept, archived=archived)
        found.drop_others(kept)
        return found

    def _make_stones(self, attempts: Sequence[Attempt]) -> tuple[dict[str, Tombstone], dict[str, Reason]]:
        stones, failed = dict[str, Tombstone](), dict[str, Reason]()
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
                failed[attempt.intent_id] = Reason(code="tombstone_failed", text=f"no tombstone of it can be kept: {error}")
        return stones, failed

    def _archive(
        self, attempts: Sequence[Attempt], stones: dict[str, Tombstone]
    ) -> tuple[dict[tuple[str, Path], str], dict[str, Reason]]:
        """The files that were written, and for each intent without one that is required the reason."""
        folders, archived, failed = self._folders(attempts), dict[tuple[str, Path], str](), dict[str, Reason]()
        for folder, wanted in folders.items():
            whole = {name_of(each.job_id, each.intent_id): each for each, _ in wanted if stones[each.intent_id].is_whole}
            flaws = write_files(folder, self.target.name, {name: stones[each.intent_id] for name, each in whole.items()})
            for attempt, is_required in wanted:
                name = name_of(attempt.job_id, attempt.intent_id)
                flaw = flaws.get(name) if name in whole else "its document is too large or too deep for a tombstone"
                if flaw is None:
                    archived[attempt.intent_id, folder] = name
                elif is_required:
                    text = f"the archive {folder} that a policy requires did not take it: {flaw}"
                    failed[attempt.intent_id] = Reason(code="archive_failed", text=text)
                else:
                    self.tools.say(events.ARCHIVE_FAILED, target=self.target.name, job_id=attempt.job_id, reason=flaw)
        return archived, failed

    def _folders(self, attempts: Sequence[Attempt]) -> dict[Path, list[tuple[Attempt, bool]]]:
        """What each folder is to get, and whether it has to take it."""
        folders = defaultdict[Path, list[tuple[Attempt, bool]]](list)
        for attempt in attempts:
            for folder, is_required in self._archives_of(attempt.decision).items():
                folders[folder].append((attempt, is_required))
        return folders

    def _archives_of(self, decision: Decision) -> dict[Path, bool]:
        """The folders that the policies that select a job name; of two that name one, however spelled, any can require it."""
        found, spelled = dict[Path, bool](), dict[object, Path]()
        for policy in self.target.rules.policies:
            if policy.archive is not None and policy.name in decision.policies:
                folder = spelled.setdefault(identity_of(policy.archive.dir), policy.archive.dir)
                found[folder] = found.get(folder, False) or policy.archive.required
        return found
