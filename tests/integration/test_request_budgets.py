"""How many requests a sweep takes, exactly: the guard of design.md's budgets that no slow machine can trip."""

import gc
import json
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from documents import make_document
from stage import Stage

from janitor.backends.modelarts_document import parse_job
from janitor.emulator.switches import Switches
from janitor.sweep import batch, looking, send

MOST_BYTES, MOST_BYTES_ITSELF = 480, 168
MakeStage = Callable[..., Stage]
POLICY = """\
policies:
  - {name: old, mode: enforce, match: {phase: [failed]}, expire: {after: 7d}}
"""


def make_project(now_ms: int, jobs: int, every: int) -> list[dict[str, Any]]:
    """Jobs of 80 days, at most an hour apart, of which every so many-th failed; with 0 the older half did."""
    failed = {number for number in range(jobs) if (number % every == 0 if every else number < jobs // 2)}
    apart = min(1 / 24, 80 / jobs)
    return [make_document(now_ms, 90 - number * apart, "Failed" if number in failed else "Completed") for number in range(jobs)]


def budget(listed: int, each: float, expired: int) -> float:
    """What design.md allows."""
    return listed / 50 + each * expired + 20


CASES: dict[str, tuple[int, int, Switches, float, dict[str, int]]] = {
    "neighbours": (
        *(800, 0, Switches(), 0.10),
        {"list": 34, "find_by_tags": 2, "all_tags": 1, "batch_delete": 7, "delete": 1, "get": 19, "tags": 1, "identity": 1},
    ),
    "neighbours, where offsets count records": (
        *(800, 0, Switches(offset_mode="record", count_mode="page"), 0.10),
        {"list": 35, "find_by_tags": 2, "all_tags": 1, "batch_delete": 7, "delete": 1, "get": 19, "tags": 1, "identity": 1},
    ),
    "interleaved": (
        *(1200, 4, Switches(), 0.25),
        {"list": 70, "find_by_tags": 4, "all_tags": 1, "batch_delete": 6, "delete": 1, "get": 10, "tags": 1, "identity": 1},
    ),
    "one in a hundred": (
        *(1000, 100, Switches(), 0.25),
        {"list": 23, "find_by_tags": 2, "all_tags": 1, "batch_delete": 1, "delete": 1, "get": 10, "tags": 1, "identity": 1},
    ),
    "a fifth of thousands": (
        *(3000, 5, Switches(), 0.25),
        {"list": 171, "find_by_tags": 5, "all_tags": 1, "batch_delete": 9, "delete": 1, "get": 11, "tags": 1, "identity": 1},
    ),
    "interleaved, no batch route": (
        *(400, 4, Switches(batch_mode="absent"), 3.0),
        {"list": 32, "find_by_tags": 2, "all_tags": 1, "batch_delete": 1, "delete": 100, "get": 10, "tags": 1, "identity": 1},
    ),
    "neighbours, neither batch route nor tags": (
        *(200, 0, Switches(batch_mode="absent", tags="absent"), 3.0),
        {"list": 28, "all_tags": 1, "find_by_tags": 1, "batch_delete": 1, "delete": 100, "get": 24, "identity": 1},
    ),
}
"""Jobs, every how manieth expired, the platform, what a deletion may take, and the requests that there are, by route."""


@pytest.mark.some(2)
@pytest.mark.parametrize("name", CASES)
def test_a_sweep_takes_exactly_so_many_requests(
    make_stage: MakeStage, now_ms: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine makes smaller batches, so that looks stay fresh, and reads labels more often; here it need not."""
    monkeypatch.setattr(looking, "SHARED_FOR_S", 600.0)
    for module in (batch, send):
        monkeypatch.setattr(module, "FRESH_FOR_S", 600.0)
    count, every, switches, each, expected = CASES[name]
    jobs = make_project(now_ms, count, every)
    stage = make_stage(jobs=jobs, switches=switches)
    stage.write(policies=POLICY, target="")
    code, report = stage.sweep()
    expired = sum(job["status"]["phase"] == "Failed" for job in jobs)
    assert (code, report["deletions"]["confirmed"], len(stage.deleted_in_truth())) == (0, expired, expired)
    routes = Counter(record.route for record in stage.emulator.requests)
    assert routes.total() <= budget(count, each, expired)
    assert dict(routes) == expected


def test_where_single_looks_are_asked_for_each_job_is_asked_for_by_its_id(make_stage: MakeStage, now_ms: int) -> None:
    """What the caution costs: about three requests a deletion."""
    stage = make_stage(jobs=make_project(now_ms, 200, 4))
    stage.write(policies=POLICY, target="looks: single\n")
    code, report = stage.sweep()
    routes = Counter(record.route for record in stage.emulator.requests)
    assert (code, report["deletions"]["confirmed"], routes["find_by_tags"], routes["list"]) == (0, 50, 1, 5)
    assert (routes["get"] >= 100, routes["tags"] >= 50) == (True, True)


def test_a_job_of_a_listing_takes_no_more_memory_than_this(now_ms: int) -> None:
    """A million jobs have to fit into 500 MB with all that a sweep makes of them: what each of them is made of counts."""
    texts = [json.dumps(make_document(now_ms, number / 24)) for number in range(1000)]
    parse_job(json.loads(texts[0]))  # what all share is there
    gc.collect()
    tracemalloc.start()
    jobs = [parse_job(json.loads(text)) for text in texts]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sys.getsizeof(jobs[0]) <= MOST_BYTES_ITSELF
    assert size / len(jobs) <= MOST_BYTES
