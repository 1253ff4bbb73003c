"""Invariants of single requests: for which job, in which state, after which look, with what on the disk."""

from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from faulty_disk import Disk, Lost, lay_out
from simulation.chronicle import CLOSING, Intent, is_of, read_events
from simulation.routes import DELETING
from simulation.verdicts import WINDOW, Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence
    from simulation.readings import Look

TOLERANCE = timedelta(minutes=5)


@invariant("S-1")
def each_request_is_for_a_job_that_may_go(evidence: "Evidence") -> Verdict:
    """Compares each request with the true states of its job since its last look: in one of them every law in force let it go."""
    verdict = Verdict()
    for request, job_id in evidence.asked_jobs():
        began = evidence.process.began if evidence.process else request.at
        laws = evidence.law.in_force(began, request.at - WINDOW)
        fits = [evidence.law.lets_go(state, request.at, laws) for state in evidence.states_since_look(request, job_id)]
        verdict.ask(holds=not fits or any(fits), otherwise=f"job {job_id} was to be deleted at {request.at}, and may not go")
        evidence.races += any(fits) and not fits[-1]
    return verdict


@invariant("S-2")
def no_request_is_for_a_job_that_must_stay(evidence: "Evidence") -> Verdict:
    """Compares each request with its job's true states since its last look: in one of them nothing kept it anyway."""
    verdict = Verdict()
    for request, job_id in evidence.asked_jobs():
        reasons = [evidence.law.why_it_stays(state, request.at) for state in evidence.states_since_look(request, job_id)]
        verdict.ask(holds=not reasons or None in reasons, otherwise=f"job {job_id} was asked for, and {reasons[-1:]}")
    return verdict


@invariant("S-3")
def each_request_has_its_intent_on_the_disk_before(evidence: "Evidence") -> Verdict:
    """Compares each request with the disk at that moment: a power cut would leave a ledger that has the intent, open."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    for moment in sorted({request.disk_moment for request in process.deletions}):
        survivors = _intents_after_a_cut(process.disk, moment, evidence.ledger_path)
        for job_id in (job_id for request, job_id in evidence.asked_jobs() if request.disk_moment == moment):
            is_there = (process.name, job_id) in survivors
            verdict.ask(holds=is_there, otherwise=f"a power cut at the request for job {job_id} would have lost its intent")
    return verdict


def _intents_after_a_cut(disk: Disk, moment: int, ledger: Path) -> set[tuple[str, str]]:
    """Process and job of each intent that is open whatever a power cut does to what was not synced.

    One that another process closed meanwhile, which took the target over, is as good: it is on record.
    """
    images = [disk.image_at(moment, lost) for lost in (Lost.DROPPED, Lost.TORN)]
    survivors = [_open_intents(image, ledger) for number, image in enumerate(images) if image not in images[:number]]
    return set.intersection(*survivors)


def _open_intents(image: dict[str, bytes], ledger: Path) -> set[tuple[str, str]]:
    with TemporaryDirectory(dir=ledger.parent) as folder:
        lay_out(image, Path(folder))
        intents = dict[str, Any]()
        for event in read_events(Path(folder) / ledger.name, in_place=True):
            begun = intents.get(str(event.get("intent_id")))
            if event["event"] == "deletion.intended":
                intents[event["intent_id"]] = event
            elif event["event"] in CLOSING and begun is not None and begun["actor"] == event["actor"]:
                del intents[event["intent_id"]]
    return {(Intent(intent_id=intent_id).process, event["job_id"]) for intent_id, event in intents.items()}


@invariant("S-14")
def nothing_is_sent_after_the_disk_failed(evidence: "Evidence") -> Verdict:
    """Compares the requests of a process with its disk: none left after the first write or sync that failed."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    failed = process.failed_at
    for request in process.requests:
        verdict.ask(
            holds=failed is None or request.disk_moment <= failed,
            otherwise=f"a {request.route} request left at {request.at}, after the disk had failed",
        )
    return verdict


@invariant("S-15")
def each_request_has_a_fresh_look_at_the_same_job(evidence: "Evidence") -> Verdict:
    """Compares each request with the looks of its process: one of that job, at most 10 s old, told what the intent says it is."""
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    for request, job_id in evidence.asked_jobs():
        look, intent = process.last_look(job_id, request), evidence.intent_of(request, job_id)
        age = None if look is None else request.left - look.elapsed
        verdict.ask(
            holds=age is not None and age <= WINDOW.total_seconds(),
            otherwise=f"job {job_id} was last looked at {age} s before its request",
        )
        if look is not None and intent is not None:
            verdict.ask(holds=_is_same(look, intent), otherwise=f"job {job_id} is not the one that its intent names")
    return verdict


def _is_same(look: "Look", intent: Intent) -> bool:
    """Whether a look told the id, creation, name and owner of an intent, as far as short texts tell."""
    told, said = look.document["metadata"], intent.first
    born = told.get("create_time")
    names = [(told.get("name"), said["job_name"]), (told.get("user_name"), said["owner"])]
    return (told["id"], born) == intent.incarnation and all(one == other for one, other in names if len(one or "") < 1000)


@invariant("S-20")
def nothing_is_sent_by_a_clock_that_is_wrong(evidence: "Evidence") -> Verdict:
    """Compares the requests of a process with the clocks at its listing, and its start with the last sweep that finished.

    Wrong is a machine's clock at any page, and a server's that disagrees in every answer before a deletion is asked for: one that
    agrees takes back what others said.
    """
    verdict, process = Verdict(), evidence.process
    if process is None:
        return verdict
    before = list(takewhile(lambda request: request.route not in DELETING, process.requests))
    told = [request.skew for request in before if request.status is not None]
    skews = [*[request.offset for request in before if request.route == "list"], min(told, key=abs, default=timedelta(0))]
    own = [event for event in evidence.ledger.fresh if event["event"] == "sweep.started" and is_of(event, process.name)]
    went_back = [event for event in own if _went_back(evidence, event)]
    is_wrong = bool(went_back) or any(abs(skew) > TOLERANCE + timedelta(seconds=2) for skew in skews)
    verdict.ask(
        holds=not (is_wrong and process.deletions),
        otherwise=f"{process.name} asked for deletions by a clock that was off by {skews}, or went back",
    )
    return verdict


def _went_back(evidence: "Evidence", started: dict[str, Any]) -> bool:
    """Whether a sweep began over 5 minutes before one that had finished, and nobody has spoken for the clock since."""
    before = evidence.events[: started["seq"] - 1]
    ended = max((_at(event) for event in before if event["event"] == "sweep.finished"), default=None)
    if ended is None or _at(started) >= ended - TOLERANCE:
        return False
    return not any(event["event"] == "guard.acknowledged" and event["guard"] == "clock" for event in before)


def _at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])
