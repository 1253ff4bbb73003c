"""What a ledger knows of a target's past."""

from datetime import timedelta
from typing import Any

import pytest
from again import open_again
from another_hand import another_hand
from builders import NOW, FakeClock
from sqlalchemy import event, update

from janitor.core import events as names
from janitor.ledger import facts, past
from janitor.ledger.chain import Draft
from janitor.ledger.facts import (
    LedgerFacts,
    last_finished,
    last_success,
    last_survivors,
    last_sweep,
    list_accepted,
    list_job_events,
    list_open_intents,
    read_facts,
    remember_survivors,
)
from janitor.ledger.labels import had_labels
from janitor.ledger.overview import list_last_sweeps
from janitor.ledger.schema import events, sweeps
from janitor.ledger.store import Ledger


def draft(name: str, job: str = "j1", target: str = "research", **fields: Any) -> Draft:
    given = {"intent_id": f"intent-{job}", "job_id": job, "attempts": 1}
    return Draft(event=name, target=target, sweep_id="s1", fields=given | fields)


def test_a_ledger_that_does_not_exist_yet_has_no_past() -> None:
    assert read_facts(None, "research", NOW) == LedgerFacts()


def test_s9_the_pace_counts_every_intent_of_24_hours_whatever_came_of_it(ledger: Ledger, clock: FakeClock) -> None:
    fence = ledger.claim("research")
    ledger.append([draft(names.DELETION_INTENDED, "old")], fence)
    clock.advance(3600)
    ledger.append([draft(names.DELETION_INTENDED, "new"), draft(names.DELETION_FAILED, "new")], fence)
    ledger.append([draft(names.DELETION_INTENDED, "other", target="b")], ledger.claim("b"))
    assert read_facts(ledger, "research", clock.now()).intents_today == 2
    assert read_facts(ledger, "research", NOW + timedelta(hours=24)).intents_today == 1


def test_s9_the_pace_survives_a_restart(ledger: Ledger, clock: FakeClock) -> None:
    ledger.append([draft(names.DELETION_INTENDED)], ledger.claim("research"))
    ledger.close()
    with open_again(ledger, clock) as again:
        assert read_facts(again, "research", clock.now()).intents_today == 1


def test_open_intents_say_whether_an_accept_was_recorded(ledger: Ledger, clock: FakeClock) -> None:
    fence = ledger.claim("research")
    ledger.append([draft(names.DELETION_INTENDED, job) for job in ("a", "b", "c")], fence)
    clock.advance(5)
    ledger.append([draft(names.DELETION_ACCEPTED, "a"), draft(names.DELETION_CONFIRMED, "b")], fence)
    found = {intent.job_id: intent for intent in list_open_intents(ledger, "research")}
    assert set(found) == {"a", "c"}
    assert (found["a"].is_accepted, found["c"].is_accepted) == (True, False)
    assert (found["a"].last_at, found["c"].last_at) == (NOW + timedelta(seconds=5), NOW)
    assert list_open_intents(ledger, "other") == ()
    assert [list_accepted(ledger, job) for job in ("a", "b", "c")] == [{"intent-a"}, set(), set()]


def test_survivors_are_those_of_the_last_finished_sweep(ledger: Ledger, clock: FakeClock) -> None:
    for sweep, end in (("s1", names.SWEEP_FINISHED), ("s2", names.SWEEP_ABORTED)):
        ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id=sweep)])
        ledger.append([Draft(event=end, target="research", sweep_id=sweep)])
        remember_survivors(ledger, sweep, (sweep,))
        clock.advance(60)
    facts = read_facts(ledger, "research", clock.now())
    assert facts.survivors == ("s1",)
    assert facts.last_finished == NOW
    assert read_facts(ledger, "other", clock.now()).survivors == ()


