"""Which targets fall to which shard: each to one, whatever others there are, and hardly any moves when a shard is added."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.shard import MOST_SHARDS, Shard, parse_shard, shard_of

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
TARGETS = tuple(f"project-{number:04d}" for number in range(2000))


@given(st.lists(NAMES, unique=True, max_size=30), st.integers(1, 12))
def test_every_target_falls_to_exactly_one_shard(targets: list[str], count: int) -> None:
    shares = [Shard(index=index, count=count).own(targets) for index in range(count)]
    assert sorted(name for share in shares for name in share) == sorted(targets)


@given(st.sets(NAMES, max_size=30), st.sets(NAMES, max_size=30), st.integers(1, 12), st.data())
def test_other_targets_that_come_or_go_move_none(some: set[str], more: set[str], count: int, data: st.DataObject) -> None:
    shard = Shard(index=data.draw(st.integers(0, count - 1)), count=count)
    assert set(shard.own(some)) & more == set(shard.own(more)) & some


@given(st.lists(NAMES, unique=True, max_size=30), st.integers(1, 12))
def test_with_one_shard_more_a_target_stays_or_moves_to_the_new_one(targets: list[str], count: int) -> None:
    for target in targets:
        assert shard_of(target, count + 1) in (shard_of(target, count), count)


@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_shards_are_of_one_size_and_a_new_one_takes_no_more_than_its_share(count: int) -> None:
    """Within five standard deviations of what dice would give."""
    before, after = ([shard_of(target, parts) for target in TARGETS] for parts in (count, count + 1))
    shares, moved = Counter(before), sum(old != new for old, new in zip(before, after, strict=True))
    for found, parts in (*((shares[index], count) for index in range(count)), (moved, count + 1)):
        mean = len(TARGETS) / parts
        assert abs(found - mean) <= 5 * (mean * (1 - 1 / parts)) ** 0.5


def test_the_shards_of_a_target_are_the_same_in_every_version_and_on_every_machine() -> None:
    """Were they not, two machines of one Job could leave a target out. By `sha256sum` of NAME/SHARD, the highest."""
    assert [shard_of(name, 8) for name in ("research", "nightly", "team-a", "eu-de", "x")] == [0, 6, 2, 4, 3]


def test_shards_keep_the_order_and_begin_at_places_as_far_apart_as_can_be() -> None:
    """A file names its targets by region: else all shards would ask one region at once, and then the next."""
    place = {target: number for number, target in enumerate(TARGETS)}
    for index in range(8):
        places = [place[target] for target in Shard(index=index, count=8).own(TARGETS)]
        assert places == sorted(places, key=lambda each: (each - places[0]) % len(TARGETS))
        assert abs(places[0] / len(TARGETS) - index / 8) < 0.08
    assert Shard(index=0, count=1).own(TARGETS) == TARGETS


@pytest.mark.parametrize(
    ("text", "index", "count"), [("0/1", 0, 1), ("0/8", 0, 8), ("7/8", 7, 8), ("999/1000", 999, MOST_SHARDS)]
)
def test_a_shard_is_counted_from_nought(text: str, index: int, count: int) -> None:
    shard = parse_shard(text)
    assert (shard, str(shard)) == (Shard(index=index, count=count), text)


@pytest.mark.parametrize(
    "text", ["", "3", "/8", "3/", "-1/8", "+1/8", "1.0/8", "a/b", "1/8/9", " 1/8", "1/8 ", "1 / 8", "１/8", "1/8\n", "0/1e3"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no shard; write 0/8 for the first of eight, 7/8 for the last"):
        parse_shard(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("8/8", "of 8 shards the first is 0 and the last is 7; there is no shard 8"),
        ("1/1", "there is no shard 1"),
        ("0/0", "there may be 1 to 1000 shards, not 0"),
        ("0/1001", "there may be 1 to 1000 shards, not 1001"),
    ],
)
def test_a_shard_that_cannot_be_is_refused_with_those_that_can(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_shard(text)
