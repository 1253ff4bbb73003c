"""`listing: narrow`: what a sweep deletes is the same, and what it asks does not grow with the jobs that are too young to go."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from documents import make_document
from stage import Stage

from janitor.emulator.faults import Fault

MakeStage = Callable[..., Stage]
NARROW = "listing: narrow\n"
PACE = "pace: {per_sweep: 2, per_day: 1000}\n"


def project(now_ms: int, young: int) -> list[dict[str, Any]]:
    """Eight jobs of up to 120 days that have expired, two old ones that are held, and so many of yesterday."""
    old = [make_document(now_ms, 15 * number) for number in range(1, 9)]
    held = [make_document(now_ms, days, description="janitor-hold") for days in (40, 41)]
    return [*old, *held, *(make_document(now_ms, 1 + number / 1000) for number in range(young))]


def searches(stage: Stage) -> list[dict[str, Any]]:
    """The bodies of the requests for a page of the list."""
    return [json.loads(record.body) for record in stage.emulator.requests if record.route == "list"]


def test_after_a_full_listing_the_next_sweeps_are_narrow_and_delete_the_very_same(make_stage: MakeStage, now_ms: int) -> None:
    documents = project(now_ms, 120)
    stage = make_stage(jobs=documents)
    stage.write(target=NARROW, top=PACE)
    code, first = stage.sweep()
    assert (code, first["listing"]["narrow"], first["listed"]) == (0, False, 130)
    assert first["listing"]["why"] == "the ledger has no full listing that was believed"
    for left in (6, 4, 2):
        code, report = stage.sweep()
        assert (code, report["listing"]["narrow"], report["verdicts"]["expired"]) == (0, True, left), report
        assert report["listed"] == left + 2
    oldest_first = [document["metadata"]["id"] for document in reversed(documents[:8])]
    assert stage.deleted_in_truth() == oldest_first
    assert stage.janitor("audit", "verify")[0] == 0


def windows(stage: Stage) -> list[list[datetime]]:
    """The windows of creation that were asked for, in order, each once."""
    found = list[list[datetime]]()
    for body in searches(stage):
        for each in body["filters"]:
            window = [datetime.fromisoformat(text) for text in each["value"]] if each["key"] == "create_time" else None
            if window is not None and window not in found:
                found.append(window)
    return found


@pytest.mark.soak
def test_what_it_asks_is_windows_of_31_days_without_a_gap_from_the_oldest_job_to_the_youngest_that_could_go(
    make_stage: MakeStage, now_ms: int
) -> None:
    stage = make_stage(jobs=project(now_ms, 5))
    stage.write(target=NARROW, top=PACE)
    stage.sweep()
    stage.emulator.requests.clear()
    stage.sweep("--dry-run")
    asked = windows(stage)
    assert [(end - start).days for start, end in asked] == [30, 30, 30, 20]
    assert all(end - start <= timedelta(days=31) for start, end in asked)
    assert all(after[0] < before[1] for before, after in pairwise(asked))
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    assert asked[0][0] < now - timedelta(days=120)
    assert timedelta(0) < asked[-1][1] - (now - timedelta(days=7)) < timedelta(minutes=30)


@pytest.mark.some(1)
@pytest.mark.parametrize("young", [10, 400])
def test_its_requests_do_not_grow_with_the_jobs_that_are_too_young(make_stage: MakeStage, now_ms: int, young: int) -> None:
    stage = make_stage(jobs=project(now_ms, young))
    stage.write(target=NARROW, top=PACE)
    stage.sweep()
    requests = stage.sweep("--dry-run")[1]["requests"]
    assert (requests["list"], requests["get"]) == (1 + 2 * 4 + 1, 2 * 3), (
        "a page, four windows twice, tags; three young survivors"
    )


@pytest.mark.soak
@pytest.mark.on_a_file
def test_when_the_last_full_listing_is_too_old_everything_is_listed(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=project(now_ms, 60))
    stage.write(target=NARROW, top=PACE)
    stage.sweep()
    with closing(sqlite3.connect(stage.ledger_path)) as connection, connection:
        connection.execute("UPDATE sweeps SET started_at = '2020-01-01T00:00:00.000000Z'")
    code, report = stage.sweep()
    assert (code, report["listed"]) == (0, 68)
    why = "the last full listing is older than 7 days"
    assert report["listing"] == {"complete": True, "workspaces": ["0"], "narrow": False, "why": why}
    told = [event for event in stage.events() if event["event"] == "listing.completed"]
    assert [(event.get("listed_to"), event.get("why_full")) for event in told[1:]] == [(None, why)]
    assert stage.sweep()[1]["listing"]["narrow"] is True


def test_a_window_that_is_not_proven_complete_fails_the_sweep_and_nothing_goes(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=project(now_ms, 60))
    stage.write(target=NARROW, top=PACE)
    stage.sweep()
    asked = len(stage.asked())
    stage.emulator.faults.add(Fault("list", "endless", nth=3, times=None))
    stage.emulator.faults.add(Fault("list", "grow_total", nth=3, times=None, by=1000))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], len(stage.asked())) == (6, "listing_incomplete", asked)


def test_a_platform_that_refuses_the_filter_is_listed_in_full_in_the_same_sweep(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=project(now_ms, 60))
    stage.write(target=NARROW, top=PACE)
    stage.sweep()
    stage.emulator.faults.add(Fault("list", "status", nth=2, times=1, status=400, code="ModelArts.2809"))
    code, report = stage.sweep()
    assert (code, report["listing"]["narrow"], report["listed"], report["deletions"]["confirmed"]) == (0, False, 68, 2)
    assert "not narrowed by creation" in report["listing"]["why"]


def test_v1_cannot_be_asked_to_list_narrowly(make_stage: MakeStage) -> None:
    stage = make_stage(api="v1")
    stage.write(target=NARROW)
    code, _, err = stage.janitor("check")
    assert code == 2
    assert "janitor.yaml:" in err
    assert "v1 lists cannot be narrow" in err
