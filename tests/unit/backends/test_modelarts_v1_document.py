"""A v1 job with its versions becomes one job: it has ended when all of it has, and its end is that of its last version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import make_policy, make_rules
from documents_v1 import make_job_v1
from hypothesis import given
from hypothesis import strategies as st
from json_values import json_values

from janitor.backends.modelarts_v1_document import PHASES, Origin, has_ended, parse_job, read_origin, read_phase
from janitor.core.job import Job, differing_fields
from janitor.core.phase import TERMINAL, Phase
from janitor.core.verdict import Verdict
from janitor.emulator.document_v1 import ACTIVE, STATUSES
from janitor.retention.evaluate import evaluate
from janitor.retention.policy import MAY_BE_UNTOLD
from janitor.retention.selector import Range, Selector

END = 1_767_949_200_000


def at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def version(number: Any = 1, **changes: Any) -> dict[str, Any]:
    began = END - 100_000
    return {"version_id": number, "status": 10, "create_time": began, "start_time": began + 1000, "duration": 60_000} | changes


def document(*versions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"job_id": 155500, "job_name": "lenet", "job_desc": "", "versions": list(versions)} | changes


def row(of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The row of a document's job, which mirrors its last version."""
    last = of["versions"][-1].get("version_id") if of["versions"] else None
    shown = {name: of[name] for name in ("job_id", "job_name", "job_desc") if name in of}
    return shown | {"user": {"name": "ann"}, "version_count": len(of["versions"]), "version_id": last} | changes


def parse(of: dict[str, Any], **changes: Any) -> Job:
    """The job of a document whose row agrees with it, but for these changes."""
    return parse_job(of, read_origin(row(of, **changes), "0"))


EXPECTED = dict(
    enumerate(
        [Phase.UNKNOWN, Phase.CREATING, Phase.CREATING, Phase.FAILED, Phase.CREATING, Phase.FAILED, Phase.UNKNOWN, Phase.PENDING]
        + [Phase.RUNNING, Phase.TERMINATING, Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED, Phase.TERMINATED, Phase.ABNORMAL]
        + [Phase.RUNNING, Phase.FAILED, Phase.FAILED, Phase.PENDING, Phase.PENDING, Phase.PENDING, Phase.FAILED, Phase.FAILED]
    )
)


def test_every_code_has_its_phase_and_every_code_that_may_use_resources_is_active() -> None:
    assert {code: read_phase(code) for code in STATUSES} == EXPECTED
    assert {code: read_phase(str(code)) for code in STATUSES} == EXPECTED
    assert not {PHASES.get(code) for code in ACTIVE} & TERMINAL


@pytest.mark.parametrize(
    "status",
    [
        None,
        True,
        -1,
        23,
        99,
        10.0,
        "",
        " 10",
        "010",
        "+10",
        "1_0",
        "١٠",
        "COMPLETED",
        "10.0",
        [10],
        {},
        "9" * 5000,
        10**4000,
        "-1",
    ],
)
def test_a32_any_other_status_is_unknown(status: Any) -> None:
    assert read_phase(status) is Phase.UNKNOWN
    assert parse(document(version(), version(2, status=status))).phase is Phase.UNKNOWN
    assert not has_ended({"status": status})


@pytest.mark.parametrize(
    ("statuses", "phase", "others"),
    [
        ((10,), Phase.COMPLETED, set()),
        ((10, 10), Phase.COMPLETED, set()),
        ((11, 10), Phase.COMPLETED, {Phase.FAILED}),
        ((3, 12), Phase.TERMINATED, {Phase.FAILED}),
        ((12, 10, 11), Phase.COMPLETED, {Phase.TERMINATED, Phase.FAILED}),
        ((10, 14, 11), Phase.ABNORMAL, {Phase.COMPLETED, Phase.FAILED}),
        ((10, 8), Phase.RUNNING, {Phase.COMPLETED}),
        ((8, 7, 9), Phase.RUNNING, {Phase.PENDING, Phase.TERMINATING}),
        ((10, 1), Phase.CREATING, {Phase.COMPLETED}),
        ((10, 6), Phase.UNKNOWN, {Phase.COMPLETED}),
        ((8, 0), Phase.UNKNOWN, {Phase.RUNNING}),
        ((), Phase.UNKNOWN, set()),
    ],
)
def test_r3_a_job_has_ended_only_when_every_version_has(statuses: tuple[int, ...], phase: Phase, others: set[Phase]) -> None:
    job = parse(document(*(version(number, status=code) for number, code in enumerate(statuses, 1))))
    assert (job.phase, set(job.other_phases)) == (phase, others)
    assert (job.phase in TERMINAL) is (bool(statuses) and all(read_phase(code) in TERMINAL for code in statuses))
    assert (job.finished_at is not None) is (job.phase in TERMINAL)


