"""What holds, pauses and the file STOP do to the plan of a sweep, and what a sweep records of holds that ended."""

import uuid
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core import events
from janitor.core.errors import StandingChanged
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.facts import list_open_intents
from janitor.ledger.standing import list_holds
from janitor.ledger.standing_changes import add_hold, pause_sweeping, remove_holds, resume_sweeping
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.policy import Limits, Mode
from janitor.retention.selector import Selector
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Tools


def tools_of(clock: FakeClock, **changes: Any) -> Tools:
    return make_tools(clock, new_id=lambda: str(uuid.uuid4()), **changes)


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, **changes: Any) -> TargetReport:
    tools = {name: changes.pop(name) for name in ("halted",) if name in changes}
    report = sweep_target(make_target(backend, **changes), ledger, tools_of(clock, **tools))
    assert find_break(ledger.rows())[0] is None
    return report


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def hold(name: str = "h-1", **changes: Any) -> Hold:
    fields: dict[str, Any] = {"name": name, "reason": "audited", "match": Selector(name=("rc-*",))}
    return Hold(**(fields | changes))


def written(ledger: Ledger, event: str) -> list[dict[str, Any]]:
    return [found for row in ledger.rows() if (found := row.event())["event"] == event]


def test_a_hold_of_the_ledger_or_of_the_file_keeps_its_jobs_in_plan_and_sweep(ledger: Ledger, clock: FakeClock) -> None:
    by_ledger, by_file, free = make_job(name="rc-1"), make_job(name="v1"), make_job()
    backend = ScriptedBackend.holding(by_ledger, by_file, free)
    add_hold(ledger, "research", hold())
    rules = make_rules(holds=(hold("release", match=Selector(name=("v*",))),))
    preview = preview_target(make_target(backend, rules=rules), ledger, tools_of(clock))
    assert (preview.verdicts["held"], outcomes(preview)) == (2, {"planned": 1})
    report = run(backend, ledger, clock, rules=rules)
    assert (outcomes(report), backend.deleted) == ({"confirmed": 1}, [free.id])
    remove_holds(ledger, ["h-1"], None)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 2}


def test_a_hold_of_another_target_keeps_nothing_here(ledger: Ledger, clock: FakeClock) -> None:
    add_hold(ledger, "other", hold())
    assert outcomes(run(ScriptedBackend.holding(make_job(name="rc-1")), ledger, clock)) == {"confirmed": 1}


@pytest.mark.parametrize("target", [None, "research"])
def test_while_paused_everything_is_listed_and_nothing_is_deleted(ledger: Ledger, clock: FakeClock, target: str | None) -> None:
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    pause_sweeping(ledger, target, "incident 7")
    for report in (preview_target(make_target(backend), ledger, tools_of(clock)), run(backend, ledger, clock)):
        assert report.refusal is not None
        assert (report.refusal.by, report.exit_code, outcomes(report)) == ("pause", 4, {"refused": 1})
        assert (report.is_complete, sum(report.verdicts.values())) == (True, 2)
        assert "by test@here: incident 7" in report.refusal.message
    assert backend.asked == []
    assert written(ledger, events.PLAN_REFUSED)[0]["by"] == "pause"
    resume_sweeping(ledger, target)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}


def test_a_pause_of_another_target_pauses_nothing_here(ledger: Ledger, clock: FakeClock) -> None:
    pause_sweeping(ledger, "other", "incident")
    assert outcomes(run(ScriptedBackend.holding(make_job(), make_job(days_ago=1)), ledger, clock)) == {"confirmed": 1}


def test_while_halted_nothing_is_deleted_and_the_file_is_named(ledger: Ledger, clock: FakeClock) -> None:
    backend = ScriptedBackend.holding(make_job())
    report = run(backend, ledger, clock, halted=lambda: "/etc/janitor/STOP exists")
    assert report.refusal is not None
    assert (report.refusal.by, report.refusal.message, report.exit_code) == ("pause", "/etc/janitor/STOP exists", 4)
    assert backend.asked == []


def test_a_pause_refuses_even_an_empty_plan_so_that_nobody_forgets_it(ledger: Ledger, clock: FakeClock) -> None:
    pause_sweeping(ledger, None, "incident")
    assert run(ScriptedBackend.holding(make_job(days_ago=1)), ledger, clock).exit_code == 4


