"""Owns the plan as a page for people: Markdown and CSV."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from janitor.backends.port import Quota
from janitor.core.plan import Outcome
from janitor.core.text import LONGEST_TEXT, code_span, spreadsheet_cell
from janitor.core.verdict import Verdict
from janitor.render_leftovers import BY_BUCKET, BY_OWNER, QUOTA_ONLY, bucket_rows, leftovers_of, owner_rows, tell_total
from janitor.retention.policy import Mode, Rules
from janitor.sweep.book import Entry
from janitor.sweep.report import TargetReport

MOST_OUTPUTS = 20
COLUMNS = (
    *("target", "id", "name", "owner", "policy", "outcome", "reason", "phase"),
    *("created_at", "finished_at", "age_days", "outputs"),
)
_SHOWN = {
    Outcome.PLANNED: "would be deleted",
    Outcome.OBSERVED: "observed",
    Outcome.DEFERRED: "waiting",
    Outcome.REFUSED: "refused",
}
_WAITS = {
    "pace": "for the pace",
    "open_intent": "for an earlier deletion to be settled",
    "narrowed": "left out by --policy",
    "archive_failed": "for an archive",
}
_OBJECT = (
    "To object: tag the job `janitor-hold`, or write that as a word of its own into its description, before the next sweep "
    "reaches it; each job is read once more right before it is deleted. What is only observed is not deleted before its target "
    "and policies say `mode: enforce`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """The plan of one target, the rules it was made by, and the quota of jobs, or why it is not known."""

    report: TargetReport
    rules: Rules
    quota: Quota | None = None
    no_quota: str = ""


def render_page(plans: Sequence[TargetPlan]) -> str:
    """The page to show the team: what would go, whose it is, by which rule, what stays behind, how to object."""
    parts = ["# What janitor would delete"]
    for plan in plans:
        parts += _target(plan)
    return "\n\n".join([*parts, "---", _OBJECT])


def list_rows(reports: Iterable[TargetReport]) -> list[list[str]]:
    """The header and one row for each expired job of every target; ages count from the creation."""
    return [list(COLUMNS), *(_row(report, entry) for report in reports for entry in report.entries)]


def render_csv(rows: Iterable[Sequence[str]]) -> str:
    """The rows as RFC 4180 has them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _target(plan: TargetPlan) -> Iterator[str]:
    report = plan.report
    yield f"## Target {code_span(report.target)}, as of {report.as_of:%Y-%m-%d %H:%M}Z{report.time_note}, mode {plan.rules.mode}"
    yield from (f"**{label}** {_quoted(message)} {advice}" for label, message, advice in list_alarms(report))
    if report.is_complete:
        yield _counts(report)
        yield from filter(None, [tell_observing(plan, code_span)])
    yield tell_quota(plan, _quoted)
    if report.entries:
        yield _table(("owner", *_outcomes(report), "oldest", "policies"), _owner_rows(report))
        yield _table(("policy", "mode", *_outcomes(report)), _policy_rows(plan))
        yield from _leftovers(report)


def list_alarms(report: TargetReport) -> Iterator[tuple[str, str, str]]:
    """Refusals, guards that were lifted, errors: what it is, what it says, and what follows or what to do.

    A refusal says itself what to do.
    """
    yield from (("LIFTED", str(word), "Pace still applies.") for word in report.lifted)
    if report.refusal is not None:
        yield f"REFUSED by {report.refusal.by}:", report.refusal.message, "Until then, nothing is deleted here."
    if report.trouble is not None:
        advice = "This concerns no other job."
        if not report.is_complete:
            advice = f"Run `janitor doctor --target {report.target}` to see what is wrong."
        yield f"ERROR {report.trouble.code}:", report.trouble.message, advice


def _counts(report: TargetReport) -> str:
    counts = Counter(entry.outcome for entry in report.entries)
    going = counts[Outcome.PLANNED] + counts[Outcome.OBSERVED]
    text = f"Of {sum(report.verdicts.values())} jobs listed, {going} would go"
    text += f": {counts[Outcome.PLANNED]} would be deleted now, {counts[Outcome.OBSERVED]} are only observed."
    if counts[Outcome.DEFERRED]:
        codes = Counter(entry.reason.code for entry in report.entries if entry.outcome is Outcome.DEFERRED)
        order = dict.fromkeys((*_WAITS, *codes))
        reasons = ", ".join(f"{codes[code]} {_WAITS.get(code, code)}" for code in order if codes[code])
        text += f" {counts[Outcome.DEFERRED]} more wait: {reasons}."
    if counts[Outcome.REFUSED]:
        text += f" {counts[Outcome.REFUSED]} are refused."
    staying = {verdict: report.verdicts[verdict] for verdict in Verdict if verdict is not Verdict.EXPIRED}
    named = [f"{number} {verdict}" for verdict, number in staying.items() if number or verdict is not Verdict.EXPIRING]
    return f"{text} The others stay: {', '.join(named)}."


