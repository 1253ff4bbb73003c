"""Jobs of the first generation in a simulation: which there are, and as what the judge sees them."""

from datetime import datetime
from typing import Any

from simulation.witness import Look

from janitor.emulator.clock import to_ms
from janitor.emulator.document_v1 import RUNNING, JobV1, SketchV1, build_job_v1
from janitor.emulator.world_v1 import WorldV1

COMPLETED, FAILED, KILLED = 10, 11, 12
PHASES = {COMPLETED: "Completed", FAILED: "Failed", KILLED: "Terminated"}
"""The endings that are drawn; whatever has another status in any version must stay."""
JUDGED = frozenset({*(f"S-{number}" for number in (*range(1, 10), 11, 12, 14, 21, 22, 23)), "V-1", "V-2", "V-3", "V-5"})
"""The invariants that are asked about v1; the others read answers that only v2 gives."""
DAY_MS, FIRST = 86_400_000, 155_500


def old_job(job_id: int, now: datetime, days_ago: float, statuses: tuple[int, ...] = (FAILED,), description: str = "") -> JobV1:
    """A job whose last version ended (or began, if it runs) so long ago; each ran an hour, two hours after the one before."""
    hour, last = 3_600_000, len(statuses) - 1
    began = to_ms(now) - round(days_ago * DAY_MS) - hour - 2 * hour * last
    return build_job_v1(
        SketchV1(
            job_id=job_id,
            name=f"trial-{job_id}",
            description=description,
            now_ms=to_ms(now),
            created_ms=began - 60_000,
            statuses=statuses,
            ran_ms=hour,
            spacing_ms=2 * hour,
        )
    )


def look_at_old(v1: WorldV1) -> Look:
    """How a v1 job is in a world at this instant, in the words of the second generation."""

    def look(job_id: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        job = v1.get(int(job_id))
        return None if job is None else (in_new_words(job), {})

    return look


def in_new_words(job: JobV1) -> dict[str, Any]:
    """One document for all versions: active while any of them is, ended when the last of them did, if all of them ran."""
    statuses = [version["status"] for version in job["versions"]]
    odd = [status for status in statuses if status not in PHASES]
    last = max(job["versions"], key=lambda version: version["start_time"] + version["duration"])
    has_run = all(each["duration"] and each["create_time"] <= each["start_time"] for each in job["versions"])
    phase = ("Running" if RUNNING in odd else f"status {odd[0]}") if odd else PHASES[statuses[-1]]
    return {
        "kind": "job",
        "metadata": {
            "id": str(job["job_id"]),
            "name": job["job_name"],
            "description": job["job_desc"],
            "user_name": job["user"]["name"],
            "create_time": job["create_time"],
        },
        "status": {"phase": phase, "start_time": last["start_time"] if has_run else 0, "duration": last["duration"]},
    }
