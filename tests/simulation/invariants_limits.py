"""Invariants of how much may go: pace, slow start, plans, refusals, holds and listings."""

import json
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulation.chronicle import GONE, Event, covers, is_of
from simulation.verdicts import Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence, Process
    from simulation.wire import Request

APPLICATION = ("plan.applied", "sweep.finished")
DAY, SPREAD = timedelta(hours=24), timedelta(hours=1)
"""A request may leave so much later than its intent, so that much less is a day of requests."""
STEP = timedelta(minutes=5)
"""A clock may be set back by so much between planning and intending, and nobody minds."""


@invariant("S-2")
def no_intent_is_for_a_job_that_a_hold_of_the_ledger_covers(evidence: "Evidence") -> Verdict:
    """Compares each intent, and each further try, with the holds that stood in the ledger when it was written."""
    verdict = Verdict()
    for event in _asking(evidence):
        holds = [hold["hold_id"] for hold in evidence.ledger.standing[event["seq"]].holds if covers(hold, event)]
        verdict.ask(holds=not holds, otherwise=f"job {event['job_id']} was intended while {holds} held it")
    return verdict


@invariant("S-1")
def no_intent_comes_before_the_grace_period_is_over(evidence: "Evidence") -> Verdict:
    """Compares each intent, and each further try, with the mark of its job that stood then: its deadline is past.

    Where every policy of the process has a grace period, no job goes without a mark that is at least as old. What counts is the
    latest time that the sweep has written down by then: a clock may be set back by some minutes under it.
    """
    verdict, grace = Verdict(), timedelta(0) if evidence.process is None else evidence.process.grace
    for event in _asking(evidence):
        mark, now = evidence.ledger.standing[event["seq"]].mark, _reached(evidence, event)
        is_over = not grace if mark is None else datetime.fromisoformat(mark["deadline"]) <= now
        is_over = is_over and (mark is None or datetime.fromisoformat(mark["marked_at"]) + grace <= now)
        verdict.ask(holds=is_over, otherwise=f"job {event['job_id']} was intended before its grace period was over")
    return verdict


@invariant("S-9")
def no_sweep_intends_more_than_its_pace(evidence: "Evidence") -> Verdict:
    """Counts the intents of the process, and the jobs that it asked for: neither is more than a sweep may take."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    intents = sum(intent.process == process.name for intent in evidence.ledger.touched.values())
    asked = len({job_id for request in process.deletions for job_id in request.job_ids})
    verdict.ask(
        holds=max(intents, asked) <= process.per_sweep,
        otherwise=f"{process.name} intended {intents} and asked for {asked} jobs, more than {process.per_sweep}",
    )
    return verdict


@invariant("S-9")
def no_day_has_more_than_its_pace(evidence: "Evidence") -> Verdict:
    """Counts intents by their own times, and jobs asked for by true time, in the day that ends with each of this process."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    intents = sorted(_at(intent.first) for intent in evidence.ledger.intents.values())
    own = [_at(intent.first) for intent in evidence.ledger.touched.values() if intent.process == process.name]
    for end in own:
        number = _within(intents, end, DAY - STEP)
        verdict.ask(
            holds=number <= process.per_day, otherwise=f"{number} intents in the day up to {end}, more than {process.per_day}"
        )
    for end, number in _asked_in_a_day(evidence, process):
        verdict.ask(holds=number <= process.per_day, otherwise=f"{number} jobs asked for in the day up to {end}")
    return verdict


def _asked_in_a_day(evidence: "Evidence", process: "Process") -> list[tuple[datetime, int]]:
    first = dict[tuple[str, str], datetime]()
    for each in evidence.processes.values():
        for request in each.deletions:
            for job_id in request.job_ids:
                first.setdefault((each.name, job_id), request.at)
    times = sorted(first.values())
    return [(at, _within(times, at, DAY - SPREAD)) for (name, _), at in first.items() if name == process.name]


def _within(times: list[datetime], end: datetime, span: timedelta) -> int:
    return bisect_right(times, end) - bisect_right(times, end - span)


@invariant("S-10")
def no_second_job_before_the_first_went_through(evidence: "Evidence") -> Verdict:
    """Compares the requests of a process: the first names one job, and no other is named before that was accepted or gone."""
    verdict, proven, first = Verdict(), False, None
    for request in evidence.requests:
        first = first or request.job_ids
        verdict.ask(holds=len(first) == 1, otherwise=f"the first request named {len(first)} jobs")
        others = set(request.job_ids) - set(first)
        verdict.ask(holds=proven or not others, otherwise=f"{others} were asked for before {first} had gone through")
        proven = proven or _went_through(evidence, request)
    return verdict


def _went_through(evidence: "Evidence", request: "Request") -> bool:
    """Whether the platform took a request, or says that its job is gone, or that has gone by the next one."""
    told = _document(request.reply)
    is_taken = request.status is not None and 200 <= request.status < 300 and told.get("is_success") is not False
    is_gone = request.status == 400 and told.get("error_code") == "ModelArts.2775"
    went = [
        record for job_id in request.job_ids for key, ways in evidence.witness.gone.items() if key[0] == job_id for record in ways
    ]
    return is_taken or is_gone or bool(went)


