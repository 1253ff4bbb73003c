"""The sums of what deleted jobs leave behind: each address once, and what is not known never as none."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.retention.leftovers import Leftovers, Share, bucket_of, sum_leftovers

JOBS: list[tuple[str | None, Sequence[str] | None]] = [
    ("ann", ("/bkt/a/", "/bkt/shared/")),
    ("ann", ["/bkt/b/", "obs://other/b/", "nowhere"]),
    ("bob", ("/bkt/shared/",)),
    ("bob", ()),
    ("", None),
    (None, ()),
]


def test_addresses_are_counted_once_by_owner_and_bucket_the_largest_first() -> None:
    left = sum_leftovers(iter(JOBS))
    assert left.total == Share(jobs=6, untold=3, addresses=5)
    assert list(left.owners.items()) == [
        ("ann", Share(jobs=2, addresses=5)),
        ("bob", Share(jobs=2, untold=1, addresses=1)),
        (None, Share(jobs=2, untold=2)),
    ]
    assert list(left.buckets.items()) == [
        ("bkt", Share(jobs=3, addresses=3)),
        (None, Share(jobs=1, addresses=1)),
        ("other", Share(jobs=1, addresses=1)),
    ]


def test_nothing_leaves_nothing() -> None:
    assert sum_leftovers([]) == Leftovers()


@given(st.permutations(JOBS))
def test_the_order_of_jobs_changes_no_sum(jobs: list[tuple[str | None, Sequence[str] | None]]) -> None:
    ours, theirs = sum_leftovers(jobs), sum_leftovers(JOBS)
    assert ours == theirs
    assert (list(ours.owners), list(ours.buckets)) == (list(theirs.owners), list(theirs.buckets))


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        *((address, "team-bkt") for address in ("/team-bkt/out/", "obs://team-bkt/out", "s3://team-bkt", "/team-bkt")),
        *((address, None) for address in ("", "/", "//team-bkt/", "team-bkt/out", "/Team/", "/b/", "file:///tmp/x", "/bkt\n/x")),
        ("/" + "b" * 63 + "/", "b" * 63),
        ("/" + "b" * 64 + "/", None),
    ],
)
def test_a_bucket_is_told_only_where_an_address_is_written_like_one(address: str, bucket: str | None) -> None:
    assert bucket_of(address) == bucket
