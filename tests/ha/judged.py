"""Owns the judgement over replicas from outside: by the requests that the platform got, and the events of the ledger."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from math import inf
from typing import Any

from crash.ledger_order import ENDS
from ha.onslaught import Blow
from ha.replicas import LEADS, Replica, moment

from janitor.emulator.journal import RequestRecord

Event = dict[str, Any]


def check_ends(events: Sequence[Event], expired: set[str]) -> None:
    """Every intent has exactly one end, and every job that was to go is proven gone exactly once."""
    intents = [event["intent_id"] for event in events if event["event"] == "deletion.intended"]
    ends = [event for event in events if event["event"] in ENDS and event["intent_id"] is not None]
    assert Counter(event["intent_id"] for event in ends) == Counter(intents)
    assert Counter(event["job_id"] for event in ends if event["event"] in ENDS[:2]) == Counter(expired)


def without_recoveries(events: Sequence[Event]) -> list[Event]:
    """The events of sweeps, and all that are of none.

    A service that takes the lead recovers before its first sweep is due, under an epoch that no event tells. Whatever it closes
    is written at once, with nobody's event in between.
    """
    begun = {event["sweep_id"] for event in events if event["event"] == "sweep.started"}
    recovered = {event["sweep_id"] for event in events if event["event"] == "recovery.completed"} - begun
    blocks = [sweep_id for sweep_id, _ in groupby(event["sweep_id"] for event in events) if sweep_id in recovered]
    assert len(blocks) == len(recovered), "somebody wrote in the middle of a recovery"
    written = {event["event"] for event in events if event["sweep_id"] in recovered}
    assert written <= {*ENDS, "recovery.completed"}, written
    return [event for event in events if event["sweep_id"] not in recovered]


def check_requests(events: Sequence[Event], requests: Sequence[RequestRecord]) -> int:
    """No job is asked for without an intent, nor once the epoch of that intent is over; answers with how often one was asked for.

    An epoch is over when the next sweep of its target records its start: what arrives later was sent by one that was fenced off.
    """
    starts = [moment(event) for event in events if event["event"] == "sweep.started"]
    intended: dict[str, list[float]] = {}
    for event in events:
        if event["event"] == "deletion.intended":
            intended.setdefault(event["job_id"], []).append(moment(event))
    asked = [(record.at.timestamp(), job_id) for record in requests if _asks_to_delete(record) for job_id in record.job_ids]
    for at, job_id in asked:
        before = [time for time in intended.get(job_id, []) if time <= at]
        assert before, f"{job_id} was asked for without an intent"
        over = [start for start in starts if before[-1] < start <= at]
        assert not over, f"{job_id} was asked for {at - over[0]:.3f} s after another sweep had begun"
    return len(asked)


def takeovers(blows: Sequence[Blow], replicas: Sequence[Replica], events: Sequence[Event]) -> dict[str, dict[str, list[float]]]:
    """For each cause, how long it took until another replica led, and until it swept, in seconds.

    It recovers first. Where the next blow struck it before it swept, its successor's sweep says nothing of it.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for blow, after in zip(blows, [*(each.at for each in blows[1:]), inf], strict=True):
        taken = [moment(line) for each in replicas for line in each.said(LEADS) if moment(line) > blow.at]
        swept = [moment(event) for event in events if event["event"] == "sweep.started" and moment(event) > min(taken)]
        times = found.setdefault(blow.what, {"leads": [], "sweeps": []})
        times["leads"].append(min(taken) - blow.at)
        times["sweeps"] += [min(swept) - blow.at] * (min(swept) < after)
    return found


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """How many, and how long in the middle, nearly always and at most."""
    ordered = sorted(seconds)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    if not ordered:
        return {"count": 0}
    return {"count": len(ordered)} | {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for name, share in ranks.items()
    }


def _asks_to_delete(record: RequestRecord) -> bool:
    return record.route in ("delete", "batch_delete") and record.status != 404
