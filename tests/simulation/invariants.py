"""The invariants by their names: each looks at what is left behind, never at what janitor counts of itself."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.evidence import Evidence

WINDOW = timedelta(seconds=10)
"""So old may a look be when its request leaves; what changes within cannot be seen (residual risk A30)."""
CLOSING = ("deletion.confirmed", "deletion.already_gone", "deletion.failed", "deletion.skipped")
GONE = CLOSING[:2]
LEFT_ALONE = ("Completed", "Failed", "Terminated")


@dataclass(kw_only=True)
class Verdict:
    """How much an invariant was asked about, and what is wrong."""

    checked: int = 0
    wrong: list[str] = field(default_factory=list)

    def ask(self, *, holds: bool, otherwise: str) -> None:
        """Count one case."""
        self.checked += 1
        if not holds:
            self.wrong.append(otherwise)


Check = Callable[["Evidence"], Verdict]
CHECKS: dict[str, tuple[str, Check]] = {}


def invariant(name: str, when: str = "always") -> Callable[[Check], Check]:
    """Register a check under the name of its invariant."""

    def register(check: Check) -> Check:
        CHECKS[name] = when, check
        return check

    return register


@invariant("S-1")
def each_request_is_for_a_job_that_may_go(evidence: "Evidence") -> Verdict:
    """In its true state, at some moment of the window before the request came, the law let it go."""
    verdict = Verdict()
    for request in evidence.requests:
        for job_id in request.job_ids:
            states = list(evidence.witness.states(job_id, request.at - WINDOW, request.at))
            fits = [evidence.law.lets_go(state.document, state.tags, request.at) for state in states]
            verdict.ask(
                holds=not states or any(fits), otherwise=f"job {job_id} was to be deleted at {request.at}, and may not go"
            )
            evidence.races += bool(fits) and not fits[-1]
    return verdict


@invariant("S-2")
def no_request_is_for_a_job_that_must_stay(evidence: "Evidence") -> Verdict:
    """Active, of an unknown phase, held or of an unknown age, throughout the window before the request."""
    verdict = Verdict()
    for request in evidence.requests:
        for job_id in request.job_ids:
            states = list(evidence.witness.states(job_id, request.at - WINDOW, request.at))
            ended = [state.document["status"]["phase"] in LEFT_ALONE for state in states]
            verdict.ask(holds=not states or any(ended), otherwise=f"job {job_id} was active when its deletion was asked for")
    return verdict


@invariant("S-3")
def each_request_has_its_intent_on_the_disk_before(evidence: "Evidence") -> Verdict:
    """The bytes of the intent were written and synced before the request left."""
    verdict = Verdict()
    intents = evidence.intents_by_job()
    for request in evidence.requests:
        durable = _synced_bytes(evidence, request.disk_moment)
        for job_id in request.job_ids:
            ids = [event["intent_id"].encode() for event in intents.get(job_id, [])]
            verdict.ask(
                holds=any(intent_id in durable for intent_id in ids),
                otherwise=f"no synced intent for job {job_id} before its request",
            )
    return verdict


def _synced_bytes(evidence: "Evidence", moment: int) -> bytes:
    """Whatever was written and then synced before a moment of the trace."""
    pending, durable = defaultdict(list), list[bytes]()
    for step in evidence.trace[:moment]:
        if step.kind == "write":
            pending[step.path].append(step.data)
        elif step.kind == "sync":
            durable += pending.pop(step.path, [])
    return b"".join(durable)


@invariant("S-4")
def each_intent_has_one_end(evidence: "Evidence") -> Verdict:
    verdict = Verdict()
    for intent_id, number in Counter(_ends(evidence)).items():
        verdict.ask(holds=number == 1, otherwise=f"intent {intent_id} has {number} ends")
    return verdict


def _ends(evidence: "Evidence") -> Iterator[str]:
    yield from (event["intent_id"] for event in evidence.events if event["event"] in CLOSING and event["intent_id"] is not None)


@invariant("S-5")
def no_outcome_and_no_attempt_comes_without_its_intent(evidence: "Evidence") -> Verdict:
    verdict, open_ids = Verdict(), set[str]()
    for event in evidence.events:
        if event["event"] == "deletion.intended":
            open_ids.add(event["intent_id"])
        elif event["event"].startswith("deletion.") and event["intent_id"] is not None:
            verdict.ask(
                holds=event["intent_id"] in open_ids, otherwise=f"{event['event']} of {event['intent_id']} without an open intent"
            )
            if event["event"] in CLOSING:
                open_ids.discard(event["intent_id"])
    return verdict


@invariant("S-6")
def what_is_confirmed_was_deleted_for_us(evidence: "Evidence") -> Verdict:
    verdict, deleted = Verdict(), evidence.deleted()
    for event in evidence.events:
        if event["event"] == "deletion.confirmed":
            verdict.ask(
                holds=deleted[event["job_id"]] > 0, otherwise=f"job {event['job_id']} is confirmed, and nobody deleted it"
            )
    return verdict


@invariant("S-7")
def every_deletion_is_in_the_ledger(evidence: "Evidence") -> Verdict:
    verdict, intents = Verdict(), evidence.intents_by_job()
    for job_id in evidence.deleted():
        verdict.ask(holds=job_id in intents, otherwise=f"job {job_id} was deleted, and the ledger does not know of it")
    return verdict


@invariant("S-8")
def no_job_has_two_intents_at_once_or_one_after_its_end(evidence: "Evidence") -> Verdict:
    verdict, state = Verdict(), dict[Any, str]()
    for event in evidence.events:
        if not event["event"].startswith("deletion.") or event["intent_id"] is None:
            continue
        key = event["job_id"], event.get("created_at")
        if event["event"] == "deletion.intended":
            before = state.get(key, "free")
            verdict.ask(holds=before == "free", otherwise=f"job {event['job_id']} has an intent while it is {before}")
            state[key] = "open"
        elif event["event"] in CLOSING:
            state[key] = "gone" if event["event"] in GONE else "free"
    return verdict


@invariant("S-23")
def epochs_never_go_back(evidence: "Evidence") -> Verdict:
    verdict, last = Verdict(), 0
    for event in evidence.events:
        if event["event"] == "sweep.started":
            verdict.ask(holds=event["epoch"] > last, otherwise=f"epoch {event['epoch']} after {last}")
            last = event["epoch"]
    return verdict


@invariant("S-22")
def every_head_that_was_told_is_still_in_the_log(evidence: "Evidence") -> Verdict:
    verdict, hashes = Verdict(), {event["seq"]: event["hash"] for event in evidence.events}
    for seq, digest in evidence.heads:
        verdict.ask(holds=hashes.get(seq) == digest, otherwise=f"the head {seq} that was told is not in the log any more")
    return verdict


@invariant("V-2", "settled")
def recovery_comes_before_every_new_intent(evidence: "Evidence") -> Verdict:
    verdict, recovered = Verdict(), set[str]()
    for event in evidence.events:
        if event["event"] == "recovery.completed":
            recovered.add(event["sweep_id"])
        if event["event"] == "deletion.intended":
            verdict.ask(
                holds=event["sweep_id"] in recovered, otherwise=f"intent {event['intent_id']} before its sweep's recovery"
            )
    return verdict


@invariant("V-5", "settled")
def what_may_go_is_gone_and_what_must_stay_is_there(evidence: "Evidence") -> Verdict:
    verdict, left = Verdict(), evidence.expired_now()
    verdict.ask(holds=not left, otherwise=f"{sorted(left)} may go and are still there")
    still_open = evidence.open_intents()
    verdict.ask(holds=not still_open, otherwise=f"intents {sorted(still_open)} are open for ever")
    return verdict
