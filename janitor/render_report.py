"""Owns the overview as one HTML page: no script, nothing from elsewhere, readable as mail, in the dark and by a screen reader."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from janitor.core.duration import format_age
from janitor.core.plan import NOT_ATTEMPTED
from janitor.core.verdict import Verdict
from janitor.ledger.overview import PastSweep
from janitor.render_forecast import ASSUMED, TargetForecast, policy_rows, tell_drain, tell_now, tell_sweeps
from janitor.render_holds import ShownHold, render_covered
from janitor.render_leftovers import BY_BUCKET, BY_OWNER, QUOTA_ONLY, bucket_rows, leftovers_of, owner_rows, tell_total
from janitor.render_markup import Markup, element, table
from janitor.render_plan import TargetPlan, list_alarms, tell_observing, tell_quota
from janitor.render_policy import policy_lines
from janitor.render_svg import Bar, Series, bar_chart, share_chart
from janitor.retention.decisions import verdicts_of
from janitor.retention.forecast import Forecast
from janitor.retention.leftovers import Leftovers
from janitor.sweep.report import TargetReport

MOST_ENTRIES, MOST_OWNERS, PAST_DAYS, LEFT_DAYS = 50, 10, 30, 90
_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BODY = "font-family:sans-serif;font-size:15px;line-height:1.45;max-width:900px;margin:0 auto;padding:16px"
_ALARM = "border-left:5px solid #d55e00;padding:4px 12px;margin:10px 0"
_INDENTED = "display:block;padding-left:16px"
_GOING = (Series(name="may be deleted", colour="#d55e00"), Series(name="only observed", colour="#8c8c8c"))
_DELETED = (Series(name="deleted", colour="#0072b2"),)
_JOBS = (Series(name="jobs", colour="#009e73"),)
_COLOURS = {
    Verdict.KEPT: "#009e73",
    Verdict.HELD: "#0072b2",
    Verdict.UNMANAGED: "#8c8c8c",
    Verdict.UNDECIDABLE: "#cc79a7",
    Verdict.EXPIRING: "#e69f00",
    Verdict.EXPIRED: "#d55e00",
}
_AGES = {"under 1d": 1, "1d to 7d": 7, "7d to 30d": 30, "30d to 90d": 90, "90d to 180d": 180, "180d to 365d": 365, "more": None}
"""Classes of age, each with the days under which a job is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that the page shows of one target; `deletions` are those of the last days, by day and policy,
    and `left` is what the deletions of the last `LEFT_DAYS` left behind; none of it is known where the ledger cannot be read."""

    plan: TargetPlan
    told: TargetForecast
    holds: tuple[ShownHold, ...] = ()
    deletions: Counter[tuple[date, str]]
    sweeps: tuple[PastSweep, ...] = ()
    left: Leftovers = field(default_factory=Leftovers)
    is_past_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the page was made of: when, and the head of the ledger, or why there is none."""

    at: datetime
    head: str


def render_html(overviews: Sequence[Overview], source: Source) -> str:
    """The page, in ASCII: whatever stores or sends it cannot spoil a name."""
    title = f"janitor: overview of {source.at:%Y-%m-%d}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_CSP),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", ":root { color-scheme: light dark; }"),
    )
    about = f"As of {source.at:%Y-%m-%d %H:%M}Z; nothing was deleted to make this page. Head of the ledger: {source.head}"
    targets = [_summary(overviews), *map(_target, overviews)] if overviews else [element("p", "There is no target.")]
    body = element("body", element("h1", title), element("p", about), *targets, element("p", ASSUMED), style=_BODY)
    page = element("html", head, body, lang="en")
    return f"<!DOCTYPE html>\n{page}\n".encode("ascii", "xmlcharrefreplace").decode("ascii")


def _summary(overviews: Sequence[Overview]) -> Markup:
    """One line a target: how it stands."""
    header = ["target", "mode", "listed", "expired", *(outcome.value for outcome in NOT_ATTEMPTED), "what is wrong"]
    rows = [
        [
            report.target,
            each.plan.rules.mode.value,
            *_numbers(report),
            "; ".join(label.rstrip(":") for label, _, _ in list_alarms(report)) or "nothing",
        ]
        for each in overviews
        for report in [each.plan.report]
    ]
    return table(header, rows, "Targets")


