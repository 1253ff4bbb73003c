"""Owns how the difference between two policy files looks: as text, what would newly be deleted first, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.core.text import inert
from janitor.render import render_table
from janitor.retention.difference import Change, ChangeGroup, Difference, Side

MOST_SHOWN = 10
"""Jobs of a group in the text; the JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What was compared: two files on the jobs of a target as of a time, and what to know about that."""

    old: str
    new: str
    target: str
    as_of: datetime
    notes: Sequence[str]


def render_difference(difference: Difference, frame: Frame) -> str:
    """Counts, then a block a group."""
    lines = [
        f"{inert(frame.old)} -> {inert(frame.new)}: {difference.jobs} jobs of target {inert(frame.target)}, "
        f"decided as of {_time(frame.as_of)}"
    ]
    lines += [f"NOTE      {inert(note)}" for note in frame.notes]
    if not difference.groups:
        return "\n".join([*lines, "no job changes its verdict"])
    if difference.newly_deletable:
        lines.append(f"DELETES   {_jobs(difference.newly_deletable)} more, as pace and limits allow")
    else:
        lines.append("deletes   no job more")
    lines.append(f"spares    {_jobs(difference.spared)}")
    lines.append(f"changed   {difference.changed} of {difference.jobs} in all")
    for group in difference.groups:
        lines += ["", *_group_lines(group)]
    return "\n".join(lines)


def difference_document(difference: Difference, frame: Frame) -> dict[str, Any]:
    """The same as plain data, every job named."""
    return {
        "version": 1,
        "old": inert(frame.old),
        "new": inert(frame.new),
        "target": frame.target,
        "as_of": _time(frame.as_of),
        "jobs": difference.jobs,
        "changed": difference.changed,
        "newly_deletable": difference.newly_deletable,
        "no_longer_deletable": difference.spared,
        "notes": [inert(note) for note in frame.notes],
        "groups": [
            {
                "from": _describe_side(group.old),
                "to": _describe_side(group.new),
                "count": len(group.changes),
                "jobs": [_describe_change(change) for change in group.changes],
            }
            for group in difference.groups
        ],
    }


def _group_lines(group: ChangeGroup) -> list[str]:
    kind = "DELETES" if group.is_newly_deletable else "spares" if group.is_spared else "changed"
    lines = [f"{kind:<9} {_jobs(len(group.changes))}: {_side(group.old)} -> {_side(group.new)}"]
    rows = [_row(change) for change in group.changes[:MOST_SHOWN]]
    table = render_table(("id", "name", "owner", "finished", "why now"), rows)
    lines += [f"  {line}" for line in table.splitlines()]
    more = len(group.changes) - MOST_SHOWN
    return lines if more <= 0 else [*lines, f"  and {more} more, younger ones: --output json names each"]


def _side(side: Side) -> str:
    fate = side.verdict.value
    if side.verdict.value == "expired":
        fate = "deletable" if side.is_deletable else "expired but only observed"
    return f"{fate} by {inert(side.policy)}" if side.policy else fate


def _row(change: Change) -> tuple[str, ...]:
    job = change.job
    return (job.id, job.name or "(no name)", job.owner or "(none)", _time(job.finished_at), change.new.reason.text)


def _describe_side(side: Side) -> dict[str, Any]:
    return {"verdict": side.verdict.value, "deletable": side.is_deletable, "policy": side.policy}


def _describe_change(change: Change) -> dict[str, Any]:
    job = change.job
    return {
        "id": job.id,
        "name": job.name,
        "owner": job.owner,
        "finished_at": _time(job.finished_at) or None,
        "reason_before": change.old.reason.text,
        "reason": change.new.reason.text,
    }


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
