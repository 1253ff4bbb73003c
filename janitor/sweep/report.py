"""Owns step 8: the report of one target, its JSON and its exit code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from janitor.backends.port import Traffic
from janitor.core.canonical import timestamp
from janitor.core.plan import ATTEMPTED, NOT_ATTEMPTED, Outcome, Refusal
from janitor.core.text import LONGEST_TEXT, shorten, shorten_all
from janitor.core.verdict import Decision, Verdict
from janitor.retention.history import Acknowledgement
from janitor.sweep.book import Entry
from janitor.sweep.stuck import Stuck

HYPOTHETICAL = "a hypothetical time, with what is there now"
"""What is told of a time that somebody named with `--as-of`."""

NO_VERDICTS = {verdict.value: 0 for verdict in Verdict}
NO_RECOVERY = {"confirmed": 0, "already_gone": 0, "failed": 0, "skipped": 0, "open": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong with a target: a word for machines, a sentence, and the exit code that it asks for."""

    code: str
    message: str
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A job of a frozen plan that is not to be deleted any more, and why."""

    id: str
    name: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The frozen plan that was applied: how many jobs it has, which of them it lost since, and what else changed."""

    digest: str
    entries: int
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As in docs/plan-file.md."""
        dropped = [{"id": each.id, "name": each.name, "reason": shorten(each.reason, LONGEST_TEXT)} for each in self.dropped]
        return {"digest": self.digest, "entries": self.entries, "dropped": dropped, "notes": list(self.notes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """What one sweep of one target came to; every count is of outcomes."""

    target: str
    sweep_id: str
    as_of: datetime
    dry_run: bool
    is_hypothetical: bool = False
    """Whether `as_of` was named by somebody, and is not the clock's."""
    kind: str = "sweep"
    applied: Applied | None = None
    """The plan file that was applied, where one was."""
    is_complete: bool = False
    workspaces: tuple[str, ...] = ()
    listed_to: datetime | None = None
    """By when the jobs were created that were listed; None where all were."""
    why_full: str | None = None
    """Why all jobs were listed, where a narrow listing was asked for."""
    verdicts: dict[str, int] = field(default_factory=lambda: dict(NO_VERDICTS))
    decisions: Sequence[Decision] = ()
    entries: tuple[Entry, ...] = ()
    recovered: dict[str, int] = field(default_factory=lambda: dict(NO_RECOVERY))
    refusal: Refusal | None = None
    lifted: tuple[Acknowledgement, ...] = ()
    """Whose word let the plan pass guards that tripped."""
    trouble: Trouble | None = None
    stuck: tuple[Stuck, ...] | None = None
    """The deletions that are stuck; None where nobody looked, as in a dry run."""
    ended: str | None = None
    """The event that says how it ended; None where it did not get that far, or only looked."""
    head: str | None = None
    traffic: Traffic = field(default_factory=Traffic)
    duration_ms: int = 0

    @property
    def exit_code(self) -> int:
        """The exit code of this target alone."""
        counts = self.outcomes()
        codes = [0 if self.trouble is None else self.trouble.exit_code, 0 if self.refusal is None else 4]
        codes.append(3 if counts["failed"] or counts["unknown"] or self.stuck else 0)
        return worst_exit_code(codes)

    @property
    def time_note(self) -> str:
        """What people are told of `as_of` where it is not the clock's."""
        return f", {HYPOTHETICAL}" if self.is_hypothetical else ""

    @property
    def is_success(self) -> bool:
        """Whether all went well: listed whole, neither refused nor cut short, and no deletion failed, is unknown or stuck."""
        return self.exit_code == 0

    def outcomes(self) -> dict[str, int]:
        """How many expired jobs have each of the ten outcomes."""
        counts = {outcome.value: 0 for outcome in Outcome}
        for entry in self.entries:
            counts[entry.outcome.value] += 1
        return counts

    def as_json(self) -> dict[str, Any]:
        """The report as in docs/operations.md, "The report as JSON"; texts from outside are shortened as in the ledger."""
        counts = self.outcomes()
        refused, trouble = self.refusal, self.trouble
        return {
            "target": self.target,
            "sweep_id": self.sweep_id,
            "as_of": self.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "dry_run": self.dry_run,
            "listing": self._listing(),
            "listed": sum(self.verdicts.values()),
            "verdicts": self.verdicts,
            "deletions": {outcome.value: counts[outcome.value] for outcome in ATTEMPTED},
            "not_attempted": {outcome.value: counts[outcome.value] for outcome in NOT_ATTEMPTED},
            "recovered": self.recovered,
            "refused": None if refused is None else tell_refusal(refused),
            "error": None if trouble is None else {"code": trouble.code, "message": shorten(trouble.message, LONGEST_TEXT)},
            "head": self.head,
            "requests": dict(self.traffic.requests),
            "duration_s": self.duration_ms / 1000,
            "jobs": [_job(entry) for entry in self.entries],
        } | self._rarely_told()

    def _listing(self) -> dict[str, Any]:
        """What was listed; `narrow` is told only where a narrow listing was asked for."""
        told: dict[str, Any] = {"complete": self.is_complete, "workspaces": list(self.workspaces)}
        if self.listed_to is not None:
            return told | {"narrow": True, "created_until": timestamp(self.listed_to)}
        return told if self.why_full is None else told | {"narrow": False, "why": shorten(self.why_full, LONGEST_TEXT)}

    def as_plan_json(self) -> dict[str, Any]:
        """The same with the addresses of each job that stay in object storage; null where none is known."""
        document = self.as_json()
        left = (entry.decision.job.outputs for entry in self.entries)
        rows = zip(document["jobs"], left, strict=True)
        return document | {"jobs": [row | {"outputs": shorten_all(told, LONGEST_TEXT) or None} for row, told in rows]}

    def _rarely_told(self) -> dict[str, Any]:
        """What only some reports have."""
        told: dict[str, Any] = {"hypothetical": True} if self.is_hypothetical else {}
        told |= {"lifted": [_word(word) for word in self.lifted]} if self.lifted else {}
        return told if self.applied is None else told | {"plan": self.applied.as_json()}


def tell_refusal(refusal: Refusal) -> dict[str, int | str]:
    """A refusal as it stands in JSON: which guard, the sentence, and the numbers in it."""
    return {**refusal.facts, "by": refusal.by, "message": shorten(refusal.message, LONGEST_TEXT)}


def worst_exit_code(codes: list[int]) -> int:
    """Of several exit codes the one that matters most."""
    return next((code for code in (130, 5, 2, 1, 4, 6, 3) if code in codes), 0)


def _word(word: Acknowledgement) -> dict[str, str]:
    by, reason = (shorten(text, LONGEST_TEXT) for text in (word.by, word.reason))
    return {"guard": word.guard, "by": by, "at": timestamp(word.at), "until": timestamp(word.until), "reason": reason}


def _job(entry: Entry) -> dict[str, Any]:
    job = entry.decision.job
    row = {
        "id": job.id,
        "name": job.name,
        "owner": job.owner,
        "policy": entry.decision.policy,
        "outcome": entry.outcome.value,
        "reason": entry.reason.text,
    }
    return {key: None if value is None else shorten(value, LONGEST_TEXT) for key, value in row.items()}
