"""Owns how holds look as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from janitor.core.text import inert
from janitor.render import render_table
from janitor.render_policy import render_selector
from janitor.retention.describe import describe_hold
from janitor.retention.hold import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHold:
    """A hold and where it is from: `file` or `ledger`; by whom and when is known of the ledger's."""

    hold: Hold
    source: str
    by: str | None = None
    at: datetime | None = None

    def state(self, now: datetime) -> str:
        """`active`, or `ended` where its last day is over."""
        return "ended" if self.hold.has_ended(now) else "active"

    def describe(self) -> dict[str, Any]:
        """The hold as plain data, its id under that name."""
        described = describe_hold(self.hold)
        return {"id": described.pop("name"), "source": self.source, **described, "added_by": self.by}


def render_holds(shown: Sequence[ShownHold], now: datetime) -> str:
    """One line a hold."""
    rows = [
        (
            each.hold.name,
            each.source,
            "all" if each.hold.targets is None else ", ".join(sorted(each.hold.targets)),
            render_covered(each.hold),
            _end(each, now),
            each.hold.owner or "",
            each.by or "",
            each.hold.reason,
        )
        for each in shown
    ]
    return render_table(("id", "from", "target", "covers", "until", "owner", "added by", "reason"), rows)


def render_covered(hold: Hold) -> str:
    """What a hold covers, in words."""
    if hold.match is not None:
        return f"jobs {render_selector(hold.match)}"
    first, *more = sorted(hold.job_ids)
    return f"job {inert(first)}" + (f" and {len(more)} more" if more else "")


def _end(shown: ShownHold, now: datetime) -> str:
    if shown.hold.until is None:
        return "(no end)"
    return f"{shown.hold.until}, ended" if shown.hold.has_ended(now) else f"{shown.hold.until}"