def tell_observing(plan: TargetPlan, quote: Callable[[str], str] = str) -> str | None:
    """Who only observes, so that nobody wonders why nothing goes; None where nobody does."""
    if plan.rules.mode is Mode.OBSERVE:
        return f"Nothing is deleted here: target {quote(plan.report.target)} only observes."
    names = sorted({name for entry in plan.report.entries for name in entry.decision.observers})
    if not names:
        return None
    return f"Some are only observed, hence not deleted, because of these policies: {', '.join(map(quote, names))}."


def tell_quota(plan: TargetPlan, quote: Callable[[str], str] = str) -> str:
    """The quota of jobs in a sentence; each deletion is taken to free one place, and whose jobs count is not known: `about`."""
    if plan.quota is None:
        return f"Job quota: not shown, because {quote(plan.no_quota or 'it was not asked for')}."
    counts = Counter(entry.outcome for entry in plan.report.entries)
    now = max(0, plan.quota.used - counts[Outcome.PLANNED])
    text = f"Job quota: {plan.quota.used} of {plan.quota.limit} used; about {now} after what would be deleted now"
    if counts[Outcome.OBSERVED]:
        text += f", about {max(0, now - counts[Outcome.OBSERVED])} if what is only observed went too"
    return f"{text}."


def _owner_rows(report: TargetReport) -> Iterator[list[str]]:
    by_owner: dict[str, list[Entry]] = {}
    for entry in report.entries:
        by_owner.setdefault(entry.decision.job.owner or "", []).append(entry)
    for owner, entries in sorted(by_owner.items(), key=lambda item: (-len(item[1]), item[0])):
        policies = sorted({name for entry in entries for name in entry.decision.policies})
        oldest = min((entry.decision.job.created_at for entry in entries if entry.decision.job.created_at), default=None)
        numbers = _numbers(report, entries)
        yield [_owner(owner), *numbers, _age(oldest, report.as_of), ", ".join(map(code_span, policies))]


def _policy_rows(plan: TargetPlan) -> Iterator[list[str]]:
    """Each job under the policy that decided; its mode, or the target's where that only observes."""
    modes = {policy.name: policy.mode for policy in plan.rules.policies}
    by_policy: dict[str, list[Entry]] = {}
    for entry in plan.report.entries:
        by_policy.setdefault(entry.decision.policy or "", []).append(entry)
    for name, entries in sorted(by_policy.items(), key=lambda item: (-len(item[1]), item[0])):
        mode = str(modes.get(name, "unknown"))
        overruled = ", but the target observes" if plan.rules.mode is Mode.OBSERVE and mode == Mode.ENFORCE else ""
        yield [code_span(name), f"{mode}{overruled}", *_numbers(plan.report, entries)]


def _leftovers(report: TargetReport) -> Iterator[str]:
    """What deleting leaves behind in object storage: how many addresses by owner and bucket, and the first few."""
    left = leftovers_of(report.entries)
    yield "### What is not deleted"
    yield (
        f"In object storage, {tell_total(left, 'expired')}. {QUOTA_ONLY} Whoever removes what is there should first make sure "
        "that no other job uses it."
    )
    yield _table(BY_OWNER, owner_rows(left, code_span))
    addresses = list(dict.fromkeys(url for entry in report.entries for url in entry.decision.job.outputs))
    if not addresses:
        return
    yield _table(BY_BUCKET, bucket_rows(left, code_span))
    more = len(addresses) - MOST_OUTPUTS
    tail = [f"- and {more} more: `janitor plan --format csv` names each"] if more > 0 else []
    yield "\n".join([*(f"- {code_span(url)}" for url in addresses[:MOST_OUTPUTS]), *tail])


def _outcomes(report: TargetReport) -> list[str]:
    """The columns of numbers; that of refused jobs only where there are any."""
    return [words for outcome, words in _SHOWN.items() if outcome is not Outcome.REFUSED or report.outcomes()["refused"]]


def _numbers(report: TargetReport, entries: Sequence[Entry]) -> list[str]:
    counts = Counter(_SHOWN.get(entry.outcome, "") for entry in entries)
    return [str(counts[words]) for words in _outcomes(report)]


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _quoted(message: str) -> str:
    return code_span(message.replace("`", "'"), 2000)


def _owner(owner: str) -> str:
    return code_span(owner) if owner else "(none)"


def _age(time: datetime | None, as_of: datetime) -> str:
    return "" if time is None else f"{(as_of - time).days} days ({time:%Y-%m-%d})"


def _row(report: TargetReport, entry: Entry) -> list[str]:
    job = entry.decision.job
    age = "" if job.created_at is None else str((report.as_of - job.created_at).days)
    outputs = "; ".join(job.outputs)
    texts = (report.target, job.id, job.name or "", job.owner or "", entry.decision.policy or "", entry.outcome.value)
    rest = (entry.reason.text, job.phase.value, _time(job.created_at), _time(job.finished_at), age)
    return [*(spreadsheet_cell(text, LONGEST_TEXT) for text in (*texts, *rest)), spreadsheet_cell(outputs)]


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
