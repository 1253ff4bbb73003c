"""Faults of the platform, through the whole program: each row of docs/reliability.md that the wire can show."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from documents import make_document, never_started
from stage import POLICY, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World

MakeStage = Callable[..., Stage]


@pytest.fixture
def staged(make_stage: MakeStage, now_ms: int) -> Callable[..., tuple[Stage, list[str]]]:
    """A project with jobs that expired and one that survives; the ids of the expired ones, oldest first."""

    def build(expired: int = 3, **emulator: Any) -> tuple[Stage, list[str]]:
        jobs = [make_document(now_ms, 60 - number) for number in range(expired)]
        survivor = make_document(now_ms, 2)
        stage = make_stage(jobs=[*jobs, survivor], **emulator)
        stage.write(top="confirm_within: 1s\n")
        return stage, [job["metadata"]["id"] for job in jobs]

    return build


Staged = Callable[..., tuple[Stage, list[str]]]


@pytest.mark.some(2)
@pytest.mark.parametrize("status", [500, 504])
@pytest.mark.parametrize(("action", "end"), [("status_after", "already_gone"), ("status", "confirmed")])
def test_a6_after_a_5xx_the_outcome_is_unknown_until_looked_at(staged: Staged, status: int, action: Any, end: str) -> None:
    stage, ids = staged(1)
    stage.emulator.faults.add(Fault("delete", action, status=status))
    code, report = stage.sweep()
    assert (code, report["deletions"][end]) == (0, 1)
    assert stage.deleted_in_truth() == ids
    assert [event["event"] for event in stage.events() if event["event"].startswith("deletion.")][1] == "deletion.unknown"


def test_a4_a_short_retry_after_is_honoured(staged: Staged) -> None:
    stage, ids = staged(1)
    stage.emulator.faults.add(Fault("delete", "status", status=429, code="APIG.0308", headers={"Retry-After": "1"}))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 1)
    first, second = [record.at for record in stage.emulator.requests if record.job_id == ids[0] and record.method == "DELETE"]
    assert second - first >= timedelta(seconds=0.95)


def test_a4_a_year_long_retry_after_ends_the_run_and_the_job_stays_eligible(staged: Staged) -> None:
    stage, ids = staged()
    headers = {"Retry-After": "31536000"}
    stage.emulator.faults.add(Fault("delete", "status", status=429, code="APIG.0308", headers=headers, times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"], report["error"]["code"]) == (3, 3, "throttled")
    assert len(stage.asked()) == 1
    stage.emulator.faults.clear()
    assert stage.sweep()[1]["deletions"]["confirmed"] == len(ids)


def test_a5_sustained_throttling_ends_the_run_instead_of_hammering(staged: Staged) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("list", "status", status=429, code="APIG.0308", times=None))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "unreachable")
    assert report["requests"]["list"] <= 4


@pytest.mark.parametrize(("page", "status"), [(1, 500), (2, 503), (3, 500)])
def test_a7_a_page_that_stays_broken_aborts_the_inventory(make_stage: MakeStage, now_ms: int, page: int, status: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60) for _ in range(120)])
    stage.write()
    stage.emulator.faults.add(Fault("list", "status", nth=page, times=None, status=status))
    code, report = stage.sweep()
    assert (code, report["listing"]["complete"], report["listed"]) == (6, False, 0)
    assert stage.asked() == []


@pytest.mark.some(3)
@pytest.mark.parametrize("action", ["truncate_length", "truncate_close", "html", "empty", "invalid_json", "redirect"])
def test_a8_a9_a_listing_that_is_not_understood_is_never_an_empty_list(staged: Staged, action: Any) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("list", action, times=None, location="http://127.0.0.1:9/"))
    code, report = stage.sweep()
    assert (code, report["listing"]["complete"], report["error"]["code"]) == (6, False, "unreachable")
    assert stage.asked() == []


@pytest.mark.some(3)
@pytest.mark.parametrize("body", ["[]", '"jobs"', "{}", '{"items": null}', '{"items": {}}', '{"items": [{}]}', '{"items": [1]}'])
def test_a9_a_listing_of_another_shape_is_an_error(staged: Staged, body: str) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("list", "body", body=body, times=None))
    assert stage.sweep()[0] == 6
    assert stage.asked() == []


@pytest.mark.parametrize(
    ("mode", "page", "proven"), [("page", 3, True), ("record", 4, True), ("page", 2, False), ("record", 3, False)]
)
def test_a12_a_job_shown_on_two_pages_counts_once_and_takes_one_place_in_its_group(
    make_stage: MakeStage, now_ms: int, mode: Any, page: int, proven: bool
) -> None:
    """Else it would take two of the places that a keep rule gives, and push out one that is to stay.

    Where it comes while it is being found out how offsets count, the listing stays unproven.
    """
    jobs = [make_document(now_ms, 60 - number / 10) for number in range(120)]
    stage = make_stage(jobs=jobs, switches=Switches(offset_mode=mode))
    stage.write(policies=POLICY.rstrip("\n") + "\n    keep: {last: 60}\n")
    scripted = stage.emulator.faults.add(Fault("list", "duplicate_item", nth=page))
    code, report = stage.sweep("--dry-run")
    assert scripted.struck
    oldest = {job["metadata"]["id"] for job in jobs[:60]}
    found = (code, report["listed"], {job["id"] for job in report["jobs"]})
    assert found == ((0, 120, oldest) if proven else (6, 0, set()))


def test_a13_a_job_left_out_of_a_page_leaves_the_listing_unproven_until_it_is_found(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60 - number / 10) for number in range(120)]
    stage = make_stage(jobs=jobs)
    stage.write()
    stage.emulator.faults.add(Fault("list", "drop_item", nth=2))
    code, report = stage.sweep("--dry-run")
    assert (code, report["listed"]) == (0, 120)
    stage.emulator.faults.add(Fault("list", "drop_item", nth=1, times=None, job_id=jobs[7]["metadata"]["id"]))
    code, report = stage.sweep()
    assert code in (0, 6)
    assert jobs[7]["metadata"]["id"] not in {job["id"] for job in report["jobs"]}


def test_a13_a_deletion_by_somebody_else_while_paging_hides_no_job(make_stage: MakeStage, now_ms: int) -> None:
    for mode in ("page", "record"):
        jobs = [make_document(now_ms, 60 - number / 10) for number in range(160)]
        stage = make_stage(jobs=jobs, switches=Switches(offset_mode=mode))
        stage.write(top=f"ledger: {{path: {mode}.db}}\n")
        victim = jobs[3]["metadata"]["id"]
        stage.emulator.faults.add(Fault("list", "before", nth=3, change=partial(_remove, victim)))
        code, report = stage.sweep("--dry-run")
        assert code in (0, 6)
        if code == 0:
            assert {job["metadata"]["id"] for job in jobs} - {victim} <= {job["id"] for job in report["jobs"]}


def _remove(job_id: str, world: World) -> None:
    world.remove(job_id)


def test_a14_both_meanings_of_offset_give_the_same_inventory(make_stage: MakeStage, now_ms: int) -> None:
    for size in (0, 50, 51, 149):
        seen = []
        for mode in ("page", "record"):
            jobs = [make_document(now_ms, 60) for _ in range(size)]
            stage = make_stage(jobs=jobs, switches=Switches(offset_mode=mode))
            stage.write()
            seen.append(stage.sweep("--dry-run")[1]["listed"])
        assert seen == [size, size]


def test_a15_a_listing_that_does_not_end_is_given_up(staged: Staged) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("list", "endless", times=None))
    stage.emulator.faults.add(Fault("list", "grow_total", times=None, by=1000))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "listing_incomplete")
    assert report["requests"]["list"] < 30
    assert stage.asked() == []


def test_a15_a_total_that_lies_is_not_believed_and_does_not_stop_the_sweep(staged: Staged) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(Fault("list", "grow_total", times=None, by=5))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, len(ids))


def test_a16_an_empty_listing_in_an_outage_is_no_inventory(staged: Staged) -> None:
    stage, ids = staged(2)
    assert stage.sweep()[1]["deletions"]["confirmed"] == len(ids)
    stage.emulator.faults.add(Fault("list", "empty_list", times=None))
    code, report = stage.sweep()
    assert (code, report["error"]["code"]) == (6, "listing_incomplete")


def test_a16_an_outage_in_which_every_job_is_not_found_confirms_nothing(staged: Staged) -> None:
    stage, ids = staged(1, switches=Switches(delete_delay_s=3600))
    stage.emulator.faults.add(Fault("get", "not_found_all", nth=2, times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["accepted"]) == (0, len(ids))
    code, report = stage.sweep()
    assert report["recovered"]["confirmed"] == 0
    assert report["recovered"]["open"] == 1


NO_PROOF = [
    *((404, "ModelArts.2836"), (404, "ModelArts.4204"), (404, "APIG.0101"), (404, None), (404, "ModelArts.2775X")),
    *((400, "ModelArts.2842"), (400, "ModelArts.0104"), (410, None), (418, "ModelArts.9999")),
]


def test_a18_a19_only_the_recognised_not_found_of_a_job_means_gone(staged: Staged) -> None:
    """Each answer to the looks at a job of its own, all in one sweep."""
    stage, ids = staged(len(NO_PROOF), switches=Switches(delete_delay_s=3600))
    for job_id, (status, code) in zip(ids, NO_PROOF, strict=True):
        stage.emulator.faults.add(Fault("get", "status", nth=2, times=None, status=status, code=code, job_id=job_id))
    code_, report = stage.sweep()
    assert (code_, report["deletions"]["accepted"]) == (0, len(ids))
    assert stage.closings() == {}
    looked_at = [
        record.job_id for record in stage.emulator.requests if record.route == "get" and record.status in (400, 404, 410, 418)
    ]
    assert set(looked_at) == set(ids)


def test_a18_a20_another_project_means_that_nothing_more_can_be_seen(staged: Staged) -> None:
    stage, ids = staged(1, switches=Switches(delete_delay_s=3600))
    stage.emulator.faults.add(Fault("get", "status", nth=2, times=None, status=404, code="ModelArts.2786", job_id=ids[0]))
    code, report = stage.sweep()
    assert (code, report["deletions"]["accepted"], stage.closings()) == (4, 1, {})


SIGNED_FOR_S = 900
"""By more than this the platform takes no signature, and says so before it says anything else."""


@pytest.mark.parametrize("offset_s", [1200, -1200, 400, -400])
def test_a23_a_clock_that_differs_stops_deletions_and_says_by_how_much(staged: Staged, offset_s: int) -> None:
    stage, _ = staged(1, switches=Switches(clock_offset_s=offset_s))
    code, report = stage.sweep()
    assert (code, report["refused"]["by"]) == (4, "clock")
    message = report["refused"]["message"]
    told = [f"the server's clock is {abs(offset_s) + off} s" for off in (-2, -1, 0, 1, 2)]
    refused = [f"our clock differs from the server's by {offset_s + off:+d} s" for off in (-2, -1, 0, 1, 2)]
    assert any(text in message for text in (refused if abs(offset_s) > SIGNED_FOR_S else told)), message
    assert stage.asked() == []


def test_a28_a_job_that_restarts_between_plan_and_delete_is_skipped(staged: Staged) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(
        Fault("get", "before", job_id=ids[1], change=lambda world: world.set_phase(ids[1], "Running")),
    )
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["skipped"]) == (0, 2, 1)
    assert ids[1] not in stage.asked()
    for record in stage.emulator.truth.records("deleted"):
        assert record.phase_before in ("Completed", "Failed", "Terminated", "Abnormal")


BREAK_IT: list[Callable[[dict[str, Any]], Any]] = [
    lambda job: job["metadata"].pop("create_time"),
    lambda job: job["metadata"].update(create_time=None),
    lambda job: job["metadata"].update(create_time=0),
    lambda job: job["status"].update(start_time=0),
    lambda job: job["status"].pop("start_time"),
    lambda job: job["status"].pop("duration"),
    lambda job: job["status"].update(duration=0),
    lambda job: job["status"].update(start_time=job["status"]["start_time"] - 600_000 - 3_600_000),
    lambda job: job["status"].update(duration=None),
    lambda job: job["status"].update(duration=-5),
    lambda job: job["metadata"].update(create_time=job["metadata"]["create_time"] // 1000),
    lambda job: job["status"].update(start_time=job["status"]["start_time"] // 1000),
    lambda job: job["status"].update(start_time=job["status"]["start_time"] * 1000),
    lambda job: job["status"].update(running_records=[{"start_at": 1, "end_at": 5_000_000_000_000}]),
    lambda job: job["status"].update(duration=10**15),
    lambda job: job["metadata"].update(create_time="soon"),
    lambda job: job["metadata"].update(create_time=job["metadata"]["create_time"] + 400 * 86_400_000),
    lambda job: job["status"].update(start_time=job["status"]["start_time"] + 400 * 86_400_000),
    lambda job: job["metadata"].update(create_time=True),
    lambda job: job["metadata"].update(create_time=1.7e12),
    lambda job: job["status"].update(node_count_metrics="x"),
    never_started,
]


def test_a33_a34_a35_a_time_that_is_missing_or_beyond_belief_keeps_the_job(make_stage: MakeStage, now_ms: int) -> None:
    """Each in a job of its own, all in one listing; the job beside them, whose times are as they should be, goes."""
    odd, fine, canary = [make_document(now_ms, 60) for _ in BREAK_IT], make_document(now_ms, 60), make_document(now_ms, 2)
    stage = make_stage(jobs=[fine, canary], switches=Switches(tags="absent"))  # only the list shows the odd ones
    for job, break_it in zip(odd, BREAK_IT, strict=True):
        break_it(job)
    stage.write()
    total = len(odd) + 2
    listing = {"items": [*odd, fine, canary], "total": total, "count": total, "limit": 50, "offset": 0}
    stage.emulator.faults.add(Fault("list", "body", body=json.dumps(listing), times=None))
    code, report = stage.sweep()
    assert (code, report["verdicts"]["undecidable"], report["verdicts"]["expired"]) == (0, len(odd), 1)
    assert stage.asked() == [fine["metadata"]["id"]]


def test_a28_the_text_names_the_skipped_job_and_why(staged: Staged) -> None:
    stage, ids = staged(8)
    for number in range(1, 8):
        restart = partial(_restart, ids[number])
        stage.emulator.faults.add(Fault("get", "before", job_id=ids[number], change=restart))
    _, out, _ = stage.janitor("sweep")
    assert f"skipped     {ids[1]}: since it was listed, its phase" in out
    assert "and 2 more" in out


def _restart(job_id: str, world: World) -> None:
    world.set_phase(job_id, "Running")


def test_a41_where_nothing_answers_the_sweep_ends_soon_and_says_so(staged: Staged) -> None:
    stage, _ = staged()
    stage.write(endpoint="http://127.0.0.1:9")
    code, report = stage.sweep()
    assert (code, report["error"]["code"], report["listing"]["complete"], report["requests"]["list"]) == (
        6,
        "unreachable",
        False,
        0,
    )
    assert report["duration_s"] < 20
