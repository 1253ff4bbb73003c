"""`listing: narrow`: what a sweep deletes is the same, and what it asks does not grow with the jobs that are too young to go."""

import json
from collections.abc import Callable
from typing import Any

from documents import make_document
from stage import Stage

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
    return [json.loads(record.body) for record in stage.emulator.requests if record.route == "list_jobs"]


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