def _document(reply: bytes) -> Event:
    try:
        found = json.loads(reply or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@invariant("S-11")
def nothing_goes_that_is_not_in_the_plan(evidence: "Evidence") -> Verdict:
    """Compares the intents of each sweep with its plan: no more than it has, and of a frozen plan none but its very jobs."""
    verdict = Verdict()
    planned, frozen = dict[str, int](), dict[str, dict[str, str | None]]()
    for event in evidence.ledger.fresh:
        if event["event"] == "plan.built" and event["expires_at"] is None:
            planned[event["sweep_id"]] = event["planned"]
        elif event["event"] == "plan.applied":
            frozen[event["sweep_id"]] = evidence.plans.get(event["digest"], {})
    intended = [event for event in evidence.ledger.fresh if event["event"] == "deletion.intended"]
    for sweep_id, number in Counter(event["sweep_id"] for event in intended).items():
        most = planned.get(sweep_id, 0)
        verdict.ask(holds=number <= most, otherwise=f"sweep {sweep_id} intended {number} jobs, planned were {most}")
    for event in intended:
        if event["sweep_id"] in frozen:
            is_in = frozen[event["sweep_id"]].get(event["job_id"], "") == event["created_at"]
            verdict.ask(holds=is_in, otherwise=f"job {event['job_id']} was intended, and is not in the plan that was applied")
    return verdict


@invariant("S-11")
def a_plan_file_is_applied_once_and_on_its_day(evidence: "Evidence") -> Verdict:
    """Compares each application of a frozen plan with the making of it, and with earlier ones: they were all cut off."""
    verdict = Verdict()
    for event in (event for event in evidence.ledger.fresh if event["event"] == "plan.applied"):
        before = [each for each in evidence.events[: event["seq"] - 1] if each["event"] in ("plan.built", *APPLICATION)]
        own = [each for each in before if each.get("digest") == event["digest"]]
        made = [_time(each["expires_at"]) for each in own if each["event"] == "plan.built" and each["expires_at"] is not None]
        verdict.ask(
            holds=bool(made) and _at(event) < made[-1],
            otherwise=f"a plan was applied at {event['at']}, made to last until {made}",
        )
        used = {each["sweep_id"] for each in own if each["event"] == "plan.applied"}
        done = [each["sweep_id"] for each in before if each["event"] == "sweep.finished" and each["sweep_id"] in used]
        verdict.ask(holds=not done, otherwise=f"a plan was applied at {event['at']}, and {done} had done so to the end")
    return verdict


@invariant("S-12")
def what_may_not_delete_sends_nothing(evidence: "Evidence") -> Verdict:
    """Counts the deletions asked for by a process that only looks or observes, whose plan was refused, or that was paused."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    refused = [event["by"] for event in evidence.ledger.fresh if event["event"] == "plan.refused" and is_of(event, process.name)]
    why = ["it only looks"] * process.is_dry + ["it only observes"] * (not process.enforces) + refused
    verdict.ask(
        holds=not (why and process.deletions),
        otherwise=f"{process.name} asked for {len(process.deletions)} deletions, though {why}",
    )
    for event in _asking(evidence):
        is_paused = evidence.ledger.standing[event["seq"]].is_paused
        verdict.ask(holds=not is_paused, otherwise=f"job {event['job_id']} was intended while sweeping was paused")
    return verdict


@invariant("S-13")
def no_listing_that_failed_lets_anything_go(evidence: "Evidence") -> Verdict:
    """Compares each sweep's intents and ends with its listing: none after one that failed, no intent without one."""
    verdict, failed, listed = Verdict(), set[str](), set[str]()
    for event in evidence.ledger.fresh:
        name, sweep_id = event["event"], event["sweep_id"]
        if name == "listing.failed":
            failed.add(sweep_id)
        elif name == "listing.completed":
            listed.add(sweep_id)
        elif name == "deletion.intended" or name in GONE or name == "job.unmarked":
            verdict.ask(holds=sweep_id not in failed, otherwise=f"{name} of job {event['job_id']} after a listing that failed")
        if name == "deletion.intended":
            verdict.ask(holds=sweep_id in listed, otherwise=f"job {event['job_id']} was intended, and nothing was listed")
    return verdict


def _asking(evidence: "Evidence") -> list[Event]:
    return [event for event in evidence.ledger.fresh if event["seq"] in evidence.ledger.standing]


def _reached(evidence: "Evidence", event: Event) -> datetime:
    """The latest time that the sweep of an event has written down when it wrote that."""
    own = (each for each in evidence.ledger.fresh if each["sweep_id"] == event["sweep_id"] and each["seq"] <= event["seq"])
    return max(map(_at, own))


def _at(event: Event) -> datetime:
    return _time(event["at"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
