"""Invariants of intents and their ends: what the ledger says of each, against itself and against the truth."""

from itertools import pairwise
from typing import TYPE_CHECKING

from simulation.chronicle import CLOSING, GONE, Intent
from simulation.verdicts import Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence
    from simulation.wire import Request

MOST_ATTEMPTS = 3
LATER = ("not_applied", "stuck")
"""After a deletion.failed for this, or of more than one attempt, a request may be applied late (docs/audit-format.md)."""
LIES = frozenset({"status_after", "body", "not_found_all", "late_delete", "html", "empty", "redirect", "leak", "status"})
"""Faults by which the platform may say of a deletion what is not so."""


@invariant("S-4")
def no_intent_has_two_ends(evidence: "Evidence") -> Verdict:
    """Counts the closing events of each intent: at most one, and nothing after it."""
    verdict = Verdict()
    for intent in evidence.ledger.touched.values():
        names = [event["event"] for event in intent.events]
        verdict.ask(holds=len(intent.closings) <= 1, otherwise=f"intent {intent.intent_id} has the ends {names}")
        verdict.ask(
            holds=not intent.closings or names[-1] in CLOSING,
            otherwise=f"intent {intent.intent_id} goes on after its end: {names}",
        )
    return verdict


@invariant("S-4", "settled")
def each_intent_has_one_end(evidence: "Evidence") -> Verdict:
    """Counts the closing events of each intent once nothing is left to do: exactly one."""
    verdict = Verdict()
    for intent in evidence.ledger.intents.values():
        ends = len(intent.closings)
        verdict.ask(holds=ends == 1, otherwise=f"intent {intent.intent_id} has {ends} ends")
    return verdict


@invariant("S-5")
def each_outcome_has_its_intent_and_attempts_count_up(evidence: "Evidence") -> Verdict:
    """Runs an automaton over the events of each intent: intended first and once; attempts go up by one."""
    verdict = Verdict()
    for intent in evidence.ledger.touched.values():
        names, numbers = [event["event"] for event in intent.events], [event["attempts"] for event in intent.events]
        verdict.ask(
            holds=names[0] == "deletion.intended" and names.count("deletion.intended") == 1,
            otherwise=f"intent {intent.intent_id} begins with {names[0]}, or twice",
        )
        steps = {later - earlier for earlier, later in pairwise(numbers)}
        verdict.ask(
            holds=numbers[0] == 0 and steps <= {0, 1} and numbers[-1] <= MOST_ATTEMPTS,
            otherwise=f"the attempts of intent {intent.intent_id} are numbered {numbers}",
        )
        uncounted = [event["seq"] for event in intent.events if event["event"] == "deletion.accepted" and not event["attempts"]]
        verdict.ask(holds=not uncounted, otherwise=f"events {uncounted} of intent {intent.intent_id} tell of no request")
        sent = len(evidence.asked_under(intent))
        verdict.ask(
            holds=numbers[-1] <= sent, otherwise=f"intent {intent.intent_id} tells of {numbers} attempts, sent were {sent}"
        )
    return verdict


@invariant("S-6")
def each_end_says_what_truly_was(evidence: "Evidence") -> Verdict:
    """Compares each closed intent with the truth about its incarnation: gone, gone by us, or not touched by its requests."""
    verdict = Verdict()
    for intent in evidence.ledger.touched.values():
        for closing in intent.closings:
            wrong = _why_wrong(evidence, intent, closing["event"])
            verdict.ask(holds=wrong is None, otherwise=f"intent {intent.intent_id} ended as {closing['event']}, but {wrong}")
    return verdict


def _why_wrong(evidence: "Evidence", intent: Intent, end: str) -> str | None:
    asked, ways = evidence.asked_under(intent), evidence.witness.gone.get(intent.incarnation, [])
    if end in GONE:
        if not ways:
            return f"job {intent.job_id} of that creation never went"
        if (end == GONE[0]) is not intent.was_accepted:
            return "that is not what the platform had said to its request"
        is_ours = any(record.request_id in _asked_for(evidence, intent.incarnation) for record in ways)
        is_excused = any(record.change == "removed" for record in ways) or any(_may_lie(request) for request in asked)
        return None if end == GONE[1] or is_ours or is_excused else "nothing was deleted by its requests"
    if end == "deletion.skipped":
        sent = [request for request in asked if not _is_denied(evidence, request)]
        return f"{len(sent)} requests were sent for it" if sent else None
    caused = [record for request in asked for record in evidence.witness.caused.get(request.request_id, [])]
    hit = [record for record in caused if record.job_id == intent.job_id and record.change == "deleted"]
    return "its request deleted the job" if hit and not _may_come_late(intent) else None


