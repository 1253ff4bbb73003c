"""`janitor explain`: why one job is decided as it is and what comes next, who is asked, and whose history is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from stage import ACCOUNT, Stage

from janitor.emulator.faults import Fault
from janitor.emulator.server import Emulator

MakeStage = Callable[..., Stage]
UUID = "00000000-0000-4000-8000-000000000000"
ENDED = "phase: [completed, failed, terminated]"
POLICIES = f"""\
policies:
  - name: weekly
    mode: enforce
    match: {{{ENDED}, name: "run-*"}}
    except: {{name: "*-baseline"}}
    expire: {{after: 7d}}
  - name: nightly
    mode: enforce
    match: {{{ENDED}, name: "nightly-*"}}
    expire: {{after: 7d}}
    keep: {{last: 2, per: [name_prefix]}}
  - name: graced
    mode: enforce
    match: {{{ENDED}, name: "graced-*"}}
    expire: {{after: 7d}}
    grace: 48h
  - name: of-ann
    match: {{{ENDED}, owner: ann, name: ["ann-*", "watched"]}}
    expire: {{after: 7d}}
  - name: rest
    mode: enforce
    fallback: true
    match: {{{ENDED}, owner: [bob]}}
    expire: {{after: 30d}}
"""
HOLDS = 'holds:\n  - {name: paper, match: {name: "run-held"}, reason: audited, until: 2098-12-31}\n'


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The program's clock stands still, so that a distance is the same to the second."""
    now = datetime.now(UTC).replace(microsecond=0)
    monkeypatch.setattr("janitor.clock.SystemClock.now", lambda _: now)
    return now


@pytest.fixture
def explained(make_stage: MakeStage, frozen: datetime) -> Callable[..., tuple[dict[str, Any], str]]:
    """Explain a job of this name and age, as JSON and as text, among six nightly ones."""
    now_ms = round(frozen.timestamp() * 1000)
    nights = [make_document(now_ms, 20 - number, name=f"nightly-{number}") for number in range(6)]

    def explain(days_ago: float = 10, *arguments: str, night: int | None = None, **job: Any) -> tuple[dict[str, Any], str]:
        run = make_document(now_ms, days_ago, **({"name": "run-1", "user_name": "ci-bot"} | job))
        made = run if night is None else nights[night]
        stage = make_stage(jobs=[*nights, run])
        stage.write(POLICIES, top=HOLDS)
        job_id = made["metadata"]["id"]
        code, out, _ = stage.janitor("explain", job_id, "--output", "json", *arguments)
        assert code == 0
        (told,) = json.loads(out)["targets"]
        code, text, _ = stage.janitor("explain", job_id, *arguments)
        assert (code, f"verdict     {told['verdict']}: " in text, told["error"], told["refused"]) == (0, True, None, None)
        return told, text

    return explain


Explain = Callable[..., tuple[dict[str, Any], str]]


def asked(told: dict[str, Any], policy: str) -> dict[str, Any]:
    return next(each for each in told["policies_asked"] if each["policy"] == policy)


