"""The list of jobs: every job stands on exactly one page, and what is asked for is what is shown."""

import pytest
from builders import make_job
from console_client import Reply
from console_stage import ConsoleStage, decide

from janitor.console import jobs
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict


def ids(reply: Reply) -> list[str]:
    """The ids on a page, from top to bottom."""
    return [row[1].rpartition("trial")[2][-36:] for row in reply.page.rows[1:]]


def follow(stage: ConsoleStage, address: str, rel: str) -> list[list[str]]:
    """The ids of each page from an address on."""
    pages, link = list[list[str]](), address
    while link:
        reply = stage.get(link)
        pages.append(ids(reply))
        link = next((each["href"] for each in reply.page.all("a") if each.get("rel") == rel), "")
    return pages


@pytest.mark.some(2)
@pytest.mark.parametrize("query", ["", "sort=eligible_at", "sort=eligible_at&order=down", "sort=name", "sort=owner&order=down"])
def test_walking_on_shows_every_job_once_and_walking_back_the_same(
    stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 4)
    some = [decide(n, owner=None if n % 3 == 0 else f"o{n % 2}", eligible_at=None) for n in range(5)]
    stage.list(*some, *(decide(n, name="same") for n in range(5, 11)))
    stage.list(decide(3), decide(12), target="other")
    onward = follow(stage, f"/jobs?{query}", "next")
    assert [len(page) for page in onward] == [4, 4, 4, 1]
    assert len({each for page in onward for each in page}) == 12, "one id is there in two targets"
    last = f"/jobs?{query}"
    for _ in range(3):
        last = next(each["href"] for each in stage.get(last).page.all("a") if each.get("rel") == "next")
    assert follow(stage, last, "prev")[::-1] == onward


def test_what_is_not_known_comes_last_in_either_order(stage: ConsoleStage) -> None:
    known, unknown = decide(1), decide(2, eligible_at=None)
    stage.list(known, unknown)
    for order in ("up", "down"):
        assert ids(stage.get(f"/jobs?sort=eligible_at&order={order}")) == [known.job.id, unknown.job.id]


def test_a_text_is_looked_for_in_names_and_ids_in_any_case_and_its_signs_mean_nothing(stage: ConsoleStage) -> None:
    odd, plain = decide(1, name="a_b%c"), decide(2, name="aXbYc")
    stage.list(odd, plain)
    for text, found in {"A_B%25C": [odd], "b%25": [odd], "_": [odd], "xBy": [plain], "00000002-": [plain], "zzz": []}.items():
        assert ids(stage.get(f"/jobs?q={text}")) == [each.job.id for each in found], text


def test_every_filter_asks_for_exactly_its_value(stage: ConsoleStage) -> None:
    wanted = decide(1, owner="ada", policy="nightly", verdict=Verdict.EXPIRING, phase=Phase.FAILED)
    others = [decide(2, owner="ada2"), decide(3, owner=None, policy=None, verdict=Verdict.UNMANAGED)]
    stage.list(wanted, *others)
    stage.list(decide(4), target="other")
    for query in ("owner=ada", "policy=nightly", "verdict=expiring", "phase=failed", "owner=ada&policy=nightly&target=research"):
        assert ids(stage.get(f"/jobs?{query}")) == [wanted.job.id], query
    assert len(ids(stage.get("/jobs?target=other"))) == 1
    for query in ("owner=(none)", "policy=(none)"):
        assert ids(stage.get(f"/jobs?{query}")) == [others[1].job.id], query


def test_the_numbers_of_the_verdicts_are_of_what_is_asked_for_besides(stage: ConsoleStage) -> None:
    stage.list(decide(1, owner="ada"), decide(2, owner="ada", verdict=Verdict.HELD), decide(3, owner="bob"))
    page = stage.get("/jobs?owner=ada&verdict=held").page
    assert "kept 1 held 1 unmanaged 0" in page.text
    assert "1 job " in page.text
    assert "/jobs?owner=ada&verdict=kept" in page.links
    assert "/jobs?owner=ada" in page.links, "to take the verdict away again"
    assert "kept 2 held 1" in stage.get("/jobs").page.text


def test_a_job_that_was_deleted_after_the_listing_says_so(stage: ConsoleStage) -> None:
    stage.sweep(make_job(), make_job(days_ago=1))
    rows = stage.get("/jobs?sort=created_at&order=up").page.rows
    assert [row[0] for row in rows[1:]] == ["expired gone since", "kept"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sort=id", "sort is 'id', and can be created_at"),
        ("verdict=gone", "verdict is 'gone', and can be kept"),
        ("phase=done", "phase is 'done', and can be creating"),
        ("order=sideways", "order is 'sideways', and can be up, down"),
        ("after=1", "after must be given 2 times"),
        ("after=1&after=2&before=1&before=2", "after and before cannot both be given"),
        ("after=research&after=gone", "job gone of target research is not in the last listing any more: there was a sweep"),
        (f"q={'x' * 301}", "q has 301 characters, and 300 are the most"),
    ],
)
def test_what_cannot_be_asked_is_told(stage: ConsoleStage, query: str, told: str) -> None:
    assert told in stage.get(f"/jobs?{query}", status=400).page.text


def test_nothing_found_and_nothing_listed_each_say_what_to_do(stage: ConsoleStage) -> None:
    assert "No listing is known yet" in stage.get("/jobs").page.text
    stage.list(decide(1))
    page = stage.get("/jobs?q=zzz").page
    assert "No job of the last listings fits all of this" in page.text
    assert "/jobs" in page.links
