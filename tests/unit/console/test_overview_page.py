"""The overview tells how each target stands, and what to run next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

from builders import NOW, FakeClock, make_job
from console_client import Console, Desk, make_settings
from console_stage import ConsoleStage, decide

from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import ListingIncomplete
from janitor.core.verdict import Verdict
from janitor.ledger.chain import Draft
from janitor.ledger.store import Ledger
from janitor.retention.planner import Pace


def test_without_a_ledger_the_page_says_how_one_comes_to_be(clock: FakeClock) -> None:
    reply = Console(desk=Desk(ledger=None, clock=clock)).get("/")
    assert reply.status == 200
    assert "No ledger yet" in reply.page.text
    assert "janitor init --ledger" in reply.page.text


def test_a_target_that_was_never_swept_has_the_commands_that_begin(stage: ConsoleStage) -> None:
    text = stage.get("/").page.text
    assert "Not swept yet" in text
    assert "janitor plan --target research" in text
    assert "1 never swept" in text


def test_each_verdict_of_the_last_listing_has_its_number_and_a_link_to_these_jobs(stage: ConsoleStage) -> None:
    stage.sweep(make_job(), make_job(), make_job(days_ago=1), make_job(days_ago=2), make_job(days_ago=3))
    page = stage.get("/").page
    assert "kept 3" in page.text
    assert "expired 2" in page.text
    assert "/jobs?target=research&verdict=expired" in page.links
    assert "2 jobs of these are gone since" in page.text
    (told,) = (each["aria-label"] for each in page.all("svg") if each.get("aria-label", "").startswith("Verdicts"))
    assert told == "Verdicts of research: kept 3, expired 2"


def test_the_numbers_follow_each_sweep(stage: ConsoleStage) -> None:
    stage.sweep(*(make_job(days_ago=1) for _ in range(3)))
    assert "kept 3" in stage.get("/").page.text
    stage.sweep(make_job(days_ago=1))
    assert "kept 4" in stage.get("/").page.text


def test_while_a_sweep_runs_every_look_counts_anew(stage: ConsoleStage) -> None:
    fence = stage.ledger.claim("research")
    stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="now")], fence)
    for number in (1, 2):
        stage.list(*(decide(each) for each in range(number)))
        assert f"kept {number} " in stage.get("/").page.text


def test_the_last_sweep_has_its_outcomes_and_the_jobs_over_time_are_a_line_and_a_table(stage: ConsoleStage) -> None:
    stage.sweep(make_job(), make_job(days_ago=1))
    stage.sweep(make_job(days_ago=1))
    page = stage.get("/").page
    assert "nothing to do" in page.text
    assert any("in its last 2 full listings: from 2 to 2" in each.get("aria-label", "") for each in page.all("svg"))
    assert [row[1:3] for row in page.rows if len(row) == 4] == [["listed", "planned"], ["2", "0"], ["2", "1"]]


def test_a_narrow_sweep_is_no_point_of_the_line_and_is_marked_among_the_numbers(stage: ConsoleStage) -> None:
    """It asks for old jobs alone, so that its number is not that of all jobs."""
    for number, listed_to in enumerate((None, NOW - timedelta(days=30), None, NOW - timedelta(days=29))):
        _listed(stage, f"n{number}", 100 + number if listed_to is None else 7, listed_to)
    page = stage.get("/").page
    assert any("in its last 2 full listings: from 100 to 102" in each.get("aria-label", "") for each in page.all("svg"))
    assert [row[1].split() for row in page.rows if len(row) == 4][1:] == [
        ["7", "old", "ones"],
        ["102"],
        ["7", "old", "ones"],
        ["100"],
    ]
    assert "7 old ones" in stage.get("/sweeps").page.text
    assert "7 jobs only those created by 2026-10-25" in stage.get("/sweep?id=n3").page.text


def _listed(stage: ConsoleStage, sweep_id: str, listed: int, listed_to: datetime | None) -> None:
    fence = stage.ledger.claim("research")
    told = {"listed": listed, "listed_to": None if listed_to is None else timestamp(listed_to)}
    for name, fields in ((names.SWEEP_STARTED, {}), (names.LISTING_COMPLETED, told), (names.SWEEP_FINISHED, {"outcomes": {}})):
        stage.ledger.append([Draft(event=name, target="research", sweep_id=sweep_id, fields=fields)], fence)
        stage.clock.advance(1)


def test_what_is_left_of_the_pace_counts_the_intents_of_24_hours(stage: ConsoleStage) -> None:
    (target,) = stage.desk.settings.targets
    stage.desk.settings = replace(stage.desk.settings, targets=(replace(target, pace=Pace(per_sweep=5, per_day=9)),))
    stage.sweep(make_job(), make_job())
    assert "7 of 9 left, 5 a sweep" in stage.get("/").page.text
    stage.clock.advance(timedelta(hours=25).total_seconds())
    assert "9 of 9 left" in stage.get("/").page.text


def test_a_failed_listing_says_why_and_which_command_looks_closer(stage: ConsoleStage) -> None:
    stage.sweep(make_job(days_ago=1))
    stage.backend.listing = _fail
    stage.sweep()
    text = stage.get("/").page.text
    assert "listing_incomplete page 7 was not answered" in text
    assert "janitor doctor --target research" in text
    assert "kept 1" in text, "the last complete listing still counts"


def test_a_guard_that_refused_has_the_command_that_looks_and_the_one_that_lifts_it(stage: ConsoleStage) -> None:
    for number in range(3):
        stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id=f"x{number}")])
        told = {"code": "listing_shrank", "reason": "REASON", "outcomes": {}}
        stage.ledger.append([Draft(event=names.SWEEP_ABORTED, target="research", sweep_id=f"x{number}", fields=told)])
        stage.clock.advance(1)
    text = stage.get("/").page.text
    assert "listing_shrank REASON" in text
    assert "janitor acknowledge listing_shrank --target research --reason ''" in text


def test_a_pause_says_who_and_why_and_what_lifts_it(stage: ConsoleStage) -> None:
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target=None, fields={"reason": "moving house"})])
    text = stage.get("/").page.text
    assert "every target is paused" in text
    assert "by test@here: moving house" in text
    assert "janitor resume" in text
    assert "1 paused" in text


def test_what_halts_everything_halts_all_that_the_pages_foresee(stage: ConsoleStage) -> None:
    stage.sweep(make_job(days_ago=1))
    stage.list(decide(1, verdict=Verdict.EXPIRED), decide(2))
    assert "halted" not in stage.get("/").page.text
    stage.desk.stopped = "/etc/janitor/STOP exists: nothing is deleted while it does"
    text = stage.get("/").page.text
    assert f"halted {stage.desk.stopped}" in text
    assert "1 paused" in text
    coming = stage.get("/upcoming").page.text
    assert "1 of research: paused" in coming
    assert "may go once the pause of their target is lifted" in coming


def test_a_running_sweep_shows_how_far_it_is(stage: ConsoleStage) -> None:
    fence = stage.ledger.claim("research")
    stage.ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="now")], fence)
    stage.ledger.append([Draft(event=names.LISTING_COMPLETED, target="research", sweep_id="now", fields={"listed": 12})], fence)
    page = stage.get("/").page
    assert "Sweep running since" in page.text
    assert "12 jobs listed" in page.text
    assert "/sweep?id=now" in page.links


def test_a_deletion_that_stays_open_for_a_day_is_named_with_the_command_that_explains_it(stage: ConsoleStage) -> None:
    job = make_job()
    fence = stage.ledger.claim("research")
    fields = {"intent_id": "i", "job_id": job.id, "attempts": 1, "job_name": job.name}
    accepted = [Draft(event=name, target="research", sweep_id="s", fields=fields) for name in _ACCEPTED]
    stage.ledger.append(accepted, fence)
    assert "1 deletions wait to be proven" in stage.get("/").page.text
    stage.clock.advance(timedelta(hours=25).total_seconds())
    text = stage.get("/").page.text
    assert "stuck 1 open for over 24 h" in text
    assert f"janitor explain {job.id}" in text


def test_a_target_that_left_the_policy_file_is_still_named(stage: ConsoleStage) -> None:
    stage.sweep(make_job(days_ago=1))
    (target,) = stage.desk.settings.targets
    stage.desk.settings = make_settings(targets=(replace(target, name="other"),))
    page = stage.get("/").page
    assert "Not in the policy file any more research" in page.text
    assert "/sweeps?target=research" in page.links


def test_the_next_sweep_is_told_where_it_is_known(stage: ConsoleStage) -> None:
    stage.sweep(make_job(days_ago=1))
    assert "not known here every 6h" in stage.get("/").page.text
    stage.desk.next = NOW + timedelta(hours=5, seconds=1)
    page = stage.get("/").page
    assert "2026-11-23 08:00Z in 5h" in page.text


def test_a_ledger_that_cannot_be_read_is_told_as_an_error_that_says_what_to_do(stage: ConsoleStage, ledger: Ledger) -> None:
    stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target=None, fields={"reason": "x"})])
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET body = 'no event'")
    text = stage.get("/", status=503).page.text
    assert "The ledger cannot be read" in text
    assert "janitor audit verify" in text


_ACCEPTED = (names.DELETION_INTENDED, names.DELETION_ACCEPTED)


def _fail() -> NoReturn:
    raise ListingIncomplete("page 7 was not answered")
