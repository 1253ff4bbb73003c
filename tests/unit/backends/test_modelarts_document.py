"""Raw documents become jobs: units once, unknowns None, never a guess."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import NOW, make_policy, make_rules
from documents import make_document
from hypothesis import given
from json_values import json_values

from janitor.backends.modelarts_document import PHASES, parse_job, read_time
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate

END = 1_767_949_200_000


def at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def document(**status: Any) -> dict[str, Any]:
    made = make_document(END, 0)
    made["status"] |= status
    return made


def test_milliseconds_become_aware_times() -> None:
    job = parse_job(document())
    assert (job.finished_at, job.started_at, job.created_at) == (at(END), at(END - 3_600_000), at(END - 7_200_000))


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ({"running_records": [{"start_at": 1, "end_at": END // 1000 + 600}]}, END + 600_000),
        ({"running_records": [{"start_at": 1, "end_at": END // 1000 - 600}]}, END),
        ({"running_records": [{"start_at": 1}, {"end_at": None}], "node_count_metrics": [[END, 0]]}, END),
        ({"running_records": [{"end_at": END // 1000 + 9}], "node_count_metrics": [[END, 1]]}, END + 9_000),
        ({"running_records": []}, END),
        ({"node_count_metrics": [[END - 5, 1], [END + 9_000, 0]]}, END + 9_000),
        ({"node_count_metrics": []}, END),
        ({"duration": "3600000"}, END),
        ({"duration": 0, "running_records": [{"end_at": END // 1000}]}, END),
        ({"duration": 0, "node_count_metrics": [[END - 3_600_000, 1], [END, 0]]}, END),
        ({"duration": 0, "running_records": [{"start_at": 1}], "node_count_metrics": [[END, 0]]}, END),
    ],
)
def test_the_end_is_the_latest_of_what_is_known_and_records_are_in_seconds(status: dict[str, Any], end: int) -> None:
    assert parse_job(document(**status)).finished_at == at(end)


@pytest.mark.parametrize(
    "status",
    [
        {"start_time": 0, "duration": 0},
        {"duration": 0},
        {"duration": "0"},
        {"duration": 0, "running_records": [], "node_count_metrics": []},
        {"duration": 0, "node_count_metrics": [[END - 3_600_000, 1]]},
        {"duration": 0, "node_count_metrics": [[END - 3_600_000, 1], [END, 2]]},
        {"duration": 0, "running_records": [{"start_at": 1, "end_at": END // 1000}, {"start_at": END // 1000 + 9}]},
        {"duration": 0, "running_records": [{"end_at": END // 1000 - 3600}]},
        {"duration": None},
        {"duration": None, "running_records": [{"end_at": END // 1000}], "node_count_metrics": [[END, 0]]},
        {"duration": -1},
        {"duration": 10**16},
        {"duration": True},
        {"duration": "1e3"},
        {"running_records": [{"end_at": END}]},
        {"running_records": [{"end_at": "soon"}]},
        {"running_records": [{"start_at": 1}]},
        {"running_records": [{"start_at": 1, "end_at": None}]},
        {"running_records": [{"end_at": END // 1000 + 9}, {"start_at": END // 1000}]},
        {"running_records": [{"start_at": 1}], "node_count_metrics": [[END, 0], [END, 1]]},
        {"running_records": [{"start_at": 1}], "node_count_metrics": [[END, "0"]]},
        {"running_records": "x"},
        {"running_records": [5]},
        {"node_count_metrics": [["x", 1]]},
        {"node_count_metrics": {"a": 1}},
        {"node_count_metrics": [[END - 5, 1], [None, 0]]},
        {"node_count_metrics": [[]]},
    ],
)
def test_a33_a34_an_end_that_cannot_be_read_is_unknown_even_if_another_is_known(status: dict[str, Any]) -> None:
    assert parse_job(document(**status)).finished_at is None


@pytest.mark.parametrize("value", [None, 0, -5, "", "12a", "٣", 1.7e12, True, END // 1000, END * 1000, 10**30, [], {}])
def test_a34_a_time_in_the_wrong_unit_or_type_is_unknown(value: Any) -> None:
    assert read_time(value) is None


def test_numeric_strings_are_read() -> None:
    assert read_time(str(END)) == at(END)


DOCUMENTED = ["Creating", "Pending", "Running", "Terminating", "Completed", "Failed", "Terminated", "Abnormal"]
"""docs/modelarts-api.md, "Phases"; each is ours in lower case."""
UNDOCUMENTED = [
    "Mystery",
    "completed",
    "COMPLETED",
    "Completed ",
    "Complete",
    "Succeeded",
    "Deleted",
    "Stopped",
    "",
    None,
    3,
    ["Failed"],
    True,
]


@pytest.mark.parametrize("phase", DOCUMENTED)
def test_a32_each_documented_phase_is_read_as_itself(phase: str) -> None:
    assert parse_job(document(phase=phase)).phase.value == phase.lower()
    assert sorted(DOCUMENTED) == sorted(PHASES)


@pytest.mark.parametrize("phase", UNDOCUMENTED)
def test_a32_a_phase_that_is_not_documented_is_unknown_and_keeps_its_job(phase: Any) -> None:
    job = parse_job(document(phase=phase))
    assert job.phase is Phase.UNKNOWN
    assert evaluate(replace(job, labels=()), make_rules(make_policy()), NOW).verdict is Verdict.UNDECIDABLE


@pytest.mark.parametrize(("value", "expected"), [(None, ""), ("", ""), ("x", "x"), (5, None), ([], None)])
def test_a_description_that_is_no_text_could_not_be_read(value: Any, expected: str | None) -> None:
    made = make_document(END, 0, description=value)
    assert parse_job(made).description == expected


def test_s18_losing_the_end_of_a_running_record_lets_nothing_go() -> None:
    """A job that was restarted ended an hour ago, not when its start and its duration say."""
    now_ms = round(NOW.timestamp() * 1000)
    made = make_document(now_ms, days_ago=10)
    record = {"start_at": made["status"]["start_time"] // 1000, "end_at": now_ms // 1000 - 3600}
    for end, expected in ((record["end_at"], Verdict.KEPT), (None, Verdict.UNDECIDABLE)):
        made["status"]["running_records"] = [record | {"end_at": end}]
        assert evaluate(replace(parse_job(made), labels=()), make_rules(make_policy()), NOW).verdict is expected


def test_an_active_job_has_no_end() -> None:
    assert parse_job(document(phase="Running", duration=5)).finished_at is None


@given(json_values, json_values, json_values)
def test_no_document_raises(status: Any, metadata: Any, kind: Any) -> None:
    made: dict[str, Any] = {"kind": kind, "status": status, "metadata": metadata}
    if isinstance(metadata, dict):
        metadata["id"] = "x"
        assert parse_job(made).id == "x"
