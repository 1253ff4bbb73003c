"""A frozen plan applied: what goes is in the plan and would go by a sweep; it goes once; what is in its way uses it up or not."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from again import open_again
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend
from sqlalchemy import update

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError, ListingIncomplete
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.secret import Scrubber
from janitor.ledger.chain import Draft
from janitor.ledger.derivation import find_difference
from janitor.ledger.plans import find_plan
from janitor.ledger.schema import plans
from janitor.ledger.store import Fence, Ledger
from janitor.retention.hold import Hold
from janitor.retention.plan_file import Binding, FrozenPlan, Tool, read_plan_file
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode
from janitor.sweep.applying import Application
from janitor.sweep.entry import apply_plan, freeze_target, sweep_target
from janitor.sweep.freezing import Freezer
from janitor.sweep.report import TargetReport

BOUND_TO = Binding(target="research", project_id="memory", backend="memory", api="v2")
TOOL = Tool(name="janitor", version="1", digest="d" * 64)


@dataclass
class Desk:
    """A platform with jobs, a ledger, and the two hands: one freezes, the other applies."""

    ledger: Ledger
    clock: FakeClock
    jobs: list[Job] = field(default_factory=lambda: [make_job(), make_job(), make_job(), make_job(days_ago=1)])
    backend: ScriptedBackend = field(init=False)
    plans: list[FrozenPlan] = field(default_factory=list)
    ids: Callable[[], str] = field(init=False)

    def __post_init__(self) -> None:
        self.backend = ScriptedBackend.holding(*self.jobs)
        self.ids = make_tools(self.clock).new_id

    def freeze(self, **changes: Any) -> tuple[TargetReport, FrozenPlan | None]:
        freezer = Freezer(bound_to=BOUND_TO, tool=TOOL, scrubber=Scrubber())
        tools = make_tools(self.clock, new_id=self.ids)
        return freeze_target(make_target(self.backend, **changes), self.ledger, tools, freezer)

    def plan(self, **changes: Any) -> FrozenPlan:
        report, plan = self.freeze(**changes)
        assert plan is not None, report
        return read_plan_file(plan.render().encode())

    def apply(self, plan: FrozenPlan, bound_to: Binding = BOUND_TO, stop: Event | None = None, **changes: Any) -> TargetReport:
        halted = changes.pop("halted", lambda: None)
        tools = make_tools(self.clock, new_id=self.ids, stop=stop or Event(), halted=halted)
        before = set(self.backend.deleted)
        application = Application(frozen=plan, bound_to=bound_to, tool=TOOL, ledger=self.ledger)
        report = apply_plan(make_target(self.backend, **changes), tools, application)
        assert find_difference(self.ledger) is None
        assert set(self.backend.deleted) - before <= set(plan.fingerprints), "the plan grew"
        return report

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for row in self.ledger.rows() if (event := row.event())["event"] == name]


@pytest.fixture
def desk(ledger: Ledger, clock: FakeClock) -> Desk:
    return Desk(ledger, clock)


def refused(report: TargetReport) -> str | None:
    return None if report.refusal is None else report.refusal.by


def dropped(report: TargetReport) -> dict[str, str]:
    assert report.applied is not None
    return {each.id: each.reason.partition(":")[0] for each in report.applied.dropped}


def test_exactly_the_plan_goes_and_is_recorded_before_any_request(desk: Desk) -> None:
    plan = desk.plan()
    new = make_job()
    desk.backend.jobs[new.id] = new
    report = desk.apply(plan)
    assert (report.exit_code, report.kind, dropped(report)) == (0, "apply", {})
    assert set(desk.backend.deleted) == {job.id for job in desk.jobs[:3]}
    assert {entry.reason.code for entry in report.entries if entry.decision.job.id == new.id} == {"not_in_plan"}
    (built, of_sweep), (applied,) = desk.events(events.PLAN_BUILT), desk.events(events.PLAN_APPLIED)
    assert (built["digest"], of_sweep["expires_at"]) == (plan.digest, None)
    assert [built[key] for key in ("planned", "set_aside")] == [3, 0]
    assert [applied[key] for key in ("digest", "entries", "planned", "dropped", "resumed")] == [plan.digest, 3, 3, 0, False]
    assert applied["seq"] < desk.events(events.DELETION_INTENDED)[0]["seq"]
    assert built["sweep_id"] != applied["sweep_id"] == of_sweep["sweep_id"]


def test_b38_a_plan_is_applied_once_also_when_it_did_nothing(desk: Desk) -> None:
    for plan in (desk.plan(), desk.plan(rules=make_rules(mode=Mode.OBSERVE))):
        first = desk.apply(plan)
        assert refused(first) is None
        new = make_job()
        desk.backend.jobs[new.id] = new
        asked = list(desk.backend.asked)
        again = desk.apply(plan)
        assert (refused(again), again.exit_code, desk.backend.asked) == ("plan_used", 4, asked)
        assert first.sweep_id in (again.refusal.message if again.refusal else "")


def test_b38_the_use_of_a_plan_needs_the_lock_and_is_written_once(desk: Desk) -> None:
    """Should two be at it at once although there is a lock, the ledger itself takes the first alone."""
    plan, old, fence = desk.plan(), desk.ledger.claim("research"), desk.ledger.claim("research")

    def use(given: Fence | None, *, resumed: bool) -> bool:
        draft = Draft(event=events.PLAN_APPLIED, target="research", fields={"digest": plan.digest, "resumed": resumed})
        with open_again(desk.ledger, desk.clock) as ledger, suppress(LedgerError):
            ledger.append([draft], given)
            return True
        return False

    assert not use(None, resumed=False)
    assert not use(old, resumed=False)
    assert not use(fence, resumed=True)
    assert use(fence, resumed=False)
    assert not use(fence, resumed=False)
    assert use(fence, resumed=True)
    assert find_difference(desk.ledger) is None


@pytest.mark.parametrize("change", [{"project_id": "other"}, {"backend": "other"}, {"api": "v1"}])
def test_d24_a_plan_of_another_project_or_platform_is_refused(desk: Desk, change: dict[str, str]) -> None:
    plan = desk.plan()
    report = desk.apply(plan, bound_to=replace(BOUND_TO, **change))
    assert (refused(report), report.exit_code, desk.backend.counts["list"]) == ("plan_foreign", 4, 1)
    assert desk.backend.deleted == []
    assert (desk.apply(plan).exit_code, len(desk.backend.deleted)) == (0, 3)


def test_d24_a_plan_that_this_ledger_did_not_see_being_made_is_refused(desk: Desk) -> None:
    plan = desk.plan()
    foreign = [
        replace(plan, policy_digest="e"),
        replace(plan, entries=plan.entries[1:]),
        replace(plan, as_of=plan.as_of + timedelta(seconds=1)),
        replace(plan, ledger=f"1:{'0' * 64}"),
    ]
    made = {"digest": foreign[-1].digest, "expires_at": timestamp(plan.expires_at)}
    desk.ledger.append([Draft(event=events.PLAN_BUILT, target="research", fields=made)])
    for each in foreign:
        assert refused(desk.apply(each)) == "plan_foreign"
    assert desk.events(events.PLAN_APPLIED) == []


def test_d24_a_plan_expires_after_a_day_and_is_none_from_the_future(desk: Desk, clock: FakeClock) -> None:
    plan = desk.plan()
    clock.advance(86_400)
    assert refused(desk.apply(plan)) == "plan_expired"
    clock.advance(-86_400 - 301)
    assert refused(desk.apply(plan)) == "clock"
    clock.advance(86_400 + 300)
    assert (refused(desk.apply(plan)), len(desk.backend.deleted)) == (None, 3)


def test_d24_a_clock_that_went_back_is_told_before_the_age_of_the_plan(desk: Desk, clock: FakeClock) -> None:
    plan = desk.plan()
    clock.advance(86_400)
    sweep_target(make_target(ScriptedBackend.holding(make_job(days_ago=1))), desk.ledger, make_tools(clock, new_id=desk.ids))
    clock.advance(-80_000)
    assert refused(desk.apply(plan)) == "clock"


REFUSALS: dict[str, dict[str, Any]] = {
    "pause": {"halted": lambda: "STOP"},
    "identity": {"project_name": "elsewhere"},
    "max_share": {"limits": Limits(max_share_percent=1)},
}


@pytest.mark.parametrize("by", REFUSALS)
def test_what_refuses_any_sweep_refuses_a_plan_and_does_not_use_it_up(desk: Desk, by: str) -> None:
    for job in [make_job() for _ in range(10)]:
        desk.backend.jobs[job.id] = job
    plan = desk.plan()
    report = desk.apply(plan, **REFUSALS[by])
    assert (report.exit_code, desk.backend.deleted, desk.events(events.PLAN_APPLIED)) == (4, [], [])
    assert refused(report) == by
    assert desk.events(events.DELETION_SKIPPED) == []
    assert (desk.apply(plan).exit_code, len(desk.backend.deleted)) == (0, 13)


def test_a_listing_that_fails_does_not_use_a_plan_up(desk: Desk) -> None:
    plan = desk.plan()
    desk.backend.listing = lambda: (_ for _ in ()).throw(ListingIncomplete("half of it"))
    assert (desk.apply(plan).exit_code, desk.events(events.PLAN_APPLIED)) == (6, [])
    assert len(desk.events(events.LISTING_FAILED)) == 1
    desk.backend.listing = None
    assert (desk.apply(plan).exit_code, len(desk.backend.deleted)) == (0, 3)


LEAVING: dict[str, tuple[Callable[[Desk, str], object], dict[str, Any], str]] = {
    "held by its owner": (lambda desk, job: desk.backend.change(job, description="janitor-hold"), {}, "held"),
    "started again": (lambda desk, job: desk.backend.change(job, phase=Phase.RUNNING), {}, "gone"),
    "gone": (lambda desk, job: desk.backend.jobs.pop(job), {}, "gone"),
    "young again": (lambda desk, job: desk.backend.change(job, finished_at=NOW), {}, "kept"),
    "of a field that is gone": (lambda desk, job: desk.backend.change(job, created_at=None), {}, "undecidable"),
}


@pytest.mark.parametrize("case", LEAVING)
def test_d23_a_job_that_is_to_stay_by_now_leaves_the_plan_with_todays_reason(desk: Desk, case: str) -> None:
    change, changes, word = LEAVING[case]
    plan = desk.plan()
    job = desk.jobs[1].id
    change(desk, job)
    report = desk.apply(plan, **changes)
    assert (report.exit_code, dropped(report)) == (0, {job: word})
    assert set(desk.backend.deleted) == {desk.jobs[0].id, desk.jobs[2].id}
    (skipped,) = desk.events(events.DELETION_SKIPPED)
    assert (skipped["job_id"], skipped["intent_id"], skipped["job_name"]) == (job, None, desk.jobs[1].name)
    assert skipped["reason"].startswith(f"left out of the plan that is applied: {word}: ")


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"owner": "bob"}, {"description": "x"}, {"created_at": NOW - timedelta(days=101)}], ids=str
)
def test_d23_another_job_under_a_planned_id_is_skipped_and_recorded(desk: Desk, change: dict[str, Any]) -> None:
    plan = desk.plan()
    desk.backend.change(desk.jobs[1].id, **change)
    report = desk.apply(plan)
    assert (report.outcomes()["confirmed"], report.outcomes()["skipped"], dropped(report)) == (2, 1, {})
    (skipped,) = desk.events(events.DELETION_SKIPPED)
    assert (skipped["job_id"], skipped["reason_code"]) == (desk.jobs[1].id, "changed")


def test_a_field_that_nobody_reads_may_change(desk: Desk) -> None:
    plan = desk.plan()
    desk.backend.change(desk.jobs[1].id, resources=replace(desk.jobs[1].resources, flavor="bigger"))
    assert desk.apply(plan).outcomes()["confirmed"] == 3


def test_d23_todays_policies_decide_and_can_only_keep_more(desk: Desk) -> None:
    plan = desk.plan()
    older = make_job(days_ago=200)
    desk.backend.jobs[older.id] = older
    keeping = make_rules(make_policy(after=timedelta(days=150)))
    report = desk.apply(plan, rules=keeping)
    assert (desk.backend.deleted, dropped(report)) == ([], dict.fromkeys(plan.fingerprints, "kept"))
    assert report.applied is not None
    assert [note.partition(" changed")[0] for note in report.applied.notes] == ["the policies"]
    plan = desk.plan(rules=keeping)
    desk.apply(plan, rules=make_rules(make_policy(after=timedelta(days=1))))
    assert desk.backend.deleted == [older.id]


def test_a_hold_of_the_policy_file_and_an_observing_target_keep_what_is_planned(desk: Desk) -> None:
    plan = desk.plan()
    hold = Hold(name="h", reason="audit", job_ids=frozenset({desk.jobs[0].id}))
    report = desk.apply(plan, rules=make_rules(holds=(hold,), mode=Mode.OBSERVE))
    assert dropped(report) == dict(zip(plan.fingerprints, ("held", "observed", "observed"), strict=True))
    assert desk.backend.deleted == []


def test_the_pace_of_the_day_holds_for_plans_too_and_what_it_leaves_needs_another(desk: Desk) -> None:
    plan = desk.plan()
    report = desk.apply(plan, pace=Pace(per_sweep=2, per_day=1000))
    assert (report.outcomes()["confirmed"], report.outcomes()["deferred"], dropped(report)) == (2, 1, {})
    assert refused(desk.apply(plan)) == "plan_used"


def test_b38_an_application_that_was_asked_to_stop_is_resumed_and_no_further_one(desk: Desk) -> None:
    plan, stop = desk.plan(), Event()
    desk.backend.before_delete = lambda _job: stop.set()
    report = desk.apply(plan, stop=stop)
    assert (report.exit_code, len(desk.backend.deleted)) == (130, 1)
    assert desk.events(events.SWEEP_ABORTED)[-1]["code"] == "interrupted"
    desk.backend.before_delete = lambda _job: None
    report = desk.apply(plan)
    assert (report.exit_code, len(desk.backend.deleted), set(dropped(report).values())) == (0, 3, {"gone"})
    assert [event["resumed"] for event in desk.events(events.PLAN_APPLIED)] == [False, True]
    assert refused(desk.apply(plan)) == "plan_used"


def test_b38_an_application_that_ended_in_any_other_way_is_not_resumed(desk: Desk) -> None:
    plan = desk.plan()
    desk.backend.before_delete = lambda _job: (_ for _ in ()).throw(ZeroDivisionError())
    assert (desk.apply(plan).exit_code, desk.events(events.SWEEP_ABORTED)[-1]["code"]) == (1, "unexpected")
    desk.backend.before_delete = lambda _job: None
    assert (refused(desk.apply(plan)), desk.backend.deleted) == ("plan_used", [])


def test_d24_a_cut_off_application_is_not_resumed_once_the_plan_has_expired(desk: Desk, clock: FakeClock) -> None:
    plan, stop = desk.plan(), Event()
    desk.backend.before_delete = lambda _job: stop.set()
    desk.apply(plan, stop=stop)
    clock.advance(86_400)
    assert (refused(desk.apply(plan)), len(desk.backend.deleted)) == ("plan_expired", 1)


def test_no_plan_is_made_of_what_is_refused_or_fails(desk: Desk) -> None:
    assert desk.freeze(project_name="elsewhere")[1] is None
    desk.backend.listing = lambda: (_ for _ in ()).throw(ListingIncomplete("half of it"))
    assert desk.freeze()[1] is None
    assert desk.events(events.PLAN_BUILT) == []


def test_a_plan_that_cannot_be_recorded_is_none(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), desk.ledger.writing():
        raise ZeroDivisionError
    report, plan = desk.freeze()
    assert (plan, report.exit_code) == (None, 5)


def test_a_plan_that_was_made_tells_no_sweep_anything(desk: Desk, clock: FakeClock) -> None:
    """No guard, canary or clock goes by it: nothing was recorded of the listing."""
    desk.backend.has_labels = False
    desk.plan()
    desk.backend.has_labels = True
    report = sweep_target(make_target(desk.backend), desk.ledger, make_tools(clock, new_id=desk.ids))
    assert (report.exit_code, report.outcomes()["confirmed"]) == (0, 3)


def test_d24_a_table_that_was_edited_makes_no_plan_fresh_again(desk: Desk) -> None:
    plan = desk.plan()
    desk.apply(plan)
    with desk.ledger.writing() as connection:
        connection.execute(update(plans).values(is_used=False, sweep_id=None))
    assert find_difference(desk.ledger) is not None
    record = find_plan(desk.ledger, plan.digest)
    assert record is not None
    assert record.use is not None
    assert not record.use.is_cut_off
    with desk.ledger.writing() as connection:
        connection.execute(update(plans).values(seq=plans.c.seq + 1))
    with pytest.raises(LedgerError, match="does not make plan"):
        find_plan(desk.ledger, plan.digest)