def test_while_paused_recovery_still_closes_what_is_open(ledger: Ledger, clock: FakeClock) -> None:
    job, other = make_job(), make_job(days_ago=1)
    backend = ScriptedBackend.holding(job, other)
    backend.lingering.add(job.id)
    run(backend, ledger, clock)
    assert len(list_open_intents(ledger, "research")) == 1
    pause_sweeping(ledger, None, "incident")
    del backend.jobs[job.id]
    report = run(backend, ledger, clock)
    assert (report.recovered["confirmed"], list_open_intents(ledger, "research")) == (1, ())


def ending(ledger: Ledger, clock: FakeClock, days_ago: int = 1, name: str = "h-1") -> None:
    add_hold(ledger, "research", hold(name, until=(clock.now() - timedelta(days=days_ago)).date(), owner="ann"))


def test_the_first_sweep_after_its_last_day_records_the_end_of_a_hold_once(ledger: Ledger, clock: FakeClock) -> None:
    ending(ledger, clock)
    ending(ledger, clock, 0, "h-2")
    backend = ScriptedBackend.holding(make_job(name="rc-1"), make_job(days_ago=1))
    for _ in range(2):
        report = run(backend, ledger, clock)
        assert (report.verdicts["held"], report.exit_code) == (1, 0)
    (event,) = written(ledger, events.HOLD_EXPIRED)
    assert (event["hold_id"], event["hold_reason"], event["until"], event["owner"]) == ("h-1", "audited", "2026-11-22", "ann")
    assert (event["target"], event["match"], event["job_ids"]) == ("research", {"name": ["rc-*"]}, None)
    assert event["sweep_id"] is not None
    assert [record.is_noted for record in list_holds(ledger)] == [True, False]


def test_a_hold_keeps_its_jobs_for_a_day_after_its_end_and_not_longer(ledger: Ledger, clock: FakeClock) -> None:
    ending(ledger, clock)
    backend = ScriptedBackend.holding(make_job(name="rc-1"), make_job(days_ago=1))
    assert (outcomes(run(backend, ledger, clock)), NOW.hour) == ({}, 3)
    clock.advance(21 * 3600)
    assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}


@pytest.mark.parametrize("wrong", ["clock", "listing"])
def test_a_sweep_that_cannot_trust_its_clock_or_listing_records_no_end(ledger: Ledger, clock: FakeClock, wrong: str) -> None:
    ending(ledger, clock)
    backend = ScriptedBackend.holding(make_job())
    if wrong == "clock":
        backend.skew = timedelta(hours=1)
    else:
        backend.projects = ()
    assert run(backend, ledger, clock).exit_code == 4
    assert written(ledger, events.HOLD_EXPIRED) == []


def test_a_refused_plan_records_the_end_all_the_same(ledger: Ledger, clock: FakeClock) -> None:
    ending(ledger, clock)
    backend = ScriptedBackend.holding(*[make_job() for _ in range(11)])
    assert run(backend, ledger, clock, limits=Limits(max_share_percent=1)).exit_code == 4
    assert len(written(ledger, events.HOLD_EXPIRED)) == 1


def test_a_hold_that_somebody_changes_in_this_very_moment_is_left_to_the_next_sweep(
    ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(ledger, clock)
    append = Ledger.append

    def changed(self: Ledger, drafts: list[Draft], *more: Any, **named: Any) -> Any:
        if any(draft.event == events.HOLD_EXPIRED for draft in drafts):
            raise StandingChanged("now")
        return append(self, drafts, *more, **named)

    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", changed)
        assert outcomes(run(backend, ledger, clock)) == {"confirmed": 1}
    assert written(ledger, events.HOLD_EXPIRED) == []
    run(backend, ledger, clock)
    assert len(written(ledger, events.HOLD_EXPIRED)) == 1


def test_a_hold_is_no_mode_and_no_policy(ledger: Ledger, clock: FakeClock) -> None:
    """An observed job under a hold is held, not observed, so that lifting the hold shows what would go."""
    add_hold(ledger, "research", hold(until=date.max))
    report = run(ScriptedBackend.holding(make_job(name="rc-1")), ledger, clock, rules=make_rules(make_policy(mode=Mode.OBSERVE)))
    assert Counter(decision.verdict for decision in report.decisions) == {"held": 1}
