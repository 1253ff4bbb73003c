"""Holds: what they cover, how long they last, and that no order of them matters."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from amount import cases
from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Reason, Verdict
from janitor.retention.describe import policy_digest
from janitor.retention.evaluate import evaluate, evaluate_all
from janitor.retention.hold import Hold, Holds, find_hold
from janitor.retention.selector import Selector

AUDITED = Selector(name=("rc-*",))


def make_hold(**changes: Any) -> Hold:
    """A hold on every job named rc-..., for all targets, without an end."""
    fields: dict[str, Any] = {"name": "h-1", "reason": "audited"}
    if "job_ids" not in changes:
        fields["match"] = AUDITED
    return Hold(**(fields | changes))


def test_a_hold_covers_the_jobs_it_names_and_no_other() -> None:
    job = make_job()
    hold = make_hold(job_ids=frozenset({job.id}))
    reason = find_hold(job, [hold], NOW)
    assert reason is not None
    assert (reason.code, reason.text) == ("hold", "held by hold h-1: audited")
    assert find_hold(make_job(), [hold], NOW) is None


def test_a_hold_covers_a_job_of_which_any_part_ended_as_it_says() -> None:
    held = make_hold(match=Selector(phase=frozenset({Phase.FAILED})))
    in_parts = make_job(phase=Phase.COMPLETED, other_phases=frozenset({Phase.FAILED}))
    assert held.covers(in_parts) is True
    assert held.covers(make_job(phase=Phase.COMPLETED)) is False


def test_a_hold_by_id_does_not_miss_its_job_by_the_case_of_a_letter() -> None:
    job = make_job(id="0000ABCD-0000-4000-8000-000000000001")
    assert find_hold(job, [make_hold(job_ids=frozenset({job.id.lower()}))], NOW) is not None
    assert find_hold(make_job(id=job.id.lower()), [make_hold(job_ids=frozenset({job.id}))], NOW) is not None


def test_a_hold_by_conditions_covers_what_all_of_them_fit_whatever_its_kind_and_phase() -> None:
    hold = make_hold(match=Selector(name=("rc-*",), owner=frozenset({"ann"})))
    held = make_job(name="rc-1", owner="ann", kind="hetero_job", phase=Phase.ABNORMAL)
    assert find_hold(held, [hold], NOW) is not None
    assert find_hold(make_job(name="rc-1", owner="bob"), [hold], NOW) is None
    assert find_hold(make_job(name="other", owner="ann"), [hold], NOW) is None


@pytest.mark.parametrize("unknown", [{"name": None}, {"name": ""}, {"owner": None}])
def test_what_cannot_be_told_holds(unknown: dict[str, Any]) -> None:
    hold = make_hold(match=Selector(name=("rc-*",), owner=frozenset({"ann"})))
    reason = find_hold(make_job(**({"name": "rc-1", "owner": "ann"} | unknown)), [hold], NOW)
    assert reason is not None
    assert (reason.code, reason.text) == ("hold_unknown", "whether hold h-1 (audited) covers it cannot be told")


MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        (MIDNIGHT - SECOND, "hold"),
        (MIDNIGHT, "hold_ended"),
        (MIDNIGHT + timedelta(hours=24) - SECOND, "hold_ended"),
        (MIDNIGHT + timedelta(hours=24), None),
    ],
)
def test_until_is_inclusive_to_the_end_of_its_day_and_the_job_stays_24_h_longer(as_of: datetime, code: str | None) -> None:
    reason = find_hold(make_job(name="rc-1"), [make_hold(until=date(2026, 6, 30))], as_of)
    assert (None if reason is None else reason.code) == code


@pytest.mark.parametrize("last", [date.max, date.max - timedelta(days=1), None])
def test_a_hold_may_last_for_ever(last: date | None) -> None:
    reason = find_hold(make_job(name="rc-1"), [make_hold(until=last)], NOW)
    assert reason is not None
    assert reason.code == "hold"


def test_days_are_those_of_utc_whatever_the_zone_of_the_clock() -> None:
    hold = make_hold(until=date(2026, 6, 30))
    elsewhere = (MIDNIGHT - SECOND).astimezone(tz=datetime.fromisoformat("2026-01-01T00:00:00+14:00").tzinfo)
    assert not hold.has_ended(elsewhere)


def test_of_several_holds_the_sure_one_is_named_whatever_their_order() -> None:
    job = make_job(name="rc-1", owner=None)
    doubtful = make_hold(name="a", match=Selector(owner=frozenset({"ann"})))
    ended = make_hold(name="b", until=NOW.date() - timedelta(days=1))
    sure, later = make_hold(name="c"), make_hold(name="d")
    for holds in ([doubtful, ended, sure, later], [later, sure, ended, doubtful]):
        reason = find_hold(job, holds, NOW)
        assert reason is not None
        assert reason.text == "held by hold c: audited"


def test_the_holds_made_ready_for_many_jobs_say_what_asking_each_hold_plainly_says() -> None:
    random, met = Random(7), Counter[str]()
    for _ in range(cases(400, 10_000)):
        holds = [some_hold(random, number) for number in random.sample(range(9), random.randint(0, 6))]
        ready = Holds(holds, NOW)
        for job in (some_job(random) for _ in range(4)):
            told = ready.find(job)
            assert told == plainly(job, holds), (job, holds)
            met[told.code if told is not None else "free"] += 1
    assert min(met[code] for code in ("hold", "hold_ended", "hold_unknown", "free")) > 40


CHOICES: list[dict[str, Any]] = [
    {"name": ("rc-*",)},
    {"owner": frozenset({"ann"})},
    {"name": ("*-1",), "owner": frozenset({"bob"})},
]


def some_hold(random: Random, number: int) -> Hold:
    """By an id in any case, or by one or two conditions; without an end, or with one that is close."""
    until = random.choice([None, *(NOW.date() + timedelta(days=days) for days in (-3, -2, -1, 0, 1))])
    if random.random() < 0.4:
        ids = frozenset(random.sample(["J-a", "j-A", "J-B", "j-c"], random.randint(1, 2)))
        return make_hold(name=f"h-{number}", job_ids=ids, until=until)
    return make_hold(name=f"h-{number}", match=Selector(**random.choice(CHOICES)), until=until)


def some_job(random: Random) -> Job:
    """One of few ids, with a name and an owner that may be missing."""
    return make_job(
        id=random.choice(["j-a", "J-b", "j-z"]),
        name=random.choice(["rc-1", "other-1", "other", None]),
        owner=random.choice(["ann", "bob", "eve", None]),
    )


def plainly(job: Job, holds: list[Hold]) -> Reason | None:
    """The same question, asked of every hold for every job: the best of those that cover it, else of those that may."""
    lasting = [hold for hold in holds if hold.until is None or NOW.date() <= hold.until + timedelta(days=1)]
    sure = [hold for hold in lasting if hold.covers(job) is True]
    found = sure or [hold for hold in lasting if hold.covers(job) is None]
    if not found:
        return None
    said = [(hold.until is not None and hold.until < NOW.date(), hold.name, hold) for hold in found]
    is_ended, name, hold = min(said, key=lambda each: each[:2])
    if not sure:
        return Reason(code="hold_unknown", text=f"whether hold {name} (audited) covers it cannot be told")
    if is_ended:
        text = f"hold {name} (audited) ended with {hold.until}; a job stays for 24 h after its hold"
        return Reason(code="hold_ended", text=text)
    return Reason(code="hold", text=f"held by hold {name}: audited")


def test_an_error_in_the_question_of_one_hold_lets_no_job_go_and_keeps_nothing_of_others_back() -> None:
    """Labels that are no pairs: the question about them fails."""
    by_label = make_hold(name="b", match=Selector(labels=(("team", None),)))
    odd = make_job(id="odd", labels=("x",))
    with pytest.raises(ValueError, match="dictionary update sequence"):
        Holds([by_label], NOW).find(odd)
    decisions = evaluate_all([odd, make_job()], make_rules(holds=(by_label,)), NOW)
    assert [each.verdict for each in decisions] == [Verdict.UNDECIDABLE, Verdict.EXPIRED]
    for name in ("a", "c"):
        held = evaluate_all([odd], make_rules(holds=(by_label, make_hold(name=name, job_ids=frozenset({"ODD"})))), NOW)
        assert held[0].verdict is not Verdict.EXPIRED


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": Selector()},
        {"match": Selector(name=("",))},
        {"match": None},
        {"job_ids": frozenset({"j"}), "match": AUDITED},
        {"job_ids": frozenset()},
        {"job_ids": frozenset({" "})},
        {"reason": " "},
    ],
)
def test_a_hold_of_which_nobody_could_say_what_it_covers_or_why_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="hold h-1: "):
        make_hold(**wrong)


def test_line_1_a_hold_beats_every_policy_and_comes_before_phase_and_mark() -> None:
    rules = make_rules(make_policy()).with_holds([make_hold()])
    for changes in ({}, {"phase": Phase.RUNNING}, {"phase": Phase.UNKNOWN}, {"description": "janitor-hold"}):
        decision = evaluate(make_job(name="rc-1", **changes), rules, NOW)
        assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "hold")
    assert evaluate(make_job(name="other"), rules, NOW).verdict is Verdict.EXPIRED


def test_line_1_whether_a_hold_covers_it_cannot_be_told_so_it_is_held() -> None:
    decision = evaluate(make_job(name=None), make_rules().with_holds([make_hold()]), NOW)
    assert (decision.verdict, decision.reason.code) == (Verdict.HELD, "hold_unknown")


def test_holds_of_other_targets_hold_nothing_here() -> None:
    here, elsewhere = make_hold(name="a", targets=frozenset({"research"})), make_hold(name="b", targets=frozenset({"other"}))
    assert make_rules().with_holds([here, elsewhere]).holds == (here,)
    assert make_rules().with_holds([here]).with_holds([make_hold()]).holds == (here, make_hold())


def test_the_digest_of_the_policies_is_the_same_with_and_without_holds() -> None:
    assert policy_digest(make_rules()) == policy_digest(make_rules().with_holds([make_hold()]))