def test_a_job_lasts_from_its_first_version_to_the_end_of_its_last() -> None:
    """Whichever is listed first, and though the one that began last did not end last."""
    long, short = (
        version(1, create_time=END, start_time=END + 1, duration=5_000),
        version(2, create_time=END + 9, start_time=END + 10),
    )
    for versions in ((long, short | {"duration": 20}), (short | {"duration": 20}, long)):
        job = parse(document(*versions))
        assert (job.created_at, job.started_at, job.finished_at) == (at(END), at(END + 10), at(END + 5_001))


MINUTES = Selector(phase=frozenset({Phase.COMPLETED}), duration=Range(at_most=timedelta(minutes=10)))
HOURS = Selector(duration=Range(at_least=timedelta(hours=2)))


@pytest.mark.parametrize("policy", [{"match": MINUTES}, {"except_": HOURS}], ids=["match", "except"])
def test_of_a_job_of_several_versions_no_condition_on_its_duration_can_be_told(policy: dict[str, Any]) -> None:
    """The last one ran for a minute; deleting the job deletes the one that ran for 19 hours too."""
    week = END - 7 * 86_400_000
    versions = version(1, create_time=week, start_time=week, duration=19 * 3_600_000), version(2)
    job = replace(parse(document(*versions)), labels=())
    assert (job.duration, job.runs) == (None, 2)
    rules = make_rules(make_policy(**policy))
    assert evaluate(job, rules, at(END) + timedelta(days=400)).verdict is Verdict.UNDECIDABLE


def test_one_version_and_versions_that_never_started_have_a_duration() -> None:
    idle = {"status": 13, "start_time": 0, "duration": 0}
    assert parse(document(version())).duration == timedelta(minutes=1)
    assert parse(document(version(1, **idle), version(2, **idle))).duration == timedelta(0)
    assert parse(document(version(1, **idle), version(2))).duration is None


def test_a28_a_version_more_makes_it_another_job_though_all_else_is_the_same() -> None:
    one, other = parse(document(version())), parse(document(version(), version(2)))
    assert differing_fields(one, other, MAY_BE_UNTOLD) == ("runs",)


@pytest.mark.parametrize(
    "changes",
    [
        {"start_time": 0},
        {"start_time": 0, "duration": 0, "status": 13},
        {"start_time": None},
        {"start_time": "soon"},
        {"start_time": END // 1000},
        {"start_time": -1},
        {"start_time": END - 100_000 - 300_001},
        {"create_time": END + 300_001},
        {"start_time": 10**4000},
        {"duration": 0},
        {"duration": "0"},
        {"duration": "9" * 5000},
        {"duration": None},
        {"duration": -1},
        {"duration": True},
        {"duration": 1.5},
        {"duration": 10**16},
    ],
)
def test_a33_a34_an_end_that_is_not_known_of_one_version_is_not_known_of_the_job(changes: dict[str, Any]) -> None:
    for versions in ((version(), version(2, **changes)), (version(1, **changes), version(2)), (version(1, **changes),)):
        assert parse(document(*versions)).finished_at is None


def test_a34_five_minutes_between_two_clocks_are_no_contradiction() -> None:
    assert parse(document(version(start_time=END - 400_000))).finished_at == at(END - 340_000)


AGREES = {"version_count": "2", "version_id": "2"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {Phase.COMPLETED}),
        (AGREES, {Phase.COMPLETED}),
        ({"version_id": 1}, {Phase.COMPLETED}),
        ({"version_count": 1}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_count": 3}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_count": None}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_count": True}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_id": 3}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_id": None}, {Phase.UNKNOWN, Phase.COMPLETED}),
        ({"version_id": "two"}, {Phase.UNKNOWN, Phase.COMPLETED}),
    ],
)
def test_a39_versions_that_contradict_the_row_are_not_believed(changes: dict[str, Any], expected: set[Phase]) -> None:
    """A document that leaves a running version out would make the job look as if it had ended."""
    job = parse(document(version(), version(2)), **changes)
    assert job.phases == expected
    assert (job.finished_at is None) is (Phase.UNKNOWN in expected)


