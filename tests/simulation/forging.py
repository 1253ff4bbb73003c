"""Ways to forge evidence: each takes what is sound and answers with a copy in which one thing is another."""

import copy
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from faulty_disk import Disk, Step
from judge import Rule
from simulation.backlog import Backlog
from simulation.chronicle import CLOSING, Chronicle, Event
from simulation.evidence import Evidence
from simulation.reference import Law
from simulation.wire import Request
from simulation.witness import State


def told(events: Sequence[Event], evidence: Evidence) -> Evidence:
    """The same with another ledger, numbered anew."""
    forged = copy.copy(evidence)
    forged.ledger = Chronicle(path=evidence.ledger_path)
    forged.ledger.take_in([event | {"seq": number} for number, event in enumerate(events, 1)])
    return forged


def edited(name: str, evidence: Evidence, **fields: Any) -> Evidence:
    """The same with other fields in every event of a name."""
    return told([event | fields if event["event"] == name else event for event in evidence.events], evidence)


def dropped(evidence: Evidence, *names: str) -> Evidence:
    """The same without the events of some names."""
    return told([event for event in evidence.events if event["event"] not in names], evidence)


def inserted(evidence: Evidence, before: str, *events: Event) -> Evidence:
    """The same with events before the first of a name (or at the end where there is none)."""
    names = [event["event"] for event in evidence.events]
    place = names.index(before) if before in names else len(names)
    return told([*evidence.events[:place], *events, *evidence.events[place:]], evidence)


def first(evidence: Evidence, name: str) -> Event:
    return next(event for event in evidence.events if event["event"] == name)


def of(evidence: Evidence, **changes: Any) -> Evidence:
    """The same with another process."""
    assert evidence.process is not None
    forged = copy.copy(evidence)
    forged.process = replace(evidence.process, **changes)
    forged.processes = {forged.process.name: forged.process}
    return forged


def sent(evidence: Evidence, edit: Callable[[Request], Request | None]) -> Evidence:
    """The same with other requests."""
    assert evidence.process is not None
    edits = [edit(request) for request in evidence.process.requests]
    forged = of(evidence, requests=tuple(request for request in edits if request is not None))
    forged._asked = defaultdict(list, {evidence.process.name: forged.process.deletions if forged.process else []})
    return forged


def batched(evidence: Evidence) -> Evidence:
    """All jobs called skipped, but a request for several deleted them, and was answered with a refusal."""
    many = sent(evidence, lambda r: replace(r, route="batch_delete", status=400) if r.route == "delete" else r)
    return edited("deletion.confirmed", many, event="deletion.skipped")


def only(route: str, **changes: Any) -> Callable[[Request], Request]:
    """Changes requests of one route."""
    return lambda request: replace(request, **changes) if request.route == route else request


def each(**changes: Any) -> Callable[[Request], Request]:
    """Changes every request."""
    return lambda request: replace(request, **changes)


def under(evidence: Evidence, *rules: Rule) -> Evidence:
    """The same under other rules."""
    forged = copy.copy(evidence)
    forged.law = Law(versions=[(evidence.law.versions[0][0], tuple(rules))])
    return forged


def in_state(evidence: Evidence, edit: Callable[[State], State]) -> Evidence:
    """The same, but every job was truly in another state all the time."""
    forged = copy.copy(evidence)
    forged.witness = copy.copy(evidence.witness)
    forged.witness.past = {job_id: [edit(state) for state in states] for job_id, states in evidence.witness.past.items()}
    return forged


def status(**fields: Any) -> Callable[[State], State]:
    return lambda state: replace(state, document=state.document | {"status": state.document["status"] | fields})


def metadata(**fields: Any) -> Callable[[State], State]:
    return lambda state: replace(state, document=state.document | {"metadata": state.document["metadata"] | fields})


def with_truth(evidence: Evidence, **changes: Any) -> Evidence:
    """The same, but the truth log tells something else."""
    forged = copy.copy(evidence)
    forged.witness = copy.copy(evidence.witness)
    vars(forged.witness).update(changes)
    return forged


def with_trace(evidence: Evidence, edit: Callable[[Step], Step]) -> Evidence:
    assert evidence.process is not None
    disk = evidence.process.disk
    return of(evidence, disk=Disk(trace=[edit(step) for step in disk.trace], start=disk.start, carried=disk.carried))


def with_faults(evidence: Evidence) -> Evidence:
    """The same, but every write and sync failed."""
    return with_trace(evidence, lambda step: step if step.note else replace(step, kind="note", note="fault"))


def later(evidence: Evidence, hours: float, *names: str, **fields: Any) -> list[Event]:
    """Copies of events as another sweep would have written them so much later."""
    at = timedelta(hours=hours)
    return [
        first(evidence, name) | {"sweep_id": "replica-9-1", "at": _moved(first(evidence, name)["at"], at), "epoch": 9} | fields
        for name in names
    ]


def _moved(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) + by).isoformat()


def tried_again(evidence: Evidence) -> Event:
    return first(evidence, "deletion.intended") | {"intent_id": "replica-9-2", "sweep_id": "replica-9-1"}


def held(evidence: Evidence, **fields: Any) -> Evidence:
    job = first(evidence, "deletion.intended")
    hold = {
        "event": "hold.added",
        "hold_id": "h",
        "job_ids": [job["job_id"]],
        "match": None,
        "sweep_id": None,
        "target": "research",
    }
    return inserted(evidence, "deletion.intended", hold | fields)


def marked(evidence: Evidence) -> Evidence:
    job = first(evidence, "deletion.intended")
    return inserted(
        evidence, "deletion.intended", job | {"event": "job.marked", "marked_at": job["at"], "deadline": "2027-01-01T00:00:00Z"}
    )


def with_plan(evidence: Evidence, jobs: Sequence[str], *, lasts: float = 24, times: int = 1) -> Evidence:
    """The same, but a frozen plan with these jobs was applied so often, the last time by this sweep."""
    sweep = first(evidence, "sweep.started")
    plan = {
        "digest": "d",
        "at": sweep["at"],
        "sweep_id": "replica-0-1",
        "expires_at": _moved(sweep["at"], timedelta(hours=lasts)),
    }
    uses = [{"event": "plan.applied"}, {"event": "sweep.finished"}] * (times - 1)
    applied = [plan | use for use in [*uses, {"event": "plan.applied", "sweep_id": sweep["sweep_id"]}]]
    forged = inserted(evidence, "deletion.intended", plan | {"event": "plan.built"}, *applied)
    intended = (event for event in evidence.events if event["event"] == "deletion.intended")
    forged.plans = {"d": {event["job_id"]: event["created_at"] for event in intended if event["job_id"] in jobs}}
    return forged


def all_intended(evidence: Evidence) -> list[str]:
    return [event["job_id"] for event in evidence.events if event["event"] == "deletion.intended"]


def heads(evidence: Evidence, *told_heads: tuple[int, str]) -> Evidence:
    forged = copy.copy(evidence)
    forged.heads = list(told_heads)
    return forged


def backlog(evidence: Evidence, expired: int, per_sweep: int, sweeps: int) -> Evidence:
    forged = copy.copy(evidence)
    forged.backlog = Backlog(jobs={f"job {number}" for number in range(expired)}, per_sweep=per_sweep, sweeps=sweeps)
    return forged


def stuck(evidence: Evidence, hours: float, number: int = 0) -> Evidence:
    """An intent that stays open, and a recovery so much later that tells of so many."""
    left = dropped(evidence, *CLOSING)
    return told([*left.events, *later(left, hours, "recovery.completed", stuck=number, open=3)], left)
