"""When searches by tags are believed: each tells all tags of the jobs that it was asked for, and shows those that are known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from backends_stage import emulated
from emulator_probe import job_id, make_jobs

from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.backends.narrow import Told
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator


@pytest.fixture
def project() -> Iterator[tuple[Emulator, ModelArtsV2]]:
    for emulator, backend in emulated(make_jobs(20)):
        assert isinstance(backend, ModelArtsV2)
        yield emulator, backend


def answer_searches(emulator: Emulator, *answers: dict[str, dict[str, str]]) -> None:
    """The next searches by tags are answered so: jobs with tags."""
    for number, answer in enumerate(answers, 1):
        rows = [
            {"resource_id": job_id, "tags": [{"key": key, "value": value} for key, value in found.items()]}
            for job_id, found in answer.items()
        ]
        body = json.dumps({"resources": rows, "total_count": len(rows)})
        emulator.faults.add(Fault("find_by_tags", "body", status=200, body=body, nth=number))


def matter(key: str, _value: str) -> bool:
    return key in {"janitor-hold", "team"}


TEAM, HELD = {"team": "nlp"}, {"janitor-hold": ""}


@pytest.fixture
def labelled(project: tuple[Emulator, ModelArtsV2]) -> tuple[Emulator, ModelArtsV2]:
    """The listing showed job 3 with a mark, and jobs 1 and 2 with another label that matters; job 2 is marked since.

    The first search is for marks.
    """
    emulator, backend = project
    for number, labels in ((3, HELD), (1, TEAM), (2, TEAM)):
        emulator.world.tag(job_id(number), labels)
    backend.list_jobs()
    emulator.world.tag(job_id(2), HELD)
    return emulator, backend


def test_a29_searches_of_which_each_tells_its_own_key_alone_are_not_believed(labelled: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = labelled
    told = backend.narrow.list_labels("0", matter)
    assert told is not None
    assert told.labels[job_id(2)] == (("janitor-hold", ""), ("team", "nlp"))
    answer_searches(emulator, {job_id(3): HELD, job_id(2): HELD}, {job_id(1): TEAM, job_id(2): TEAM})
    assert backend.narrow.list_labels("0", matter) is None


def test_a29_the_answer_to_another_search_is_not_believed(labelled: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = labelled
    emulator.world.tag(job_id(3), TEAM)
    answer_searches(emulator, *[{job_id(1): TEAM, job_id(2): TEAM, job_id(3): HELD | TEAM}] * 2)
    assert backend.narrow.list_labels("0", matter) is None


def test_a29_a_search_that_sees_some_jobs_alone_is_not_believed(labelled: tuple[Emulator, ModelArtsV2]) -> None:
    """It may look at the youngest only, as the `tags` of the list do: what it does not find is gone, or it is not believed."""
    emulator, backend = labelled
    answer_searches(emulator, {job_id(3): HELD}, {job_id(1): TEAM})
    assert backend.narrow.list_labels("0", matter, going={job_id(1)}) is None
    found = {job_id(3): (("janitor-hold", ""),), job_id(1): (("team", "nlp"),)}
    answer_searches(emulator, {job_id(3): HELD}, {job_id(1): TEAM})
    assert backend.narrow.list_labels("0", matter, going={job_id(2)}) == Told(labels=found)
    answer_searches(emulator, {}, {})
    assert backend.narrow.list_labels("0", matter, going={job_id(number) for number in (1, 2, 3)}) is None


def test_a29_keys_in_use_without_one_that_the_listing_showed_are_not_believed(project: tuple[Emulator, ModelArtsV2]) -> None:
    """What is missing besides nobody knows, though nothing reads the one that is known to be missing."""
    emulator, backend = project
    emulator.world.tag(job_id(1), TEAM)
    emulator.world.tag(job_id(3), {"colour": "red"})
    backend.list_jobs()
    emulator.world.tag(job_id(2), HELD)
    emulator.faults.add(Fault("all_tags", "body", status=200, body='{"tags": [{"key": "team", "values": ["nlp"]}]}'))
    assert backend.narrow.list_labels("0", matter) is None


def test_a29_keys_in_use_whose_offsets_count_pages_may_be_cut_short(project: tuple[Emulator, ModelArtsV2]) -> None:
    emulator, backend = project
    emulator.world.tag(job_id(1), {"janitor-a": "x"} | {f"k{number}": "x" for number in range(9)})
    backend.list_jobs()
    emulator.world.tag(job_id(2), {"z-janitor-hold": ""})
    keys = ["janitor-a", *(f"k{number}" for number in range(9))]
    pages = [[{"key": key, "values": ["x"]} for key in keys], [{"key": "z-janitor-hold", "values": [""]}], []]
    real = backend._transport.send

    def send(call: Any) -> Any:
        if not call.path.endswith("/modelarts-training-job/tags"):
            return real(call)
        offset = int(call.query.rpartition("offset=")[2])
        return replace(real(call), document={"tags": pages[min(offset, 2)]})

    backend._transport.send = send  # type: ignore[method-assign]
    assert backend.narrow.list_labels("0", lambda key, _: "janitor" in key) is None


def tell_no_tags(backend: ModelArtsV2) -> None:
    """The search of all jobs shows each, and none of its tags: these another route tells, and that of each job."""
    real = backend._transport.send

    def send(call: Any) -> Any:
        reply = real(call)
        if not call.path.endswith("/resource-instances/filter"):
            return reply
        rows = [row | {"tags": []} for row in reply.document["resources"]]
        return replace(reply, document=reply.document | {"resources": rows})

    backend._transport.send = send  # type: ignore[method-assign]


def test_a29_tags_of_all_jobs_without_a_mark_that_is_in_use_are_not_believed(project: tuple[Emulator, ModelArtsV2]) -> None:
    """Listing and look read the same route then; the tags of each job by itself tell more."""
    emulator, backend = project
    tell_no_tags(backend)
    emulator.world.tag(job_id(4), {"colour": "red"})
    backend.list_jobs()
    told = backend.narrow.list_labels("0", matter)
    assert told is not None
    assert (told.are_all, len(told.labels)) == (True, 20)
    emulator.world.tag(job_id(2), HELD)
    backend.list_jobs()
    assert backend.narrow.list_labels("0", matter) is None
    assert backend.get_job(job_id(2)).labels == (("janitor-hold", ""),)


def test_a_mark_in_use_that_a_running_job_or_another_workspace_explains_is_no_contradiction(
    project: tuple[Emulator, ModelArtsV2],
) -> None:
    emulator, backend = project
    backend.list_jobs()
    emulator.world.set_phase(job_id(2), "Running")
    emulator.world.tag(job_id(2), HELD)
    told = backend.narrow.list_labels("0", matter)
    assert told is not None
    assert told.labels[job_id(2)] == (("janitor-hold", ""),)
    in_use = json.dumps({"tags": [{"key": "janitor-hold", "values": [""]}, {"key": "team", "values": ["nlp"]}]})
    emulator.faults.add(Fault("all_tags", "body", status=200, body=in_use, times=None))
    assert backend.narrow.list_labels("0", matter) is None
    narrow = backend._narrow
    narrow.note("w2", [replace(job, labels=(("team", "nlp"),)) for job in backend.list_jobs().jobs[:1]])
    assert backend.narrow.list_labels("0", matter) is not None