def _asked_for(evidence: "Evidence", incarnation: tuple[str, int | None]) -> set[str]:
    """Return the ids of all requests for one incarnation: one that came late may have done what a later one was accepted for."""
    intents = (intent for intent in evidence.ledger.intents.values() if intent.incarnation == incarnation)
    return {request.request_id for intent in intents for request in evidence.asked_under(intent)}


def _is_denied(evidence: "Evidence", request: "Request") -> bool:
    """Whether the platform answered that it deletes no jobs together, or had too many requests, and deleted none."""
    is_refused = request.status is not None and 400 <= request.status < 500
    is_turned_away = request.status == 429 or (request.route == "batch_delete" and is_refused)
    return is_turned_away and request.request_id not in evidence.witness.caused


def _may_lie(request: "Request") -> bool:
    return not LIES.isdisjoint(request.faults)


def _may_come_late(intent: Intent) -> bool:
    last = intent.events[-1]
    return last["reason_code"] in LATER or last["attempts"] > 1


@invariant("S-6", "settled")
def what_failed_was_not_deleted_later(evidence: "Evidence") -> Verdict:
    """Compares every intent that ended as failed with the truth at the very end: only where it may come late did it go by it."""
    verdict = Verdict()
    for intent in evidence.ledger.intents.values():
        if intent.events[-1]["event"] in ("deletion.failed", "deletion.skipped"):
            wrong = _why_wrong(evidence, intent, intent.events[-1]["event"])
            verdict.ask(holds=wrong is None, otherwise=f"intent {intent.intent_id}: {wrong}")
    return verdict


@invariant("S-7")
def every_deletion_is_in_the_ledger(evidence: "Evidence") -> Verdict:
    """Compares what the requests of the process did to jobs with its intents: for each there is one, of that very incarnation."""
    verdict = Verdict()
    for request in evidence.requests:
        for record in evidence.witness.caused.get(request.request_id, []):
            intent = evidence.intent_of(request, record.job_id)
            verdict.ask(
                holds=intent is not None, otherwise=f"job {record.job_id} was deleted, and the ledger does not know of it"
            )
            is_meant = intent is None or intent.incarnation == (record.job_id, record.create_time)
            was_meant = is_meant or _was_there(evidence, request, intent)
            verdict.ask(holds=was_meant, otherwise=f"job {record.job_id} was deleted, and is another one than was intended")
            evidence.races += was_meant and not is_meant
    return verdict


def _was_there(evidence: "Evidence", request: "Request", intent: Intent | None) -> bool:
    """Whether the job that was meant was there at the last look, or its request was applied late."""
    states = [] if intent is None else evidence.states_since_look(request, intent.job_id)
    born = {state.document["metadata"].get("create_time") for state in states}
    return "late_delete" in request.faults or (intent is not None and intent.incarnation[1] in born)


@invariant("S-7", "settled")
def every_deletion_by_our_credentials_is_in_the_ledger(evidence: "Evidence") -> Verdict:
    """Compares all deletions for requests in the truth log with the ledger: no job is missing there."""
    verdict = Verdict()
    for job_id in evidence.deleted():
        verdict.ask(
            holds=job_id in evidence.ledger.by_job, otherwise=f"job {job_id} was deleted, and the ledger does not know of it"
        )
    return verdict


@invariant("S-8")
def no_job_has_two_intents_at_once_or_one_after_its_end(evidence: "Evidence") -> Verdict:
    """Compares the intents of each incarnation: one begins only after the one before has ended, and not as gone."""
    verdict = Verdict()
    for job_id in {intent.job_id for intent in evidence.ledger.touched.values()}:
        own = evidence.ledger.by_job[job_id]
        for later in own:
            for earlier in own[: own.index(later)]:
                if earlier.incarnation == later.incarnation:
                    ended = earlier.closings[-1] if earlier.closings else None
                    is_free = ended is not None and ended["event"] not in GONE and ended["seq"] < later.first["seq"]
                    verdict.ask(
                        holds=is_free, otherwise=f"job {job_id} has intent {later.intent_id} beside or after {earlier.intent_id}"
                    )
        verdict.ask(holds=len([intent for intent in own if intent.is_open]) <= 1, otherwise=f"job {job_id} has two open intents")
    return verdict
