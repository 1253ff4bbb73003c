"""Owns what of a sweep may be shown: the same report or decision with every secret removed, before anything is cut or escaped.

Afterwards would be too late: half a secret, or one with an escape in it, is not found any more.
"""

from collections.abc import Sequence
from dataclasses import replace

from janitor.core.secret import Scrubber
from janitor.core.verdict import Decision, Reason
from janitor.retention.decisions import verdicts_of
from janitor.sweep.book import Entry
from janitor.sweep.report import Applied, TargetReport


def disclose_report(report: TargetReport, scrubber: Scrubber) -> TargetReport:
    """The report as it may be shown; its counts and outcomes stay."""
    scrub, refusal, trouble = scrubber.scrub_text, report.refusal, report.trouble
    return replace(
        report,
        workspaces=tuple(scrubber.scrub(report.workspaces)),
        decisions=_with_clean_owners(report.decisions, scrubber),
        entries=tuple(_disclose_entry(entry, scrubber) for entry in report.entries),
        refusal=None
        if refusal is None
        else replace(refusal, message=scrub(refusal.message), facts=scrubber.scrub(dict(refusal.facts))),
        lifted=tuple(replace(word, by=scrub(word.by), reason=scrub(word.reason)) for word in report.lifted),
        trouble=None if trouble is None else replace(trouble, message=scrub(trouble.message)),
        applied=None if report.applied is None else _disclose_applied(report.applied, scrubber),
    )


def disclose_decision(decision: Decision, scrubber: Scrubber) -> Decision:
    """The decision as it may be shown."""
    job = decision.job
    shown = replace(
        job,
        name=scrubber.scrub(job.name),
        owner=scrubber.scrub(job.owner),
        description=scrubber.scrub(job.description),
        outputs=tuple(scrubber.scrub(job.outputs)),
    )
    return replace(decision, job=shown, reason=_disclose_reason(decision.reason, scrubber))


def _disclose_entry(entry: Entry, scrubber: Scrubber) -> Entry:
    return replace(entry, decision=disclose_decision(entry.decision, scrubber), reason=_disclose_reason(entry.reason, scrubber))


def _disclose_applied(applied: Applied, scrubber: Scrubber) -> Applied:
    dropped = (replace(each, name=scrubber.scrub(each.name), reason=scrubber.scrub_text(each.reason)) for each in applied.dropped)
    return replace(applied, dropped=tuple(dropped))


def _disclose_reason(reason: Reason, scrubber: Scrubber) -> Reason:
    return replace(reason, text=scrubber.scrub_text(reason.text))


def _with_clean_owners(decisions: Sequence[Decision], scrubber: Scrubber) -> Sequence[Decision]:
    """Of all decisions, which may be a million, only the owners are shown: counted. Mostly none has to be changed."""
    owners = {job.owner for job, _ in verdicts_of(decisions)}
    if all(scrubber.scrub(owner) == owner for owner in owners):
        return decisions
    return tuple(disclose_decision(decision, scrubber) for decision in decisions)
