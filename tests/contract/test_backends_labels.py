"""Labels, from every backend: told by listings and looks, or by neither, and never made up."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from backends_stage import TEAM, emulated
from builders import make_job
from documents import make_document

from janitor.backends.memory import MemoryBackend
from janitor.backends.port import Backend
from janitor.core.errors import (
    NotPermitted,
    Unreachable,
)
from janitor.emulator.faults import Fault


def test_labels_are_told_by_the_listing_and_by_a_look(batching: Backend) -> None:
    listing = batching.list_jobs()
    assert (listing.has_labels, batching.has_labels) == (True, True)
    (tagged,) = [job for job in listing.jobs if job.labels]
    assert tagged.labels == batching.get_job(tagged.id).labels == TEAM
    assert {job.labels for job in listing.jobs} == {(), TEAM}


def without_labels() -> Iterator[Backend]:
    yield MemoryBackend(jobs={job.id: job for job in [make_job(labels=TEAM)]}, has_labels=False)
    document = make_document(round(time.time() * 1000), 30)
    for emulator, backend in emulated([document], tags="absent"):
        emulator.world.tag(document["metadata"]["id"], dict(TEAM))
        yield backend


@pytest.mark.some(1)
def test_jobs_of_v1_have_no_labels(singly: Backend) -> None:
    listing = singly.list_jobs()
    assert (listing.has_labels, singly.has_labels) == (False, False)
    assert {job.labels for job in listing.jobs} == {()}


def test_where_the_platform_tells_no_labels_every_job_has_none_and_both_say_so() -> None:
    for backend in without_labels():
        listing = backend.list_jobs()
        (job,) = listing.jobs
        assert (listing.has_labels, backend.has_labels) == (False, False)
        assert job.labels == backend.get_job(job.id).labels == ()


def test_a_look_finds_out_by_itself_whether_there_are_labels_and_asks_no_more() -> None:
    document = make_document(round(time.time() * 1000), 30)
    for emulator, backend in emulated([document], tags="absent"):
        told = [(backend.has_labels, backend.get_job(document["metadata"]["id"]).labels) for _ in range(2)]
        assert told == [(True, ()), (False, ())]
        assert [record.route for record in emulator.requests] == ["get", "tags", "find_by_tags", "get"]


def test_tag_routes_that_go_or_come_after_a_look_or_listing_never_pass_for_no_labels() -> None:
    document = make_document(round(time.time() * 1000), 30)
    job_id = document["metadata"]["id"]
    for emulator, backend in emulated([document]):
        emulator.world.tag(job_id, dict(TEAM) | {"_sys_x": "the platform's own"})
        assert backend.list_jobs().jobs[0].labels == backend.get_job(job_id).labels == TEAM
        emulator.faults.add(Fault("tags", "status", status=404, code="APIG.0101"))
        assert backend.get_job(job_id).labels is None
        for route in ("find_by_tags", "all_tags"):
            emulator.faults.add(Fault(route, "status", status=404, code="APIG.0101"))
        assert [backend.list_jobs().jobs[0].labels, backend.get_job(job_id).labels] == [(), ()]
        assert [backend.list_jobs().jobs[0].labels, backend.get_job(job_id).labels] == [TEAM, TEAM]


@pytest.mark.parametrize(("asked", "other"), [("find_by_tags", "all_tags"), ("tags", "find_by_tags")])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (None, Unreachable),
        ({"action": "status", "status": 403, "code": "ModelArts.0108"}, NotPermitted),
        ({"action": "html", "status": 405}, Unreachable),
    ],
)
def test_a_tag_route_alone_is_not_believed_that_there_are_none(
    asked: Any, other: Any, fault: dict[str, Any] | None, kind: type[Exception]
) -> None:
    document = make_document(round(time.time() * 1000), 30)
    job_id = document["metadata"]["id"]
    for emulator, backend in emulated([document]):
        emulator.world.tag(job_id, dict(TEAM))
        emulator.faults.add(Fault(asked, "status", status=404, code="APIG.0101"))
        if fault is not None:
            emulator.faults.add(Fault(other, **fault))
        with pytest.raises(kind):
            backend.list_jobs() if asked == "find_by_tags" else backend.get_job(job_id)
        assert backend.has_labels
        assert backend.get_job(job_id).labels == TEAM