def test_a_young_job_says_when_it_is_old_enough_to_the_second(explained: Explain, frozen: datetime) -> None:
    told, text = explained(3.8333333333)
    at = frozen + timedelta(days=3, hours=4)
    change = told["next_change"]
    assert (told["line"], change["in_s"], change["what"], change["verdict"]) == (
        5,
        273_600,
        "policy weekly has waited 1w",
        "expired",
    )
    assert change["at"] == told["eligible_at"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
    assert f"next        in 3 d 4 h, at {at:%Y-%m-%d %H:%M:%SZ}, policy weekly has waited 1w; then expired: " in text
    assert "decided     by line 5 of 7: a policy that selects it keeps it" in text


def test_a_job_that_is_excepted_says_by_which_condition(explained: Explain) -> None:
    told, text = explained(name="run-1-baseline")
    assert (told["line"], told["reason_code"], told["next_change"]["at"]) == (5, "excepted", None)
    assert asked(told, "weekly")["except"] == [
        {"field": "name", "wanted": ["*-baseline"], "found": "run-1-baseline", "answer": True}
    ]
    assert "next        never by time alone: policy weekly must not except it by its name" in text


def test_the_rank_in_a_group_needs_all_jobs(explained: Explain) -> None:
    told, text = explained(night=4)
    (keep,) = told["keep"]
    assert (keep["policy"], keep["group"], keep["place"], keep["of"], keep["kept_by"]) == (
        "nightly",
        ["nightly"],
        2,
        6,
        ["last 2"],
    )
    assert "rank        policy nightly: 2nd of 6 of nightly, newest first; kept by last 2" in text
    assert "next        never by time alone: newer jobs must push it out" in text


def test_an_expired_job_tells_its_turn(explained: Explain) -> None:
    told, text = explained(night=2)
    assert (told["line"], told["verdict"], told["next_change"]) == (6, "expired", None)
    assert told["turn"] == {"older": 2, "sweep": 1, "per_sweep": 100_000, "per_day": 1_000_000}
    assert "turn        2 go before it: in about the 1st sweep from now" in text
    assert "no keep rule keeps it" in text


def test_a_hold_says_until_when_it_keeps(explained: Explain) -> None:
    told, text = explained(name="run-held")
    assert (told["line"], told["holds"][0]["id"], told["holds"][0]["covers"]) == (1, "paper", True)
    assert told["next_change"]["at"] == told["holds"][0]["keeps_until"] == "2099-01-02T00:00:00Z"
    assert "hold        paper covers it, to the end of 2098-12-31, keeps it until 2099-01-02 00:00:00Z: audited" in text
    assert {each["not_asked_because"] for each in told["policies_asked"]} == {"line 1 decided"}


@pytest.mark.soak
def test_a_mark_of_its_owner_is_told(explained: Explain) -> None:
    told, text = explained(description="janitor-hold=paper")
    assert (told["line"], told["marks"]["hold"]) == (1, "its description says janitor-hold=paper")
    assert "never by time alone: the mark must be taken off the job" in text
    told, text = explained(description="janitor-ttl=30d")
    assert (told["marks"]["ttl"], told["next_change"]["in_s"]) == ("30d", 20 * 86_400)
    assert "mark        asks for 30d: janitor-ttl=30d in its description" in text


def test_an_expiring_job_tells_its_grace_period(explained: Explain) -> None:
    told, text = explained(name="graced-1")
    assert (told["line"], told["verdict"], told["next_change"]["in_s"]) == (6, "expiring", 2 * 86_400)
    assert told["grace"] == {"period": "2d", "marked_at": None, "deadline": None}
    assert "grace       2d, not marked yet" in text


def test_a_marked_job_tells_since_when_and_until_when(make_stage: MakeStage, now_ms: int) -> None:
    graced = make_document(now_ms, 10, name="graced-1", user_name="ci-bot")
    stage = make_stage(jobs=[graced])
    stage.write(POLICIES)
    assert stage.sweep()[1]["verdicts"]["expiring"] == 1
    (mark,) = (event for event in stage.events() if event["event"] == "job.marked")
    (told,) = json.loads(stage.janitor("explain", graced["metadata"]["id"], "--output", "json")[1])["targets"]
    marked_at, deadline = (f"{mark[name][:19]}Z" for name in ("marked_at", "deadline"))
    assert told["grace"] == {"period": "2d", "marked_at": marked_at, "deadline": deadline}
    assert told["next_change"]["at"] == told["eligible_at"] == deadline


def test_an_unmanaged_job_tells_the_nearest_policy_and_what_said_no(explained: Explain) -> None:
    told, text = explained(name="ann-1")
    assert (told["line"], told["verdict"], told["nearest"]) == (4, "unmanaged", "weekly")
    assert asked(told, "rest")["conditions"] == [{"field": "owner", "wanted": ["bob"], "found": "ci-bot", "answer": False}]
    assert "asked       weekly (enforce): no: its name is ann-1, wanted run-*" in text
    assert "next        never by time alone: a policy must select it; nearest is weekly, which says no by its name" in text


def test_an_undecidable_job_tells_the_missing_field(explained: Explain) -> None:
    told, text = explained(name="ann-1", user_name="")
    assert (told["line"], told["verdict"]) == (3, "undecidable")
    assert "asked       of-ann (observe): cannot tell whether it selects it: its owner is not known, wanted ann" in text
    assert "next        never by time alone: the platform must tell its owner" in text
    assert asked(told, "rest")["not_asked_because"] == "policy of-ann cannot tell whether it selects it"


@pytest.mark.soak
def test_a_fallback_says_why_it_was_asked_or_not(explained: Explain) -> None:
    told, _ = explained(name="other", user_name="bob")
    assert (told["policy"], asked(told, "rest")["selects"], told["next_change"]["in_s"]) == ("rest", True, 20 * 86_400)
    told, text = explained(user_name="bob")
    assert (told["verdict"], asked(told, "rest")["asked"]) == ("expired", False)
    assert "not asked   fallback rest (enforce): policy weekly selects it" in text


def test_an_observed_job_says_who_must_enforce(explained: Explain) -> None:
    told, text = explained(name="watched", user_name="ann")
    assert (told["line"], told["verdict"], told["observers"]) == (7, "expired", ["of-ann"])
    assert "next        never by time alone: of-ann must say `mode: enforce`" in text
    assert "observed    not deleted, because of-ann only observes" in text


def test_a_supposed_time_is_told_as_hypothetical(explained: Explain, frozen: datetime) -> None:
    told, text = explained(3, "--as-of", f"{frozen + timedelta(days=4):%Y-%m-%dT%H:%M:%SZ}")
    assert (told["verdict"], told["hypothetical"]) == ("expired", True)
    assert "a hypothetical time, on what the platform shows now" in text


def test_where_the_jobs_cannot_be_listed_only_the_rank_is_unknown(make_stage: MakeStage, now_ms: int) -> None:
    night, run = make_document(now_ms, 10, name="nightly-1"), make_document(now_ms, 10, name="run-1", user_name="ci-bot")
    stage = make_stage(jobs=[night, run])
    stage.write(POLICIES)
    stage.emulator.faults.add(Fault("list", "status", status=503, times=None))
    code, out, _ = stage.janitor("explain", night["metadata"]["id"])
    assert (code, "verdict     undecidable: whether a keep rule keeps it" in out, "ERROR       unreachable" in out) == (
        6,
        True,
        True,
    )
    assert "rank        policy nightly: not known" in out
    code, out, _ = stage.janitor("explain", run["metadata"]["id"])
    assert (code, "verdict     expired: " in out) == (6, True)


@pytest.mark.soak
def test_a_guard_that_lets_nothing_be_listed_is_exit_4(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, run = make_document(now_ms, 10, name="nightly-1"), make_document(now_ms, 1, name="run-1", user_name="ci-bot")
    stage = make_stage(jobs=[night, run])
    stage.write(POLICIES)
    assert stage.sweep()[0] == 0
    monkeypatch.setattr("janitor.clock.SystemClock.now", lambda _: datetime.now(UTC) - timedelta(minutes=6))
    code, out, _ = stage.janitor("explain", night["metadata"]["id"])
    assert (code, "REFUSED     by clock: " in out) == (4, True)
    stage.write(POLICIES.replace("keep: {last: 2, per: [name_prefix]}", ""))
    code, out, _ = stage.janitor("explain", run["metadata"]["id"])
    assert (code, "REFUSED     by clock: " in out) == (0, True)


def test_a_target_that_cannot_be_asked_fails_alone_and_keeps_the_record(make_stage: MakeStage, now_ms: int) -> None:
    old, young = make_document(now_ms, 100, name="run-1", user_name="ci-bot"), make_document(now_ms, 1)
    stage = make_stage(jobs=[old, young])
    stage.write(POLICIES)
    assert stage.sweep()[0] == 0
    stage.emulator.faults.add(Fault("get", "status", status=503, times=None))
    code, out, _ = stage.janitor("explain", old["metadata"]["id"])
    assert (code, "ERROR       unreachable" in out, "deletion    confirmed at" in out) == (6, True, True)
    code, out, _ = stage.janitor("explain", young["metadata"]["id"], "--output", "json")
    (told,) = json.loads(out)["targets"]
    assert (code, told["found"], told["verdict"], told["error"]["code"]) == (6, None, None, "unreachable")


def test_a_job_that_is_neither_shown_nor_recorded_tells_when_it_was_last_seen(make_stage: MakeStage, now_ms: int) -> None:
    job = make_document(now_ms, 1, name="run-1", user_name="ci-bot")
    stage = make_stage(jobs=[job, make_document(now_ms, 2)])
    stage.write(POLICIES)
    assert stage.sweep()[0] == 0
    with Emulator() as empty:
        stage.write(POLICIES, endpoint=empty.url)
        code, out, _ = stage.janitor("explain", job["metadata"]["id"])
        assert (code, "and kept then: finished 1d ago" in out) == (0, True)
        assert "the platform does not show it, and janitor has not deleted it" in out
        (seen,) = json.loads(stage.janitor("explain", job["metadata"]["id"], "--output", "json")[1])["last_seen"]
        assert (seen["target"], seen["verdict"]) == ("research", "kept")


def test_a_deleted_job_tells_by_whom_and_its_intent_and_its_tombstone(make_stage: MakeStage, now_ms: int) -> None:
    old = make_document(now_ms, 100, name="run-1", user_name="ci-bot")
    stage = make_stage(jobs=[old, make_document(now_ms, 1)])
    stage.write(POLICIES)
    assert stage.sweep()[0] == 0
    code, out, _ = stage.janitor("explain", old["metadata"]["id"], "--output", "json")
    document = json.loads(out)
    (told,) = document["history"]
    intended = next(event for event in stage.events() if event["event"] == "deletion.intended")
    assert (code, document["targets"][0]["found"], told["outcome"], told["policy"]) == (0, False, "confirmed", "weekly")
    assert (told["intent_id"], told["actor"]) == (intended["intent_id"], intended["actor"])
    assert told["tombstone"] == {"sha256": intended["tombstone"], "kept": True, "purged_at": None}
    text = stage.janitor("explain", old["metadata"]["id"])[1]
    assert f"intent      {intended['intent_id']}" in text
    assert f"tombstone   kept: `janitor tombstone show {old['metadata']['id']}`" in text


def add_target(stage: Stage, old: str, new: str) -> None:
    """Give the file another target, `second`: the first one with one part replaced."""
    text = stage.config.read_text()
    target = text[text.index("  - name: research") : text.index("policies:")]
    assert old in target
    stage.config.write_text(text.replace("policies:", target.replace("research", "second").replace(old, new) + "policies:", 1))


def test_only_targets_whose_ids_look_like_this_one_are_asked(make_stage: MakeStage, now_ms: int) -> None:
    old, new = make_job_v1(now_ms, 2), make_document(now_ms, 2)
    stage = make_stage(jobs=[new], jobs_v1=[old])
    stage.write()
    add_target(stage, "api: v2", "api: v1")
    for job_id, target in ((str(old["job_id"]), "second"), (new["metadata"]["id"].upper(), "research")):
        before = len(stage.emulator.requests)
        code, out, error = stage.janitor("explain", job_id)
        assert (code, f"target      {target}" in out, out.count("verdict "), error) == (0, True, 1, "")
        assert {request.route.startswith("v1_") for request in stage.emulator.requests[before:]} == {target == "second"}


@pytest.mark.parametrize("scope", [[], ["--target", "research"]], ids=["all", "target"])
def test_a_deletion_is_explained_after_its_target_was_given_another_api(
    make_stage: MakeStage, now_ms: int, scope: list[str]
) -> None:
    job = make_job_v1(now_ms, 60)
    stage = make_stage(api="v1", jobs_v1=[job, make_job_v1(now_ms, 2)])
    stage.write()
    assert stage.sweep()[0] == 0
    stage.api = "v2"
    stage.write()
    before = len(stage.emulator.requests)
    code, out, _ = stage.janitor("explain", str(job["job_id"]), *scope)
    assert (code, "deletion    confirmed at" in out, "in target research, by" in out) == (0, True, True)
    assert len(stage.emulator.requests) == before
    assert stage.janitor("explain", "\udcff", *scope)[0] == 2


@pytest.mark.some(2)
@pytest.mark.parametrize("word", ["nonsense", "0155", UUID[:-1], "ünïcode", "\udcff"])
def test_what_no_target_and_no_ledger_can_know_is_exit_2_with_every_form(make_stage: MakeStage, word: str) -> None:
    stage = make_stage()
    stage.write()
    add_target(stage, "api: v2", "api: v1")
    code, _, error = stage.janitor("explain", word)
    forms = "is no id of a job of target research: that is a UUID of 36 characters", "; of target second: that is a whole number"
    assert (code, [form in error for form in forms], "the ledger has no record of it" in error) == (2, [True, True], True)
    assert stage.emulator.requests == []


def test_each_piece_of_history_has_its_target_and_a_named_target_only_its_own(make_stage: MakeStage, now_ms: int) -> None:
    """Numbers of v1 jobs are each region's own: the same one may be two jobs."""
    job = make_job_v1(now_ms, 60)
    stage = make_stage(api="v1", jobs_v1=[job, make_job_v1(now_ms, 2)])
    stage.write()
    assert stage.sweep()[0] == 0
    with Emulator(jobs_v1=[make_job_v1(now_ms, 60, job_id=job["job_id"], name="the-other-one")]) as other:
        assert other.account.project_id == ACCOUNT.project_id
        add_target(stage, stage.emulator.url, other.url)
        code, both, _ = stage.janitor("explain", str(job["job_id"]))
        assert (code, "the-other-one\n  target      second\n" in both, "confirmed at" in both) == (0, True, True)
        assert "in target research, by" in both
        code, one, _ = stage.janitor("explain", str(job["job_id"]), "--target", "second")
        assert (code, "the-other-one" in one, "research" in one) == (0, True, False)
