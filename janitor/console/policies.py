"""Owns the page of policies: each as it is understood, how many jobs it decided, what overlaps, what `check` would say."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from janitor.console.book import Book
from janitor.console.shades import VERDICTS
from janitor.console.source import Source
from janitor.core.verdict import Verdict
from janitor.ledger.moment import at_one_moment
from janitor.ledger.standing import list_holds
from janitor.ledger.store import Ledger
from janitor.ledger.timeline import list_latest
from janitor.render_holds import ShownHold, render_covered
from janitor.render_markup import Markup
from janitor.render_policy import policy_lines
from janitor.render_strip import share_strip
from janitor.retention.hold import Hold
from janitor.retention.policy import Policy
from janitor.settings.review import Finding, can_share_jobs, review_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPolicy:
    """One policy: what it says, what it decided, and with which others it may select the same job."""

    policy: Policy
    lines: tuple[str, ...]
    counts: Counter[Verdict]
    strip: Markup
    overlaps: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage:
    """Everything that the page shows; `former` are names that the last listings know and the file does not."""

    source: str
    policies: tuple[ShownPolicy, ...]
    former: tuple[tuple[str, int], ...]
    without: Counter[Verdict]
    holds: tuple[tuple[ShownHold, str, str], ...]
    findings: tuple[Finding, ...]


def gather(source: Source, ledger: Ledger, book: Book) -> PolicyPage:
    """Put the file beside the last listings."""
    now, settings = source.clock.now(), source.settings
    with at_one_moment(ledger) as moment:
        counted, records = book.policies(moment, list_latest(moment)), list_holds(moment)
    by_policy: dict[str | None, Counter[Verdict]] = {}
    for (_, name, verdict), number in counted.items():
        by_policy.setdefault(name, Counter())[Verdict(verdict)] += number
    findings = review_settings(settings, now)
    names = {policy.name for policy in settings.policies}
    shown = [ShownHold(hold=hold, source="file") for hold in settings.holds]
    shown += [ShownHold(hold=each.hold, source="ledger", by=each.added_by, at=each.added_at) for each in records]
    return PolicyPage(
        source=str(settings.source),
        policies=tuple(
            ShownPolicy(
                policy=policy,
                lines=tuple(line.strip() for line in policy_lines(policy, now)[1:]),
                counts=(counts := by_policy.get(policy.name, Counter())),
                strip=share_strip(f"What {policy.name} decided", [(VERDICTS[each], counts[each]) for each in Verdict]),
                overlaps=tuple(_overlaps(policy, settings.policies)),
                findings=tuple(each for each in findings if each.policy == policy.name),
            )
            for policy in settings.policies
        ),
        former=tuple((name, counts.total()) for name, counts in sorted(by_policy.items(), key=str) if name and name not in names),
        without=by_policy.get(None, Counter()),
        holds=tuple((each, render_covered(_clean(each.hold, source)), _end(each, now)) for each in shown),
        findings=tuple(each for each in findings if each.policy is None),
    )


def _clean(hold: Hold, source: Source) -> Hold:
    """The hold without secrets in its ids, before any of them is shortened."""
    return replace(hold, job_ids=frozenset(map(source.scrubber.scrub_text, hold.job_ids)))


def _overlaps(policy: Policy, policies: tuple[Policy, ...]) -> list[str]:
    """The others that may select a job that this one selects, on a target that both govern."""
    return [
        other.name
        for other in policies
        if other is not policy and _share_targets(policy, other) and can_share_jobs(policy, other)
    ]


def _share_targets(one: Policy, other: Policy) -> bool:
    return one.targets is None or other.targets is None or not one.targets.isdisjoint(other.targets)


def _end(shown: ShownHold, now: datetime) -> str:
    if shown.hold.until is None:
        return "no end"
    return f"{shown.hold.until}, ended" if shown.hold.has_ended(now) else str(shown.hold.until)