def test_the_history_of_a_job_is_its_intents_and_their_closings(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    ledger.append([draft(names.DELETION_INTENDED, "a"), draft(names.DELETION_INTENDED, "b")], fence)
    ledger.append([draft(names.DELETION_ACCEPTED, "a"), draft(names.DELETION_CONFIRMED, "a")], fence)
    assert [event["event"] for event in list_job_events(ledger, "a")] == [names.DELETION_INTENDED, names.DELETION_CONFIRMED]
    assert [event["event"] for event in list_job_events(ledger, "b")] == [names.DELETION_INTENDED]
    assert list_job_events(ledger, "unknown") == ()


def test_each_target_has_a_last_finished_sweep_of_its_own(ledger: Ledger, clock: FakeClock) -> None:
    for target in ("research", "other"):
        end_sweep(ledger, f"of-{target}", target)
        clock.advance(60)
    assert (last_sweep(ledger, "research"), last_sweep(ledger, "other")) == (NOW, NOW + timedelta(seconds=60))
    assert last_finished(ledger) == NOW + timedelta(seconds=60)
    assert last_sweep(ledger, "unknown") is None


def test_a_sweep_with_a_failed_deletion_finished_but_was_no_success(ledger: Ledger, clock: FakeClock) -> None:
    end_sweep(ledger, "good", "research")
    clock.advance(60)
    end_sweep(ledger, "bad", "research", names.DELETION_FAILED)
    clock.advance(60)
    end_sweep(ledger, "of-another", "other", names.DELETION_FAILED)
    assert last_sweep(ledger, "research") == NOW + timedelta(seconds=60)
    assert last_success(ledger, "research") == NOW
    clock.advance(60)
    end_sweep(ledger, "good-again", "research", names.DELETION_CONFIRMED)
    assert last_success(ledger, "research") == NOW + timedelta(seconds=180)
    assert last_success(ledger, "other") is None


def test_applying_a_plan_vouches_for_clock_and_survivors_and_deleting_by_hand_for_neither_and_a_schedule_waits_for_sweeps(
    ledger: Ledger, clock: FakeClock
) -> None:
    for seconds, kind in enumerate(("sweep", "apply", "delete")):
        clock.time = NOW + timedelta(seconds=seconds)
        ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id=kind, fields={"kind": kind})])
        ledger.append([Draft(event=names.SWEEP_FINISHED, target="research", sweep_id=kind)])
        remember_survivors(ledger, kind, (kind,))
    assert (last_finished(ledger), last_survivors(ledger, "research")) == (NOW + timedelta(seconds=1), ("apply",))
    assert last_sweep(ledger, "research") == last_success(ledger, "research") == NOW
    assert [sweep.sweep_id for sweep in list_last_sweeps(ledger, "research", clock.now(), 5)] == ["apply", "sweep"]
    history = read_facts(ledger, "research", clock.now()).history
    assert history is not None
    assert (history.finished, [past.started_at for past in history.sweeps]) == (2, [NOW + timedelta(seconds=1), NOW])


def end_sweep(ledger: Ledger, sweep_id: str, target: str, outcome: str | None = None) -> None:
    """One finished sweep, with one deletion of this outcome or none."""
    ledger.append([Draft(event=names.SWEEP_STARTED, target=target, sweep_id=sweep_id)])
    if outcome is not None:
        made = [draft(name, sweep_id, target=target) for name in (names.DELETION_INTENDED, outcome)]
        ledger.append(made, ledger.claim(target))
    ledger.append([Draft(event=names.SWEEP_FINISHED, target=target, sweep_id=sweep_id)])


def list_target(ledger: Ledger, sweep: str, *, refused: str | None = None, target: str = "research", **told: Any) -> None:
    """One listing, and what refused its plan."""
    began = Draft(event=names.SWEEP_STARTED, target=target, sweep_id=sweep)
    drafts = [began, Draft(event=names.LISTING_COMPLETED, target=target, sweep_id=sweep, fields={"listed": 0, **told})]
    if refused is not None:
        drafts.append(Draft(event=names.PLAN_REFUSED, target=target, sweep_id=sweep, fields={"by": refused, "reason": "x"}))
    ledger.append(drafts)


