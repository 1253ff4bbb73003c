"""A plan file: what it says, without secrets, and that it is read to the byte or not at all."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from amount import cases
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.canonical import digest
from janitor.core.fingerprint import compared_fields, fingerprint, inventory_digest
from janitor.core.job import COMPARED, Job, Resources, differing_fields
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber, Secret
from janitor.retention.evaluate import evaluate_all
from janitor.retention.plan_file import (
    BEGINS,
    Binding,
    FrozenPlan,
    NoPlan,
    PlanChanged,
    Surroundings,
    Tool,
    claimed_target,
    freeze,
    read_plan_file,
)
from janitor.retention.planner import Frame, build_plan

BOUND_TO = Binding(target="research", project_id="p", backend="modelarts", api="v2")
TOOL = Tool(name="janitor", version="1", digest="d")
SECRET = "hunter2-hunter2"
UNREAD = frozenset({"flavor", "pool"})


def frozen(*jobs: Job, allowance: int = 100, unread: frozenset[str] = UNREAD) -> FrozenPlan:
    decisions = evaluate_all(jobs, make_rules(make_policy()), NOW)
    plan = build_plan(decisions, Frame(target="research", as_of=NOW, policy_digest="d", allowance=allowance))
    around = Surroundings(bound_to=BOUND_TO, tool=TOOL, ledger="1:a", scrub=Scrubber((Secret(SECRET),)).scrub)
    return freeze(plan, jobs, unread, around)


@pytest.fixture
def content() -> bytes:
    jobs = (
        make_job(name="a \u202e \ud800", description=SECRET),
        make_job(owner=None, outputs=("obs://b/o/",)),
        make_job(days_ago=1),
    )
    return frozen(*jobs).render().encode("ascii")


def test_what_was_written_is_read_back_whole(content: bytes) -> None:
    assert content.startswith(BEGINS)
    plan = read_plan_file(content)
    assert plan.render().encode() == content
    assert (len(plan.entries), plan.bound_to, plan.tool, plan.as_of) == (2, BOUND_TO, TOOL, NOW)
    assert plan.expires_at == NOW + timedelta(hours=24)
    document = json.loads(content)
    said = document.pop("digest")
    assert said == plan.digest == digest(document)


def test_an_empty_plan_and_what_is_not_in_it_are_written_too() -> None:
    plan = frozen(make_job(), make_job(days_ago=50), allowance=0)
    assert (plan.entries, plan.not_planned) == ((), {"pace": 2})
    assert read_plan_file(plan.render().encode()).not_planned == {"pace": 2}


def test_d23_whichever_byte_is_flipped_the_file_is_refused(content: bytes) -> None:
    for place in range(len(content)):
        for bits in range(1, 256, cases(127, 1)):
            flipped = bytearray(content)
            flipped[place] ^= bits
            with pytest.raises((PlanChanged, NoPlan)) as refused:
                read_plan_file(bytes(flipped))
            assert refused.type is PlanChanged, place


def test_d23_however_else_it_is_changed_it_is_refused(content: bytes) -> None:
    text = content.decode()
    document = json.loads(content)
    assert json.dumps(document, indent=1) + "\n" == text
    first = document["entries"][0]
    changed = [
        text[:-1],
        text + "\n",
        text + text,
        text[: len(text) // 2],
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        text.replace(' "version": 1,', ' "version": 1,\n "version": 1,'),
        json.dumps(document, indent=2) + "\n",
        json.dumps(document, indent=1, sort_keys=True) + "\n",
        json.dumps(document | {"entries": [first]}, indent=1) + "\n",
        json.dumps(document | {"entries": [*document["entries"], first]}, indent=1) + "\n",
        json.dumps(document | {"more": 1}, indent=1) + "\n",
        "[" * 100_000 + '"janitor.plan"',
    ]
    for each in changed:
        with pytest.raises(PlanChanged):
            read_plan_file(each.encode())


def forge(document: dict[str, Any], **changes: Any) -> bytes:
    """The document changed, with a digest that fits."""
    changed = {key: value for key, value in (document | changes).items() if key != "digest"}
    try:
        changed["digest"] = digest(changed)
    except TypeError:
        changed["digest"] = "a float"
    return (json.dumps(changed, indent=1) + "\n").encode()


@pytest.mark.parametrize("wrong", [7, 1.5, True, [1], {"b": [1]}], ids=repr)
def test_d23_a_value_of_another_kind_is_refused_even_under_a_digest_that_fits(content: bytes, wrong: Any) -> None:
    document = json.loads(content)
    entry = document["entries"][0]
    assert read_plan_file(forge(document)).digest == document["digest"]
    forged = [forge(document, **{key: wrong}) for key in document.keys() - {"digest"}]
    forged += [forge(document, entries=[entry | {key: wrong}]) for key in entry]
    for each in forged:
        with pytest.raises(PlanChanged):
            read_plan_file(each)


def test_d23_a_job_twice_or_a_field_that_no_job_has_is_refused(content: bytes) -> None:
    document = json.loads(content)
    for changes in ({"entries": [document["entries"][0]] * 2}, {"compared": ["id", "colour"]}):
        with pytest.raises(PlanChanged):
            read_plan_file(forge(document, **changes))


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b'{"kind": "janitor snapshot"}', b"version: 1\n"])
def test_another_file_is_no_plan(content: bytes) -> None:
    with pytest.raises(NoPlan, match="janitor plan -o FILE"):
        read_plan_file(content)


def test_the_target_that_a_changed_file_names_is_read_where_it_can_be(content: bytes) -> None:
    assert claimed_target(content.replace(b'"version": 1', b'"version": 2')) == "research"
    for each in (content[:-9], b"[]", b'{"target": 5}', b"{}"):
        assert claimed_target(each) is None


def test_secrets_are_scrubbed_and_the_fingerprint_is_of_what_the_platform_said() -> None:
    one, other = make_job(name=f"x-{SECRET}"), make_job(name="x-***")
    other = replace(other, id=one.id)
    plans = [frozen(job) for job in (one, other)]
    assert SECRET not in plans[0].render()
    assert [plan.entries[0].name for plan in plans] == ["x-***", "x-***"]
    assert plans[0].fingerprints != plans[1].fingerprints


def test_an_endless_name_is_shortened_and_the_fingerprint_is_of_all_of_it() -> None:
    job = make_job(name="x" * 5000)
    (entry,) = frozen(job).entries
    assert len(entry.name or "") == 1000
    assert entry.fingerprint == fingerprint(job, compared_fields(UNREAD))


CHANGES: dict[str, Any] = {
    "id": "another",
    "name": None,
    "owner": "",
    "kind": None,
    "workspace": None,
    "phase": Phase.COMPLETED,
    "other_phases": frozenset({Phase.COMPLETED, Phase.TERMINATED}),
    "created_at": None,
    "started_at": NOW,
    "finished_at": NOW,
    "description": "janitor-hold",
    "labels": (("a", "b"),),
    "experiment": "e",
    "never_started": True,
    "flavor": Resources(flavor="f"),
    "pool": Resources(pool="p"),
    "node_count": Resources(node_count=2),
    "accelerators": Resources(accelerators=0),
    "runs": Resources(runs=2),
}


def test_every_field_that_a_look_compares_is_in_the_fingerprint_and_no_other() -> None:
    assert set(CHANGES) == set(COMPARED)
    job, compared = make_job(), compared_fields(frozenset())
    for name, value in CHANGES.items():
        changed = replace(job, **{"resources" if isinstance(value, Resources) else name: value})
        assert differing_fields(job, changed) == (name,)
        assert fingerprint(changed, compared) != fingerprint(job, compared)
        without = compared_fields(frozenset({name}))
        assert fingerprint(changed, without) == fingerprint(job, without)
    assert fingerprint(replace(job, outputs=("o",), document={"a": 1}), compared) == fingerprint(job, compared)


def test_the_digest_of_an_inventory_does_not_depend_on_its_order_and_on_every_job() -> None:
    jobs, compared = [make_job(name=f"\ud800{number}") for number in range(3)], compared_fields(UNREAD)
    known = inventory_digest(jobs, compared)
    assert known == inventory_digest(reversed(jobs), compared)
    assert known != inventory_digest(jobs[1:], compared)
    assert known != inventory_digest([*jobs[:2], replace(jobs[2], owner="bob")], compared)
