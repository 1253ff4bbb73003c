"""Owns what others do on the platform: jobs come, end, run again, are held, renamed, deleted, and their ids used again."""

from typing import Any

from documents import make_document
from simulation.acts import Act, a_job, job_of
from simulation.dice import Dice, Given, draw_job
from simulation.universe import Simulation

from janitor.emulator.clock import to_ms

HOLD = "janitor-hold"


def create(simulation: Simulation, given: Given) -> bool:
    """Let a job appear; all ids differ in their last digits alone."""
    simulation.create(document_of(simulation, given, id_of(len(simulation.jobs))))
    _tag(simulation, simulation.jobs[-1], given)
    simulation.reached[f"job {given.get('why', 'may go')}"] += 1
    return True


def id_of(number: int) -> str:
    """The id of the nth job of a world."""
    return f"5a5a5a5a-5a5a-4a5a-8a5a-5a5a5a5a5a{number:02x}"


def document_of(simulation: Simulation, given: Given, job_id: str) -> dict[str, Any]:
    """The job as ModelArts would show it."""
    now_ms, status = to_ms(simulation.clock.true), dict(given.get("status", {}))
    document = make_document(now_ms, given["days"], given["phase"], id=job_id, **({"description": "a trial"} | given["metadata"]))
    document["status"]["start_time"] += status.pop("start_shift_ms", 0)
    document["status"] |= status
    return document | {"kind": given.get("kind", "job")}


def _tag(simulation: Simulation, job_id: str, given: Given) -> None:
    if given.get("tags"):
        simulation.platform.world.tag(job_id, given["tags"])


def reuse(simulation: Simulation, given: Given) -> bool:
    """Let another job have the id of one, which is gone by now or goes now."""
    job_id = simulation.jobs[given["job"] % len(simulation.jobs)]
    if simulation.platform.world.get(job_id) is not None:
        simulation.platform.world.remove(job_id)
    simulation.create(document_of(simulation, given["by"], job_id))
    _tag(simulation, job_id, given["by"])
    return True


def finish(simulation: Simulation, given: Given) -> bool:
    """Let an active job end now."""
    job_id = job_of(simulation, given)
    job = simulation.platform.world.get(job_id) if job_id else None
    if job is None or job["status"]["phase"] not in ("Running", "Pending", "Creating"):
        return False
    started = job["status"]["start_time"] or to_ms(simulation.clock.true) - 60_000
    fields = {"phase": given["phase"], "secondary_phase": given["phase"], "start_time": started}
    duration = max(to_ms(simulation.clock.true) - started, 1000)
    simulation.platform.world.change(job["metadata"]["id"], **fields, duration=duration)
    return True


def restart(simulation: Simulation, given: Given) -> bool:
    """Let a job run again, or be in a phase of which nobody has heard."""
    if job_id := job_of(simulation, given):
        simulation.platform.world.set_phase(job_id, given.get("phase", "Running"))
    return job_id is not None


def tag(simulation: Simulation, given: Given) -> bool:
    """Let its owner put a tag on it."""
    if job_id := job_of(simulation, given):
        simulation.platform.world.tag(job_id, {given["key"]: "x"})
    return job_id is not None


def untag(simulation: Simulation, given: Given) -> bool:
    """Let its owner take the hold away."""
    job_id = job_of(simulation, given)
    if job_id is None or HOLD not in simulation.platform.world.tags.of(job_id):
        return False
    simulation.platform.world.untag(job_id, [HOLD])
    return True


def change(simulation: Simulation, given: Given) -> bool:
    """Let somebody change what a job is called, or says of itself."""
    if job_id := job_of(simulation, given):
        simulation.platform.world.change(job_id, **{given["field"]: given["value"]})
    return job_id is not None


def remove(simulation: Simulation, given: Given) -> bool:
    """Let somebody else delete it."""
    if job_id := job_of(simulation, given):
        simulation.platform.world.remove(job_id)
    return job_id is not None


def _change(dice: Dice) -> Given:
    fields = {"name": ("trial-9", "Trial-9", "best"), "description": (HOLD, "", "nothing"), "user_name": ("ann", "eve")}
    field = dice.one_of(tuple(fields))
    return a_job(dice) | {"field": field, "value": dice.one_of(fields[field])}


def _run_again(dice: Dice) -> Given:
    return a_job(dice) | {"phase": dice.one_of(("Running", "Running", "Pending", "Hibernating"))}


def _key(dice: Dice) -> Given:
    return a_job(dice) | {"key": HOLD if dice.has_tags and dice.happens(0.8) else "team"}


PLATFORM_ACTS = {
    "create": Act(weight=4, within=1, draw=draw_job, do=create),
    "reuse": Act(weight=2, within=2, draw=lambda dice: a_job(dice) | {"by": draw_job(dice)}, do=reuse),
    "finish": Act(weight=4, within=2, draw=lambda dice: a_job(dice) | {"phase": dice.one_of(("Completed", "Failed"))}, do=finish),
    "restart": Act(weight=2, within=4, draw=_run_again, do=restart),
    "tag": Act(weight=2, within=4, draw=_key, do=tag),
    "untag": Act(weight=4, within=2, draw=a_job, do=untag),
    "change": Act(weight=3, within=4, draw=_change, do=change),
    "remove": Act(weight=2, within=3, draw=a_job, do=remove),
}
"""All that others do to jobs."""
