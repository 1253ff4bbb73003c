"""A listing is whole or an error, whatever `offset`, `total` and `count` mean (faults A12 to A15)."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.modelarts.modelarts_platform import PHASES, Platform, ids, job
from unit.modelarts.modelarts_stage import PROJECT

from janitor.modelarts import (
    ListingIncomplete,
    ModelArtsError,
    OffsetMode,
    Proof,
    TrainingJobsV2,
    v2_listing,
)

SIZES = [0, 1, 2, 5, 25, 26, 49, 50, 51, 98, 99, 100, 101, 149, 150, 151, 250, 512]


@pytest.mark.some(30)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pages", [True, False], ids=["pages", "records"])
@pytest.mark.parametrize("page_size", [50, 20, 3, 1])
def test_a14_both_readings_of_offset_give_the_same_whole_list(size: int, *, pages: bool, page_size: int) -> None:
    platform = Platform([job(number) for number in range(min(size, 20 * page_size))], pages=pages, page_size=page_size)
    listed = platform.listed()
    assert [item["metadata"]["id"] for item in listed.items] == ids(range(len(platform.jobs)))
    assert (listed.proof, listed.duplicates) == (Proof.TOTAL, 0)


@pytest.mark.some(18)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pages", [True, False], ids=["pages", "records"])
@pytest.mark.parametrize("page_size", [50, 20])
def test_a13_without_numbers_two_equal_readings_are_the_proof(size: int, *, pages: bool, page_size: int) -> None:
    platform = Platform([job(number) for number in range(size)], pages=pages, page_size=page_size, total=None, echo_limit=False)
    listed = platform.listed()
    assert [item["metadata"]["id"] for item in listed.items] == ids(range(size))
    assert listed.proof is Proof.REPEATED


def test_a14_a_known_mode_costs_no_probe_the_next_time() -> None:
    for pages, best in ((True, 8), (False, 9)):
        platform = Platform([job(number) for number in range(400)], pages=pages)
        client = TrainingJobsV2(platform, PROJECT)
        mode = client.list_jobs("0", PHASES).offsets
        assert mode is (OffsetMode.PAGES if pages else OffsetMode.RECORDS)
        first = len(platform.offsets)
        client.list_jobs("0", PHASES)
        assert len(platform.offsets) - first <= best + 1


def test_a14_a_mode_that_no_longer_holds_is_learnt_anew() -> None:
    platform = Platform([job(number) for number in range(230)], pages=False)
    client = TrainingJobsV2(platform, PROJECT)
    client.list_jobs("0", PHASES)
    platform.pages = True
    listed = client.list_jobs("0", PHASES)
    assert len(listed.items) == 230
    assert listed.offsets is OffsetMode.PAGES


@pytest.mark.parametrize("total", [None, lambda matches, _: matches], ids=["no total", "total"])
@pytest.mark.parametrize("page_size", [1, 2, 7])
@pytest.mark.parametrize("echo_limit", [True, False], ids=["said", "silent"])
def test_a14_a_platform_that_begins_to_send_smaller_pages_is_read_to_its_end(
    total: Any, page_size: int, *, echo_limit: bool
) -> None:
    platform = Platform([job(number) for number in range(60)], pages=False, total=total, echo_limit=echo_limit)
    client = TrainingJobsV2(platform, PROJECT)
    assert client.list_jobs("0", PHASES).offsets is OffsetMode.RECORDS
    platform.page_size = page_size
    assert len(client.list_jobs("0", PHASES).items) == 60


def test_a14_pages_that_shrink_to_one_item_meanwhile_are_not_the_end() -> None:
    def shrink(platform: Platform, request: int) -> None:
        platform.page_size = 50 if platform.offsets[-1] < 49 else 1

    platform = Platform([job(number) for number in range(120)], pages=False, total=None, before=shrink)
    with pytest.raises(ListingIncomplete):
        platform.listed()


def test_a14_an_unclear_probe_is_repeated_and_then_stepped_by_one() -> None:
    def blur(document: dict[str, Any], request: int) -> None:
        if document["offset"] == 1:
            document["items"] = document["items"][:40] + [job(number) for number in range(10, 20)]

    platform = Platform([job(number) for number in range(150)], after=blur, total=lambda *_: 140)
    listed = platform.listed()
    assert listed.offsets is OffsetMode.UNKNOWN
    assert platform.offsets[:4] == [0, 1, 0, 1]
    assert {item["metadata"]["id"] for item in listed.items} == set(ids([*range(90), *range(100, 150)]))


def test_a14_an_undecided_mode_is_whole_on_a_record_platform_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v2_listing, "_compare", lambda _first, _second: OffsetMode.UNKNOWN)
    platform = Platform([job(number) for number in range(120)], pages=False)
    assert platform.listed_ids() == ids(range(120))


def test_a13_readings_that_agree_but_saw_a_job_twice_prove_nothing() -> None:
    """A job that changes places hides another one each time, in the same way."""

    def shuffle(platform: Platform, request: int) -> None:
        if platform.offsets[-1] == 1:
            platform.jobs[0], platform.jobs[-1] = platform.jobs[-1], platform.jobs[0]
        elif platform.offsets[-1] == 0 and request > 1:
            platform.jobs.sort(key=lambda item: str(item["metadata"]["id"]))

    platform = Platform([job(number) for number in range(60)], total=None, before=shuffle)
    with pytest.raises(ListingIncomplete):
        platform.listed()


def test_a14_a_platform_that_ignores_the_offset_is_refused() -> None:
    platform = Platform([job(number) for number in range(200)], total=None)
    platform.after = lambda document, _: document.update(items=platform.jobs[:50])
    with pytest.raises(ListingIncomplete):
        platform.listed()
    assert len(platform.offsets) < 20


def test_a12_each_job_is_listed_once_and_the_first_row_wins() -> None:
    def repeat(document: dict[str, Any], request: int) -> None:
        if document["offset"] == 1:
            document["items"] = [job(3, kind="again"), *document["items"][:49]]
        if document["offset"] == 2:
            document["items"] = [job(99), *document["items"]]

    platform = Platform([job(number) for number in range(140)], after=repeat)
    listed = platform.listed()
    assert [item["metadata"]["id"] for item in listed.items] == ids(range(140))
    assert listed.duplicates == 1
    assert all(item["kind"] == "job" for item in listed.items)


def vanish_once(platform: Platform, request: int) -> None:
    """Somebody deletes the first job while we read."""
    if request == 2:
        platform.jobs.pop(0)


@pytest.mark.parametrize("pages", [True, False], ids=["pages", "records"])
def test_a13_a_job_that_slips_between_two_pages_is_found_by_the_next_reading(*, pages: bool) -> None:
    platform = Platform([job(number) for number in range(180)], pages=pages, before=vanish_once)
    listed = platform.listed()
    assert [item["metadata"]["id"] for item in listed.items] == ids(range(1, 180))
    assert len(platform.offsets) > 6


def test_a13_a_moved_record_list_is_started_over_at_once() -> None:
    def vanish(platform: Platform, request: int) -> None:
        if request == 4:
            platform.jobs.pop(0)

    platform = Platform([job(number) for number in range(400)], pages=False, before=vanish, total=None)
    assert platform.listed_ids() == ids(range(1, 400))
    assert platform.offsets[:5] == [0, 1, 49, 98, 0]


@pytest.mark.parametrize("pages", [True, False], ids=["pages", "records"])
def test_a13_a_list_that_never_stands_still_is_incomplete(*, pages: bool) -> None:
    platform = Platform([job(number) for number in range(300)], pages=pages)
    platform.before = lambda platform, _: platform.jobs.__delitem__(0)
    with pytest.raises(ListingIncomplete):
        platform.listed()
    assert len(platform.offsets) < 40


def test_a13_three_different_readings_are_incomplete() -> None:
    platform = Platform([job(number) for number in range(60)], total=None)
    platform.before = lambda platform, _: platform.jobs.append(job(1000 + len(platform.offsets)))
    with pytest.raises(ListingIncomplete):
        platform.listed()


def test_a13_a_total_that_changes_proves_nothing() -> None:
    platform = Platform([job(number) for number in range(60)], total=lambda _matches, on_page: 60 if on_page == 50 else 61)
    assert platform.listed().proof is Proof.REPEATED


@pytest.mark.parametrize("lie", [0, 59, 61, 5059, -1, "60", 60.0, True, None])
def test_a13_a_total_that_does_not_fit_proves_nothing(lie: object) -> None:
    platform = Platform([job(number) for number in range(60)], total=lambda _matches, _on_page: lie)
    assert platform.listed().proof is Proof.REPEATED


def test_a13_a_flag_is_not_a_total_of_one() -> None:
    assert Platform([job(1)], total=lambda *_: True).listed().proof is Proof.REPEATED


def test_a13_count_as_matches_is_a_proof() -> None:
    platform = Platform([job(number) for number in range(70)], total=lambda *_: 5059, count=lambda matches, _: matches)
    assert platform.listed().proof is Proof.COUNT


@pytest.mark.parametrize("size", [0, 7, 50, 70])
def test_a13_count_as_page_size_is_no_proof(size: int) -> None:
    platform = Platform([job(number) for number in range(size)], total=lambda *_: 5059, count=lambda _, on_page: on_page)
    assert platform.listed().proof is Proof.REPEATED


def test_a13_a_short_page_is_not_the_end_unless_the_total_says_so() -> None:
    def cut(document: dict[str, Any], request: int) -> None:
        document["items"] = document["items"][:30]

    platform = Platform([job(number) for number in range(60)], after=cut, total=lambda *_: 40)
    listed = platform.listed()
    assert [item["metadata"]["id"] for item in listed.items] == ids([*range(30), *range(50, 60)])


def test_a15_a_platform_without_end_is_left_after_a_bounded_number_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v2_listing, "MOST_JOBS", 1000)
    platform = Platform([], total=None)
    platform.after = lambda document, _: document.update(items=[job(document["offset"] * 50 + index) for index in range(50)])
    with pytest.raises(ListingIncomplete, match="does not end"):
        platform.listed()
    assert len(platform.offsets) < 1000 / 49 + 20


@pytest.mark.parametrize("total", [None, 10_000])
def test_a15_pages_that_bring_nothing_new_end_the_listing_as_incomplete(total: int | None) -> None:
    platform = Platform([job(number) for number in range(100)], total=None if total is None else lambda *_: total)

    def replay(document: dict[str, Any], request: int) -> None:
        if document["offset"] >= 2:
            document["items"] = platform.jobs[50:100]

    platform.after = replay
    with pytest.raises(ListingIncomplete):
        platform.listed()
    assert len(platform.offsets) <= 3 * 5


EVENTS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["drop first", "drop last", "append", "swap"])), max_size=4)


def apply(platform: Platform, event: str) -> None:
    if event == "append":
        platform.jobs.append(job(5000 + len(platform.offsets)))
    elif not platform.jobs:
        return
    elif event == "swap":
        platform.jobs[0], platform.jobs[-1] = platform.jobs[-1], platform.jobs[0]
    else:
        platform.jobs.pop(0 if event == "drop first" else -1)


@settings(max_examples=150, deadline=None)
@example(size=18, pages=False, page_size=5, has_total=False, events=[(2, "swap"), (8, "swap"), (9, "swap")])
@given(st.integers(0, 170), st.booleans(), st.integers(2, 50), st.booleans(), EVENTS)
def test_a13_whatever_changes_meanwhile_no_job_that_stayed_is_missed(
    size: int, pages: bool, page_size: int, has_total: bool, events: list[tuple[int, str]]
) -> None:
    """Every job present from the first to the last request is in the listing, or there is no listing."""
    total = (lambda matches, _: matches) if has_total else None
    platform = Platform([job(number) for number in range(size)], pages=pages, page_size=page_size, total=total)
    schedule = dict(events)
    platform.before = lambda platform, request: apply(platform, schedule[request]) if request in schedule else None
    stayed = {item["metadata"]["id"] for item in platform.jobs}
    try:
        listed = platform.listed_ids()
    except ModelArtsError:
        return
    stayed &= {item["metadata"]["id"] for item in platform.jobs}
    assert len(listed) == len(set(listed))
    assert stayed <= set(listed)
