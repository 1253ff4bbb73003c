"""Invariants of progress: after the faults everything that may go goes, soon, and no doubt is left in silence."""

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from simulation.chronicle import Event, Intent, is_of
from simulation.routes import LOOKING
from simulation.verdicts import Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence

    from janitor.emulator.truth import TruthRecord

LEDGER_FAILED = 5
STUCK_AFTER = timedelta(hours=24)
A_LITTLE = timedelta(seconds=1)
"""Between the reading of the clock and the event of the beginning."""


@invariant("V-1", "settled")
def a_backlog_is_gone_in_as_few_sweeps_as_its_pace_allows(evidence: "Evidence") -> Verdict:
    """Compares the healthy sweeps that began with ready jobs with how many jobs: one for each pace of them, and two more."""
    verdict, backlog = Verdict(), evidence.backlog
    if backlog is not None:
        most = ceil(len(backlog.jobs) / backlog.per_sweep) + 2
        verdict.ask(holds=backlog.sweeps <= most, otherwise=f"{backlog} took more than {most} sweeps")
    return verdict


@invariant("V-2")
def recovery_comes_before_every_new_intent(evidence: "Evidence") -> Verdict:
    """Compares the order of events and looks: what is open is looked at, and recovery written, before any intent."""
    verdict, recovered = Verdict(), dict[str, Event]()
    for event in evidence.ledger.fresh:
        sweep_id = event["sweep_id"]
        if event["event"] == "recovery.completed":
            recovered[sweep_id] = event
        if event["event"] == "deletion.intended":
            verdict.ask(holds=sweep_id in recovered, otherwise=f"intent {event['intent_id']} before its sweep's recovery")
    for event in recovered.values():
        left = [each for each in evidence.ledger.open_before(event["seq"]) if each.first["sweep_id"] != event["sweep_id"]]
        verdict.ask(
            holds=event["open"] == len(left), otherwise=f"recovery tells of {event['open']} open intents, there are {len(left)}"
        )
    verdict.wrong += _unseen(evidence, recovered)
    return verdict


def _unseen(evidence: "Evidence", recovered: dict[str, Event]) -> list[str]:
    """The open intents that a process did not look at before its first deletion."""
    process = evidence.process
    if process is None or not process.deletions:
        return []
    first = process.deletions[0].elapsed
    looked = {
        job_id
        for request in process.requests
        if request.route in LOOKING and request.elapsed < first
        for job_id in request.job_ids
    }
    own = [event["seq"] for event in recovered.values() if is_of(event, process.name)]
    left = [intent for seq in own for intent in evidence.ledger.open_before(seq)]
    return [f"{each.job_id} was left open, and not looked at first" for each in left if each.job_id not in looked]


@invariant("V-3")
def nothing_is_in_doubt_for_a_day_in_silence(evidence: "Evidence") -> Verdict:
    """Compares each recovery, and the report of its sweep, with the intents that were open for over a day: both tell all.

    Where the sync of the recovery's own event failed, nobody can vouch for it: the report says that the ledger failed.
    """
    verdict, process = Verdict(), evidence.process
    for event in evidence.ledger.fresh:
        if event["event"] != "recovery.completed":
            continue
        began = _began(evidence, event)
        old = [each for each in evidence.ledger.open_before(event["seq"]) if began - _at(each.first) > STUCK_AFTER]
        verdict.ask(
            holds=event["stuck"] >= len(old), otherwise=f"{len(old)} intents were open for a day, told were {event['stuck']}"
        )
        report = None if process is None else process.report
        is_told_failed = report is not None and report.stuck is None and report.exit_code == LEDGER_FAILED
        if report is not None and report.sweep_id == event["sweep_id"] and not is_told_failed:
            told = {stuck.job_id for stuck in report.stuck or ()}
            silent = {each.job_id for each in old} - told
            verdict.ask(holds=not silent, otherwise=f"the report says nothing of {silent}, open for over a day")
            verdict.ask(holds=not old or report.exit_code != 0, otherwise="a sweep with stuck deletions calls itself done")
    return verdict


def _began(evidence: "Evidence", event: Event) -> datetime:
    """When the sweep of an event began, by whose clock it judges what is old: as it says itself, where it came to that."""
    report = None if evidence.process is None else evidence.process.report
    if report is not None and report.sweep_id == event["sweep_id"]:
        return report.as_of - A_LITTLE
    own = [each for each in evidence.ledger.fresh if each["sweep_id"] == event["sweep_id"] and each["event"] == "sweep.started"]
    return _at(own[0] if own else event) - A_LITTLE


@invariant("V-5", "settled")
def what_may_go_is_gone_and_what_must_stay_is_there(evidence: "Evidence") -> Verdict:
    """Compares the platform at the end with what the law lets go: nothing of that is left, and no intent is open."""
    verdict, left = Verdict(), evidence.expired_now()
    verdict.ask(holds=not left, otherwise=f"{sorted(left)} may go and are still there")
    still_open = evidence.open_intents()
    verdict.ask(holds=not still_open, otherwise=f"intents {sorted(still_open)} are open for ever")
    return verdict


@invariant("V-5", "settled")
def whatever_is_gone_went_by_an_intent_or_by_others(evidence: "Evidence") -> Verdict:
    """Compares the jobs that are not there any more with the ledger: others removed it, or an intent tells of it."""
    verdict = Verdict()
    for (job_id, born), ways in evidence.witness.gone.items():
        if all(record.source == "api" for record in ways):
            meant = [each for each in evidence.ledger.by_job.get(job_id, []) if _is_cause(evidence, each, born, ways)]
            ends = [each.events[-1]["event"] for each in meant]
            is_told = any(end in ("deletion.confirmed", "deletion.already_gone", "deletion.failed") for end in ends)
            verdict.ask(holds=is_told, otherwise=f"job {job_id} went by our request, and its intents ended as {ends}")
    return verdict


def _is_cause(evidence: "Evidence", intent: Intent, born: int | None, ways: "list[TruthRecord]") -> bool:
    """Whether an intent meant a job, or another that had its id when its request left (a race)."""
    sent = {request.request_id for request in evidence.asked_under(intent)}
    return intent.incarnation[1] == born or any(record.request_id in sent for record in ways)


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event["at"])
