"""The tombstone: one text, whose hash is over these very bytes, bounded, and without what must not be remembered."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from builders import make_job

from janitor.core.secret import Scrubber, Secret
from janitor.core.tombstone import DEEPEST, LARGEST, Ground, Tombstone, Unkept, build_tombstone
from janitor.core.verdict import Decision, Reason, Verdict

GROUND = Ground(platform="modelarts/v2", target="research", project_id="p-1")


def build(document: Mapping[str, Any] | None, ground: Ground = GROUND, **changes: Any) -> Tombstone:
    job = make_job(**({"id": "j", "name": "trial"} | changes))
    reason = Reason(code="expired", text="it is old")
    decision = Decision(job=job, verdict=Verdict.EXPIRED, reason=reason, policy="weekly", policies=("weekly", "nightly"))
    return build_tombstone(decision, document, ground)


def test_it_has_every_fact_and_its_hash_is_over_its_bytes() -> None:
    stone = build({"job": {"b": 1.5, "a": "ä\ud800"}}, outputs=("obs://ann:pw@x/",), created_at=None, owner=None)
    assert stone.sha256 == sha256(stone.body.encode("ascii")).hexdigest()
    told = json.loads(stone.body)
    assert told == {
        "version": 1,
        "platform": "modelarts/v2",
        "target": "research",
        "project_id": "p-1",
        "job_id": "j",
        "name": "trial",
        "owner": None,
        "created_at": None,
        "phase": "failed",
        "policy": "weekly",
        "policies": ["weekly", "nightly"],
        "reason": "it is old",
        "outputs": ["obs://***@x/"],
        "document": {"job": {"a": "ä\ud800", "b": 1.5}},
        "too_large": None,
        "too_deep": None,
    }
    assert list(told) == sorted(told)
    assert (stone.owner, stone.outputs, stone.is_whole) == (None, ("obs://***@x/",), True)
    assert json.loads(build({}).body)["created_at"].endswith("Z")
    assert "body" not in repr(stone)


def test_secrets_are_removed_from_every_part_and_values_unless_they_are_kept() -> None:
    scrubber = Scrubber((Secret("SK-canary-9876543210"),))
    document = {"job": {"environments": {"K": "SK-canary-9876543210", "L": "x"}}}
    changes = {"name": "SK-canary-9876543210", "owner": "SK-canary-9876543210", "outputs": ("obs://SK-canary-9876543210",)}
    for keep in (frozenset[str](), frozenset({"environment"})):
        stone = build(document, replace(GROUND, scrub=scrubber.scrub, keep_values=keep), **changes)
        assert "canary" not in stone.body + str(stone.owner) + str(stone.outputs)
        assert json.loads(stone.body)["document"]["job"]["environments"] == {"K": "***", "L": "x" if keep else "***"}


def test_a40_a_document_that_is_too_large_is_told_by_its_size_and_hash() -> None:
    document = {"x": "y" * LARGEST}
    stone = build(document)
    told, text = json.loads(stone.body), json.dumps(document, separators=(",", ":"))
    assert (told["document"], stone.is_whole) == (None, False)
    assert told["too_large"] == {"bytes": len(text), "sha256": sha256(text.encode()).hexdigest(), "outputs": 0}
    assert build({"x": "y" * (LARGEST // 2)}).is_whole


def test_a40_endless_names_and_addresses_are_shortened_and_counted_rather_than_keep_a_job_for_ever() -> None:
    places = tuple(f"obs://{number}/{'x' * 2000}" for number in range(1000))
    stone = build({"x": 1}, name="n" * LARGEST, owner="o" * LARGEST, outputs=places)
    told = json.loads(stone.body)
    assert (len(stone.body) < LARGEST // 4, stone.is_whole, told["too_large"]["outputs"]) == (True, False, 1000)
    assert (len(told["name"]), stone.owner, list(stone.outputs)) == (1000, told["owner"], told["outputs"])
    assert (len(stone.outputs), stone.outputs[0].startswith("obs://0/xxx")) == (100, True)


def nested(levels: int) -> dict[str, Any]:
    """So many objects and lists, one in another."""
    found: Any = []
    for number in range(levels - 1):
        found = {"a": found} if number % 2 else [found]
    return {"a": found}


@pytest.mark.parametrize("levels", [DEEPEST, 100_000])
def test_a40_a_document_that_is_too_deep_keeps_no_job_for_ever(levels: int) -> None:
    stone = build(nested(levels), outputs=("obs://x/",))
    told = json.loads(stone.body)
    assert (told["document"], told["too_large"], stone.is_whole) == (None, None, False)
    assert (told["too_deep"], stone.outputs) == ({"levels": DEEPEST, "outputs": 1}, ("obs://x/",))
    assert build(nested(DEEPEST - 1)).is_whole


@pytest.mark.parametrize(
    "secret", ["Xy7,hunter2hunter2", "Xy7;hunter2hunter2", "p@hunter2hunter2", "token=hunter2hunter2 hunter2"]
)
def test_d1_no_half_of_a_secret_is_left_by_what_else_is_masked(secret: str) -> None:
    ground = replace(GROUND, scrub=Scrubber((Secret(secret),)).scrub)
    document = {"command": f"run --password={secret} https://bob:{secret}@host/ PASS={secret}"}
    stone = build(document, ground, outputs=(f"https://bob:{secret}@host/x",))
    assert "hunter2" not in stone.body


def test_nothing_is_searched_in_a_document_that_is_not_kept() -> None:
    seen: list[Any] = []

    def scrub(value: Any) -> Any:
        seen.append(value)
        return value

    build({"x": "token=" * LARGEST}, replace(GROUND, scrub=scrub))
    assert [list(each)[:2] for each in seen] == [["version", "platform"]]


@pytest.mark.parametrize(
    ("document", "changes", "why"),
    [
        (None, {}, "told nothing of the job"),
        ({"x": float("nan")}, {}, "cannot be written: ValueError"),
        ({"x": {1, 2}}, {}, "cannot be written: TypeError"),
    ],
)
def test_what_cannot_be_remembered_is_said(document: Any, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Unkept, match=why):
        build(document, **changes)
