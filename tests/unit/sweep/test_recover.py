"""Recovery: what an earlier sweep left open is looked at and closed; it never deletes."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core import events
from janitor.core.errors import JobNotFound, Unreachable
from janitor.core.job import Job
from janitor.ledger.chain import Draft
from janitor.ledger.facts import list_open_intents, remember_survivors
from janitor.ledger.jobs import remember_jobs
from janitor.ledger.store import Fence, Ledger
from janitor.retention.evaluate import evaluate
from janitor.sweep.entry import sweep_target
from janitor.sweep.moment import read_moment
from janitor.sweep.records import Note, Scribe, subject_of
from janitor.sweep.recover import Recovery, recover


def leave_open(ledger: Ledger, job: Job, *then: str, project: str = "memory") -> Fence:
    """An intent as a killed sweep leaves it, and what it recorded afterwards."""
    scribe, fence = Scribe(target="research", project_id=project, sweep_id="killed"), ledger.claim("research")
    decision = evaluate(job, make_rules(), NOW)
    note = Note(subject=subject_of(decision, "digest"), reason=decision.reason, intent_id=f"intent-{job.id}", attempts=1)
    ledger.append([scribe.deletion(name, note) for name in (events.DELETION_INTENDED, *then)], fence)
    return ledger.claim("research")


def run(backend: ScriptedBackend, ledger: Ledger, fence: Fence, clock: FakeClock) -> Recovery:
    scribe = Scribe(target="research", project_id="memory", sweep_id="next")
    return recover(make_target(backend), ledger, fence, scribe, read_moment(clock))


def closing(ledger: Ledger) -> list[str]:
    return [row.event()["event"] for row in ledger.rows() if row.event()["event"] in events.CLOSING]


@pytest.mark.parametrize(
    ("then", "expected"),
    [((), events.DELETION_ALREADY_GONE), ((events.DELETION_UNKNOWN,), events.DELETION_ALREADY_GONE)]
    + [((events.DELETION_ACCEPTED,), events.DELETION_CONFIRMED)],
)
def test_a_job_that_is_gone_is_confirmed_only_if_its_deletion_was_accepted(
    ledger: Ledger, clock: FakeClock, then: tuple[str, ...], expected: str
) -> None:
    fence = leave_open(ledger, make_job(), *then)
    run(ScriptedBackend(), ledger, fence, clock)
    assert closing(ledger) == [expected]
    assert list_open_intents(ledger, "research") == ()


@pytest.mark.parametrize(("then", "expected"), [((), []), ((events.DELETION_ACCEPTED,), [events.DELETION_CONFIRMED])])
def test_a17_s6_where_no_deletion_was_accepted_one_not_found_is_no_proof(
    ledger: Ledger, clock: FakeClock, then: tuple[str, ...], expected: list[str]
) -> None:
    """It may have been the answer to another request; a second look shows the job."""
    job = make_job()
    fence, backend = leave_open(ledger, job, *then), ScriptedBackend.holding(job)
    asked = list[str]()

    def misled_at_first(job_id: str) -> None:
        asked.append(job_id)
        if asked == [job.id]:
            raise JobNotFound("it was meant for another job")

    backend.before_get = misled_at_first
    recovery = run(backend, ledger, fence, clock)
    assert closing(ledger) == expected
    assert recovery.counts["open"] == 1 - len(expected)


def test_a18_s6_where_no_sweep_has_finished_what_one_remembered_of_its_listing_must_still_be_visible(
    ledger: Ledger, clock: FakeClock
) -> None:
    """A platform that answers "not found" to every look, and still knows the project, hides all; it has not deleted all."""
    doomed, *kept = make_job(), make_job(description="janitor-hold"), make_job(description="janitor-hold")
    remember_jobs(ledger, "research", [evaluate(job, make_rules(), NOW) for job in (doomed, *kept)], NOW)
    fence = leave_open(ledger, doomed)
    assert run(ScriptedBackend(), ledger, fence, clock).counts["open"] == 1
    assert closing(ledger) == []
    assert run(ScriptedBackend.holding(kept[1]), ledger, fence, clock).counts["already_gone"] == 1


def test_a_job_that_is_there_after_the_quiet_period_was_not_deleted(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    fence = leave_open(ledger, job)
    clock.advance(31)
    backend = ScriptedBackend.holding(job)
    recovery = run(backend, ledger, fence, clock)
    assert closing(ledger) == [events.DELETION_FAILED]
    assert recovery.counts["failed"] == 1
    assert backend.asked == []


def test_b25_a_clock_that_was_set_since_it_was_read_says_nothing_of_the_quiet_period(ledger: Ledger, clock: FakeClock) -> None:
    """By the time that was read, the quiet period was long over; the clock is right again, and it is not."""
    job = make_job()
    backend, fence = ScriptedBackend.holding(job), leave_open(ledger, job)
    clock.time += timedelta(days=365)
    backend.before_get = lambda _job_id: setattr(clock, "time", NOW)
    assert run(backend, ledger, fence, clock).counts["open"] == 1
    assert closing(ledger) == []


def test_a_job_that_is_there_within_the_quiet_period_stays_open(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    fence = leave_open(ledger, job)
    clock.advance(29)
    assert run(ScriptedBackend.holding(job), ledger, fence, clock).counts["open"] == 1
    assert closing(ledger) == []


def test_an_accepted_deletion_of_a_job_that_is_still_there_stays_open(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    fence = leave_open(ledger, job, events.DELETION_ACCEPTED)
    clock.advance(3600)
    recovery = run(ScriptedBackend.holding(job), ledger, fence, clock)
    assert (recovery.counts["open"], recovery.stuck) == (1, ())
    clock.advance(24 * 3600)
    assert run(ScriptedBackend.holding(job), ledger, fence, clock).stuck


def test_a18_a_look_that_fails_closes_nothing(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    fence = leave_open(ledger, job)
    clock.advance(3600)
    backend = ScriptedBackend.holding(job)
    backend.get_errors[job.id] = Unreachable("down")
    assert run(backend, ledger, fence, clock).counts["open"] == 1


@pytest.mark.parametrize("canary", ["survivor", "identity"])
def test_a20_with_credentials_that_see_nothing_no_intent_is_closed_as_gone(ledger: Ledger, clock: FakeClock, canary: str) -> None:
    fence = leave_open(ledger, make_job())
    backend = ScriptedBackend(projects=())
    if canary == "survivor":
        for name in (events.SWEEP_STARTED, events.SWEEP_FINISHED):
            ledger.append([Draft(event=name, target="research", sweep_id="good")])
        remember_survivors(ledger, "good", ("11111111-1111-4111-8111-111111111111",))
        backend.projects = (("memory", "memory"),)
    assert run(backend, ledger, fence, clock).counts["open"] == 1
    assert closing(ledger) == []


@pytest.mark.parametrize("hidden_at", [1, 2])
def test_a16_an_outage_at_one_of_the_canarys_two_askings_closes_nothing(ledger: Ledger, clock: FakeClock, hidden_at: int) -> None:
    """Whatever hid the job between the two askings would have shown at one of them."""
    fence = leave_open(ledger, make_job(), events.DELETION_ACCEPTED)
    canary = make_job(days_ago=1)
    backend, asked = ScriptedBackend.holding(canary), list[str]()
    for name in (events.SWEEP_STARTED, events.SWEEP_FINISHED):
        ledger.append([Draft(event=name, target="research", sweep_id="good")])
    remember_survivors(ledger, "good", (canary.id,))

    def outage_at_one_asking(job_id: str) -> None:
        asked.extend([job_id] if job_id == canary.id else [])
        backend.hidden = {canary.id} if len(asked) == hidden_at else set()

    backend.before_get = outage_at_one_asking
    assert run(backend, ledger, fence, clock).counts["open"] == 1
    assert closing(ledger) == []
    backend.before_get, backend.hidden = lambda _job_id: None, set()
    assert run(backend, ledger, fence, clock).counts["confirmed"] == 1


def test_b2_recovery_can_be_repeated(ledger: Ledger, clock: FakeClock) -> None:
    fence = leave_open(ledger, make_job(), events.DELETION_ACCEPTED)
    run(ScriptedBackend(), ledger, fence, clock)
    again = run(ScriptedBackend(), ledger, fence, clock)
    assert again.counts == {"confirmed": 0, "already_gone": 0, "failed": 0, "skipped": 0, "open": 0}
    assert closing(ledger) == [events.DELETION_CONFIRMED]


def test_the_closing_event_carries_who_and_by_which_rule(ledger: Ledger, clock: FakeClock) -> None:
    job = make_job()
    fence = leave_open(ledger, job)
    run(ScriptedBackend(), ledger, fence, clock)
    event: dict[str, Any] = next(row.event() for row in ledger.rows() if row.event()["event"] in events.CLOSING)
    assert (event["job_id"], event["policy"], event["owner"], event["sweep_id"]) == (job.id, "weekly", "ci-bot", "next")


def test_v2_the_open_intents_are_closed_before_any_new_one(ledger: Ledger, clock: FakeClock) -> None:
    old, new = make_job(days_ago=300), make_job()
    leave_open(ledger, old)
    clock.advance(60)
    backend = ScriptedBackend.holding(old, new, make_job(days_ago=1))
    sweep_target(make_target(backend), ledger, make_tools(clock))
    order = [(row.event()["event"], row.event().get("job_id")) for row in ledger.rows()]
    assert order.index((events.DELETION_FAILED, old.id)) < order.index((events.DELETION_INTENDED, new.id))
    assert backend.deleted == [new.id, old.id]


def test_a20_an_intent_of_another_project_is_neither_looked_at_nor_closed(ledger: Ledger, clock: FakeClock) -> None:
    """The target was pointed at another project: there the job is "not found", and nothing of it is known."""
    fence = leave_open(ledger, make_job(), events.DELETION_ACCEPTED, project="another")
    backend = ScriptedBackend()
    assert run(backend, ledger, fence, clock).counts["open"] == 1
    assert (closing(ledger), backend.counts["get"]) == ([], 0)


@pytest.mark.parametrize("skew", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a23_with_a_clock_that_cannot_be_trusted_nothing_is_called_not_applied(
    ledger: Ledger, clock: FakeClock, skew: timedelta
) -> None:
    job = make_job()
    fence = leave_open(ledger, job)
    clock.advance(3600)
    backend = ScriptedBackend.holding(job)
    backend.skew = skew
    assert run(backend, ledger, fence, clock).counts["open"] == 1
    backend.skew = timedelta(0)
    assert run(backend, ledger, fence, clock).counts["failed"] == 1
