"""Narrow readings of ModelArts v2: by which query, when an answer is whole, and when labels are believed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backends_stage import emulated
from emulator_probe import NOW, job_id, make_jobs

from janitor.backends import modelarts_narrow
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.backends.narrow import Narrow, Query, Told
from janitor.backends.port import Backend
from janitor.core.job import Job
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.modelarts import tags

LISTED = 120


def make_project(**switches: Any) -> Iterator[tuple[Emulator, ModelArtsV2]]:
    """Jobs of which all but the newest have ended, the listing read."""
    jobs = [*make_jobs(LISTED), *make_jobs(1, id=job_id(900), phase="Running")]
    for emulator, backend in emulated(jobs, **switches):
        assert isinstance(backend, ModelArtsV2)
        backend.list_jobs()
        yield emulator, backend


@pytest.fixture(params=["matches", "page"])
def project(request: pytest.FixtureRequest) -> Iterator[tuple[Emulator, ModelArtsV2]]:
    yield from make_project(count_mode=request.param)


def in_order(backend: Backend) -> list[Job]:
    return sorted(backend.list_jobs().jobs, key=lambda job: job.created_at or NOW)


def queries(narrow: Narrow, jobs: list[Job], beside: Job | None) -> list[Query]:
    return [group.query for group in narrow.group(jobs, {} if beside is None else {"0": beside})]


def test_neighbours_are_asked_for_by_their_time_others_by_nine_ids_and_one_beside(project: tuple[Emulator, ModelArtsV2]) -> None:
    _, backend = project
    jobs = in_order(backend)
    (window,) = queries(backend.narrow, jobs[:50], jobs[-1])
    assert (window.job_ids, window.created) == ((), (jobs[0].created_at, jobs[49].created_at))
    by_ids = queries(backend.narrow, jobs[:120:12], jobs[-1])
    assert [len(query.job_ids) for query in by_ids] == [6, 6]
    assert all(query.job_ids[-1] == jobs[-1].id and query.created is None for query in by_ids)
    assert len(queries(backend.narrow, jobs[:120:12], None)) == 1
    assert [query.created for query in queries(backend.narrow, [*jobs[:2], *jobs[60:62]], jobs[-1])] == [None]
    assert queries(backend.narrow, [jobs[3]], jobs[-1]) == []


def test_a_few_jobs_of_each_of_several_months_are_asked_for_by_their_ids_in_one_query(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    _, backend = project
    jobs = [replace(job, created_at=NOW - number * timedelta(days=30)) for number, job in enumerate(in_order(backend)[:9])]
    assert [len(query.job_ids) for query in queries(backend.narrow, jobs, None)] == [9]


def test_a_window_is_never_longer_than_31_days(project: tuple[Emulator, ModelArtsV2]) -> None:
    _, backend = project
    jobs = [replace(job, created_at=NOW + number * timedelta(days=1)) for number, job in enumerate(in_order(backend)[:87])]
    windows = [query.created for query in queries(backend.narrow, jobs, None)]
    assert len(windows) == 3
    assert all(window is not None and window[1] - window[0] < timedelta(days=31) for window in windows)


def test_an_answer_is_whole_where_the_number_that_proved_the_listing_is_that_of_the_jobs_shown(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    jobs = in_order(backend)
    for query in (*queries(backend.narrow, jobs[:50], None), *queries(backend.narrow, jobs[:100:12], jobs[-1])):
        shown = backend.narrow.show(query)
        assert shown.is_complete
        gone = next(job_id for job_id in shown.jobs if job_id != jobs[-1].id)
        emulator.faults.add(Fault("list", "drop_item", job_id=gone))
        left_out = backend.narrow.show(query)
        assert (gone in left_out.jobs, left_out.is_complete) == (False, False)
        emulator.world.remove(gone)
        without = backend.narrow.show(query)
        assert (gone in without.jobs, without.is_complete) == (False, True)


def test_a5_an_answer_that_belongs_to_another_query_shows_nothing_and_proves_nothing(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    jobs = in_order(backend)
    window, by_ids = queries(backend.narrow, jobs[:50], None)[0], queries(backend.narrow, jobs[60:120:12], jobs[-1])[0]
    for asked, other in ((window, by_ids), (by_ids, window)):
        answer = json.dumps(told_of(emulator, list(backend.narrow.show(other).jobs)))
        emulator.faults.add(Fault("list", "body", status=200, body=answer))
        shown = backend.narrow.show(asked)
        assert (len(shown.jobs), shown.is_complete) == (0, False)
        assert backend.narrow.show(asked).is_complete


def test_a28_nothing_of_an_answer_that_shows_a_job_that_was_not_asked_for_is_believed(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    """The answer to another query may be of any age: the page of a listing, say, kept by something in between."""
    emulator, backend = project
    jobs = in_order(backend)
    for query in (queries(backend.narrow, jobs[10:50], None)[0], queries(backend.narrow, jobs[:120:12], jobs[-1])[0]):
        emulator.faults.add(Fault("list", "body", status=200, body=json.dumps(told_of(emulator, [job.id for job in jobs[:50]]))))
        shown = backend.narrow.show(query)
        assert (shown.jobs, shown.is_complete) == ({}, False)


def told_of(emulator: Emulator, job_ids: list[str]) -> dict[str, Any]:
    """A page with these jobs, and numbers that fit it."""
    items = [emulator.world.get(job_id) for job_id in job_ids]
    return {"total": len(items), "count": len(items), "limit": 50, "offset": 0, "workspace_id": "0", "items": items}


def test_a28_a_job_that_one_answer_shows_in_two_ways_is_not_shown_and_proves_nothing(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    jobs = in_order(backend)
    query = queries(backend.narrow, jobs[:108:12], jobs[-1])[0]
    page = told_of(emulator, [*query.job_ids, query.job_ids[0]])
    emulator.faults.add(
        Fault("list", "body", status=200, body=json.dumps(page | dict.fromkeys(("total", "count"), len(query.job_ids))))
    )
    assert backend.narrow.show(query).is_complete  # the same row twice
    page["items"][0] = page["items"][0] | {"status": page["items"][0]["status"] | {"phase": "Running"}}
    emulator.faults.add(
        Fault("list", "body", status=200, body=json.dumps(page | dict.fromkeys(("total", "count"), len(query.job_ids))))
    )
    shown = backend.narrow.show(query)
    assert (set(query.job_ids) - shown.jobs.keys(), shown.is_complete) == ({query.job_ids[0]}, False)


def test_a12_a_count_of_the_items_of_a_page_that_repeats_one_proves_no_short_list() -> None:
    for emulator, backend in emulated(make_jobs(20), count_mode="page"):
        assert isinstance(backend, ModelArtsV2)
        emulator.faults.add(Fault("list", "duplicate_item", times=None))
        jobs = in_order(backend)
        emulator.faults.clear()
        (query,) = queries(backend.narrow, jobs, None)
        page = told_of(emulator, [job.id for job in jobs[:9]]) | {"total": 20}
        emulator.faults.add(Fault("list", "body", status=200, body=json.dumps(page)))
        assert not backend.narrow.show(query).is_complete


def test_jobs_of_any_phase_are_shown(project: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = project
    jobs = in_order(backend)
    emulator.world.set_phase(jobs[4].id, "Running")
    (query,) = queries(backend.narrow, jobs[:50], None)
    assert backend.narrow.show(query).jobs[jobs[4].id].phase == "running"


def test_nothing_is_whole_where_no_number_proved_the_listing() -> None:
    for _, backend in make_project():
        query = Query(workspace="0", job_ids=(job_id(1), job_id(2)))
        backend.narrow.show(query)
        fresh = ModelArtsV2(backend._transport, None, backend._scope)
        assert (len(fresh.narrow.show(query).jobs), fresh.narrow.show(query).is_complete) == (2, False)


TAGGED = {job_id(1): (("janitor-hold", ""), ("team", "nlp")), job_id(2): (("team", "nlp"),)}


def marks(key: str, _value: str) -> bool:
    return key.startswith("janitor")


def test_all_labels_of_the_jobs_that_have_one_that_matters_are_read(project: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = project
    emulator.world.tag(job_id(1), {"janitor-hold": "", "team": "nlp"})
    emulator.world.tag(job_id(2), {"team": "nlp"})
    unfiltered = backend.narrow.list_labels("0", marks)
    assert unfiltered is not None
    assert (unfiltered.are_all, len(unfiltered.labels)) == (True, LISTED + 1)
    assert {job_id: labels for job_id, labels in unfiltered.labels.items() if labels} == TAGGED
    assert [record.route for record in emulator.requests][-1] == "find_by_tags"
    backend.list_jobs()
    assert backend.narrow.list_labels("0", marks) == Told(labels={job_id(1): TAGGED[job_id(1)]})


def test_labels_are_not_read_together_where_that_takes_too_much_or_is_not_believed(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    for number in range(40):
        emulator.world.tag(job_id(number), {"janitor-ttl": f"{number + 1}d"})
    backend.list_jobs()
    assert backend.narrow.list_labels("0", marks) is None  # five searches, with the empty value
    emulator.world.untag(job_id(39), ["janitor-ttl"])
    backend.list_jobs()
    told = backend.narrow.list_labels("0", marks)
    assert told is not None
    assert len(told.labels) == 39
    backend.list_jobs()
    emulator.faults.add(Fault("all_tags", "body", status=200, body='{"tags": []}'))
    assert backend.narrow.list_labels("0", marks) is None  # the listing had shown the key


@pytest.mark.parametrize("route", ["all_tags", "find_by_tags"])
@pytest.mark.parametrize(("status", "code"), [(404, "APIG.0101"), (403, "ModelArts.0108"), (400, "ModelArts.2807")])
def test_labels_are_read_job_by_job_where_a_route_refuses(route: Any, status: int, code: str) -> None:
    for emulator, backend in make_project():
        emulator.world.tag(job_id(1), {"janitor-hold": ""})
        backend.list_jobs()
        emulator.faults.add(Fault(route, "status", status=status, code=code))
        assert backend.narrow.list_labels("0", marks) is None


def test_a29_nothing_is_told_of_labels_that_no_listing_of_this_process_showed(project: tuple[Emulator, ModelArtsV2]) -> None:
    _, backend = project
    assert backend.narrow.list_labels("0", marks) is not None
    assert ModelArtsV2(backend._transport, None, backend._scope).narrow.list_labels("0", marks) is None


def test_a29_the_empty_value_is_searched_for_though_it_is_not_among_those_in_use(project: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = project
    emulator.world.tag(job_id(1), {"janitor-hold": "paper"})
    backend.list_jobs()
    emulator.world.tag(job_id(2), {"janitor-hold": ""})
    told = json.dumps({"tags": [{"key": "janitor-hold", "values": ["paper"]}]})
    emulator.faults.add(Fault("all_tags", "body", status=200, body=told))
    assert backend.narrow.list_labels("0", marks) == Told(
        labels={job_id(1): (("janitor-hold", "paper"),), job_id(2): (("janitor-hold", ""),)}
    )


def test_a29_keys_in_use_that_may_be_cut_short_are_asked_for_once_more(project: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = project
    emulator.world.tag(job_id(1), {f"janitor-{letter}": "x" for letter in "ab"} | {f"k{number}": "x" for number in range(10)})
    backend.list_jobs()
    assert backend.narrow.list_labels("0", marks) is not None
    assert [record.route for record in emulator.requests][-4:] == ["all_tags", "all_tags", "find_by_tags", "find_by_tags"]
    emulator.world.tag(job_id(2), {"janitor-hold": ""})
    keys = ["janitor-a", "janitor-b", *(f"k{number}" for number in range(10))]
    cut = json.dumps({"tags": [{"key": key, "values": ["x"]} for key in keys]})
    emulator.faults.add(Fault("all_tags", "body", status=200, body=cut))
    assert backend.narrow.list_labels("0", marks) is None


def test_a29_a_search_that_shows_none_of_the_jobs_that_the_listing_showed_with_a_mark_is_not_believed(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    for number in range(5):
        emulator.world.tag(job_id(number), {"janitor-hold": "paper"})
    backend.list_jobs()
    emulator.world.remove(job_id(0))
    told = backend.narrow.list_labels("0", marks, going={job_id(0)})
    assert told is not None
    assert len(told.labels) == 4
    emulator.faults.add(Fault("find_by_tags", "body", status=200, body='{"resources": [], "total_count": 0}'))
    assert backend.narrow.list_labels("0", marks) is None


@pytest.fixture
def many(project: tuple[Emulator, ModelArtsV2], monkeypatch: pytest.MonkeyPatch) -> tuple[Emulator, ModelArtsV2]:
    """More jobs than those of which all tags are read, and than a page of tags shows."""
    monkeypatch.setattr(modelarts_narrow, "MOST_READ", 10)
    monkeypatch.setattr(tags, "LIMIT", 20)
    return project


def test_a29_where_no_mark_is_known_not_more_than_a_page_of_tags_is_read(many: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = many
    began = len(emulator.requests)
    assert backend.narrow.list_labels("0", marks) == Told(labels={})
    assert [record.route for record in emulator.requests[began:]] == ["all_tags", "find_by_tags", "find_by_tags"]


def test_a29_among_many_jobs_none_is_marked_where_the_keys_in_use_say_so_and_are_those_of_the_listing(
    many: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = many
    emulator.world.tag(job_id(1), {"team": "nlp"})
    backend.list_jobs()
    began = len(emulator.requests)
    assert backend.narrow.list_labels("0", marks) == Told(labels={})
    assert [record.route for record in emulator.requests[began:]] == ["all_tags"]
    for told in ('{"tags": []}', '{"tags": [{"key": "other", "values": ["x"]}]}'):
        emulator.faults.add(Fault("all_tags", "body", status=200, body=told))
        assert backend.narrow.list_labels("0", marks) is None
    emulator.world.tag(job_id(2), {"janitor-hold": ""})  # who it is, no search could prove
    assert backend.narrow.list_labels("0", marks) is None


def test_a29_among_many_jobs_no_key_in_use_is_believed_only_where_as_many_have_no_tag_as_there_are(
    many: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = many
    emulator.world.tag(job_id(2), {"janitor-hold": ""})
    emulator.faults.add(Fault("all_tags", "body", status=200, body='{"tags": []}', times=None))
    assert backend.narrow.list_labels("0", marks) is None
    other = json.dumps({"resources": [{"resource_id": job_id(2), "tags": [{"key": "janitor-hold"}]}], "total_count": 121})
    emulator.faults.add(Fault("find_by_tags", "body", status=200, body=other, times=2))
    assert backend.narrow.list_labels("0", marks) is None
    emulator.world.untag(job_id(2), ["janitor-hold"])
    assert backend.narrow.list_labels("0", marks) == Told(labels={})
    page = '{"resources": [], "total_count": 20}'  # the number of a page, not that of all jobs
    emulator.faults.add(Fault("find_by_tags", "body", status=200, body=page, times=2))
    assert backend.narrow.list_labels("0", marks) is None


@pytest.mark.parametrize("lacks", [("metadata", "description"), ("status", "running_records"), ("spec", "resource")])
def test_a28_a_row_that_lacks_what_a_job_asked_for_by_its_id_tells_does_not_tell_enough(lacks: tuple[str, str]) -> None:
    jobs = make_jobs(20)
    for job in jobs:
        job["status"]["running_records"] = []
    for _, backend in emulated(jobs):
        assert isinstance(backend, ModelArtsV2)
        planned = in_order(backend)
        (query,) = queries(backend.narrow, planned, None)
        row = backend.narrow.show(query).jobs[planned[0].id]
        assert not backend.narrow.tells_enough(row)  # nobody looked yet
        (told,) = backend.narrow.calibrate([replace(planned[0], id=job_id(999)), planned[1]])
        assert (told.id, told.description) == (planned[1].id, planned[1].description)
        assert backend.narrow.tells_enough(row)
        part, field = lacks
        document = dict((row.document or {})["job"])
        document[part] = {key: value for key, value in document[part].items() if key != field}
        assert not backend.narrow.tells_enough(replace(row, document={"job": document}))
