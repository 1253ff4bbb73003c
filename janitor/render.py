"""Owns how results look as text: one function a result, and the escaping that makes every remote string inert."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from janitor.core import events
from janitor.core.duration import format_duration
from janitor.core.plan import Outcome
from janitor.core.text import inert
from janitor.core.verdict import Decision, Verdict
from janitor.retention.decisions import verdicts_of
from janitor.sweep.report import TargetReport

LONGEST_NAME = 64
MOST_NOTEWORTHY = 5
_STILL_OPEN = "  accepted    the platform took the request, and the job was not seen gone yet; each sweep looks again"


def render_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns of plain text, two spaces apart; the last one is not padded, and one endless cell does not widen every row."""
    cells = [list(header), *([inert(str(cell), LONGEST_NAME * 4) for cell in row] for row in rows)]
    widths = [min(LONGEST_NAME, max(len(row[column]) for row in cells)) for column in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def render_report(report: TargetReport) -> str:
    """What one sweep came to, in a few lines."""
    document = report.as_json()
    verdicts = ", ".join(f"{name} {number}" for name, number in document["verdicts"].items())
    done = {name: number for name, number in document["deletions"].items() if number}
    left = {name: number for name, number in document["not_attempted"].items() if number}
    kind = "dry run" if report.dry_run else report.kind
    lines = [f"{report.target}: {kind} {report.sweep_id} as of {document['as_of']}{report.time_note}"]
    lines.append(f"  listed      {document['listed']}: {verdicts}")
    lines.append(f"  deletions   {_counts(done)}")
    lines.append(f"  otherwise   {_counts(left)}")
    lines += _noteworthy(report)
    if any(report.recovered.values()):
        lines.append(f"  recovered   {_counts(report.recovered)}")
    if report.refusal is not None:
        lines.append(f"  REFUSED     by {report.refusal.by}: {inert(report.refusal.message)}")
    if report.trouble is not None:
        lines.append(f"  ERROR       {report.trouble.code}: {inert(report.trouble.message)}")
    if report.head is not None:
        lines.append(f"  head        {report.head}")
    requests = ", ".join(f"{number} {kind}" for kind, number in report.traffic.requests.items() if number)
    lines.append(f"  requests    {requests or 'none'} in {report.duration_ms / 1000:.1f} s")
    return "\n".join(lines)


def _noteworthy(report: TargetReport) -> list[str]:
    """The first few jobs whose deletion did not go as planned, each with its reason."""
    odd = [entry for entry in report.entries if entry.outcome in (Outcome.SKIPPED, Outcome.FAILED, Outcome.UNKNOWN)]
    lines = [f"  {entry.outcome:<11} {entry.decision.job.id}: {inert(entry.reason.text)}" for entry in odd[:MOST_NOTEWORTHY]]
    more = len(odd) - MOST_NOTEWORTHY
    return lines if more <= 0 else [*lines, f"              and {more} more: --output json names each"]


def render_entries(report: TargetReport) -> str:
    """Every expired job with its outcome and reason."""
    rows = [
        (e.outcome, e.decision.job.id, e.decision.job.name, e.decision.job.owner, e.decision.policy, e.reason.text)
        for e in report.entries
    ]
    return render_table(("outcome", "id", "name", "owner", "policy", "reason"), rows)


def render_owners(report: TargetReport) -> str:
    """The verdicts by owner."""
    counts = Counter((job.owner or "(none)", verdict) for job, verdict in verdicts_of(report.decisions))
    owners = sorted({owner for owner, _ in counts})
    rows = [(owner, *(counts[owner, verdict] for verdict in Verdict)) for owner in owners]
    return render_table(("owner", *(verdict.value for verdict in Verdict)), rows)


def render_explanation(decision: Decision, target: str, as_of: datetime, paused: str | None = None) -> str:
    """Why one job is kept or goes, and when that changes; `paused` says why nothing goes now, whatever is decided."""
    job = decision.job
    lines = [
        f"{job.id}  {inert(job.name or '(no name)')}",
        f"  target      {target}",
        f"  owner       {inert(job.owner or '(none)')}",
    ]
    times = {"created": job.created_at, "started": job.started_at, "finished": job.finished_at}
    known = [f"{name} {time:%Y-%m-%d %H:%M:%SZ}" for name, time in times.items() if time is not None]
    lines.append(f"  phase       {', '.join([job.phase, *sorted(job.other_phases)])}; {', '.join(known) or 'no time is known'}")
    lines.append(f"  verdict     {decision.verdict}: {inert(decision.reason.text)}")
    if decision.policies:
        lines.append(f"  policies    {', '.join(decision.policies)}; decided by {decision.policy}")
    if decision.observers:
        lines.append(f"  observed    not deleted, because {', '.join(decision.observers)} only observes")
    if decision.eligible_at is not None:
        lines.append(f"  eligible    {_eligible(decision.eligible_at, as_of)}")
    if paused is not None:
        lines.append(f"  paused      {inert(paused)}")
    return "\n".join(lines)


def render_history(history: Sequence[dict[str, Any]], accepted: Collection[str] = ()) -> str:
    """What became of each attempt to delete a job: when, by whom, by which rule; an open one says so.

    `accepted` are the intents, among those that are open, that the platform took.
    """
    closed = {event["intent_id"] for event in history if event["event"] != events.DELETION_INTENDED}
    shown = [event for event in history if event["event"] != events.DELETION_INTENDED or event["intent_id"] not in closed]
    lines = []
    for event in shown:
        outcome = event["event"].partition(".")[2]
        lines += [
            f"{event['job_id']}  {inert(event['job_name'] or '(no name)')}",
            f"  deletion    {outcome} at {event['at'][:19]}Z in target {event['target']}, by {inert(event['actor'])}",
            *([_STILL_OPEN] if event["event"] == events.DELETION_INTENDED and event["intent_id"] in accepted else []),
            f"  policy      {event['policy']}{' of ' + ', '.join(event['policies']) if len(event['policies']) > 1 else ''}",
            f"  because     {inert(event['reason'])}",
            f"  record      event {event['seq']}, sweep {event['sweep_id']}, policies {event['policy_digest'][:12]}",
        ]
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"


def _eligible(eligible_at: datetime, as_of: datetime) -> str:
    wait = eligible_at - as_of
    when = f"{eligible_at:%Y-%m-%d %H:%M:%SZ}"
    return f"since {when}" if wait.total_seconds() <= 0 else f"from {when}, in {format_duration(wait)}, if nothing changes"
