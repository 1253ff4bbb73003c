"""Invariants of what is called gone: a job's absence was told by a look, or by the whole list that had shown it."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from simulation.answers import Answer, read
from simulation.chronicle import GONE, is_of
from simulation.verdicts import Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence, Process
    from simulation.wire import Request
    from simulation.witness import State


@invariant("S-13")
def no_job_is_called_gone_without_a_proof(evidence: "Evidence") -> Verdict:
    """Compares each job that is called gone with what its process was told of it: not found, or missing in the list that had it.

    The list is the same to the letter, and whole by the truth. Either way something else was still shown.
    """
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    own = [event for event in evidence.ledger.fresh if event.get("job_id") and is_of(event, process.name)]
    planned = {str(event["job_id"]) for event in own if event["event"].startswith("deletion.")}
    for job_id in (str(event["job_id"]) for event in own if event["event"] in GONE):
        is_proven = _is_denied(process, job_id) or _is_missing(evidence, process, job_id, planned)
        verdict.ask(holds=is_proven, otherwise=f"job {job_id} was called gone, and no look or list of its process proves it")
    return verdict


def _is_denied(process: "Process", job_id: str) -> bool:
    """Whether a look said that there is no such job, and something else was shown afterwards."""
    return any(_is_shown_since(process, request.elapsed) for request in _denials(process, {job_id}))


def _denials(process: "Process", job_ids: Collection[str]) -> "list[Request]":
    return [
        each
        for each in process.requests
        if each.route == "get" and any(job_id in job_ids for job_id in each.job_ids) and each.status in (400, 404)
    ]


def _is_shown_since(process: "Process", moment: float) -> bool:
    """Whether the project, or a job that nobody had asked to delete, was shown at a moment or later."""
    asked = set[str]()
    for request in process.requests:
        if request in process.deletions:
            asked.update(request.job_ids)
        document = read(request.reply) if request.status == 200 and request.elapsed >= moment else None
        if document is None:
            continue
        is_canary = request.route == "get" and asked.isdisjoint(request.job_ids) and bool(document.get("metadata"))
        if is_canary or (request.route == "identity" and document.get("projects")):
            return True
    return False


def _is_missing(evidence: "Evidence", process: "Process", job_id: str, planned: set[str]) -> bool:
    """Whether a list that had shown a job was asked again, in the same words, and does not show it any more."""
    lists = process.told.lists
    for place, answer in enumerate(lists):
        shown = [each.ids for each in lists[:place] if each.words == answer.words and job_id in each.ids]
        if not shown or job_id in answer.ids or not _is_whole(evidence, answer):
            continue
        if _has_canary(answer, shown[-1], planned) or _is_vouched_for(process, answer, shown[-1]):
            return True
    return False


def _is_whole(evidence: "Evidence", answer: Answer) -> bool:
    """Whether it shows every job that it asks for, and that truly was there from its first page to its last."""
    return all(job_id in answer.ids for job_id in _there(evidence, answer))


def _there(evidence: "Evidence", answer: Answer) -> Iterator[str]:
    first, last = answer.pages[0].at, answer.pages[-1].at
    for job_id in evidence.witness.seen:
        before, after = (_state_at(evidence, job_id, moment) for moment in (first, last))
        is_same = before is not None and after is not None and _born(before) == _born(after)
        if is_same and after is not None and answer.asks_for(after.document):
            yield job_id


def _state_at(evidence: "Evidence", job_id: str, moment: Any) -> "State | None":
    states = list(evidence.witness.states(job_id, moment, moment))
    return states[0] if states else None


def _born(state: "State") -> Any:
    return state.document["metadata"].get("create_time")


def _has_canary(answer: Answer, before: frozenset[str], planned: set[str]) -> bool:
    """Whether it still shows a job that it had shown before, and that was not to go."""
    return bool((answer.ids & before) - planned)


def _is_vouched_for(process: "Process", answer: Answer, before: frozenset[str]) -> bool:
    """Whether, where all its jobs were to go, a look agreed about one that is missing, and then the project was shown."""
    since = answer.pages[0].elapsed
    denied = [each for each in _denials(process, before - answer.ids) if each.elapsed >= since]
    return any(_is_shown_since(process, each.elapsed) for each in denied)
