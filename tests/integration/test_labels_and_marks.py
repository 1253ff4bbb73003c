"""Tags through the whole program: they hold, they are matched, and what cannot be read of them deletes nothing (A29, D29)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from stage import Stage

from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.emulator.world import World

MakeStage = Callable[..., Stage]
SECOND = "w1" + "a" * 30

BY_TEAM = """\
policies:
  - name: nlp-runs
    mode: enforce
    match: {labels: {team: nlp, stage: null}}
    except: {labels: {paper: null}}
    expire: {after: 7d}
"""


@pytest.fixture
def staged(make_stage: MakeStage, now_ms: int) -> Callable[..., tuple[Stage, list[str]]]:
    """A project with jobs that expired, oldest first, and one that survives."""

    def build(expired: int = 3, *, workspace: str = "0", **switches: Any) -> tuple[Stage, list[str]]:
        jobs = [make_document(now_ms, 60 - number, workspace_id=workspace) for number in range(expired)]
        stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)], switches=Switches(**switches))
        stage.write()
        return stage, [job["metadata"]["id"] for job in jobs]

    return build


Staged = Callable[..., tuple[Stage, list[str]]]


ROUTES: tuple[Any, ...] = ("find_by_tags", "all_tags")
"""The two routes that a sweep asks before it believes that there are none for tags."""


def hold_by_tag(job_id: str) -> Callable[[World], object]:
    return lambda world: world.tag(job_id, {"janitor-hold": "paper"})


def hold_by_word(job_id: str) -> Callable[[World], object]:
    return lambda world: world.change(job_id, description="janitor-hold")


@pytest.mark.some(2)
@pytest.mark.parametrize(("hold", "what"), [(hold_by_tag, "labels"), (hold_by_word, "description")])
@pytest.mark.parametrize("number", [0, 2])
def test_a29_a_hold_put_on_a_job_after_it_was_planned_keeps_it(staged: Staged, hold: Any, what: str, number: int) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(Fault("get", "before", change=hold(ids[number])))
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], report["deletions"]["skipped"]) == (0, 2, 1)
    (skipped,) = [job for job in report["jobs"] if job["outcome"] == "skipped"]
    assert (skipped["id"], skipped["reason"]) == (ids[number], f"since it was listed, its {what} changed")
    assert set(stage.deleted_in_truth()) == set(ids) - {ids[number]}
    assert stage.sweep()[1]["verdicts"]["held"] == 1


def test_a_hold_tag_is_found_by_the_listing_and_explained(staged: Staged) -> None:
    stage, ids = staged(2)
    stage.emulator.world.tag(ids[0], {"janitor-hold": "paper", "team": "nlp"})
    stage.emulator.world.tag(ids[1], {"janitor-ttl": "90d"})
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], report["verdicts"]["kept"], stage.deleted_in_truth()) == (0, 1, 2, [])
    assert "its tag says janitor-hold=paper" in stage.janitor("explain", ids[0])[1]
    assert "with its tag janitor-ttl=90d policy weekly waits 90d" in stage.janitor("explain", ids[1])[1]
    assert "its tag says janitor-hold=paper" in stage.janitor("list")[1]


def test_a_tag_protects_from_a_deletion_by_hand_too(staged: Staged) -> None:
    stage, ids = staged(2)
    stage.emulator.world.tag(ids[1], {"janitor-hold": ""})
    code, _, error = stage.janitor("delete", *ids, "--target", "research", "--reason", "a mistake", "--yes")
    assert code == 4
    assert "its tag says janitor-hold" in error
    assert "takes the mark out of the tags or the description" in error
    assert stage.deleted_in_truth() == []


def test_labels_select_except_and_hold(make_stage: MakeStage, now_ms: int) -> None:
    tags: list[dict[str, str]] = [
        {"team": "nlp", "stage": "dev"},
        {"team": "nlp", "stage": ""},
        {"team": "nlp"},
        {"team": "NLP", "stage": "dev"},
        {},
        {"team": "nlp", "stage": "dev", "paper": "x"},
        {"team": "nlp", "stage": "dev", "audit": ""},
    ]
    jobs = [make_document(now_ms, 60 - number) for number in range(len(tags))]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)])
    for job, pairs in zip(jobs, tags, strict=True):
        stage.emulator.world.tag(job["metadata"]["id"], pairs)
    stage.write(BY_TEAM + "holds: [{name: audits, match: {labels: {audit: null}}, reason: audited}]\n")
    code, report = stage.sweep()
    assert (code, report["verdicts"]) == (
        0,
        {"kept": 1, "held": 1, "unmanaged": 4, "undecidable": 0, "expiring": 0, "expired": 2},
    )
    assert stage.deleted_in_truth() == [job["metadata"]["id"] for job in jobs[:2]]
    assert "jobs in phase completed or failed or" not in stage.janitor("check")[1]
    assert "tagged stage, tagged team=nlp" in stage.janitor("check")[1]
    loaded = next(event for event in stage.events() if event["event"] == "config.loaded")
    assert loaded["policies"][0]["match"]["labels"] == {"stage": None, "team": ["nlp"]}


@pytest.mark.some(3)
@pytest.mark.parametrize("labels", ["match: {labels: {team: nlp}}", "match: {phase: failed}\n    except: {labels: {keep: null}}"])
@pytest.mark.parametrize("command", ["sweep", "plan", "delete"])
def test_without_tag_routes_a_policy_that_needs_labels_refuses_the_target(staged: Staged, labels: str, command: str) -> None:
    stage, ids = staged(tags="absent")
    stage.write(f"policies:\n  - name: by-team\n    mode: enforce\n    {labels}\n    expire: {{after: 7d}}\n")
    more = [ids[0], "--target", "research", "--reason", "x", "--yes"] if command == "delete" else []
    code, out, error = stage.janitor(command, *more)
    assert code == 4
    assert "policy by-team asks for labels, and the platform of target research has no routes that tell them" in out + error
    assert stage.deleted_in_truth() == stage.asked() == []


def test_the_first_generation_has_no_tags_so_a_policy_that_needs_labels_refuses_the_target(
    make_stage: MakeStage, now_ms: int
) -> None:
    stage = make_stage(api="v1", jobs_v1=[make_job_v1(now_ms, 60), make_job_v1(now_ms, 2)])
    stage.write(BY_TEAM)
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], stage.asked()) == (4, "labels_unavailable", [])
    assert "policy nlp-runs" in report["refused"]["message"]


def test_without_tag_routes_a_hold_that_needs_labels_refuses_the_target(staged: Staged) -> None:
    stage, _ = staged(tags="absent")
    with stage.config.open("a") as file:
        file.write("holds: [{name: audits, match: {labels: {audit: null}}, reason: audited}]\n")
    code, report = stage.sweep()
    assert (code, report["refused"]["by"], stage.deleted_in_truth()) == (4, "labels_unavailable", [])
    assert "hold audits" in report["refused"]["message"]


@pytest.mark.parametrize("absence", [(404, "APIG.0101"), (404, "ModelArts.4204"), (405, "ModelArts.2803")])
def test_without_tag_routes_descriptions_alone_speak_and_no_look_asks_for_tags(staged: Staged, absence: tuple[int, str]) -> None:
    stage, ids = staged()
    status, code_word = absence
    for route in ROUTES:
        stage.emulator.faults.add(Fault(route, "status", status=status, code=code_word, times=None))
    stage.emulator.world.change(ids[1], description="janitor-hold")
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], report["deletions"]["confirmed"]) == (0, 1, 2)
    assert [record.route for record in stage.emulator.requests if "tags" in str(record.route)] == list(ROUTES)


@pytest.mark.some(3)
@pytest.mark.parametrize(
    "odd",
    [{"action": "status", "status": 404, "code": "APIG.0101"}, {"action": "status", "status": 404, "code": "ModelArts.2836"}]
    + [
        {"action": "status", "status": 404, "code": "ModelArts.4204"},
        {"action": "status", "status": 405, "code": "ModelArts.2803"},
    ]
    + [{"action": "body", "status": 405, "body": "{}"}, {"action": "html", "status": 405}, {"action": "empty", "status": 405}],
)
def test_a29_one_odd_answer_of_a_tag_route_lets_go_nothing_that_tags_hold(staged: Staged, odd: dict[str, Any]) -> None:
    stage, ids = staged(1)
    hold_by_tag(ids[0])(stage.emulator.world)
    stage.emulator.faults.add(Fault("find_by_tags", **odd))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], report["listed"]) == (6, "unreachable", 0)
    stage.emulator.faults.add(Fault("tags", **odd))
    assert stage.janitor("delete", ids[0], "--target", "research", "--reason", "x", "--yes")[0] == 6
    assert stage.asked() == stage.deleted_in_truth() == []
    assert stage.sweep()[1]["verdicts"]["held"] == 1


@pytest.mark.some(3)
@pytest.mark.parametrize("route", ["find_by_tags", "all_tags"])
@pytest.mark.parametrize(
    "odd", [{"action": "body", "status": 405, "body": "{}"}, {"action": "html", "status": 404}, {"action": "empty"}]
)
def test_a29_both_routes_must_say_that_there_are_none_in_words_that_mean_it(
    staged: Staged, route: Any, odd: dict[str, Any]
) -> None:
    stage, _ = staged(1, tags="absent")
    stage.emulator.faults.add(Fault(route, times=None, **odd))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], stage.asked()) == (6, "unreachable", [])


def test_a_tag_route_that_is_not_permitted_does_not_confirm_that_there_is_none(staged: Staged) -> None:
    stage, _ = staged(1, tags="absent")
    stage.emulator.faults.add(Fault("all_tags", "status", status=403, code="ModelArts.0108", times=None))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], stage.asked()) == (6, "not_permitted", [])
    assert "grant the key's user modelarts:tag:list" in report["error"]["message"]


def test_a29_where_tags_were_read_before_their_absence_refuses_the_target_until_they_are_back(staged: Staged) -> None:
    stage, ids = staged(2)
    hold_by_tag(ids[0])(stage.emulator.world)
    assert stage.sweep()[1]["deletions"]["confirmed"] == 1
    stage.emulator.world.switches = Switches(tags="absent")
    assert stage.janitor("pause", "--reason", "an incident")[0] == 0
    assert stage.sweep()[1]["refused"]["by"] == "pause"
    assert stage.janitor("resume")[0] == 0
    for _ in range(2):
        code, report = stage.sweep()
        assert (code, report["refused"]["by"]) == (4, "labels_unavailable")
        assert "the last sweep of target research read the tags of its jobs" in report["refused"]["message"]
        assert "give the target another name" in report["refused"]["message"]
    for command in (["plan"], ["delete", ids[0], "--target", "research", "--reason", "x", "--yes"]):
        code, out, error = stage.janitor(*command)
        assert (code, "give the target another name" in out + error) == (4, True)
    stage.emulator.world.switches = Switches()
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], stage.deleted_in_truth()) == (0, 1, [ids[1]])
    told = [event["has_labels"] for event in stage.events() if event["event"] == "listing.completed"]
    assert told == [True, False, False, False, True]


def test_a_target_that_never_had_tags_is_swept_again_and_again(staged: Staged) -> None:
    stage, ids = staged(1, tags="absent")
    assert [stage.sweep()[0] for _ in range(2)] == [0, 0]
    assert stage.deleted_in_truth() == ids


def test_tag_routes_that_go_away_after_the_listing_leave_every_job(staged: Staged) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("tags", "status", status=404, code="APIG.0101", times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"], stage.asked()) == (0, 3, [])
    assert all(job["reason"] == "since it was listed, its labels changed" for job in report["jobs"])


def shown(stage: Stage, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], total: int = 0) -> Fault:
    """A fault that answers the tag search with rows that are not quite the true ones."""
    rows = [{"resource_id": job["metadata"]["id"], "tags": []} for job in stage.emulator.world.jobs()]
    body = json.dumps({"resources": change(rows), "total_count": len(rows) + total})
    return Fault("find_by_tags", "body", body=body, times=None)


FAILURES: dict[str, tuple[Callable[[Stage], Fault], str]] = {
    "not permitted": (lambda _: Fault("find_by_tags", "status", status=403, code="ModelArts.0108", times=None), "not_permitted"),
    "another not found": (lambda _: Fault("find_by_tags", "status", status=404, code="ModelArts.9", times=None), "unreachable"),
    "a failing server": (lambda _: Fault("find_by_tags", "status", status=500, times=None), "unreachable"),
    "a page for people": (lambda _: Fault("find_by_tags", "html", times=None), "unreachable"),
    "a success that is none": (lambda _: Fault("find_by_tags", "false_success", times=None), "unreachable"),
    "a missing job": (lambda stage: shown(stage, lambda rows: rows[1:]), "listing_incomplete"),
    "a wrong total": (lambda stage: shown(stage, lambda rows: rows, total=1), "listing_incomplete"),
    "a job on two pages": (lambda stage: shown(stage, lambda rows: rows[:1]), "listing_incomplete"),
    "a job twice on a page": (lambda stage: shown(stage, lambda rows: [*rows, rows[0]], total=1), "unreachable"),
    "a row without a job": (lambda stage: shown(stage, lambda rows: [{"tags": []}, *rows[1:]]), "unreachable"),
}


@pytest.mark.some(4)
@pytest.mark.parametrize(("fault", "word"), FAILURES.values(), ids=FAILURES)
def test_a29_tags_that_cannot_be_listed_leave_the_target_alone(staged: Staged, fault: Any, word: str) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(fault(stage))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], report["listed"]) == (6, word, 0)
    assert stage.asked() == stage.deleted_in_truth() == []
    assert ("modelarts::listResourcesByTag" in report["error"]["message"]) is (word == "not_permitted")


@pytest.mark.some(2)
@pytest.mark.parametrize("tags", [None, [None], [{"key": "x", "value": 5}], [{"key": "x"}, {"key": "x"}]])
def test_a29_a_job_whose_tags_are_odd_is_held_and_no_other_waits_for_it(staged: Staged, tags: Any) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(shown(stage, lambda rows: [rows[0] | {"tags": tags}, *rows[1:]]))
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], stage.deleted_in_truth()) == (0, 1, ids[1:])
    assert "its tags could not be read" in stage.janitor("list")[1]


def test_a29_a_mark_without_a_value_is_a_mark(staged: Staged) -> None:
    stage, ids = staged(2)
    marks = [[{"key": "janitor-hold"}], [{"key": "keep", "value": None}]]
    stage.emulator.world.tag(ids[1], {"keep": ""})
    change = lambda rows: [row | {"tags": tags} for row, tags in zip(rows, [*marks, []], strict=True)]  # noqa: E731 -- one change
    stage.emulator.faults.add(shown(stage, change))
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], stage.deleted_in_truth()) == (0, 1, [ids[1]])


def test_a29_a_job_that_the_tag_listing_leaves_out_with_a_total_that_fits_is_held(staged: Staged) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(shown(stage, lambda rows: [row for row in rows if row["resource_id"] != ids[1]], total=-1))
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], report["deletions"]["confirmed"]) == (0, 1, 2)
    assert stage.deleted_in_truth() == [ids[0], ids[2]]


@pytest.mark.some(2)
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 403, "code": "ModelArts.0108"},
        {"action": "status", "status": 400, "code": "ModelArts.2775"},
        {"action": "status", "status": 500},
        {"action": "html"},
        {"action": "empty"},
        {"action": "body", "body": '{"labels": []}'},
    ],
)
def test_a29_a_look_that_cannot_read_the_tags_keeps_the_job_and_proves_nothing_gone(
    staged: Staged, fault: dict[str, Any]
) -> None:
    stage, ids = staged()
    stage.emulator.faults.add(Fault("tags", job_id=ids[1], times=None, **fault))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"], report["deletions"]["confirmed"]) == (3, 1, 2)
    assert stage.deleted_in_truth() == [ids[0], ids[2]]
    (skipped,) = [job for job in report["jobs"] if job["outcome"] == "skipped"]
    assert skipped["reason"].startswith("it could not be looked at: ")
    assert ("grant the key's user modelarts:tag:list" in skipped["reason"]) is (fault.get("status") == 403)


@pytest.mark.parametrize("tags", ["null", '[{"key": "x", "value": 5}]'])
def test_a29_a_look_at_odd_tags_keeps_the_job(staged: Staged, tags: str) -> None:
    stage, ids = staged(2)
    stage.emulator.faults.add(Fault("tags", "body", body=f'{{"tags": {tags}}}', job_id=ids[1], times=None))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"], stage.deleted_in_truth()) == (0, 1, [ids[0]])
    _, _, error = stage.janitor("delete", ids[1], "--target", "research", "--reason", "x", "--yes")
    assert "its tags could not be read" in error
    assert stage.deleted_in_truth() == [ids[0]]


def test_doctor_names_the_permission_for_the_tags_of_a_look(staged: Staged) -> None:
    stage, _ = staged()
    stage.emulator.faults.add(Fault("tags", "status", status=403, code="ModelArts.0108", times=None))
    code, out, _ = stage.janitor("doctor")
    assert code == 3
    assert "grant the credentials' user modelarts:tag:list in this project" in out


def test_d29_a_tag_that_somebody_adds_in_mid_sweep_condemns_nothing(staged: Staged) -> None:
    """A job that no policy selected stays, though by now one would: what is deleted was decided before."""
    stage, ids = staged(2)
    stage.write(BY_TEAM)
    stage.emulator.world.tag(ids[0], {"team": "nlp", "stage": "dev"})
    stage.emulator.faults.add(Fault("get", "before", change=lambda world: world.tag(ids[1], {"team": "nlp", "stage": "dev"})))
    assert stage.sweep()[0] == 0
    assert stage.deleted_in_truth() == [ids[0]]


def test_every_workspace_has_its_own_tags(make_stage: MakeStage, now_ms: int) -> None:
    jobs = [make_document(now_ms, 60 - number, workspace_id=("0", SECOND)[number % 2]) for number in range(4)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)])
    ids = [job["metadata"]["id"] for job in jobs]
    for job_id in ids[:2]:
        stage.emulator.world.tag(job_id, {"janitor-hold": ""})
    stage.write(target="workspaces: all\n")
    code, report = stage.sweep()
    assert (code, sorted(report["listing"]["workspaces"]), report["verdicts"]["held"]) == (0, ["0", SECOND], 2)
    assert stage.deleted_in_truth() == ids[2:]
    asked = [json.loads(record.body)["workspace_id"] for record in stage.emulator.requests if record.route == "find_by_tags"]
    assert sorted(asked) == ["0", SECOND]


def test_an_account_without_workspaces_has_the_default_one(staged: Staged) -> None:
    stage, ids = staged(workspaces_enabled=False)
    stage.write(target="workspaces: all\n")
    code, report = stage.sweep()
    assert (code, report["listing"]["workspaces"], stage.deleted_in_truth()) == (0, ["0"], ids)


@pytest.mark.parametrize("route", ["list", "find_by_tags"])
def test_a_workspace_that_is_gone_when_it_is_asked_about_leaves_the_target_alone(
    make_stage: MakeStage, now_ms: int, route: Any
) -> None:
    jobs = [make_document(now_ms, 60, workspace_id=workspace) for workspace in ("0", SECOND)]
    stage = make_stage(jobs=jobs)
    stage.write(target="workspaces: all\n")
    stage.emulator.faults.add(Fault(route, "status", status=400, code="ModelArts.7005", nth=2))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], stage.asked()) == (6, "misconfigured", [])


def test_jobs_that_go_with_their_workspace_between_the_two_listings_are_no_longer_deleted(
    make_stage: MakeStage, now_ms: int
) -> None:
    here, there = (make_document(now_ms, 60, workspace_id=workspace) for workspace in ("0", SECOND))
    stage = make_stage(jobs=[here, there, make_document(now_ms, 2)])
    stage.write(target="workspaces: all\n")
    gone, left = there["metadata"]["id"], here["metadata"]["id"]
    stage.emulator.faults.add(Fault("find_by_tags", "before", nth=2, change=lambda world: world.remove(gone)))
    code, report = stage.sweep()
    assert (code, report["verdicts"]["held"], stage.asked()) == (0, 1, [left])


def test_tag_routes_that_one_workspace_has_and_the_next_has_not_leave_the_target_alone(
    make_stage: MakeStage, now_ms: int
) -> None:
    jobs = [make_document(now_ms, 60, workspace_id=workspace) for workspace in ("0", SECOND)]
    stage = make_stage(jobs=jobs)
    stage.write(target="workspaces: all\n")
    stage.emulator.faults.add(Fault("find_by_tags", "status", status=404, code="APIG.0101", nth=2))
    code, report = stage.sweep()
    assert (code, report["error"]["code"], stage.asked()) == (6, "misconfigured", [])


def test_a_job_that_moved_to_another_workspace_is_left_alone(staged: Staged) -> None:
    stage, ids = staged()
    stage.write(target="workspaces: all\n")
    change = lambda world: world.change(ids[1], workspace_id=SECOND)  # noqa: E731 -- one change
    stage.emulator.faults.add(Fault("get", "before", change=change))
    code, report = stage.sweep()
    assert (code, report["deletions"]["skipped"]) == (0, 1)
    assert ids[1] not in stage.deleted_in_truth()