def test_a29_labels_that_were_told_are_remembered_until_a_sweep_that_nothing_refused_had_none(ledger: Ledger) -> None:
    assert had_labels(ledger, "research") is None
    list_target(ledger, "s0")
    assert had_labels(ledger, "research") is None
    list_target(ledger, "s1", has_labels=False)
    assert had_labels(ledger, "research") is False
    list_target(ledger, "s2", has_labels=True, refused="pause")
    assert read_facts(ledger, "research", NOW).had_labels is True
    for number, word in enumerate(("labels_unavailable", "pause", "clock")):
        list_target(ledger, f"r{number}", has_labels=False, refused=word)
        assert had_labels(ledger, "research") is True
    list_target(ledger, "s3", target="other", has_labels=False)
    assert (had_labels(ledger, "research"), had_labels(ledger, "other")) == (True, False)
    list_target(ledger, "s4", has_labels=False)
    assert had_labels(ledger, "research") is False


def test_b37_a_sweep_of_an_older_janitor_tells_of_labels_by_its_events_until_a_newer_one_does(ledger: Ledger) -> None:
    """And nothing reads events for a target of which no sweep of an older janitor is the last that knows."""
    list_target(ledger, "s1", has_labels=False)
    list_target(ledger, "s2", has_labels=True)
    list_target(ledger, "r1", has_labels=False, refused="labels_unavailable")
    list_target(ledger, "o1", target="other", has_labels=False)
    with ledger.writing() as connection:
        connection.execute(update(sweeps).values(has_labels=None))
    list_target(ledger, "s3", has_labels=False, refused="pause")
    assert had_labels(ledger, "research") is True
    list_target(ledger, "s4", has_labels=False)
    with ledger.writing() as connection:
        connection.execute(update(events).values(body=events.c.body + "no JSON"))
    assert (had_labels(ledger, "research"), had_labels(ledger, "new")) == (False, None)


def test_a29_what_was_listed_last_counts_whatever_the_clock_said(ledger: Ledger, clock: FakeClock) -> None:
    clock.advance(86_400)
    list_target(ledger, "s1", has_labels=False)
    clock.advance(-86_400)
    list_target(ledger, "s2", has_labels=True)
    assert had_labels(ledger, "research") is True


def test_a_word_in_a_text_of_another_event_tells_nothing_of_labels(ledger: Ledger) -> None:
    list_target(ledger, "s1", has_labels=True)
    with ledger.writing() as connection:
        connection.execute(update(sweeps).values(has_labels=None))
    said = '"event":"listing.completed","has_labels":false'
    ledger.append([Draft(event=names.LISTING_FAILED, target="research", sweep_id="s2", fields={"code": "x", "reason": said})])
    assert had_labels(ledger, "research") is True


def test_a29_what_a_sweep_knows_of_the_past_is_of_one_moment(ledger: Ledger, clock: FakeClock) -> None:
    """Nothing that is written meanwhile is in one half of it and not in the other."""
    begun = list[Any]()
    event.listen(ledger.storage.engine, "begin", begun.append)
    read_facts(ledger, "research", clock.now())
    assert len(begun) == 1


def test_a16_no_sweep_has_finished_without_its_survivors(ledger: Ledger, clock: FakeClock) -> None:
    """Killed at any commit, it either has both or has not finished: a canary is asked for by the next one."""
    ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="s1")])

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE sweeps SET survivors"):
            with another_hand(ledger) as other:
                seen.extend(other.execute("SELECT status, survivors FROM sweeps"))

    seen = list[tuple[str, str]]()
    event.listen(ledger.storage.engine, "before_cursor_execute", look)
    remember_survivors(ledger, "s1", ("j1",), [Draft(event=names.SWEEP_FINISHED, target="research", sweep_id="s1")])
    assert seen == [("running", "[]")]
    assert read_facts(ledger, "research", clock.now()).survivors == ("j1",)


@pytest.mark.on_a_file
def test_open_intents_are_found_by_their_own_index_and_not_among_all_that_ever_were(ledger: Ledger) -> None:
    for statement in (facts._OPEN, past._OPEN):
        text = str(statement.compile(ledger.storage.engine, compile_kwargs={"literal_binds": False}))
        with ledger.reading() as connection:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("research",)).all()
        assert any("one_open_intent_a_job" in step[-1] for step in steps), steps
