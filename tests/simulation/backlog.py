"""What there is to do: which jobs may go at a moment, and which of them nothing makes a healthy sweep wait for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulation.chronicle import Chronicle, Event, covers
from simulation.reference import Law, never_started
from simulation.witness import State, Witness


@dataclass(kw_only=True)
class Backlog:
    """What was there to do after the last fault: `jobs` that were ready when a sweep began, `sweeps` that began with such."""

    jobs: set[str] = field(default_factory=set)
    sweeps: int = 0
    per_sweep: int = 1


def jobs_let_go(witness: Witness, law: Law, ledger: Chronicle, moment: datetime) -> set[str]:
    """The jobs that were on the platform at a moment and may go then, by the law, the holds of the ledger and the true time."""
    return {job_id for job_id, _ in _let_go(witness, law, ledger, moment)}


def _let_go(witness: Witness, law: Law, ledger: Chronicle, moment: datetime) -> Iterator[tuple[str, State]]:
    for job_id in witness.seen:
        for state in list(witness.states(job_id, moment, moment))[:1]:
            metadata = state.document["metadata"]
            facts = {"job_id": job_id, "job_name": metadata.get("name"), "owner": metadata.get("user_name")}
            if law.lets_go(state, moment) and not any(covers(hold, facts) for hold in ledger.holds):
                yield job_id, state


def ready_jobs(witness: Witness, law: Law, ledger: Chronicle, moment: datetime, built: Event) -> set[str]:
    """Of these the jobs that a plan must have: no earlier deletion is open, no grace period runs, and they did start once.

    One that never started ends when a sweep first sees it so, which may be long after it did.
    """
    is_open = {intent.job_id for intent in ledger.open_before(built["seq"])}
    waits = {mark["job_id"] for mark in ledger.marks if mark["deadline"] > built["at"]}
    return {
        job_id
        for job_id, state in _let_go(witness, law, ledger, moment)
        if job_id not in is_open | waits and not never_started(state)
    }


def intents_of_a_day(ledger: Chronicle, built: Event) -> int:
    """How many intents there were in the day before a plan."""
    end = datetime.fromisoformat(built["at"])
    times = (datetime.fromisoformat(intent.first["at"]) for intent in ledger.intents.values())
    return sum(end - timedelta(hours=24) < at < end for at in times)
