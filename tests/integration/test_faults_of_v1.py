"""Faults of the first generation, through the whole program: what only versions, integer ids and `is_success` can do wrong."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from documents_v1 import make_job_v1
from stage import Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1

MakeStage = Callable[..., Stage]
Build = Callable[..., tuple[Stage, list[int]]]
JOBS = 3
MIXED = """\
policies:
  - name: weekly
    mode: enforce
    match: {phase: [completed, failed]}
    expire: {after: 7d}
"""


@pytest.fixture
def build(make_stage: MakeStage, now_ms: int) -> Build:
    """A project with jobs that expired and one that survives; the ids of the expired ones, oldest first."""

    def _build(expired: int = JOBS, quiet: str = "1s", **switches: Any) -> tuple[Stage, list[int]]:
        jobs = [make_job_v1(now_ms, 60 - number, (11, 10)) for number in range(expired)]
        stage = make_stage(api="v1", jobs_v1=[*jobs, make_job_v1(now_ms, 2)], switches=Switches(**switches))
        stage.write(top=f"confirm_within: 1s\nquiet_period: {quiet}\n")
        return stage, [job["job_id"] for job in jobs]

    return _build


def texts(ids: list[int]) -> list[str]:
    return [str(job_id) for job_id in ids]


def asked(stage: Stage) -> list[str]:
    return [str(record.job_id) for record in stage.emulator.requests if record.method == "DELETE"]


def intents(stage: Stage) -> Counter[str]:
    return Counter(event["job_id"] for event in stage.events() if event["event"] == "deletion.intended")


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("style", "key", "not_found"),
    [
        ("http200", "error_message", "ModelArts.2775"),
        ("http200", "error_msg", "ModelArts.0105"),
        ("http4xx", "error_message", "ModelArts.0105"),
        ("http4xx", "error_msg", "ModelArts.2775"),
    ],
)
def test_expired_jobs_go_whatever_words_the_platform_has_for_a_failure(
    build: Build, style: str, key: str, not_found: str
) -> None:
    stage, ids = build(v1_error_style=style, v1_error_key=key, v1_not_found=not_found, v1_status="str", delete_delay_s=0.3)
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["listed"]) == (0, JOBS, JOBS + 1)
    assert sorted(stage.deleted_in_truth()) == texts(ids)
    assert set(stage.closings()) == set(texts(ids))
    lists = sum(record.route == "v1_list" for record in stage.emulator.requests)
    assert lists <= (2 if not_found == "ModelArts.2775" else 13), "requests are shared, and bounded; one is the control"


@pytest.mark.some(1)
@pytest.mark.parametrize(("action", "end"), [("reset_before", "confirmed"), ("reset_after", "already_gone")])
def test_a1_a2_a_request_without_an_answer_is_settled_by_looking(build: Build, action: Any, end: str) -> None:
    stage, ids = build()
    stage.emulator.faults.add(Fault("v1_delete", action, job_id=str(ids[1])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"] + report["deletions"]["already_gone"]) == (0, JOBS)
    assert stage.closings()[str(ids[1])] == end
    assert sorted(stage.deleted_in_truth()) == texts(ids)
    assert intents(stage) == Counter(texts(ids))


@pytest.mark.some(2)
@pytest.mark.parametrize(("status", "code"), [(200, "ModelArts.0105"), (400, "ModelArts.0105"), (500, "ModelArts.0010")])
def test_a6_a26_an_unclear_refusal_may_have_deleted_and_is_settled_by_looking(build: Build, status: int, code: str) -> None:
    stage, ids = build(1)
    body = json.dumps({"is_success": False, "error_code": code})
    stage.emulator.faults.add(Fault("v1_delete", "status_after", status=status, code=code))
    stage.emulator.faults.add(Fault("v1_delete", "body", status=status, body=body, applied=True))
    exit_code, report = stage.sweep()
    assert (exit_code, report["deletions"]["already_gone"]) == (0, 1)
    assert stage.deleted_in_truth() == texts(ids)
    assert "deletion.accepted" not in {event["event"] for event in stage.events()}


@pytest.mark.parametrize(("route", "nth"), [("v1_list", 1), ("v1_versions", 2)])
def test_a7_a_listing_part_of_which_stays_broken_deletes_nothing(build: Build, route: Any, nth: int) -> None:
    stage, _ = build()
    stage.emulator.faults.add(Fault(route, "status", nth=nth, times=None, status=503))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], asked(stage)) == (6, "unreachable", [])


@pytest.mark.some(3)
@pytest.mark.parametrize("action", ["truncate_length", "html", "false_success"])
@pytest.mark.parametrize("route", ["v1_list", "v1_versions"])
def test_a8_a9_what_is_not_understood_is_no_listing(build: Build, route: Any, action: Any) -> None:
    stage, _ = build()
    stage.emulator.faults.add(Fault(route, action, nth=1 if route == "v1_list" else 2, times=None))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], asked(stage)) == (6, "unreachable", [])


def test_a13_a_job_left_out_of_the_list_leaves_it_unproven_until_two_readings_agree(build: Build) -> None:
    stage, ids = build()
    stage.emulator.faults.add(Fault("v1_list", "drop_item", job_id=str(ids[1])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["listed"]) == (0, JOBS, JOBS + 1)


def test_a16_an_empty_list_in_an_outage_is_no_inventory_and_makes_no_job_gone(build: Build) -> None:
    """Also where looks are refused in words that only a listing can explain: with the canary gone too, nothing is proven."""
    stage, ids = build(1, delete_delay_s=3600)
    stage.emulator.faults.add(Fault("v1_list", "empty_list", nth=2, times=None))
    stage.emulator.faults.add(Fault("v1_versions", "status", nth=4, times=None, status=400, code="ModelArts.0105"))
    code, report = stage.sweep()
    assert (code, report["deletions"]["accepted"], stage.closings()) == (0, 1, {})
    code, report = stage.sweep()
    assert report["recovered"] == {"confirmed": 0, "already_gone": 0, "failed": 0, "skipped": 0, "open": 1}
    assert asked(stage) == texts(ids)


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "ModelArts.0105"), (404, "ModelArts.2775"), (410, None), (404, "APIG.0101"), (403, "ModelArts.0108")],
)
def test_a18_a19_a_look_refused_in_other_words_proves_nothing_while_the_job_is_listed(
    build: Build, status: int, code: str | None
) -> None:
    stage, ids = build(1, delete_delay_s=3600)
    job_id = str(ids[0])
    stage.emulator.faults.add(Fault("v1_versions", "status", nth=3, times=None, status=status, code=code, job_id=job_id))
    exit_code, report = stage.sweep()
    assert (exit_code, report["deletions"]["accepted"]) == (0, 1)
    assert stage.closings() == {}


def test_a24_a_deletion_that_the_platform_gives_up_leaves_a_job_that_is_kept_and_told(build: Build) -> None:
    stage, ids = build(1)
    stage.emulator.world.switches = Switches(v1_delete_fails=frozenset(texts(ids)))
    code, report = stage.sweep()
    assert (code, report["deletions"]["accepted"]) == (0, 1)
    code, report = stage.sweep()
    assert (report["recovered"]["open"], report["listed"], asked(stage)) == (1, 1, texts(ids))
    out = stage.janitor("explain", str(ids[0]))[1]
    assert "accepted    the platform took the request" in out
    assert "deletion    intended at" in out


def on_world(change: Callable[[WorldV1], object], stage: Stage) -> Callable[[World], object]:
    return lambda _world: change(stage.emulator.v1)


CHANGES: dict[str, Callable[[WorldV1, int], object]] = {
    "a version runs again": lambda v1, job_id: v1.set_status(job_id, job_id * 100 + 1, 8),
    "a version of no known status": lambda v1, job_id: v1.set_status(job_id, job_id * 100 + 1, 6),
    "a new version": lambda v1, job_id: v1.add_version(job_id),
    "a new version that ended": lambda v1, job_id: v1.add_version(job_id, 10),
    "a version less": lambda v1, job_id: v1.remove(job_id, job_id * 100 + 1),
    "a mark": lambda v1, job_id: v1.change(job_id, job_desc="janitor-hold"),
    "a name": lambda v1, job_id: v1.change(job_id, job_name="renamed"),
}


@pytest.mark.some(3)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a28_a29_a_job_that_changes_between_plan_and_delete_is_skipped(
    build: Build, change: Callable[[WorldV1, int], object]
) -> None:
    stage, ids = build()
    doomed = ids[1]
    fault = Fault("v1_versions", "before", nth=2, job_id=str(doomed), change=on_world(lambda v1: change(v1, doomed), stage))
    stage.emulator.faults.add(fault)
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"], report["deletions"]["confirmed"]) == (0, 1, JOBS - 1)
    assert str(doomed) not in asked(stage)


def test_a31_an_id_that_was_issued_again_is_left_alone(build: Build, now_ms: int) -> None:
    """Even to a job of the same name and owner that has long ended too."""
    stage, ids = build()
    doomed = ids[1]

    def reissue(v1: WorldV1) -> None:
        name = str((v1.get(doomed) or {})["job_name"])
        v1.remove(doomed)
        v1.add(make_job_v1(now_ms, 59.5, (11, 10), job_id=doomed, name=name))

    stage.emulator.faults.add(Fault("v1_versions", "before", nth=2, job_id=str(doomed), change=on_world(reissue, stage)))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"]) == (0, 1)
    assert str(doomed) not in asked(stage)


def test_a25_a_job_that_comes_back_is_another_job_and_goes_only_by_an_intent_of_its_own(build: Build) -> None:
    stage, ids = build(1)
    job = dict(stage.emulator.v1.get(ids[0]) or {})
    assert stage.sweep()[0] == 0
    assert stage.closings() == {str(ids[0]): "confirmed"}
    stage.emulator.v1.add(job)
    stage.write(policies=MIXED.replace("mode: enforce", "mode: observe"))
    assert stage.sweep()[1]["not_attempted"]["observed"] == 1
    assert (asked(stage), intents(stage)) == (texts(ids), Counter(texts(ids)))
    stage.write(policies=MIXED)
    assert stage.sweep()[0] == 0
    assert (asked(stage), intents(stage)) == (texts(ids) * 2, Counter(texts(ids) * 2))


def test_a36_a37_a_refusal_is_of_that_job_alone_and_a_vanished_one_is_not_ours(build: Build) -> None:
    stage, ids = build()
    stage.emulator.faults.add(Fault("v1_delete", "status", status=409, code="ModelArts.2878", job_id=str(ids[1])))
    stage.emulator.faults.add(
        Fault("v1_delete", "before", job_id=str(ids[2]), change=on_world(lambda v1: v1.remove(ids[2]), stage))
    )
    code, report = stage.sweep()
    assert (code, report["deletions"]["failed"]) == (3, 1)
    assert {job_id: stage.closings()[job_id] for job_id in texts(ids)} == dict(
        zip(texts(ids), ("confirmed", "failed", "already_gone"), strict=True)
    )


def test_r2_a_platform_that_does_not_heed_the_workspace_loses_no_job_of_another(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_job_v1(now_ms, 60), make_job_v1(now_ms, 60) | {"workspace_id": "w1" + "a" * 30}, make_job_v1(now_ms, 2)]
    stage = make_stage(api="v1", jobs_v1=jobs, switches=Switches(honour_workspace=False))
    stage.write()
    code, report = stage.sweep()
    assert (code, report["verdicts"]["undecidable"], asked(stage)) == (0, 3, [])
    assert "which workspace it is in is not known" in stage.janitor("list")[1]


def test_a39_one_job_that_does_not_add_up_keeps_no_other_from_going(build: Build) -> None:
    stage, ids = build()
    body = json.dumps({"is_success": True, "job_id": ids[1], "version_count": 3, "versions": []})
    stage.emulator.faults.add(Fault("v1_versions", "body", job_id=str(ids[1]), status=200, body=body, times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, JOBS - 1)
    assert str(ids[1]) not in asked(stage)


@pytest.mark.parametrize("edit", [{"job_id": "155500"}, {"job_id": True}, {"job_id": None}, {"status": None}])
def test_a39_a_row_that_drifts_never_leads_to_a_deletion(build: Build, edit: dict[str, Any]) -> None:
    stage, ids = build(1)
    row = {"job_id": ids[0], "job_name": "x", "status": 10, "create_time": 1, "version_count": 1} | edit
    body = json.dumps({"is_success": True, "job_total_count": 1, "jobs": [row]})
    stage.emulator.faults.add(Fault("v1_list", "body", status=200, body=body, times=None))
    code, _ = stage.sweep()
    assert (code in (0, 6), asked(stage)) == (True, [])


def test_only_phases_that_a_policy_names_all_of_let_a_mixed_job_go(make_stage: MakeStage, now_ms: int) -> None:
    both, more, running = (make_job_v1(now_ms, 60, statuses) for statuses in ((10, 11), (10, 13), (10, 8)))
    stage = make_stage(api="v1", jobs_v1=[both, more, running])
    stage.write(MIXED)
    code, report = stage.sweep()
    assert (code, report["listed"], report["verdicts"]["undecidable"]) == (0, 2, 1)
    assert stage.deleted_in_truth() == [str(both["job_id"])]
    (event,) = [each for each in stage.events() if each["event"] == "deletion.intended"]
    assert (event["phase"], event["other_phases"]) == ("completed", ["failed"])
    out = stage.janitor("explain", str(more["job_id"]))[1]
    assert "phase       completed, terminated" in out
    assert "ended differently (completed, terminated)" in out


def test_every_command_takes_whole_numbers_and_nothing_else(build: Build) -> None:
    stage, (first, second, third) = build()
    for word in ("7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef", "0155", "x"):
        code, _, err = stage.janitor("delete", word, "--target", "research", "--reason", "r", "--yes")
        assert (code, "a whole number, as `janitor list` shows it" in err) == (2, True), err
    held = ("hold", "add", str(first), "--target", "research", "--reason", "paper")
    assert stage.janitor(*held)[0] == 0
    assert stage.janitor("delete", str(first), "--target", "research", "--reason", "r", "--yes")[0] == 4
    code, out, err = stage.janitor("delete", str(second), "--target", "research", "--reason", "r", "--yes")
    assert (code, stage.deleted_in_truth()) == (0, [str(second)]), (out, err)
    assert [row["id"] for row in json.loads(stage.janitor("list", "--output", "json")[1])["targets"][0]["jobs"]][:2] == [
        str(first),
        str(third),
    ]
    assert stage.sweep()[0] == 0
    assert sorted(stage.deleted_in_truth()) == texts([second, third])
    assert "confirmed" in stage.janitor("explain", str(second))[1]
    assert stage.janitor("plan")[0] == 0


def test_a38_a_person_deletes_a_job_whose_versions_ended_differently_where_all_enforces(
    make_stage: MakeStage, now_ms: int
) -> None:
    """No policy names both phases, so no sweep deletes it; where the policy in question observes, a person does not either."""
    job = make_job_v1(now_ms, 60, (10, 11))
    stage = make_stage(api="v1", jobs_v1=[job, make_job_v1(now_ms, 2)])
    policy = MIXED.replace("[completed, failed]", "[completed]")
    arguments = ["delete", str(job["job_id"]), "--target", "research", "--reason", "superseded", "--yes"]
    stage.write(policy.replace("enforce", "observe"))
    code, out, _ = stage.janitor(*arguments)
    assert (code, "policy weekly only observes" in out, "or give it `mode: enforce`" in out) == (4, True, True)
    stage.write(policy)
    assert stage.sweep()[1]["verdicts"]["undecidable"] == 1
    assert (stage.janitor(*arguments)[0], asked(stage)) == (0, [str(job["job_id"])])
