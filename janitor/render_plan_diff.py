"""Owns how a plan file beside a fresh plan looks: as text, what is new first, and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from janitor.core.plan import Refusal
from janitor.core.text import LONGEST_TEXT, inert, shorten
from janitor.render import render_table
from janitor.retention.plan_file import FrozenPlan
from janitor.sweep.book import Entry
from janitor.sweep.fates import Fate
from janitor.sweep.report import TargetReport

MOST_SHOWN = 20
"""Jobs of a kind in the text; the JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """A plan file and a fresh plan of its target, without secrets.

    `refusal` is why `janitor apply` would refuse the file now, `notes` what else changed; there are no fates where the fresh
    plan has no complete listing.
    """

    path: Path
    frozen: FrozenPlan
    report: TargetReport
    refusal: Refusal | None
    notes: Sequence[str]
    fates: Sequence[Fate]
    new: Sequence[Entry]

    @property
    def unchanged(self) -> int:
        """How many of its jobs would go as before."""
        return sum(fate.is_planned for fate in self.fates)

    @property
    def lost(self) -> list[Fate]:
        """Those of its jobs that would not go now."""
        return [fate for fate in self.fates if not fate.is_planned]


def render_plan_diff(diff: PlanDiff) -> str:
    """What the file is, whether it may be applied, then a block for what is new and one for what would not go any more."""
    frozen, report = diff.frozen, diff.report
    made = f"made {frozen.as_of:%Y-%m-%dT%H:%M:%SZ}, {len(frozen.entries)} entries"
    lines = [f"{inert(str(diff.path))}: plan of target {inert(report.target)}, {made}, beside a plan as of {_as_of(report)}"]
    lines += [f"NOTE       {inert(note)}" for note in diff.notes]
    if diff.refusal is None:
        lines.append(f"applies    until {frozen.expires_at:%Y-%m-%dT%H:%M:%SZ}")
    else:
        lines.append(f"NO APPLY   {diff.refusal.by}: {inert(diff.refusal.message)}")
    if report.refusal is not None:
        lines.append(f"REFUSED    by {report.refusal.by}: {inert(report.refusal.message)}")
    if report.trouble is not None:
        lines.append(f"ERROR      {report.trouble.code}: {inert(report.trouble.message)}")
    if not report.is_complete:
        return "\n".join([*lines, "what changed is not known: the target's jobs were not listed"])
    lines.append(f"unchanged  {diff.unchanged}")
    lines += _block(f"new        {len(diff.new)}, which apply leaves alone", "policy", map(_new_row, diff.new))
    return "\n".join([*lines, *_block(f"not now    {len(diff.lost)}", "now", map(_lost_row, diff.lost))])


def plan_diff_document(diff: PlanDiff) -> dict[str, Any]:
    """The same as plain data, every job named."""
    frozen, report = diff.frozen, diff.report.as_json()
    return {
        "version": 1,
        "target": report["target"],
        "as_of": report["as_of"],
        "plan": {
            "digest": frozen.digest,
            "as_of": f"{frozen.as_of:%Y-%m-%dT%H:%M:%SZ}",
            "expires_at": f"{frozen.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "entries": len(frozen.entries),
            "refused": _refused(diff.refusal),
        },
        "notes": list(diff.notes),
        "unchanged": diff.unchanged if diff.report.is_complete else None,
        "new": [dict(zip(_NEW, _new_row(entry), strict=True)) for entry in diff.new],
        "not_now": [dict(zip(_LOST, _lost_row(fate), strict=True)) for fate in diff.lost],
        "refused": report["refused"],
        "error": report["error"],
    }


def _block(title: str, column: str, rows: Iterable[Sequence[str | None]]) -> list[str]:
    """A line, and where there are any jobs the first of them."""
    found = list(rows)
    if not found:
        return [title]
    shown = [[inert(cell or "(none)") for cell in row] for row in found[:MOST_SHOWN]]
    table = render_table(("id", "name", "owner", column, "why"), shown)
    more = [f"  and {len(found) - MOST_SHOWN} more: --format json names each"] if len(found) > MOST_SHOWN else []
    return [title, *(f"  {line}" for line in table.splitlines()), *more]


_NEW = ("id", "name", "owner", "policy", "reason")
_LOST = ("id", "name", "owner", "now", "reason")


def _new_row(entry: Entry) -> tuple[str | None, ...]:
    job = entry.decision.job
    return _shortened(job.id, job.name, job.owner, entry.decision.policy, entry.reason.text)


def _lost_row(fate: Fate) -> tuple[str | None, ...]:
    return _shortened(fate.entry.id, fate.entry.name, fate.entry.owner, fate.word, fate.reason.text)


def _shortened(*texts: str | None) -> tuple[str | None, ...]:
    return tuple(None if text is None else shorten(text, LONGEST_TEXT) for text in texts)


def _refused(refusal: Refusal | None) -> dict[str, str] | None:
    return None if refusal is None else {"by": refusal.by, "message": shorten(refusal.message, LONGEST_TEXT)}


def _as_of(report: TargetReport) -> str:
    return f"{report.as_of:%Y-%m-%dT%H:%M:%SZ}{report.time_note}"
