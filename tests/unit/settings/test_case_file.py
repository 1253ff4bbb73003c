"""Test files: read as strictly as policy files, nothing in them is unchecked, and what is left out is filled in sensibly."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW
from settings_sample import GOOD, changed

from janitor.core.errors import ConfigError
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.cases import Case
from janitor.retention.past import Mark, key_of
from janitor.settings.case_file import load_cases
from janitor.settings.load import load_policies

HEAD = "version: 1\npolicies: janitor.yaml\nas_of: 2026-11-23T03:00:00Z\n"
SECOND = GOOD[GOOD.index("  - name: research") : GOOD.index("policies:")].replace("research", "other")

Load = Callable[..., tuple[Case, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str, policies: str = GOOD) -> tuple[Case, ...]:
        (tmp_path / "janitor.yaml").write_text(policies)
        (tmp_path / "cases.yaml").write_text(text)
        return load_cases(tmp_path / "cases.yaml", lambda path: load_policies(path or tmp_path / "janitor.yaml")).cases

    return load_text


def jobs_of(load: Load, *jobs: str, head: str = HEAD, more: str = "") -> tuple[Job, ...]:
    (case,) = load(f"{head}cases:\n  - {{name: c, jobs: [{', '.join(jobs)}], others: kept{more}}}\n")
    return case.jobs


def test_what_a_job_does_not_say_is_what_an_ordinary_job_would_show(load: Load) -> None:
    (job,) = jobs_of(load, "{id: a, phase: failed, finished: 8d ago}")
    finished = NOW - timedelta(days=8)
    assert job == Job(
        id="a",
        name="a",
        owner="someone",
        kind="job",
        workspace="0",
        phase=Phase.FAILED,
        created_at=finished - timedelta(hours=2),
        started_at=finished - timedelta(hours=1),
        finished_at=finished,
        description="",
        labels=(),
    )


def test_every_field_of_a_job_can_be_said_and_null_is_not_known(load: Load) -> None:
    words = (
        "{id: a, phase: failed, other_phases: [failed, completed], name: nm, owner: null, kind: null, workspace: w, "
        "created: 2026-11-01, started: 2026-11-02T00:00:00+01:00, finished: null, description: null, labels: {a: b, c: null}, "
        "experiment: e, flavor: f, pool: p, node_count: 2, accelerators: 16}"
    )
    job, bare = jobs_of(load, words, "{id: b, phase: failed, labels: null, finished: 1d ago}")
    assert (job.name, job.owner, job.kind, job.workspace, job.description) == ("nm", None, None, "w", None)
    assert (job.created_at, job.started_at) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC))
    assert (job.finished_at, job.labels, bare.labels) == (None, (("a", "b"), ("c", "")), None)
    assert (job.phases, job.experiment) == (frozenset({Phase.FAILED, Phase.COMPLETED}), "e")
    assert (job.flavor, job.pool, job.node_count, job.accelerators) == ("f", "p", 2, 16)


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        ("finished: 10h ago", (12, 11, 10)),
        ("finished: 10h ago, created: 10h ago", (10, 10, 10)),
        ("finished: 10h ago, created: 20h ago", (20, 11, 10)),
        ("finished: 10h ago, started: 15h ago", (16, 15, 10)),
        ("finished: 10h ago, started: null", (11, None, 10)),
        ("finished: null, started: 5h ago", (6, 5, None)),
        ("finished: null", (None, None, None)),
        ("never_started: true", (1, None, None)),
        ("never_started: true, first_seen: 5h ago", (6, None, None)),
        ("never_started: true, created: null", (None, None, None)),
    ],
)
def test_the_times_that_are_not_said_follow_from_those_that_are(load: Load, times: str, hours: tuple[int | None, ...]) -> None:
    (job,) = jobs_of(load, f"{{id: a, phase: failed, {times}}}")
    found = (job.created_at, job.started_at, job.finished_at)
    assert found == tuple(None if each is None else NOW - timedelta(hours=each) for each in hours)


def test_a_job_that_runs_needs_no_end_and_defaults_are_for_every_job(load: Load) -> None:
    head = f"{HEAD}defaults: {{phase: running, owner: ci-bot, marked: 3h ago}}\n"
    (case,) = load(f"{head}cases:\n  - {{name: c, jobs: [{{id: a}}, {{id: b, owner: null}}], others: kept}}\n")
    assert [(job.phase, job.owner, job.finished_at) for job in case.jobs] == [
        (Phase.RUNNING, "ci-bot", None),
        (Phase.RUNNING, None, None),
    ]
    since = NOW - timedelta(hours=3)
    assert case.past.mark_of(case.jobs[1]) == Mark(since=since, grace=timedelta(0), noticed_at=since)


def test_the_past_and_the_holds_of_a_case_arrive(load: Load) -> None:
    a = "{id: a, phase: failed, never_started: true, first_seen: 9d ago}"
    b = "{id: b, phase: failed, finished: 9d ago, marked: {since: 2d ago, grace: 3d}}"
    hold = "holds: [{jobs: [b], until: 2026-12-31}, {jobs: [a], name: mine, reason: audited}]"
    (case,) = load(f"{HEAD}cases:\n  - {{name: c, jobs: [{a}, {b}], others: held, {hold}}}\n")
    assert case.past.first_seen == {key_of(case.jobs[0]): NOW - timedelta(days=9)}
    assert case.past.marks == {
        key_of(case.jobs[1]): Mark(since=NOW - timedelta(days=2), grace=timedelta(days=3), noticed_at=NOW - timedelta(days=2))
    }
    assert [(each.name, each.reason, set(each.job_ids)) for each in case.rules.holds] == [
        ("case-hold-1", "held by the case", {"b"}),
        ("mine", "audited", {"a"}),
    ]


def test_a_case_may_have_its_own_target_and_instant(load: Load) -> None:
    job = "jobs: [{id: a, phase: failed, finished: 8d ago}]"
    text = f"{HEAD}target: research\ncases:\n  - {{name: c, {job}, others: kept}}\n"
    text += f"  - {{name: d, target: other, as_of: 2026-01-01, {job}, others: {{verdict: kept}}}}\n"
    one, two = load(text, changed("policies:\n", f"{SECOND}policies:\n"))
    assert (one.rules.target, one.as_of, one.place.rpartition("/")[2]) == ("research", NOW, "cases.yaml:6")
    assert (two.rules.target, two.as_of) == ("other", datetime(2026, 1, 1, tzinfo=UTC))
    assert two.others is not None
    assert two.others.verdict is Verdict.KEPT


GOOD_CASE = "  - {name: c, jobs: [{id: a, phase: failed, finished: 8d ago}], expect: {a: kept}}\n"


@pytest.mark.some(16)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("jobs:", "jbos:", ':5:15: cases[0].jbos: unknown field; did you mean "jobs"?'),
        ("finished:", "finnished:", ':5:45: cases[0].jobs[0].finnished: unknown field; did you mean "finished"?'),
        ("{a: kept}", "{a: {verdct: kept}}", ':5:78: cases[0].expect.a.verdct: unknown field; did you mean "verdict"?'),
        ("{a: kept}", "{a: kpet}", ':5:77: cases[0].expect.a: is no verdict; did you mean "kept"?'),
        ("{a: kept}", "{a: {reason: too young}}", "is no code of a reason"),
        ("{a: kept}", "{a: {policy: faild-runs}}", 'governs target research; did you mean "failed-runs"?'),
        ("{a: kept}", "{b: kept}", ':5:77: cases[0].expect.b: there is no job "b" in this case; did you mean "a"?'),
        (", expect: {a: kept}", "", ':5:22: cases[0].jobs[0]: nothing is expected of job "a"'),
        ("{a: kept}", "{a: kept}, others: kept", ":5:92: cases[0].others: is about no job"),
        ("{a: kept}", "{a: kept}, holds: [{jobs: [A]}]", 'there is no job "A" in this case'),
        ("8d ago", "8d", ':5:55: cases[0].jobs[0].finished: must say in which direction: write "8d ago"'),
        ("8d ago", "8 days ago", "is not a duration"),
        ("8d ago", "yesterday", "must be a time such as 2026-11-23T03:00:00Z, or how long ago"),
        ("8d ago", "2026-02-30", "is in no calendar"),
        ("8d ago", "[8d ago]", "must be a time such as"),
        (", finished: 8d ago", "", "cases[0].jobs[0].finished: is required of a job that has ended"),
        ("phase: failed, ", "", "cases[0].jobs[0].phase: is required, here or in defaults"),
        ("phase: failed", "phase: Failed", 'is no phase; did you mean "failed"?'),
        ("phase: failed", "phase: null", "has no value; write one"),
        ("8d ago", "8d ago, first_seen: 7d ago", "counts only for a job that never started"),
        ("8d ago", "8d ago, never_started: true", "finished: contradicts never_started"),
        ("8d ago", "8d ago, labels: [team]", "must be a mapping of tags"),
        ("8d ago", "8d ago, labels: {team: 5}", "must be text; put it in quotes"),
        ("8d ago}", "8d ago}, {id: a, phase: failed, finished: null}", "is the name of an earlier one"),
        ("cases:\n", f"cases:\n{GOOD_CASE}", ":6:12: cases[1].name: is the name of an earlier one"),
        ("cases:\n", "target: reserch\ncases:\n", ":4:9: target: is no target of"),
        ("{name: c,", "{name: c, target: reserch,", "cases[0].target: is no target of"),
        ("{name: c,", "{name: c, as_of: 8d,", "as_of: must be a time such as 2026-11-23T03:00:00Z"),
        ("as_of: 2026-11-23T03:00:00Z\n", "", "cases[0]: has no as_of"),
        ("as_of: 2026-11-23T03:00:00Z", "as_of: 2026-11-23T03:00:00", "names no time zone"),
        ("{a: kept}", "{a: kept, a: held}", "is written twice"),
        ("version: 1", "version: 2", "must be 1"),
        (GOOD_CASE, "  []\n", "cases: is empty"),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(load: Load, tmp_path: Path, old: str, new: str, said: str) -> None:
    text = changed(old, new, f"{HEAD}cases:\n{GOOD_CASE}")
    with pytest.raises(ConfigError) as refusal:
        load(text)
    assert said in str(refusal.value)
    assert refusal.value.exit_code == 2
    assert all(line.startswith(f"{tmp_path}/cases.yaml:") for line in str(refusal.value).splitlines())


def test_a_file_of_several_targets_must_be_told_which(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"cases\[0\]: names no target, and .*janitor.yaml has several: other, research"):
        load(f"{HEAD}cases:\n{GOOD_CASE}", changed("policies:\n", f"{SECOND}policies:\n"))


def test_all_problems_are_told_at_once_and_those_of_the_policy_file_too(load: Load) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(f"{HEAD}cases:\n{GOOD_CASE.replace('a: kept', 'b: kept').replace('8d ago', '8d ago, first_seen: 1d ago')}")
    assert len(str(refusal.value).splitlines()) == 3
    with pytest.raises(ConfigError, match=r"janitor.yaml:\d+:\d+: "):
        load(f"{HEAD}cases:\n{GOOD_CASE}", changed("after: 7d", "after: 7"))


def test_an_empty_file_tests_nothing_and_says_so(load: Load) -> None:
    with pytest.raises(ConfigError, match="the file is empty"):
        load("# nothing\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: [{id: a, phase: failed, finished: 0001-01-01}], others: kept", "jobs[0].finished: 0001-01-01 is not from 2015"),
        ("jobs: [{id: a, phase: failed, created: 9999-12-31, finished: 8d ago}], others: kept", "created: 9999-12-31 is not"),
        ("as_of: 9999-12-31T23:59:59Z, jobs: [{id: a, phase: running}], others: kept", "9999-12-31T23:59:59Z is not from"),
        ("jobs: [{id: a, phase: running, marked: 2100-01-01}], others: kept", "2100-01-01 is not from 2015 to 2099"),
        ("jobs: [{id: a, phase: running}], others: {reason: to_young}", 'no code of a reason; did you mean "too_young"?'),
        ("jobs: [{id: a, phase: running}], others: {reason: pace}", "is no code of a reason; allowed here: active, "),
        ("jobs: [{id: a, phase: running}], others: {verdict: kept, deleted: true}", "contradicts verdict kept"),
        ("jobs: [{id: a, phase: running}], expect: {a: {verdict: held, deleted: true}}", "expect.a.deleted: contradicts"),
    ],
)
def test_what_could_never_come_is_an_error_at_its_place(load: Load, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(f"{HEAD}cases:\n  - {{name: c, {text}}}\n")
    assert said in str(caught.value)
    assert "cases.yaml:5:" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
