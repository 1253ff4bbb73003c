"""Holds come back from plain data as they were: a hold that came back as less would protect nothing."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from builders import make_job

from janitor.core.job import Resources
from janitor.core.phase import Phase
from janitor.retention.describe import describe_hold, describe_selector
from janitor.retention.described import read_hold, read_selector
from janitor.retention.hold import Hold
from janitor.retention.selector import Range, Selector

FULL = Selector(
    **{field: frozenset({"a", "b"}) for field in ("kind", "workspace", "owner", "experiment", "flavor", "pool")},
    phase=frozenset({Phase.FAILED, Phase.ABNORMAL}),
    node_count=Range(at_least=2),
    accelerators=Range(at_most=8),
    duration=Range(at_least=timedelta(hours=1), at_most=timedelta(days=2)),
    labels=(("stage", None), ("team", frozenset({"nlp", "vision"}))),
    name=("a-*", "b"),
    name_regex=("a.*", "b+"),
    description=("*keep*",),
)


def test_a_selector_with_every_field_comes_back_as_it_was() -> None:
    assert set(FULL.named()) == set(Selector.__slots__)
    assert read_selector(json.loads(json.dumps(describe_selector(FULL)))) == FULL


@pytest.mark.parametrize(
    "hold",
    [
        Hold(name="h", reason="r", job_ids=frozenset({"a", "b"})),
        Hold(name="h", reason="r", match=FULL, owner="ann", until=date(2027, 6, 30), targets=frozenset({"research"})),
    ],
)
def test_a_hold_comes_back_as_it_was(hold: Hold) -> None:
    assert read_hold(json.loads(json.dumps(describe_hold(hold)))) == hold


def test_a_hold_by_regular_expression_and_range_still_covers_its_jobs_when_it_is_read_back() -> None:
    match = Selector(name_regex=("rc-[0-9]+",), node_count=Range(at_least=4))
    hold = read_hold(describe_hold(Hold(name="h", reason="r", match=match)))
    job = make_job(name="rc-7", resources=Resources(node_count=4))
    assert hold.covers(job) is True


@pytest.mark.parametrize(
    "described",
    [
        {"colour": ["red"]},
        {"owner": "ann"},
        {"name": "rc-*"},
        {"phase": ["Failed"]},
        {"phase": "failed"},
        {"labels": ["team"]},
        {"labels": {"team": "nlp"}},
        {"node_count": [1, 2]},
        {"node_count": {"at_least": 1, "below": 2}},
        {"duration": {"at_least": "1 hour"}},
    ],
)
def test_what_was_not_described_so_is_an_error_and_never_passed_over(described: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_selector(described)
