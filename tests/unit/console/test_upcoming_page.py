"""What is to come: each due job is counted on its day under its policy, and marked ones count down."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from builders import NOW, make_job, make_policy
from console_client import make_settings
from console_stage import ConsoleStage, decide

from janitor.core import events as names
from janitor.core.verdict import Decision, Verdict
from janitor.ledger.chain import Draft
from janitor.retention.policy import Mode


def due(number: int, days: float, policy: str | None = "weekly", verdict: Verdict = Verdict.KEPT, **changes: Any) -> Decision:
    return decide(number, eligible_at=NOW + timedelta(days=days), policy=policy, verdict=verdict, **changes)


def days_of(stage: ConsoleStage, address: str = "/upcoming") -> dict[str, list[str]]:
    """The numbers by day, from the table."""
    rows = stage.get(address).page.rows
    return {row[0][4:]: row[1:] for row in rows if row and row[0][:3] in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def test_jobs_are_counted_on_the_day_on_which_they_may_go_and_what_was_due_before_on_the_first(stage: ConsoleStage) -> None:
    stage.list(due(1, 0.1), due(2, 3), due(3, 3, "nightly"), due(4, -5), due(5, 29.8), due(6, 30.2))
    assert days_of(stage) == {
        "2026-11-23": ["2", "", "2"],
        "2026-11-26": ["1", "1", "2"],
        "2026-12-22": ["1", "", "1"],
    }
    text = stage.get("/upcoming").page.text
    assert "5 more jobs fall due in 30 days at most 2 on one day 5 may go" in text
    assert "1 of the first day were due before it" in text


def test_what_is_held_or_unmanaged_or_has_expired_is_not_among_what_comes(stage: ConsoleStage) -> None:
    others = (Verdict.HELD, Verdict.UNMANAGED, Verdict.EXPIRED, Verdict.UNDECIDABLE)
    stage.list(*(due(number, 2, verdict=verdict) for number, verdict in enumerate(others)))
    text = stage.get("/upcoming").page.text
    assert "0 more jobs fall due" in text
    assert "Nothing falls due in these days" in text


def test_expired_jobs_wait_until_they_are_proven_gone(stage: ConsoleStage) -> None:
    stage.list(due(1, -1, verdict=Verdict.EXPIRED), due(2, -1, verdict=Verdict.EXPIRED), target="other")
    stage.sweep(make_job(), make_job())
    page = stage.get("/upcoming").page
    assert "/jobs?target=other&verdict=expired" in page.links
    assert "/jobs?target=research&verdict=expired" not in page.links, "both are gone"
    fence = stage.ledger.claim("research")
    stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="next")], fence)
    assert "/jobs?target=research&verdict=expired" not in stage.get("/upcoming").page.links, (
        "nor does the next sweep bring them back"
    )


def test_many_policies_are_shown_as_the_first_and_the_rest_and_all_count(stage: ConsoleStage) -> None:
    stage.list(*(due(number, 2, f"policy-{number % 9}") for number in range(20)))
    (numbers,) = days_of(stage).values()
    assert numbers[-1] == "20"
    assert sum(map(int, numbers[:-1])) == 20
    assert "all others" in stage.get("/upcoming").page.text


def test_a_target_narrows_everything(stage: ConsoleStage) -> None:
    stage.list(due(1, 2), due(2, 2))
    stage.list(due(3, 2), target="other")
    assert "2 more jobs fall due" in stage.get("/upcoming?target=research").page.text
    assert "1 more job falls due" in stage.get("/upcoming?target=other").page.text


def test_marked_jobs_count_down_to_the_end_of_their_grace_period(stage: ConsoleStage) -> None:
    stage = ConsoleStage(ledger=stage.ledger, clock=stage.clock, policies=(make_policy(grace=timedelta(days=2)),))
    job = make_job()
    stage.sweep(job)
    page = stage.get("/upcoming").page
    (row,) = (row for row in page.rows if job.id in "".join(row))
    assert row[0] == "in 1d23h 2026-11-25 03:00Z"
    stage.clock.advance(timedelta(days=3).total_seconds())
    (row,) = (row for row in stage.get("/upcoming").page.rows if job.id in "".join(row))
    assert row[0] == "over 2026-11-25 03:00Z"
    (target,) = stage.desk.settings.targets
    stage.desk.settings = replace(stage.desk.settings, targets=(replace(target, mode=Mode.OBSERVE),))
    (row,) = (row for row in stage.get("/upcoming").page.rows if job.id in "".join(row))
    assert row[0] == "over 2026-11-25 03:00Z only observed"
    assert "No job is marked" in stage.get("/upcoming?target=other").page.text


def test_what_is_only_observed_would_go_and_what_is_paused_waits_for_that(stage: ConsoleStage) -> None:
    stage.list(due(1, -1, verdict=Verdict.EXPIRED), due(2, 2))
    stage.list(due(3, -1, verdict=Verdict.EXPIRED), due(4, 2), target="former")
    text = stage.get("/upcoming").page.text
    assert "2 jobs have expired and are still there" in text
    assert "1 of research: waiting for their turn, 200 a sweep and 1 000 in 24 hours at most" in text
    assert "1 may go, as fast as the pace allows" in text
    assert "1 of former: this target is not in the policy file any more" in text
    assert "1 stay: the policy file does not have their target any more" in text
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target=None, fields={"reason": "x"})])
    text = stage.get("/upcoming").page.text
    assert "1 of research: paused" in text
    assert "1 may go once the pause of their target is lifted" in text
    (target,) = stage.desk.settings.targets
    by_target = make_settings(targets=(replace(target, mode=Mode.OBSERVE),))
    by_policy = make_settings(policies=(make_policy(mode=Mode.OBSERVE),))
    assert "only observed" not in stage.get("/upcoming").page.text
    for settings in (by_target, by_policy):
        stage.desk.settings = settings
        text = stage.get("/upcoming").page.text
        assert "1 of research: would go (only observed)" in text
        assert "1 would go (only observed)" in text
        assert "may go, as fast" not in text
        job = stage.get(f"/job?id={due(1, -1).job.id}&target=research").page.text
        assert "Would go (only observed)" in job
    stage.desk.settings = by_target
    stage.sweep(make_job())
    assert "they would go (only observed)" in stage.get("/").text
