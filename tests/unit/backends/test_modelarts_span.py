"""The listing of the v2 jobs created by a given time: without a gap, and believed only where the platform does as it is asked."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from builders import NOW
from documents import make_document
from hypothesis import given
from hypothesis import strategies as st

from janitor.backends.modelarts_span import list_spanned
from janitor.core.errors import NotNarrowed
from janitor.core.span import Span
from janitor.modelarts import errors as vendor
from janitor.modelarts.v2_listing import ListedJobs, OffsetMode, Proof
from janitor.modelarts.v2_narrow import LONGEST_WINDOW, by_creation, trusted, windows

DAY = timedelta(days=1)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR = timedelta(hours=1)
Window = tuple[datetime, datetime] | None


@dataclass
class Platform:
    """The list of one workspace; `heeds` says how it understands a window."""

    days: Collection[float] = (10, 40, 70, 100, 130)
    heeds: Callable[[datetime, datetime], tuple[datetime, datetime]] = lambda start, end: (start, end)
    refuses: vendor.ModelArtsError | None = None
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = [make_document(NOW_MS, days) for days in sorted(self.days, reverse=True)]

    def created(self) -> list[datetime]:
        times = [each["metadata"].get("create_time", NOW_MS - 70 * DAY // timedelta(milliseconds=1)) for each in self.documents]
        return [NOW + timedelta(milliseconds=time - NOW_MS) for time in times]

    def peek_jobs(self, _workspace: str, _phases: Any, parse: Callable[[Any], Any]) -> tuple[Any, ...]:
        return tuple(map(parse, self.documents[:2]))

    def list_jobs(self, _workspace: str, _phases: Any, parse: Callable[[Any], Any], window: Window) -> ListedJobs[Any]:
        assert window is not None
        if self.refuses is not None:
            raise self.refuses
        self.asked.append(window)
        start, end = self.heeds(*window)
        found = [each for each, time in zip(self.documents, self.created(), strict=True) if start <= time <= end]
        items = tuple(map(parse, found))
        return ListedJobs(items=items, duplicates=0, proof=Proof.TOTAL, offsets=OffsetMode.PAGES, pages=1)


def listed(platform: Any, first: datetime, last: datetime) -> list[datetime | None]:
    spanned = list_spanned(platform, "0", ("Failed",), Span(first=first, last=last))
    assert len({job.id for job in spanned.jobs}) == len(spanned.jobs)
    return [job.created_at for job in spanned.jobs]


def test_it_shows_every_job_created_by_then_each_once_and_no_other() -> None:
    platform = Platform()
    assert listed(platform, NOW - 200 * DAY, NOW - 60 * DAY) == platform.created()[:3]


def test_it_begins_with_the_oldest_job_though_the_ledger_knows_only_of_younger_ones() -> None:
    """One that ran for months was in no listing before it ended."""
    platform = Platform()
    assert listed(platform, NOW - 75 * DAY, NOW - 60 * DAY) == platform.created()[:3]
    assert platform.asked[0][0] == platform.created()[0]


def test_without_any_job_there_is_one_empty_window() -> None:
    platform = Platform(days=())
    assert (listed(platform, NOW - DAY, NOW - DAY), len(platform.asked)) == ([], 1)


@given(st.integers(0, 4000), st.integers(0, 999_999))
def test_the_windows_of_a_time_leave_no_gap_and_each_is_one_that_a_filter_takes(hours: int, microseconds: int) -> None:
    first = NOW - hours * HOUR + timedelta(microseconds=microseconds)
    cut = list(windows(first, NOW))
    assert (cut[0][0], cut[-1][1]) == (first, max(first, NOW))
    assert all(before[1] == after[0] for before, after in pairwise(cut))
    assert len(cut) <= (NOW - first) / (LONGEST_WINDOW - timedelta(seconds=2)) + 1 or hours == 0
    for start, end in cut:
        written = [datetime.fromisoformat(text) for text in by_creation(start, end)["value"]]
        assert written[0] <= start
        assert end < written[1] <= written[0] + LONGEST_WINDOW


@pytest.mark.parametrize(
    ("heeds", "words"),
    [
        (lambda _start, _end: (NOW - 999 * DAY, NOW), "was listed as created from"),
        (lambda start, end: (start - 8 * HOUR, end - 8 * HOUR), "was listed as created from"),
        (lambda start, end: (start + 8 * HOUR, end + 8 * HOUR), "not among those of the time in which it was created"),
        (lambda start, _end: (start, start - DAY), "not among those of the time in which it was created"),
    ],
    ids=["no filter", "another time zone", "the other way round", "nothing"],
)
def test_a_platform_that_does_not_heed_the_filter_is_not_believed(heeds: Any, words: str) -> None:
    """Where it means another time zone there are jobs near the ends of windows that give it away, or the oldest does."""
    platform = Platform(days=[*(10 * number for number in range(1, 20)), 190 - 31 + 1 / 8], heeds=heeds)
    with pytest.raises(NotNarrowed, match=words):
        listed(platform, NOW - 180 * DAY, NOW - DAY)


def test_a_number_is_relied_on_later_where_it_was_that_of_the_matches_in_every_window_of_more_than_a_page() -> None:
    both, total = frozenset({Proof.TOTAL, Proof.COUNT}), frozenset({Proof.TOTAL})
    assert trusted([]) == frozenset()
    assert trusted([(50, both), (3, total)]) == total
    assert trusted([(51, both), (50, frozenset())]) == both
    assert trusted([(51, both), (99, total), (1, frozenset())]) == total


def test_a_platform_that_refuses_the_filter_cannot_be_listed_so_and_any_other_error_is_one() -> None:
    with pytest.raises(NotNarrowed, match="not narrowed by creation: bad value"):
        listed(Platform(refuses=vendor.Rejected("bad value")), NOW - 200 * DAY, NOW)
    with pytest.raises(vendor.ListingIncomplete):
        listed(Platform(refuses=vendor.ListingIncomplete("unproven")), NOW - 200 * DAY, NOW)


def test_a_job_whose_creation_is_not_told_spoils_nothing() -> None:
    platform = Platform()
    del platform.documents[2]["metadata"]["create_time"]
    assert sorted(time is None for time in listed(platform, NOW - 200 * DAY, NOW)) == [False] * 4 + [True]
