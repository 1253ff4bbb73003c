"""The experiment of a job, what it ran on, and whether it never started: told strictly, by both generations, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import NOW, make_policy, make_rules
from documents import GPU, NPU, in_experiment, make_document, never_started, running_on
from hypothesis import given
from hypothesis import strategies as st

from janitor.backends import modelarts_v1_document as v1
from janitor.backends.modelarts_document import PHASES, parse_job
from janitor.backends.modelarts_values import MOST
from janitor.core.job import UNTOLD_RESOURCES, Job, Resources
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Verdict
from janitor.emulator.document_v1 import STATUSES
from janitor.retention.evaluate import evaluate
from janitor.retention.selector import Selector

END = 1_767_949_200_000
NOW_MS = round(NOW.timestamp() * 1000)
NO_COUNT: list[Any] = [None, 0, -1, True, 1.0, "1", "", MOST + 1, 10**400, [1], {"value": 1}, "٣"]
"""What is no number of machines or GPUs."""
NO_ZERO: list[Any] = [0.0, "0", False, -1, 1, [], {}, "", 10**400]
"""What is not the number 0, and says something all the same."""
json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.sampled_from(["CPU", "GPU", "Ascend"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)),
    max_leaves=4,
)


def parsed(metadata: Any = None, resource: Any = None, **changes: Any) -> Job:
    """The job of a document with these parts."""
    made = running_on(make_document(END, 0), GPU, flavor="p3", pool="pool-1", nodes=2)
    made["metadata"] |= metadata or {}
    made["spec"]["resource"] |= resource or {}
    return parse_job(made | changes)


def decide(job: Job, **policy: Any) -> Verdict:
    return evaluate(replace(job, labels=()), make_rules(make_policy(**policy)), NOW).verdict


def on(**detail: Any) -> Resources:
    return parsed(resource={"flavor_detail": detail}).resources


# --- experiment


NO_ID: list[Any] = ["", None, 5, ["e-1"]]
NO_REFERENCE: list[Any] = [None, {}, [], "lr", 5, True]
REFERENCES: list[tuple[Any, str | None]] = [
    ({"name": "lr", "id": "e-1"}, "lr"),
    ({"name": "lr", "id": None}, "lr"),
    ({"id": "e-1"}, None),
    *(({"name": odd, "id": "e-1"}, None) for odd in ("", None, 0, 5, True, ["lr"], {"name": "lr"})),
    *(({"id": odd}, None) for odd in NO_ID),
    *((odd, None) for odd in NO_REFERENCE),
]


@pytest.mark.parametrize(("reference", "expected"), REFERENCES)
def test_the_experiment_is_its_name_and_never_its_id(reference: Any, expected: str | None) -> None:
    assert parsed({"training_experiment_reference": reference}).experiment == expected


def test_s18_losing_the_name_of_an_experiment_lets_nothing_go() -> None:
    """An id in its place would be another experiment to an `except` that names this one."""
    made = in_experiment(make_document(NOW_MS), "paper")
    except_ = Selector(experiment=frozenset({"paper"}))
    assert decide(parse_job(made), except_=except_) is Verdict.KEPT
    made["metadata"]["training_experiment_reference"]["name"] = None
    assert decide(parse_job(made), except_=except_) is Verdict.UNDECIDABLE


def test_a_job_of_no_experiment_has_none_in_both_generations() -> None:
    assert parsed().experiment is None
    assert parse_v1(version(13)).experiment is None


# --- resources, v2


def test_accelerators_are_those_of_all_machines() -> None:
    assert parsed().resources == Resources(flavor="p3", pool="pool-1", node_count=2, accelerators=16)


@pytest.mark.parametrize(
    ("detail", "accelerators"),
    [
        ({"flavor_type": "GPU", "flavor_info": GPU}, 16),
        ({"flavor_info": GPU}, 16),
        ({"flavor_type": "Ascend", "flavor_info": NPU}, 16),
        ({"flavor_type": "Ascend", "flavor_info": {"npu": {"unit_num": 8}}}, 16),
        ({"flavor_type": "GPU", "flavor_info": GPU | {"npu": None}}, 16),
        ({"flavor_type": "GPU", "flavor_info": GPU | {"npu": {}}}, 16),
        ({"flavor_type": "CPU", "flavor_info": {"cpu": {"core_num": 8}}}, 0),
        ({"flavor_type": "CPU", "flavor_info": {"gpu": None, "npu": {}}}, 0),
        ({"flavor_type": "CPU"}, 0),
        ({"flavor_type": "CPU", "flavor_info": None}, 0),
    ],
)
def test_the_flavor_says_how_many_accelerators_a_machine_has_and_none_only_where_it_is_one_of_cpus(
    detail: dict[str, Any], accelerators: int
) -> None:
    assert on(**detail).accelerators == accelerators


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"flavor_type": "GPU"},
        {"flavor_type": "GPU", "flavor_info": {"cpu": {"core_num": 8}}},
        {"flavor_info": {"cpu": {"core_num": 8}}},
        {"flavor_type": "CPU", "flavor_info": GPU},
        {"flavor_type": "CPU", "flavor_info": {"gpu": {"unit_num": 0}}},
        {"flavor_type": "CPU", "flavor_info": []},
        {"flavor_type": "CPU", "flavor_info": "none"},
        {"flavor_type": "cpu"},
        {"flavor_type": ["CPU"]},
        {"flavor_type": "GPU", "flavor_info": GPU | NPU},
        {"flavor_type": "GPU", "flavor_info": {"gpu": 8}},
        {"flavor_type": "GPU", "flavor_info": {"gpu": 0}},
        {"flavor_type": "CPU", "flavor_info": {"gpu": False}},
        {"flavor_type": "CPU", "flavor_info": {"npu": []}},
        {"flavor_type": "Ascend", "flavor_info": {"npu": {"unit_num": "eight"}}},
        {"flavor_type": "Ascend", "flavor_info": {"npu": {"unit_num": "0"}}},
        {"flavor_type": "Ascend", "flavor_info": {"npu": {"unit_num": "9" * 18}}},
        {"flavor_type": "Ascend", "flavor_info": {"npu": {"unit_num": True}}},
    ],
)
def test_accelerators_are_untold_where_the_flavor_is_silent_odd_or_contradicts_itself(detail: dict[str, Any]) -> None:
    assert on(**detail) == Resources(flavor="p3", pool="pool-1", node_count=2)


@pytest.mark.parametrize("odd", NO_COUNT)
def test_an_odd_number_of_machines_or_cards_is_untold_and_what_is_made_of_it_too(odd: Any) -> None:
    assert parsed(resource={"node_count": odd}).resources == Resources(flavor="p3", pool="pool-1")
    assert on(flavor_type="GPU", flavor_info={"gpu": {"unit_num": odd}}).accelerators is None


@pytest.mark.parametrize("place", ["main_container_allocated_resources", "main_container_customized_flavor"])
def test_another_account_of_the_accelerators_must_not_contradict_the_flavor(place: str) -> None:
    """A job may ask for less than a machine of its flavor has."""
    same: list[Any] = [None, {}, {"accelerator_num": None}, {"accelerator_num": 8}, {"accelerator_num": 8.0}, {"cpu_core_num": 4}]
    other: list[Any] = [{"accelerator_num": odd} for odd in (4, 0, 7.5, "8", True, [8])] + [[], "8", 8, True]
    assert [parsed(resource={place: each}).accelerators for each in same] == [16] * len(same)
    assert [parsed(resource={place: each}).accelerators for each in other] == [None] * len(other)


def test_jobs_without_a_pool_are_in_none_that_is_told_and_odd_texts_are_untold() -> None:
    assert parsed(resource={"pool_id": ""}).pool is parsed(resource={"pool_id": 5}).pool is None
    assert parsed(resource={"flavor_id": None}).flavor is parsed(resource={"flavor_id": ["p3"]}).flavor is None


@pytest.mark.parametrize("tasks", [[{"role": "ps"}], [{}, {}], {}, "worker", 0, False])
def test_nothing_is_told_of_what_tasks_with_machines_of_their_own_ran_on(tasks: Any) -> None:
    assert parsed(tasks=tasks).resources == UNTOLD_RESOURCES


@pytest.mark.parametrize("nothing", [None, []])
def test_a_job_without_such_tasks_tells_what_it_ran_on(nothing: Any) -> None:
    assert parsed(tasks=nothing).accelerators == 16


@given(json_values, json_values, json_values, json_values)
def test_whatever_stands_there_numbers_are_believable_or_untold(spec: Any, resource: Any, detail: Any, info: Any) -> None:
    whole = {"resource": {"node_count": 3, "flavor_detail": {"flavor_type": detail, "flavor_info": info}}}
    for odd in (spec, {"resource": resource}, {"resource": {"node_count": resource, "flavor_detail": detail}}, whole):
        told = parsed(spec=odd).resources
        assert told.node_count is None or 1 <= told.node_count <= MOST
        assert told.accelerators is None or (told.node_count is not None and 0 <= told.accelerators <= MOST**2)
        assert all(each is None or (isinstance(each, str) and each) for each in (told.flavor, told.pool))


def test_what_many_jobs_have_in_common_is_one_object() -> None:
    """As it must be for a million jobs to fit into memory; texts that were read anew each time."""
    made = in_experiment(running_on(make_document(END, 0, user_name="ann-1"), GPU, flavor="p3-8", pool="pool-1"), "lr-1")
    one, other = (parse_job(json.loads(json.dumps(made))) for _ in range(2))
    assert one.resources is other.resources
    for name in ("owner", "kind", "workspace", "experiment", "flavor", "pool"):
        assert getattr(one, name) is getattr(other, name) is not None
    assert parsed(spec={}).resources is parsed(spec={}).resources


# --- never started, v2


def idle(phase: str = "Failed", **status: Any) -> Job:
    made = never_started(make_document(END, 0, phase))
    made["status"] |= status
    return parse_job(made)


def test_a_job_that_ended_before_it_began_never_started() -> None:
    job = idle()
    assert (job.never_started, job.started_at, job.finished_at) == (True, None, None)
    assert idle(running_records=None, node_count_metrics=None).never_started
    assert idle(running_records=[], node_count_metrics=[]).never_started


@pytest.mark.parametrize(("left_out", "expected"), [("node_count_metrics", True), ("duration", False), ("start_time", False)])
def test_that_a_job_never_started_needs_start_and_duration_and_no_list_of_what_ran(left_out: str, expected: bool) -> None:
    made = never_started(make_document(END, 0))
    del made["status"][left_out]
    assert parse_job(made).never_started is expected


@pytest.mark.parametrize("phase", [*PHASES, "Mystery", None])
def test_only_a_job_that_ended_and_did_not_complete_never_started(phase: Any) -> None:
    ended = PHASES.get(phase, Phase.UNKNOWN) in TERMINAL - {Phase.COMPLETED}
    assert idle(phase=phase).never_started is ended


NO_ROWS: list[Any] = [[{}], [[]], [[END, 0]], [{"start_at": 1}], {}, "", 0, False]
"""What is neither missing nor an empty list."""


@pytest.mark.parametrize(
    "status",
    [{"start_time": odd} for odd in (*NO_ZERO, None, END, END - 3_600_000)]
    + [{"duration": odd} for odd in (*NO_ZERO, None, 3_600_000)]
    + [{name: odd} for odd in NO_ROWS for name in ("running_records", "node_count_metrics")],
)
def test_a_job_of_which_anything_says_otherwise_or_cannot_be_read_may_have_started(status: dict[str, Any]) -> None:
    assert idle(**status).never_started is False


# --- v1


def version(status: Any = 10, **changes: Any) -> dict[str, Any]:
    """A version that never began, unless told otherwise."""
    machine = {"spec_id": 5, "pool_id": "pool-1", "gpu_num": 8, "worker_server_num": 2}
    return {"status": status, "create_time": END, "start_time": 0, "duration": 0} | machine | changes


def parse_v1(*versions: dict[str, Any], count: int | None = None) -> Job:
    numbered = [each | {"version_id": number} for number, each in enumerate(versions, 1)]
    row = {"job_desc": "", "version_count": len(versions) if count is None else count, "version_id": 1}
    return v1.parse_job({"job_id": 7, "job_desc": "", "versions": numbered}, v1.read_origin(row, "0"))


def test_a_v1_job_ran_on_what_all_of_its_versions_agree_in() -> None:
    assert parse_v1(version(), version()).resources == Resources(flavor="5", pool="pool-1", node_count=2, accelerators=16, runs=2)
    assert parse_v1(version(), version(spec_id=4)).resources == Resources(pool="pool-1", node_count=2, accelerators=16, runs=2)
    assert parse_v1(version(), version(gpu_num=4)).resources == Resources(flavor="5", pool="pool-1", node_count=2, runs=2)
    assert parse_v1(version(), version(worker_server_num=1, pool_id=None)).resources == Resources(flavor="5", runs=2)
    assert parse_v1().resources == Resources(runs=0)
    assert parse_v1(version(), version()).resources is parse_v1(version(), version()).resources


def test_each_version_of_a_v1_job_is_a_run_and_a_v2_job_is_one() -> None:
    assert [parse_v1(*[version()] * number).runs for number in (1, 2, 3)] == [1, 2, 3]
    assert parsed().runs == parsed(tasks=[{"role": "ps"}]).runs == 1


@pytest.mark.parametrize("odd", NO_COUNT)
def test_an_odd_number_in_a_v1_version_is_untold(odd: Any) -> None:
    assert parse_v1(version(worker_server_num=odd)).resources == Resources(flavor="5", pool="pool-1")
    assert parse_v1(version(gpu_num=odd)).resources == Resources(flavor="5", pool="pool-1", node_count=2)
    if odd != MOST + 1:
        assert parse_v1(version(spec_id=odd)).flavor is None


def test_a_v1_version_without_gpus_may_have_other_accelerators() -> None:
    assert parse_v1(version(gpu_num=0)).accelerators is None


@pytest.mark.parametrize("code", STATUSES)
def test_a_v1_job_never_started_only_with_a_status_of_those_that_can_end_before_they_begin(code: int) -> None:
    assert parse_v1(version(code)).never_started is (code in {3, 5, 12, 13, 21, 22})
    assert parse_v1(version(str(code))).never_started is (code in {3, 5, 12, 13, 21, 22})


@pytest.mark.parametrize(
    "changes",
    [{"start_time": odd} for odd in (*NO_ZERO, None, END)]
    + [{"duration": odd} for odd in (*NO_ZERO, None, 60_000)]
    + [{"status": 10}, {"status": 11}, {"status": 8}, {"status": "3.0"}, {"status": None}],
)
def test_a_v1_job_never_started_only_if_that_is_certain_of_every_version(changes: dict[str, Any]) -> None:
    assert parse_v1(version(3), version(13)).never_started
    assert not parse_v1(version(3), version(13) | changes).never_started
    assert not parse_v1(version(13) | changes, version(3)).never_started


def test_a_v1_job_whose_start_is_missing_or_whose_row_counts_other_versions_may_have_started() -> None:
    for name in ("start_time", "duration"):
        untold = version(3)
        del untold[name]
        assert not parse_v1(untold).never_started
    assert not parse_v1(version(3), count=2).never_started
    assert not parse_v1().never_started
