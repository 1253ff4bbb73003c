"""The first generation: its list, its versions, its deletions and stops, and what the truth log says of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from documents_v1 import DAY_MS, make_job_v1
from emulator_probe import ACCOUNT, NOW, HandClock, Probe, Seen

from janitor.emulator.clock import to_ms
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

NOW_MS = to_ms(NOW)
JOBS = f"/v1/{ACCOUNT.project_id}/training-jobs"
MakeOld = Callable[..., Probe]


def old(*statuses: int, job_id: int = 7, **details: Any) -> dict[str, Any]:
    return make_job_v1(NOW_MS, 100, statuses or (10,), job_id=job_id, **details)


@pytest.fixture
def make_old() -> Iterator[MakeOld]:
    """Start an emulator of these v1 jobs with some switches set."""
    with ExitStack() as stack:

        def build(*jobs: dict[str, Any], **switches: Any) -> Probe:
            emulator = Emulator(switches=Switches(**switches), jobs_v1=jobs, clock=HandClock())
            return Probe(emulator=stack.enter_context(emulator))

        yield build


def ask(probe: Probe, **query: Any) -> Any:
    return probe.send("GET", JOBS, query={name: str(value) for name, value in query.items()}).json


def ids(page: Any) -> list[int]:
    return [row["job_id"] for row in page["jobs"]]


def delete(probe: Probe, path: str = "7") -> Seen:
    return probe.send("DELETE", f"{JOBS}/{path}")


def advance(probe: Probe, seconds: float) -> None:
    assert isinstance(probe.emulator.clock, HandClock)
    probe.emulator.clock.advance(seconds)


def changes(probe: Probe) -> list[tuple[str, str | None, int | None, bool | None]]:
    return [(each.change, each.phase_before, each.version_id, each.was_active) for each in probe.emulator.truth]


def test_deleted_job_is_gone_with_all_of_its_versions(make_old: MakeOld) -> None:
    probe = make_old(old(10, 11), old(job_id=8))
    seen = delete(probe)
    assert (seen.status, seen.json) == (200, {"is_success": True})
    assert ids(ask(probe)) == [8]
    gone = probe.send("GET", f"{JOBS}/7/versions")
    assert (gone.status, gone.json["is_success"], gone.json["error_code"]) == (200, False, "ModelArts.2775")
    assert changes(probe) == [("delete_accepted", "JOBSTAT_FAILED", None, False), ("deleted", "JOBSTAT_FAILED", None, False)]


def test_row_mirrors_the_newest_version_alone(make_old: MakeOld) -> None:
    probe = make_old(old(8, 10, name="mixed", description="kept"), unknown_fields=False)
    (row,) = ask(probe)["jobs"]
    create_time = row.pop("create_time")
    assert row == {
        "job_id": 7,
        "job_name": "mixed",
        "job_desc": "kept",
        "user": {"name": "ci-bot"},
        "version_id": 702,
        "version_count": 2,
        "status": 10,
        "duration": 5_400_000,
    }
    versions = probe.send("GET", f"{JOBS}/7/versions").json
    assert [each["status"] for each in versions["versions"]] == [8, 10]
    newest = versions["versions"][-1]
    assert newest["start_time"] + newest["duration"] == NOW_MS - 100 * DAY_MS
    assert create_time == versions["versions"][0]["create_time"] < newest["create_time"]
