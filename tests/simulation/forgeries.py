"""For each invariant, evidence that was forged against it: the judge must reject every one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from simulation.chronicle import CLOSING
from simulation.evidence import Evidence
from simulation.forging import (
    all_intended,
    backlog,
    batched,
    dropped,
    each,
    edited,
    first,
    heads,
    held,
    in_state,
    inserted,
    later,
    marked,
    metadata,
    of,
    only,
    sent,
    status,
    stuck,
    told,
    tried_again,
    under,
    with_faults,
    with_plan,
    with_trace,
    with_truth,
)
from simulation.universe import WEEK

Forge = Callable[[Evidence], Evidence]

FORGERIES: dict[str, list[tuple[str, Forge]]] = {
    "S-1": [
        ("too_young_by_the_rules", lambda e: under(e, replace(WEEK, days=90))),
        ("selected_by_none", lambda e: under(e, replace(WEEK, names=("other-*",)))),
        ("kept_by_one_of_two", lambda e: under(e, WEEK, replace(WEEK, days=90))),
        ("ended_yesterday", lambda e: in_state(e, status(start_time=e.platform.clock.true.timestamp() * 1000 - 9e7))),
        ("in_its_grace_period", marked),
        ("without_the_mark_of_its_grace_period", lambda e: of(e, grace=timedelta(hours=1))),
        ("to_live_longer", lambda e: in_state(e, metadata(description="janitor-ttl=900d"))),
    ],
    "S-2": [
        ("running", lambda e: in_state(e, status(phase="Running"))),
        ("of_unknown_phase", lambda e: in_state(e, status(phase="Hibernating"))),
        ("held_in_its_description", lambda e: in_state(e, metadata(description="a janitor-hold, please"))),
        ("held_by_a_tag", lambda e: in_state(e, lambda state: replace(state, tags={"janitor-hold": ""}))),
        ("with_a_mark_nobody_understands", lambda e: in_state(e, metadata(description="janitor-ttl=soon"))),
        ("of_unknown_age", lambda e: in_state(e, status(start_time=None))),
        ("ended_an_hour_ago", lambda e: in_state(e, status(start_time=e.platform.clock.true.timestamp() * 1000 - 7.2e6))),
        (
            "no_job_but_a_notebook",
            lambda e: in_state(e, lambda state: replace(state, document=state.document | {"kind": "edit"})),
        ),
        ("held_in_the_ledger", held),
        ("held_by_name", lambda e: held(e, job_ids=[], match={"name": ["trial-*"]})),
    ],
    "S-3": [
        ("before_anything_was_written", lambda e: sent(e, only("delete", disk_moment=0))),
        ("written_and_never_synced", lambda e: with_trace(e, lambda s: replace(s, kind="note") if s.kind == "sync" else s)),
        ("synced_and_hidden", lambda e: with_trace(e, lambda s: replace(s, kind="delete") if s.kind == "sync" else s)),
    ],
    "S-4": [
        ("two_ends", lambda e: told([*e.events, first(e, "deletion.confirmed") | {"event": "deletion.failed"}], e)),
        ("no_end", lambda e: dropped(e, *CLOSING)),
        ("more_after_its_end", lambda e: told([*e.events, first(e, "deletion.accepted")], e)),
    ],
    "S-5": [
        ("accepted_without_a_request", lambda e: edited("deletion.accepted", e, attempts=0)),
        ("no_intent", lambda e: dropped(e, "deletion.intended")),
        ("twice_intended", lambda e: inserted(e, "deletion.accepted", first(e, "deletion.intended"))),
        ("an_attempt_left_out", lambda e: edited("deletion.accepted", e, attempts=2)),
        ("an_attempt_taken_back", lambda e: edited("deletion.confirmed", e, attempts=0)),
        ("begun_with_one", lambda e: edited("deletion.intended", e, attempts=1)),
        ("attempts_that_were_not_sent", lambda e: sent(e, lambda r: None if r.route == "delete" else r)),
    ],
    "S-6": [
        ("confirmed_and_there", lambda e: with_truth(e, gone={})),
        ("confirmed_and_never_accepted", lambda e: dropped(e, "deletion.accepted")),
        ("confirmed_and_deleted_by_others", lambda e: sent(e, only("delete", request_id="another"))),
        ("already_gone_and_there", lambda e: with_truth(edited("deletion.confirmed", e, event="deletion.already_gone"), gone={})),
        ("already_gone_and_accepted", lambda e: edited("deletion.confirmed", e, event="deletion.already_gone")),
        ("failed_and_deleted", lambda e: edited("deletion.confirmed", e, event="deletion.failed", reason_code="refused")),
        ("skipped_and_sent_for_many", batched),
        ("skipped_and_sent", lambda e: edited("deletion.confirmed", e, event="deletion.skipped")),
    ],
    "S-7": [
        ("not_in_the_ledger", lambda e: dropped(e, "deletion.intended", "deletion.accepted", *CLOSING)),
        ("another_incarnation", lambda e: edited("deletion.intended", e, created_at="2026-01-01T00:00:00Z")),
    ],
    "S-8": [
        ("again_after_it_was_gone", lambda e: told([*e.events, tried_again(e)], e)),
        ("two_at_once", lambda e: inserted(e, "deletion.accepted", tried_again(e))),
    ],
    "S-9": [
        ("more_than_a_sweep_may", lambda e: of(e, per_sweep=2)),
        ("more_than_a_day_may", lambda e: of(e, per_day=2)),
        ("a_day_of_requests", lambda e: dropped(of(e, per_day=2), "deletion.intended", "deletion.accepted", *CLOSING)),
    ],
    "S-10": [
        ("first_a_batch", lambda e: sent(e, lambda r: replace(r, job_ids=(*r.job_ids, "x")) if r.route == "delete" else r)),
        ("on_though_the_first_failed", lambda e: with_truth(sent(e, only("delete", status=500)), gone={})),
        ("on_though_the_success_was_none", lambda e: with_truth(sent(e, only("delete", reply=b'{"is_success":false}')), gone={})),
    ],
    "S-11": [
        ("more_than_planned", lambda e: edited("plan.built", e, planned=2)),
        ("without_a_plan", lambda e: dropped(e, "plan.built")),
        ("not_in_the_frozen_plan", lambda e: with_plan(e, [first(e, "deletion.intended")["job_id"]])),
        ("another_job_of_that_id", lambda e: edited("deletion.intended", with_plan(e, all_intended(e)), created_at=None)),
        ("a_plan_that_expired", lambda e: with_plan(e, all_intended(e), lasts=0)),
        ("a_plan_that_was_used_up", lambda e: with_plan(e, all_intended(e), times=2)),
        ("a_plan_that_nobody_made", lambda e: dropped(with_plan(e, all_intended(e)), "plan.built")),
    ],
    "S-12": [
        ("observing", lambda e: of(e, enforces=False)),
        ("a_dry_run", lambda e: of(e, is_dry=True)),
        ("refused", lambda e: edited("recovery.completed", e, event="plan.refused", by="max_share")),
        ("paused", lambda e: held(e, event="sweeping.paused")),
        ("paused_for_all", lambda e: held(e, event="sweeping.paused", target=None)),
    ],
    "S-13": [
        ("a_listing_that_failed", lambda e: edited("listing.completed", e, event="listing.failed")),
        ("no_listing", lambda e: dropped(e, "listing.completed")),
        ("gone_without_a_look", lambda e: sent(e, lambda r: None if r.status in (400, 404) else r)),
    ],
    "S-14": [("after_a_failed_write", with_faults)],
    "S-15": [
        ("no_look", lambda e: sent(e, lambda r: None if r.route == "get" else r)),
        ("a_look_of_eleven_seconds_ago", lambda e: sent(e, only("delete", left=e.platform.clock.elapsed + 11))),
        ("a_look_that_failed", lambda e: sent(e, only("get", status=500))),
        ("a_look_at_another_job", lambda e: edited("deletion.intended", e, created_at="2026-01-01T00:00:00Z")),
        ("another_owner", lambda e: edited("deletion.intended", e, owner="somebody")),
    ],
    "S-20": [
        ("a_clock_that_is_behind", lambda e: sent(e, each(skew=timedelta(minutes=6)))),
        ("a_clock_that_is_ahead", lambda e: sent(e, each(skew=timedelta(minutes=-6)))),
        ("a_machine_whose_clock_was_wrong_while_it_listed", lambda e: sent(e, only("list", offset=timedelta(minutes=6)))),
        ("a_clock_that_went_back", lambda e: inserted(e, "sweep.started", *later(e, 1, "sweep.finished"))),
    ],
    "S-21": [("a_changed_event", lambda e: edited("plan.built", e, planned=4))],
    "S-22": [
        ("a_head_of_another_log", lambda e: heads(e, (3, "0" * 64))),
        ("a_head_beyond_the_end", lambda e: heads(e, (len(e.events) + 1, "0" * 64))),
        ("another_log_than_was_read", lambda e: dropped(e, "plan.built")),
    ],
    "S-23": [
        ("an_epoch_twice", lambda e: inserted(e, "recovery.completed", first(e, "sweep.started"))),
        ("an_older_epoch_writes", lambda e: inserted(e, "deletion.accepted", *later(e, 0, "sweep.started"))),
    ],
    "V-1": [("one_sweep_too_many", partial(backlog, expired=5, per_sweep=2, sweeps=6))],
    "V-2": [
        ("no_recovery", lambda e: dropped(e, "recovery.completed")),
        (
            "recovery_after_the_intent",
            lambda e: told([*dropped(e, "recovery.completed").events, first(e, "recovery.completed")], e),
        ),
        ("an_open_intent_not_told", lambda e: edited("recovery.completed", e, open=1)),
        ("an_open_intent_not_looked_at", lambda e: inserted(e, "sweep.started", tried_again(e) | {"job_id": "unseen"})),
    ],
    "V-3": [("open_for_25_hours_in_silence", partial(stuck, hours=25))],
    "V-5": [
        ("one_left", lambda e: under(e, replace(WEEK, days=1))),
        ("open_for_ever", lambda e: dropped(e, *CLOSING)),
        ("gone_and_called_skipped", lambda e: edited("deletion.confirmed", e, event="deletion.skipped")),
    ],
}
