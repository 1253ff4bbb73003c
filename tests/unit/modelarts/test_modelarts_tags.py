"""The tags of all jobs are read whole or not at all; anything that is no tag is an error (faults A12, A29)."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from unit.modelarts.modelarts_stage import PROJECT

from janitor.emulator.account import Account
from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches
from janitor.modelarts import (
    AccessKey,
    Call,
    Endpoint,
    ListingIncomplete,
    ModelArtsError,
    PermissionDenied,
    ProtocolError,
    Reply,
    RouteAbsent,
    RouteKind,
    Tags,
    Transport,
    TransportLimits,
    Unavailable,
)
from janitor.modelarts.probes import Probes
from janitor.modelarts.tags import MOST_READINGS, ReadTags

ACCOUNT = Account()
LIST = f"/v2/{PROJECT}/modelarts-training-job/resource-instances/filter"


def job_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def row(number: int, *pairs: tuple[str, str]) -> dict[str, Any]:
    return {"resource_id": job_id(number), "tags": [{"key": key, "value": value} for key, value in pairs]}


class Told:
    """A platform whose rows a test holds; `lie` changes each page before it is sent."""

    def __init__(
        self, rows: list[dict[str, Any]], lie: Callable[[int, dict[str, Any]], Any] = lambda _number, page: page
    ) -> None:
        self.rows, self.lie, self.calls = rows, lie, list[Call]()
        self.most = 1000

    def send(self, call: Call) -> Reply:
        query = dict(pair.split("=") for pair in call.query.split("&"))
        offset, self.most = int(query["offset"]), min(self.most, int(query["limit"]))
        page = {"resources": self.rows[offset : offset + self.most], "total_count": len(self.rows)}
        self.calls.append(call)
        return Reply(status=200, document=self.lie(len(self.calls), page), request_id=None)

    def listed(self, wanted: list[str] | None = None) -> dict[str, ReadTags]:
        return Tags(self, PROJECT).list_tags("0", wanted or (), only=wanted is not None)


def test_the_tags_of_all_jobs_are_asked_for_without_any_condition() -> None:
    told = Told([row(1, ("team", "nlp"), ("keep", "")), row(2)])
    assert told.listed() == {job_id(1): (("keep", ""), ("team", "nlp")), job_id(2): ()}
    (call,) = told.calls
    assert (call.method, call.path, call.query, json.loads(call.body)) == (
        "POST",
        LIST,
        "limit=1000&offset=0",
        {"workspace_id": "0"},
    )
    assert (call.kind, call.mutates) == (RouteKind.LIST, False)


@pytest.mark.parametrize("most", [1000, 7, 1])
def test_a_page_may_be_shorter_than_was_asked_for(most: int) -> None:
    told = Told([row(number, ("n", str(number))) for number in range(20)])
    told.most = most
    assert told.listed() == {job_id(number): (("n", str(number)),) for number in range(20)}
    assert len(told.calls) == -(-20 // most)


def test_the_ids_of_jobs_that_were_listed_are_not_in_memory_twice() -> None:
    told = Told([row(1), row(2, ("team", "nlp"))])
    ids = [job_id(2), job_id(3)]
    found = Tags(told, PROJECT).list_tags("0", ids)
    assert found == {job_id(2): (("team", "nlp"),), job_id(1): ()}
    assert next(each for each in found if each == ids[0]) is ids[0]


@pytest.mark.parametrize("listed", [(), (1, 2, 3)])
def test_a_job_that_two_pages_show_spoils_the_reading_be_it_listed_or_not(listed: tuple[int, ...]) -> None:
    told = Told([row(1), row(2), row(1)])
    told.most = 2
    with pytest.raises(ListingIncomplete):
        Tags(told, PROJECT).list_tags("0", [job_id(number) for number in listed])


@pytest.mark.parametrize(("wanted", "pages"), [([], 1), ([1, 3], 1), ([3, 4], 1), ([2, 7], 2), ([24], 5), ([1, 99], 5)])
def test_where_few_jobs_are_wanted_no_more_is_read_than_shows_them_all(wanted: list[int], pages: int) -> None:
    """A job that is shown nowhere is not among them: what its tags say is not known."""
    told = Told([row(number, ("team", str(number))) for number in range(25)])
    told.most = 5
    found = told.listed([job_id(number) for number in wanted])
    assert len(told.calls) == pages
    assert {number: found.get(job_id(number)) for number in wanted} == {
        number: (("team", str(number)),) if number < 25 else None for number in wanted
    }


def test_a_workspace_without_jobs_has_no_tags() -> None:
    assert Told([]).listed() == {}


LIES: dict[str, Callable[[int, dict[str, Any]], Any]] = {
    "a job is missing": lambda _, page: page | {"resources": page["resources"][1:]},
    "the total is too high": lambda _, page: page | {"total_count": 4},
    "the total is too low": lambda _, page: page | {"total_count": 1},
    "the total differs from page to page": lambda number, page: page | {"total_count": 3 + number},
    "the last page has another total, which fits": lambda number, page: page | {"total_count": 3 if number % 2 == 0 else 4},
    "a job stands on two pages": lambda _, page: page | {"resources": [row(0)], "total_count": 2},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("most", [1000, 2])
def test_a12_a_reading_that_does_not_add_up_is_repeated_and_then_given_up(lie: Callable[[int, Any], Any], most: int) -> None:
    told = Told([row(number) for number in range(3)], lie)
    told.most = most
    with pytest.raises(ListingIncomplete, match="do not add up"):
        told.listed()
    assert MOST_READINGS <= len(told.calls) <= 4 * MOST_READINGS


def test_a_reading_during_which_a_job_went_is_repeated() -> None:
    told = Told([row(number) for number in range(5)])
    told.most = 2

    def go(number: int, page: Any) -> Any:
        if number == 1:
            told.rows.pop(0)
        return page

    told.lie = go
    assert told.listed() == {job_id(number): () for number in (1, 2, 3, 4)}


BROKEN: list[Any] = [
    None,
    [],
    {},
    {"resources": None, "total_count": 0},
    {"resources": {}, "total_count": 0},
    {"resources": []},
    *({"resources": [], "total_count": total} for total in ("0", None, True, -1, 1.0, 10**7)),
    {"resources": [row(number) for number in range(1001)], "total_count": 1001},
    {"resources": [None], "total_count": 1},
    {"resources": [{"tags": []}], "total_count": 1},
    {"resources": [{"resource_id": "7", "tags": []}], "total_count": 1},
    {"resources": [{"resource_id": 7, "tags": []}], "total_count": 1},
    {"resources": [row(1), row(1)], "total_count": 2},
]
NO_TAGS: list[Any] = [
    None,
    {},
    "x",
    [None],
    ["team"],
    [{"value": "x"}],
    [{"key": "", "value": "x"}],
    [{"key": 1, "value": "x"}],
    [{"key": None, "value": "x"}],
    [{"key": "team", "value": True}],
    [{"key": "team", "value": 0}],
    [{"key": "team", "value": ["x"]}],
    [{"key": "team", "value": "x"}, {"key": "team", "value": "x"}],
    [{"key": "keep", "value": "x"}, {"key": "team"}, {"key": "team"}],
]


@pytest.mark.parametrize("page", BROKEN)
def test_a_page_that_is_not_understood_is_an_error_and_never_a_job_without_tags(page: Any) -> None:
    with pytest.raises(ProtocolError):
        Told([row(1)], lambda _, __: page).listed()


@pytest.mark.parametrize("tags", NO_TAGS)
def test_a29_tags_of_one_job_that_are_not_understood_are_not_known_and_spoil_no_other(tags: Any) -> None:
    odd = {"resource_id": job_id(1), "tags": tags}
    assert Told([odd, row(2, ("team", "nlp"))]).listed() == {job_id(1): None, job_id(2): (("team", "nlp"),)}
    assert Tags(Answers({"tags": tags}), PROJECT).get_tags(job_id(1)) is None


def test_a_row_without_tags_is_not_known() -> None:
    assert Told([{"resource_id": job_id(1)}]).listed() == {job_id(1): None}


@pytest.mark.parametrize("tag", [{"key": "keep"}, {"key": "keep", "value": None}, {"key": "keep", "value": "", "more": 1}])
def test_a_tag_without_a_value_has_an_empty_one(tag: Any) -> None:
    assert Told([{"resource_id": job_id(1), "tags": [tag]}]).listed() == {job_id(1): (("keep", ""),)}
    assert Tags(Answers({"tags": [tag]}), PROJECT).get_tags(job_id(1)) == (("keep", ""),)


class Answers:
    """A platform that gives one answer, whatever is asked."""

    def __init__(self, document: Any) -> None:
        self.document, self.calls = document, list[Call]()

    def send(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply(status=200, document=self.document, request_id=None)


def test_the_tags_of_one_job_are_read_sorted() -> None:
    answers = Answers({"tags": [{"key": "team", "value": "nlp"}, {"key": "keep", "value": ""}], "more": 1})
    assert Tags(answers, PROJECT).get_tags(job_id(1)) == (("keep", ""), ("team", "nlp"))
    (call,) = answers.calls
    assert (call.kind, call.method, call.path) == (
        RouteKind.GET,
        "GET",
        f"/v2/{PROJECT}/modelarts-training-job/{job_id(1)}/tags",
    )
    assert not call.about_job  # "no such job", said by the tag service, is no proof that the job is gone


@pytest.mark.parametrize("document", [None, [], "", {}, {"resources": []}])
def test_an_answer_about_something_else_than_the_tags_of_a_job_is_an_error(document: Any) -> None:
    with pytest.raises(ProtocolError):
        Tags(Answers(document), PROJECT).get_tags(job_id(1))


def test_ids_that_are_none_are_refused_before_anything_is_sent() -> None:
    answers = Answers(None)
    for ask in (lambda: Tags(answers, PROJECT).get_tags("7"), lambda: Tags(answers, PROJECT).list_tags("../x")):
        with pytest.raises(ValueError, match="is not"):
            ask()
    assert answers.calls == []


def connect(emulator: Emulator) -> Transport:
    key = AccessKey(ACCOUNT.access_key, ACCOUNT.secret_key)
    return Transport(Endpoint(url=emulator.url), key, limits=TransportLimits(requests_per_second=1000, backoff_base_s=0.001))


@pytest.mark.soak
def test_2500_jobs_are_told_on_three_pages() -> None:
    now_ms = round(time.time() * 1000)
    jobs = [make_document(now_ms, 30) for _ in range(2500)]
    with Emulator(account=ACCOUNT, jobs=jobs) as emulator, connect(emulator) as transport:
        tagged = {job["metadata"]["id"]: {"n": str(number)} for number, job in enumerate(jobs) if number % 500 == 0}
        for each, pairs in tagged.items():
            emulator.world.tag(each, pairs)
        found = Tags(transport, ACCOUNT.project_id).list_tags("0")
        assert {record.route for record in emulator.requests} == {"find_by_tags"}
        assert (len(emulator.requests), len(found)) == (3, 2500)
        assert {each: dict(tags or ()) for each, tags in found.items() if tags != ()} == tagged
        assert Tags(transport, ACCOUNT.project_id).get_tags(next(iter(tagged))) == (("n", "0"),)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "APIG.0101", RouteAbsent), (404, "ModelArts.4204", RouteAbsent), (404, "ModelArts.2836", RouteAbsent)]
    + [(405, "ModelArts.2803", RouteAbsent), (403, "ModelArts.0108", PermissionDenied), (500, "ModelArts.0010", Unavailable)]
    + [(404, "ModelArts.9999", ProtocolError), (400, "ModelArts.2775", ProtocolError), (400, "ModelArts.2788", ModelArtsError)],
)
def test_only_the_recognised_words_say_that_there_are_no_tag_routes(status: int, code: str, kind: type[ModelArtsError]) -> None:
    job = make_document(round(time.time() * 1000), 30)
    with Emulator(account=ACCOUNT, jobs=[job]) as emulator, connect(emulator) as transport:
        for route, ask in asking(transport, job["metadata"]["id"]).items():
            emulator.faults.clear()
            emulator.faults.add(Fault(route, "status", status=status, code=code, times=None))  # type: ignore[arg-type]
            with pytest.raises(kind) as caught:
                ask()
            assert isinstance(caught.value, RouteAbsent) is (kind is RouteAbsent)


def asking(transport: Transport, job_id: str) -> dict[str, Callable[[], object]]:
    """What asks each of the three routes that are asked about tags."""
    tags, probes = Tags(transport, ACCOUNT.project_id), Probes(transport, ACCOUNT.project_id)
    one = {"tags": lambda: tags.get_tags(job_id), "all_tags": probes.ask_tags_of_project}
    return {"find_by_tags": lambda: tags.list_tags("0"), **one}


NO_WORD_FOR_IT: list[dict[str, Any]] = [
    {"action": "body", "status": 405, "body": "{}"},
    {"action": "body", "status": 404, "body": "{}"},
    {"action": "html", "status": 405},
    {"action": "empty", "status": 405},
    {"action": "empty", "status": 404},
    {
        "action": "body",
        "status": 404,
        "body": '{"error_code": "APIG.0101", "error_msg": "none"}',
        "headers": {"Content-Type": "text/html"},
    },
]


@pytest.mark.parametrize("fault", NO_WORD_FOR_IT)
def test_a29_a_bare_status_and_a_page_for_people_do_not_say_that_there_are_no_tag_routes(fault: dict[str, Any]) -> None:
    job = make_document(round(time.time() * 1000), 30)
    with Emulator(account=ACCOUNT, jobs=[job]) as emulator, connect(emulator) as transport:
        for route, ask in asking(transport, job["metadata"]["id"]).items():
            emulator.faults.clear()
            emulator.faults.add(Fault(route, times=None, **fault))  # type: ignore[arg-type]
            with pytest.raises(ProtocolError):
                ask()


def test_the_emulated_absence_is_recognised() -> None:
    with Emulator(account=ACCOUNT, switches=Switches(tags="absent")) as emulator, connect(emulator) as transport:
        for ask in asking(transport, job_id(1)).values():
            with pytest.raises(RouteAbsent):
                ask()
