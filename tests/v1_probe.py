"""What the tests of the emulator's first generation ask for, over the probe that signs and hides nothing."""

from collections.abc import Callable
from typing import Any

from documents_v1 import make_job_v1
from emulator_probe import ACCOUNT, NOW, HandClock, Probe, Seen

from janitor.emulator.clock import to_ms

NOW_MS = to_ms(NOW)
JOBS = f"/v1/{ACCOUNT.project_id}/training-jobs"
MakeOld = Callable[..., Probe]
"""Starts an emulator of these v1 jobs with some switches set."""


def old(*statuses: int, job_id: int = 7, **details: Any) -> dict[str, Any]:
    """A job of these statuses, whose newest version ended 100 days ago; version n of job 7 has the id 70n."""
    return make_job_v1(NOW_MS, 100, statuses or (10,), job_id=job_id, **details)


def ask(probe: Probe, **query: Any) -> Any:
    """A page of jobs."""
    return probe.send("GET", JOBS, query={name: str(value) for name, value in query.items()}).json


def ids(page: Any) -> list[int]:
    return [row["job_id"] for row in page["jobs"]]


def versions(probe: Probe, job_id: int = 7, **query: Any) -> Any:
    return probe.send("GET", f"{JOBS}/{job_id}/versions", query={name: str(value) for name, value in query.items()}).json


def statuses(probe: Probe, job_id: int = 7) -> list[int | str]:
    return [each["status"] for each in versions(probe, job_id)["versions"]]


def delete(probe: Probe, path: str = "7") -> Seen:
    return probe.send("DELETE", f"{JOBS}/{path}")


def failure(seen: Seen) -> tuple[int, str]:
    """The HTTP status and the code of a refusal in the first generation's shape."""
    assert seen.json["is_success"] is False
    return seen.status, seen.json["error_code"].removeprefix("ModelArts.")


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def changes(probe: Probe) -> list[tuple[str, int | None]]:
    """What changed, and of which version."""
    return [(each.change, each.version_id) for each in probe.emulator.truth]