def _numbers(report: TargetReport) -> list[object]:
    """How many jobs are listed, have expired and have each outcome; of a listing that failed nobody knows."""
    if not report.is_complete:
        return ["not known"] * (2 + len(NOT_ATTEMPTED))
    counts = report.outcomes()
    return [sum(report.verdicts.values()), report.verdicts[Verdict.EXPIRED], *(counts[outcome] for outcome in NOT_ATTEMPTED)]


def _target(overview: Overview) -> Markup:
    report, rules = overview.plan.report, overview.plan.rules
    parts: list[Markup] = [element("h2", f"Target {report.target}, mode {rules.mode}{report.time_note}")]
    for label, text, advice in list_alarms(report):
        parts.append(element("p", element("strong", label), f" {text} {advice}", style=_ALARM))
    if report.is_complete:
        parts += _jobs(report)
    if overview.told.forecast is not None:
        parts += _coming(overview.told, overview.told.forecast)
    if report.is_complete:
        parts += _plan(overview.plan)
    parts += [element("p", tell_quota(overview.plan))]
    parts += _policies(overview)
    parts += _past(overview)
    parts += _left_behind(overview)
    return element("section", *parts)


def _jobs(report: TargetReport) -> Iterator[Markup]:
    """The jobs by verdict, age and owner."""
    counts, ages, owners = Counter[Verdict](), Counter[str](), Counter[str]()
    expired = Counter[str]()
    for job, verdict in verdicts_of(report.decisions):
        counts[verdict] += 1
        ages[_age_class(job.created_at, report.as_of)] += 1
        owners[job.owner or ""] += 1
        expired[job.owner or ""] += verdict is Verdict.EXPIRED
    listed = counts.total()
    parts = [(Series(name=verdict.value, colour=colour), counts[verdict]) for verdict, colour in _COLOURS.items()]
    yield share_chart(f"Verdicts of {report.target}", parts)
    yield table([*map(str, Verdict), "listed"], [[*(counts[verdict] for verdict in Verdict), listed]], "Verdicts")
    bars = [Bar(label=label, parts=(ages[label],)) for label in [*_AGES, *(["unknown"] if ages["unknown"] else [])]]
    yield bar_chart(f"Jobs of {report.target} by age since creation", bars, _JOBS)
    yield table([bar.label for bar in bars], [[ages[bar.label] for bar in bars]], "By age since creation")
    named = sorted(owners, key=lambda owner: (-expired[owner], -owners[owner], owner))
    rows = [[owner or "(none)", owners[owner], expired[owner]] for owner in named[:MOST_OWNERS]]
    yield table(["owner", "jobs", "expired"], [*rows, *_more(len(named) - len(rows), 2)], "By owner")


def _coming(told: TargetForecast, forecast: Forecast) -> Iterator[Markup]:
    """What is to come: a bar a day, and the same in words and by policy."""
    lines = (f"Now: {tell_now(forecast)}.", f"Sweeps: {tell_sweeps(told)}.", f"Backlog: {tell_drain(forecast)}.")
    yield element("h3", f"The next {len(forecast.days)} days")
    yield element("ul", *(element("li", line) for line in lines))
    bars = [Bar(label=f"{day.date:%m-%d}", parts=(day.deletable, day.expires - day.deletable)) for day in forecast.days]
    yield bar_chart(f"Jobs of {told.report.target} that expire, by day", bars, _GOING)
    rows = list(policy_rows(told))
    if rows:
        yield table(["policy", "mode", "expired now", f"in {len(forecast.days)} days"], rows, "Expiring, by policy")
    busy = [day for day in forecast.days if day.expires or day.deletes]
    days = [[f"{day.date}", day.expires, day.deletable, day.deletes, day.left] for day in busy]
    if days:
        yield table(["day", "expire", "of these deletable", "deleted", "waiting at its end"], days, "Expiring, by day (UTC)")


def _plan(plan: TargetPlan) -> Iterator[Markup]:
    """What a sweep would do now, oldest first."""
    report, observing = plan.report, tell_observing(plan)
    counts = {name: number for name, number in report.outcomes().items() if number}
    yield element("h3", "What a sweep would do now")
    yield element("p", ", ".join(f"{name} {number}" for name, number in counts.items()) or "Nothing has expired.")
    if observing is not None:
        yield element("p", observing)
    if not report.entries:
        return
    oldest = sorted(report.entries, key=lambda entry: (entry.decision.job.created_at or report.as_of, entry.decision.job.id))
    rows = [
        [
            entry.outcome.value,
            entry.decision.job.name or "(no name)",
            entry.decision.job.owner or "(none)",
            _age(entry.decision.job.created_at, report.as_of),
            entry.decision.policy or "",
            entry.reason.text,
            entry.decision.job.id,
        ]
        for entry in oldest[:MOST_ENTRIES]
    ]
    header = ["outcome", "name", "owner", "created", "policy", "reason", "id"]
    yield table(header, [*rows, *_more(len(oldest) - len(rows), 6)], "Expired jobs, oldest first")


