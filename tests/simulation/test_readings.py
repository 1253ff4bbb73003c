"""Looks and proofs by lists, as the judge reads them: what lists, and the labels told beside them, say of a job, and what not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulation.answers import is_of_a_listing
from simulation.evidence import Evidence
from simulation.forging import edited, sent
from simulation.invariants import CHECKS
from simulation.replica import meanwhile
from simulation.universe import Simulation
from simulation.wire import Request

BY_IDS = {"many": 2, "ids": 10, "rows": 2}
BY_TIME = {"many": 2, "ids": 3, "rows": 50}
Edit = Callable[[dict[str, Any]], dict[str, Any]]


def swept(folder: Path, sizes: dict[str, int], *, is_marked: bool = True) -> Evidence:
    """One healthy sweep: four jobs go, the last three together; one that stays is held by a tag, another one too young."""
    simulation = Simulation(folder=folder, sizes=sizes)
    for days_ago in (60, 50, 40, 30, 2):
        simulation.add(days_ago)
    if is_marked:
        simulation.platform.world.tag(simulation.add(70), {"janitor-hold": "paper"})
    simulation.sweep()
    assert len(simulation.evidence.deleted()) == 4
    return simulation.evidence


@pytest.fixture(scope="module")
def by_ids(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return swept(tmp_path_factory.mktemp("by-ids"), BY_IDS)


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """No job is marked: the tags of all of them are read. The labels in use are read as well, and tell as much by themselves."""
    evidence = swept(tmp_path_factory.mktemp("unmarked"), BY_IDS, is_marked=False)
    return changed(evidence, lambda request: request.route == "all_tags", lambda _: None)


@pytest.fixture(scope="module")
def by_time(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return swept(tmp_path_factory.mktemp("by-time"), BY_TIME)


def wrong(name: str, evidence: Evidence) -> list[str]:
    """What the checks of an invariant find."""
    return [text for each, _, check in CHECKS if each == name for text in check(evidence).wrong]


def is_look(request: Request) -> bool:
    return request.route == "list" and not is_of_a_listing(request)


def is_search(request: Request) -> bool:
    return request.route == "find_by_tags" and not is_of_a_listing(request)


def is_proof(evidence: Evidence) -> Callable[[Request], bool]:
    """Whether a list was asked for after the last deletion."""
    assert evidence.process is not None
    asked = evidence.process.deletions[-1].elapsed
    return lambda request: is_look(request) and request.elapsed > asked


def changed(evidence: Evidence, which: Callable[[Request], bool], edit: Callable[[Request], Request | None]) -> Evidence:
    """The same, but some requests were others."""
    assert evidence.process is not None
    assert any(which(request) for request in evidence.process.requests)
    return sent(evidence, lambda request: edit(request) if which(request) else request)


def retold(evidence: Evidence, which: Callable[[Request], bool], edit: Edit) -> Evidence:
    """The same, but some answers told something else."""
    return changed(evidence, which, lambda each: replace(each, reply=json.dumps(edit(json.loads(each.reply))).encode()))


def asked_otherwise(evidence: Evidence, which: Callable[[Request], bool], edit: Edit) -> Evidence:
    """The same, but something else was asked."""

    def ask(each: Request) -> Request:
        query, body = each.asked
        return replace(each, asked=(query, json.dumps(edit(json.loads(body))).encode()))

    return changed(evidence, which, ask)


def told_rows(edit: Callable[[list[Any]], list[Any]]) -> Edit:
    return lambda page: page | {"items": edit(page["items"])}


def owned_by(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: row | {"metadata": row["metadata"] | {"user_name": name}}


def staying(evidence: Evidence) -> set[str]:
    return {job["metadata"]["id"] for job in evidence.platform.world.jobs()}


@pytest.mark.parametrize("sizes", [BY_IDS, BY_TIME], ids=["by_ids", "by_time"])
def test_s13_s15_what_is_sound_is_accepted(sizes: dict[str, int], tmp_path: Path) -> None:
    evidence = swept(tmp_path, sizes)
    assert evidence.process is not None
    by_list = [job_id for request, job_id in evidence.asked_jobs() if len(request.job_ids) > 1]
    looks = [evidence.process.last_look(job_id, request) for request, job_id in evidence.asked_jobs()]
    assert (len(by_list), None in looks) == (3, False)
    assert wrong("S-13", evidence) == wrong("S-15", evidence) == []


S15: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("labels_never_told", lambda e: changed(e, lambda r: r.route == "all_tags", lambda _: None)),
    ("a_label_in_use_never_searched", lambda e: changed(e, is_search, lambda _: None)),
    ("a_search_that_is_not_whole", lambda e: retold(e, is_search, lambda page: page | {"total_count": 2})),
    ("a_search_in_another_workspace", lambda e: asked_otherwise(e, is_search, lambda body: body | {"workspace_id": "b" * 32})),
    (
        "a_search_for_another_value",
        lambda e: asked_otherwise(e, is_search, lambda body: body | {"tags": [{"key": "janitor-hold", "values": ["x"]}]}),
    ),
    ("a_search_before_the_labels_in_use", lambda e: changed(e, is_search, lambda r: replace(r, elapsed=0.0))),
    (
        "labels_in_use_that_go_on",
        lambda e: changed(e, lambda r: r.route == "all_tags", lambda r: replace(r, asked=("limit=1&offset=0", b""))),
    ),
    ("labels_of_eleven_seconds_ago", lambda e: changed(e, lambda r: r.route == "all_tags", lambda r: replace(r, elapsed=-11.0))),
    ("a_list_of_eleven_seconds_ago", lambda e: changed(e, is_look, lambda r: replace(r, elapsed=-11.0))),
    ("a_list_that_failed", lambda e: changed(e, is_look, lambda r: replace(r, status=500))),
    ("a_list_that_broke_off", lambda e: changed(e, is_look, lambda r: replace(r, reply=r.reply[:-1]))),
    (
        "a_list_by_phases",
        lambda e: asked_otherwise(
            e, is_look, lambda b: b | {"filters": [{"key": "phase", "operator": "in", "value": ["Failed"]}]}
        ),
    ),
    ("a_list_of_another_workspace", lambda e: asked_otherwise(e, is_look, lambda body: body | {"workspace_id": "b" * 32})),
    (
        "a_list_of_other_jobs",
        lambda e: asked_otherwise(e, is_look, lambda b: b | {"filters": [{"key": "id", "operator": "in", "value": ["x"]}]}),
    ),
    ("another_owner", lambda e: retold(e, is_look, told_rows(lambda rows: [owned_by("eve")(row) for row in rows]))),
    (
        "two_rows_that_disagree",
        lambda e: retold(e, is_look, told_rows(lambda rows: [*map(owned_by("eve"), rows), *rows])),
    ),
]


@pytest.mark.parametrize(("what", "forge"), S15, ids=[what for what, _ in S15])
def test_s15_what_is_no_look_is_rejected(by_ids: Evidence, what: str, forge: Callable[[Evidence], Evidence]) -> None:
    assert wrong("S-15", by_ids) == []
    assert wrong("S-15", forge(by_ids)), what


UNMARKED: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("tags_never_read", lambda e: changed(e, is_search, lambda _: None)),
    ("the_tags_of_a_listing", lambda e: asked_otherwise(e, is_search, lambda body: {"workspace_id": body["workspace_id"]})),
    ("tags_in_another_workspace", lambda e: asked_otherwise(e, is_search, lambda body: body | {"workspace_id": "b" * 32})),
    ("not_the_tags_of_all", lambda e: retold(e, is_search, lambda page: page | {"total_count": 6})),
    ("the_tags_of_others", lambda e: retold(e, is_search, lambda _: {"resources": [], "total_count": 0})),
    ("tags_of_eleven_seconds_ago", lambda e: changed(e, is_search, lambda r: replace(r, elapsed=-11.0))),
]


def test_s15_a_job_asked_for_by_its_id_is_looked_at_only_where_its_labels_were_told_too(tmp_path: Path) -> None:
    simulation = Simulation(folder=tmp_path)
    for days_ago in (60, 2):
        simulation.add(days_ago)
    simulation.sweep()
    evidence = simulation.evidence
    assert wrong("S-15", evidence) == []
    assert wrong("S-15", changed(evidence, lambda r: r.route == "tags", lambda _: None))
    assert wrong("S-15", changed(evidence, lambda r: r.route == "tags", lambda r: replace(r, elapsed=-11.0)))


@pytest.mark.parametrize(("what", "forge"), UNMARKED, ids=[what for what, _ in UNMARKED])
def test_s15_what_tells_no_labels_is_rejected(unmarked: Evidence, what: str, forge: Callable[[Evidence], Evidence]) -> None:
    assert wrong("S-15", unmarked) == []
    assert wrong("S-15", forge(unmarked)), what


S13: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("never_asked_again", lambda e: changed(e, is_proof(e), lambda _: None)),
    ("asked_again_in_other_words", lambda e: asked_otherwise(e, is_proof(e), lambda body: body | {"order": "desc"})),
    ("asked_again_and_not_answered", lambda e: changed(e, is_proof(e), lambda r: replace(r, status=503))),
    ("an_answer_without_what_is_there", lambda e: retold(e, is_proof(e), told_rows(lambda _: []))),
    (
        "something_else_was_never_shown",
        lambda e: retold(e, is_look, told_rows(lambda rows: [r for r in rows if not stays(e, r)])),
    ),
    ("still_shown", lambda e: retold(e, is_proof(e), lambda _: look_of(e))),
    ("nothing_but_planned_jobs", lambda e: edited("sweep.started", unsampled(e), event="deletion.skipped", job_id=beside(e))),
]


def stays(evidence: Evidence, row: dict[str, Any]) -> bool:
    return row["metadata"]["id"] in staying(evidence)


def unsampled(evidence: Evidence) -> Evidence:
    """The same, but of the jobs that went together none was asked for by its id afterwards."""
    together = {job_id for request, job_id in evidence.asked_jobs() if len(request.job_ids) > 1 and request.route != "get"}
    is_sample = lambda r: r.route == "get" and r.status in (400, 404) and not together.isdisjoint(r.job_ids)  # noqa: E731
    return changed(evidence, is_sample, lambda _: None)


def look_of(evidence: Evidence) -> dict[str, Any]:
    """The first page of the first list."""
    page: dict[str, Any] = json.loads(next(reply for reply in replies_of_looks(evidence)))
    return page


def replies_of_looks(evidence: Evidence) -> list[bytes]:
    assert evidence.process is not None
    return [request.reply for request in evidence.process.requests if is_look(request)]


def beside(evidence: Evidence) -> str:
    """The job that the lists show and that stays."""
    rows = [row for reply in replies_of_looks(evidence) for row in json.loads(reply)["items"]]
    return next(str(row["metadata"]["id"]) for row in rows if stays(evidence, row))


@pytest.mark.parametrize(("what", "forge"), S13, ids=[what for what, _ in S13])
def test_s13_what_is_no_proof_is_rejected(by_ids: Evidence, what: str, forge: Callable[[Evidence], Evidence]) -> None:
    assert wrong("S-13", by_ids) == []
    assert wrong("S-13", forge(by_ids)), what


def test_s13_where_a_list_shows_nothing_any_more_a_look_and_the_project_have_to_agree(by_time: Evidence) -> None:
    assert look_of(by_time)["items"]
    assert wrong("S-13", by_time) == []
    is_denial = lambda r: r.route == "get" and r.status in (400, 404)  # noqa: E731
    assert wrong("S-13", changed(by_time, is_denial, lambda _: None))
    after = max(request.elapsed for request in by_time.requests)
    is_canary = lambda r: r.elapsed > after and r.route in ("get", "identity") and r.status == 200  # noqa: E731
    assert wrong("S-13", changed(by_time, is_canary, lambda _: None))


def test_s13_a_look_that_finds_nothing_needs_something_else_that_is_shown(tmp_path: Path) -> None:
    simulation = Simulation(folder=tmp_path)
    for days_ago in (60, 2):
        simulation.add(days_ago)
    simulation.sweep()
    evidence = simulation.evidence
    assert wrong("S-13", evidence) == []
    is_canary = lambda r: r.route in ("get", "identity") and r.status == 200 and not r.faults  # noqa: E731
    assert wrong("S-13", changed(evidence, is_canary, lambda r: replace(r, elapsed=0.0)))


def test_s2_s15_a_hold_between_the_labels_and_the_list_is_a_race_and_one_before_both_is_seen(tmp_path: Path) -> None:
    for point, races, deleted in (("labels_read", 1, 4), ("cp8_before_the_look", 0, 3)):
        simulation = Simulation(folder=tmp_path / point, sizes=BY_IDS)
        jobs = [simulation.add(days_ago) for days_ago in (60, 50, 40, 30, 2)]
        nth = 1 if point == "labels_read" else 2
        hold = lambda: simulation.platform.world.tag(jobs[2], {"janitor-hold": ""})  # noqa: B023, E731
        simulation.sweep(meanwhile(point, hold, nth))
        assert (simulation.evidence.races, len(simulation.evidence.deleted())) == (races, deleted)


def test_s13_an_answer_that_leaves_out_what_is_there_proves_nothing(tmp_path: Path) -> None:
    """Two jobs stay, and the list asks for both: where one of them is left out, the other one does not make it whole."""
    simulation = Simulation(folder=tmp_path, sizes=BY_TIME)
    for days_ago, phase in ((60, "Failed"), (50, "Failed"), (48, "Failed"), (45, "Running"), (44, "Running"), (40, "Failed")):
        simulation.add(days_ago, phase)
    simulation.sweep()
    evidence = simulation.evidence
    assert wrong("S-13", evidence) == []
    shown = [row["metadata"]["id"] for row in json.loads(replies_of_looks(evidence)[-1])["items"]]
    assert len(shown) == len(staying(evidence)) == 2
    assert wrong("S-13", retold(evidence, is_proof(evidence), told_rows(lambda rows: rows[1:])))


def test_a_job_that_is_created_later_was_not_there(tmp_path: Path) -> None:
    simulation = Simulation(folder=tmp_path / "later", sizes=BY_IDS)
    before = simulation.clock.true
    simulation.clock.advance(1.0)
    later = simulation.add(30)
    witness = simulation.evidence.witness
    assert list(witness.states(later, before, before)) == []
    assert len(list(witness.states(later, before, simulation.clock.true))) == 1
