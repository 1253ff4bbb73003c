"""Owns how results look as text: one function a result, and the escaping that makes every remote string inert."""

from collections import Counter
from collections.abc import Iterable, Sequence

from janitor.core.plan import Outcome
from janitor.core.text import inert
from janitor.core.verdict import Verdict
from janitor.render_leftovers import deleted_lines, expired_lines
from janitor.retention.decisions import verdicts_of
from janitor.sweep.report import Applied, TargetReport

LONGEST_NAME = 64
LONGEST_TOLD = 2000
MOST_NOTEWORTHY = 5


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
    lines += _listing(report)
    lines.append(f"  deletions   {_counts(done)}")
    lines.append(f"  otherwise   {_counts(left)}")
    lines += [] if report.applied is None else _applied(report.applied)
    lines += _noteworthy(report)
    lines += deleted_lines(report.entries)
    if any(report.recovered.values()):
        lines.append(f"  recovered   {_counts(report.recovered)}")
    lines += [f"  guard       {inert(str(word), LONGEST_TOLD)}" for word in report.lifted]
    lines += _stuck(report)
    if report.refusal is not None:
        lines.append(f"  REFUSED     by {report.refusal.by}: {inert(report.refusal.message, LONGEST_TOLD)}")
    if report.trouble is not None:
        lines.append(f"  ERROR       {report.trouble.code}: {inert(report.trouble.message)}")
    if report.head is not None:
        lines.append(f"  head        {report.head}")
    requests = ", ".join(f"{number} {kind}" for kind, number in report.traffic.requests.items() if number)
    lines.append(f"  requests    {requests or 'none'} in {report.duration_ms / 1000:.1f} s")
    return "\n".join(lines)


def _listing(report: TargetReport) -> list[str]:
    """What was listed, where the target asks for narrow listings."""
    if report.listed_to is not None:
        return [f"  narrow      only jobs created by {report.listed_to:%Y-%m-%d %H:%MZ}; no younger one can go yet"]
    if report.why_full is not None:
        return [f"  full        every job, not only the old ones: {inert(report.why_full, LONGEST_TOLD)}"]
    return []


def _applied(applied: Applied) -> list[str]:
    """The plan file that was applied, and the first few of its jobs that are not to go any more."""
    lines = [f"  plan        {applied.digest}: {applied.entries} entries, {len(applied.dropped)} dropped"]
    lines += [f"  NOTE        {note}" for note in applied.notes]
    lines += [f"  dropped     {inert(each.id)}: {inert(each.reason)}" for each in applied.dropped[:MOST_NOTEWORTHY]]
    more = len(applied.dropped) - MOST_NOTEWORTHY
    return lines if more <= 0 else [*lines, f"              and {more} more: --output json names each"]


def _noteworthy(report: TargetReport) -> list[str]:
    """The first few jobs whose deletion did not go as planned, each with its reason."""
    odd = [entry for entry in report.entries if entry.outcome in (Outcome.SKIPPED, Outcome.FAILED, Outcome.UNKNOWN)]
    lines = [f"  {entry.outcome:<11} {entry.decision.job.id}: {inert(entry.reason.text)}" for entry in odd[:MOST_NOTEWORTHY]]
    more = len(odd) - MOST_NOTEWORTHY
    return lines if more <= 0 else [*lines, f"              and {more} more: --output json names each"]


def _stuck(report: TargetReport) -> list[str]:
    """The first few deletions that the platform took and did not carry out."""
    stuck = report.stuck or ()
    lines = [
        f"  STUCK       {each.job_id} ({inert(each.job_name or 'no name', LONGEST_NAME)}): {inert(each.reason.text)}"
        for each in stuck[:MOST_NOTEWORTHY]
    ]
    more = len(stuck) - MOST_NOTEWORTHY
    return lines if more <= 0 else [*lines, f"              and {more} more: `janitor explain JOB_ID` tells of each"]


def render_entries(report: TargetReport) -> str:
    """Every expired job with its outcome and reason, and what would stay of them."""
    rows = [
        (e.outcome, job.id, job.name or "(none)", job.owner or "(none)", e.decision.policy or "", e.reason.text)
        for e in report.entries
        for job in [e.decision.job]
    ]
    table = render_table(("outcome", "id", "name", "owner", "policy", "reason"), rows)
    return "\n".join([table, *(["", *lines] if (lines := expired_lines(report.entries)) else [])])


def render_owners(report: TargetReport) -> str:
    """The verdicts by owner."""
    counts = Counter((job.owner or "", verdict) for job, verdict in verdicts_of(report.decisions))
    owners = sorted({owner for owner, _ in counts})
    rows = [(owner or "(none)", *(counts[owner, verdict] for verdict in Verdict)) for owner in owners]
    return render_table(("owner", *(verdict.value for verdict in Verdict)), rows)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"