def _policies(overview: Overview) -> Iterator[Markup]:
    """The rules in words, and the holds that beat them."""
    rules, as_of = overview.plan.rules, overview.plan.report.as_of
    yield element("h3", "Policies and holds")
    for policy in rules.policies:
        first, *rest = policy_lines(policy, as_of)
        lines = (element("span", line.strip(), style=_INDENTED) for line in rest)
        yield element("p", element("strong", " ".join(first.split())), *lines)
    if overview.holds:
        rows = [
            [each.hold.name, each.source, render_covered(each.hold), _end(each, as_of), each.hold.owner or "", each.hold.reason]
            for each in overview.holds
        ]
        yield table(["hold", "from", "covers", "until", "owner", "reason"], rows, "Holds")


def _past(overview: Overview) -> Iterator[Markup]:
    """What the ledger has of the last days."""
    report, deletions = overview.plan.report, overview.deletions
    days = [report.as_of.date() - timedelta(days=ago) for ago in reversed(range(PAST_DAYS + 1))]
    by_day, by_policy = Counter[date](), Counter[str]()
    for (day, policy), number in deletions.items():
        by_day[day] += number
        by_policy[policy] += number
    yield element("h3", "The past")
    if not overview.is_past_known:
        yield element("p", "What was deleted is not known, nor which holds the ledger has: it cannot be read.")
        return
    bars = [Bar(label=f"{day:%m-%d}", parts=(by_day[day],)) for day in days]
    yield bar_chart(f"Deletions of {report.target} in the past {PAST_DAYS} days", bars, _DELETED)
    if by_policy:
        rows = sorted(by_policy.items(), key=lambda item: (-item[1], item[0]))
        yield table(["policy", "deleted"], rows, f"Deleted in the past {PAST_DAYS} days, by policy")
    if overview.sweeps:
        sweeps = [
            [f"{each.started_at:%Y-%m-%d %H:%MZ}", each.status, _tell_sweep(each), each.sweep_id] for each in overview.sweeps
        ]
        yield table(["started", "ended", "outcomes", "sweep"], sweeps, "Last sweeps")
    else:
        yield element("p", "The ledger has no sweep of this target.")


def _left_behind(overview: Overview) -> Iterator[Markup]:
    """What stays in object storage: of what was deleted, and of what has expired."""
    past, coming = overview.left, leftovers_of(overview.plan.report.entries)
    if not past.total.jobs and not coming.total.jobs:
        return
    yield element("h3", "What stays in storage")
    yield element("p", QUOTA_ONLY)
    for left, kind, caption in (
        (past, "deleted", f"Left by what was deleted in the past {LEFT_DAYS} days"),
        (coming, "expired", "Left by what has expired, once it is deleted"),
    ):
        if left.total.jobs:
            yield element("p", f"{caption}: {tell_total(left, kind)}.")
            yield table(BY_OWNER, owner_rows(left), f"{caption}, by owner")
        if left.buckets:
            yield table(BY_BUCKET, bucket_rows(left), f"{caption}, by bucket")


def _tell_sweep(sweep: PastSweep) -> str:
    counts = ", ".join(f"{name} {number}" for name, number in sweep.outcomes.items())
    return "; ".join(filter(None, [counts or "nothing expired", sweep.reason]))


def _end(shown: ShownHold, as_of: datetime) -> str:
    if shown.hold.until is None:
        return "(no end)"
    return f"{shown.hold.until}, ended" if shown.hold.has_ended(as_of) else f"{shown.hold.until}"


def _more(number: int, blank: int) -> list[list[object]]:
    return [[f"and {number} more", *([""] * blank)]] if number > 0 else []


def _age_class(created_at: datetime | None, as_of: datetime) -> str:
    if created_at is None:
        return "unknown"
    days = (as_of - created_at) / timedelta(days=1)
    return next(label for label, under in _AGES.items() if under is None or days < under)


def _age(time: datetime | None, as_of: datetime) -> str:
    return "unknown" if time is None else f"{time:%Y-%m-%d}, {format_age(as_of - time)} ago"
