"""Owns how jobs and their verdicts look: the text and the JSON of `janitor list`, and what `janitor delete` shows first."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from janitor.core.duration import format_age
from janitor.core.text import inert
from janitor.core.verdict import Decision, Verdict
from janitor.render import render_table
from janitor.retention.decisions import of_verdicts
from janitor.sweep.report import TargetReport


def sort_decisions(decisions: Iterable[Decision], wanted: Collection[Verdict]) -> list[Decision]:
    """The decisions with a wanted verdict (all where none is named), oldest job first; of equal age by id."""
    chosen = of_verdicts(decisions, *(wanted or Verdict))
    return sorted(chosen, key=lambda each: (each.job.created_at is None, each.job.created_at, each.job.id))


def render_jobs(report: TargetReport, wanted: Collection[Verdict]) -> str:
    """The jobs of one target, one a line, under what was listed."""
    counts = ", ".join(f"{name} {number}" for name, number in report.verdicts.items())
    lines = [
        f"{report.target}: as of {_time(report.as_of)}{report.time_note}",
        f"  listed      {sum(report.verdicts.values())}: {counts}",
    ]
    if report.refusal is not None:
        lines.append(f"  REFUSED     by {report.refusal.by}: {inert(report.refusal.message, 2000)}")
    if report.trouble is not None:
        lines.append(f"  ERROR       {report.trouble.code}: {inert(report.trouble.message, 2000)}")
    rows = [_row(decision) for decision in sort_decisions(report.decisions, wanted)]
    header = ("verdict", "id", "name", "owner", "phase", "finished", "eligible", "policy", "reason")
    return "\n".join([*lines, "", render_table(header, rows)]) if rows else "\n".join(lines)


def describe_jobs(report: TargetReport, wanted: Collection[Verdict]) -> dict[str, Any]:
    """The same as plain data."""
    document = report.as_json()
    shown = {name: document[name] for name in ("target", "as_of", "listing", "listed", "verdicts", "error", "refused")}
    shown |= {"hypothetical": True} if report.is_hypothetical else {}
    return shown | {"jobs": [_describe(decision) for decision in sort_decisions(report.decisions, wanted)]}


def render_named(decisions: Sequence[Decision], policies_say: Sequence[Decision], as_of: datetime) -> str:
    """The jobs that somebody wants deleted, with what stands against each and what would have become of it."""
    rows = [
        (
            named.job.id,
            named.job.name or "(no name)",
            named.job.owner or "(none)",
            _age(named.job.finished_at, as_of),
            _fate(other),
            "" if named.verdict is Verdict.EXPIRED and not named.observers else f"{named.reason.code}: {named.reason.text}",
        )
        for named, other in zip(decisions, policies_say, strict=True)
    ]
    return render_table(("id", "name", "owner", "finished", "by the policies", "against it"), rows)


def _fate(decision: Decision) -> str:
    when = "" if decision.eligible_at is None or decision.verdict is Verdict.EXPIRED else f", goes {_time(decision.eligible_at)}"
    return f"{decision.verdict}{when}"


def _row(decision: Decision) -> tuple[str, ...]:
    job = decision.job
    times = _time(job.finished_at), _time(decision.eligible_at)
    return (
        decision.verdict.value,
        job.id,
        job.name or "(no name)",
        job.owner or "(none)",
        job.phase.value,
        *times,
        decision.policy or "",
        decision.reason.text,
    )


def _describe(decision: Decision) -> dict[str, Any]:
    job = decision.job
    times = {"created_at": job.created_at, "finished_at": job.finished_at, "eligible_at": decision.eligible_at}
    written = {name: None if time is None else _time(time) for name, time in times.items()}
    return {
        "id": job.id,
        "name": job.name,
        "owner": job.owner,
        "phase": job.phase.value,
        "other_phases": sorted(job.other_phases),
        "created_at": written["created_at"],
        "finished_at": written["finished_at"],
        "verdict": decision.verdict.value,
        "policy": decision.policy,
        "reason": decision.reason.text,
        "eligible_at": written["eligible_at"],
    }


def _age(time: datetime | None, as_of: datetime) -> str:
    return "unknown" if time is None else f"{format_age(as_of - time)} ago"


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