def test_a39_versions_without_ids_mirror_no_row() -> None:
    assert parse(document(version(None)), version_id=None).phase is Phase.UNKNOWN


@pytest.mark.parametrize(
    ("in_row", "in_document", "expected"),
    [
        ({"job_desc": "x"}, {"job_desc": "x"}, "x"),
        ({"job_desc": None}, {"job_desc": ""}, ""),
        ({"job_desc": ""}, {"job_desc": None}, ""),
        ({"job_desc": "janitor-hold"}, {}, None),
        ({"job_desc": ""}, {}, None),
        ({}, {"job_desc": ""}, None),
        ({}, {}, None),
        ({"job_desc": "janitor-hold"}, {"job_desc": ""}, None),
        ({"job_desc": ""}, {"job_desc": "x"}, None),
        ({"job_desc": "janitor-hold"}, {"job_desc": None}, None),
        ({"job_desc": 5}, {"job_desc": 5}, None),
        ({"job_desc": []}, {"job_desc": ""}, None),
    ],
)
def test_a39_a_description_counts_only_where_row_and_versions_tell_the_same(
    in_row: dict[str, Any], in_document: dict[str, Any], expected: str | None
) -> None:
    """What is not known holds: a mark may have stood there."""
    shown = document(version())
    del shown["job_desc"]
    shown |= in_document
    told = {name: value for name, value in row(shown).items() if name != "job_desc"} | in_row
    assert parse_job(shown, read_origin(told, "0")).description == expected


@pytest.mark.parametrize("changes", [{"create_time": 0}, {"create_time": None}, {"create_time": END // 1000}])
def test_a33_a_creation_that_is_not_known_of_one_version_is_not_known_of_the_job(changes: dict[str, Any]) -> None:
    assert parse(document(version(), version(2, **changes))).created_at is None


def test_names_marks_outputs_and_what_the_row_tells() -> None:
    places = {"train_url": "/b/out/", "log_url": "/b/log/"}
    job = parse(document(version(**places), version(2, train_url="/b/out/", log_url=None), job_desc="janitor-hold"))
    assert (job.id, job.name, job.owner, job.kind, job.workspace) == ("155500", "lenet", "ann", "job", "0")
    assert (job.description, job.outputs) == ("janitor-hold", ("/b/out/", "/b/log/"))
    unknown = parse_job(document(version(), job_name=None, job_desc=5), Origin())
    assert (unknown.name, unknown.owner, unknown.workspace, unknown.description) == (None, None, None, None)


@pytest.mark.parametrize(
    ("row", "owner", "workspace"),
    [
        ({"user": {"name": "ann"}}, "ann", "0"),
        ({"user": {"name": ""}, "workspace_id": ""}, None, "0"),
        ({"user": "ann", "workspace_id": "w1"}, None, "w1"),
        ({}, None, "0"),
    ],
)
def test_a_row_tells_owner_and_workspace(row: dict[str, Any], owner: str | None, workspace: str) -> None:
    assert read_origin(row, "0") == Origin(owner=owner, workspace=workspace)
    assert read_origin(row, None).workspace == (row.get("workspace_id") or None)


def test_a31_another_job_with_the_same_id_differs() -> None:
    """Also where its name and owner are the same: it was created at another time, and so was each version of it."""
    one, other = (parse(make_job_v1(END, days, job_id=7, name="same")) for days in (30, 29.9))
    assert "created_at" in differing_fields(one, other)


@given(st.lists(st.dictionaries(st.sampled_from(("status", "create_time", "start_time", "duration", "train_url")), json_values)))
def test_a39_whatever_versions_hold_reading_them_never_fails_and_never_guesses(versions: list[dict[str, Any]]) -> None:
    job = parse(document(*(one | {"version_id": number} for number, one in enumerate(versions, 1))))
    assert job.phase in TERMINAL or job.finished_at is None
    if not all(type(one.get("status")) in (int, str) for one in versions) or not versions:
        assert job.phase is Phase.UNKNOWN
