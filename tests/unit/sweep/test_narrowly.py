"""When a sweep of a target that asks for narrow listings makes one, and when only a full one will do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.backends.port import Backend, Listing
from janitor.core.errors import ListingIncomplete, NotNarrowed
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.span import Span
from janitor.ledger.history import Word, acknowledge_guard
from janitor.ledger.inventory import read_inventory
from janitor.ledger.jobs import last_sightings
from janitor.ledger.standing_changes import pause_sweeping, resume_sweeping
from janitor.ledger.store import Ledger
from janitor.retention.describe import policy_digest
from janitor.retention.keep import Keep
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Since
from janitor.retention.selector import Selector
from janitor.sweep.entry import delete_jobs, preview_sweep, preview_target, sweep_target
from janitor.sweep.manual import Order
from janitor.sweep.report import TargetReport

DAY = timedelta(days=1)
PACE = Pace(per_sweep=2, per_day=1000)


@dataclass
class Platform(ScriptedBackend):
    """Counts which listings were asked for; `created` replaces the narrow ones."""

    spans: list[Span] = field(default_factory=list)
    wholes: int = 0
    created: Callable[[Listing], Listing] = lambda listing: listing

    def list_jobs(self) -> Listing:
        self.wholes += 1
        return super().list_jobs()

    def list_created(self, span: Span) -> Listing:
        self.spans.append(span)
        found = super().list_created(span)
        self.wholes -= 1
        return self.created(found)


@dataclass
class Scene:
    """A target that asks for narrow listings: twenty jobs have expired, twenty old ones are held, thirty are young."""

    ledger: Ledger
    clock: FakeClock
    changes: dict[str, Any] = field(default_factory=dict)
    backend: Platform = field(default_factory=Platform)

    def __post_init__(self) -> None:
        old = [make_job(days_ago=40 + number, id=f"old-{number}") for number in range(20)]
        held = [make_job(days_ago=40 + number, id=f"held-{number}", description="janitor-hold") for number in range(20)]
        young = [make_job(days_ago=2 + number / 10, id=f"young-{number}") for number in range(30)]
        self.add(*old, *held, *young)

    def add(self, *jobs: Job) -> None:
        self.backend.jobs |= {job.id: job for job in jobs}

    def target(self) -> Any:
        fields: dict[str, Any] = {"is_narrow": True, "pace": PACE, "rules": make_rules(make_policy(after=30 * DAY))}
        return make_target(self.backend, **(fields | self.changes))

    def sweep(self, wait: timedelta = DAY) -> TargetReport:
        report = sweep_target(self.target(), self.ledger, make_tools(self.clock, new_id=self._new_id))
        self.clock.advance(wait.total_seconds())
        return report

    def _new_id(self) -> str:
        return f"id-{len(self.backend.counts)}-{next(_numbers)}"

    def listing(self, report: TargetReport) -> Any:
        told = report.as_json()["listing"]
        return told["narrow"] or told["why"]


_numbers = iter(range(10**9))


@pytest.fixture
def scene(ledger: Ledger, clock: FakeClock) -> Scene:
    """After one sweep, which was full and deleted two."""
    found = Scene(ledger, clock)
    report = found.sweep()
    assert (found.listing(report), report.outcomes()["confirmed"]) == ("the ledger has no full listing that was believed", 2)
    return found


def test_a_full_listing_vouches_for_seven_days_and_then_has_to_be_made_again(scene: Scene) -> None:
    told = [scene.listing(scene.sweep()) for _ in range(9)]
    assert told == [*[True] * 7, "the last full listing is older than 7 days", True]
    assert len(scene.backend.spans) == 8
    assert scene.backend.wholes == 2


def test_it_asks_for_the_jobs_from_the_oldest_known_to_those_that_could_go_now(scene: Scene) -> None:
    now = scene.clock.now()
    report = scene.sweep()
    oldest = NOW - 59 * DAY - timedelta(hours=2)
    assert scene.backend.spans == [Span(first=oldest, last=now - 30 * DAY + timedelta(minutes=15))]
    assert report.listed_to == scene.backend.spans[0].last
    assert sum(report.verdicts.values()) == 38
    assert report.as_json()["listing"]["created_until"] == "2026-10-25T03:15:00.000000Z"


def test_what_it_leaves_out_stays_known_and_what_it_should_show_is_forgotten(scene: Scene) -> None:
    del scene.backend.jobs["held-3"], scene.backend.jobs["young-3"]
    before = {job_id: last_sightings(scene.ledger, job_id)[0]["seen_at"] for job_id in ("held-4", "young-4")}
    assert scene.listing(scene.sweep()) is True
    assert (last_sightings(scene.ledger, "held-3"), len(last_sightings(scene.ledger, "young-3"))) == ((), 1)
    after = {job_id: last_sightings(scene.ledger, job_id)[0]["seen_at"] for job_id in ("held-4", "young-4")}
    assert after["held-4"] > before["held-4"]
    assert after["young-4"] == before["young-4"]


def other_policies(scene: Scene) -> None:
    scene.changes["rules"] = make_rules(make_policy(after=31 * DAY))


def ranks(scene: Scene) -> None:
    scene.changes["rules"] = make_rules(make_policy(after=30 * DAY, keep=Keep(last=1)))


def hold_changed(scene: Scene) -> None:
    pause_sweeping(scene.ledger, "research", "an audit")
    resume_sweeping(scene.ledger, "research")


def guard_lifted(scene: Scene) -> None:
    digest = policy_digest(scene.target().rules)
    word = Word(guard="deletions_jumped", policy_digest=digest, reason="meant so", until=NOW + 20 * DAY)
    acknowledge_guard(scene.ledger, "research", word)


def a_workspace_more(scene: Scene) -> None:
    scene.add(make_job(workspace="w2", days_ago=90))


def no_labels(scene: Scene) -> None:
    scene.backend.has_labels = False


def too_few(scene: Scene) -> None:
    """More than a tenth, and more than three, of those that the ledger knows."""
    for number in range(4):
        del scene.backend.jobs[f"held-{number}"]


def unheeded(scene: Scene) -> None:
    def refuse(_listing: Listing) -> Listing:
        raise NotNarrowed("the filter is not heeded")

    scene.backend.created = refuse


REASONS: dict[Callable[[Scene], None], str] = {
    other_policies: "the last full listing was made by other policies",
    ranks: "a policy ranks jobs within groups, or none governs the target",
    hold_changed: "holds or pauses changed since the last full listing",
    guard_lifted: "somebody lifted a guard, which is for a full listing",
    a_workspace_more: "the last full listing was of other workspaces",
    no_labels: "the platform told labels then and does not now, or the other way round",
    too_few: "4 of 38 jobs that it should show are not in it",
    unheeded: "the filter is not heeded",
}


@pytest.mark.parametrize("change", REASONS, ids=lambda change: change.__name__)
def test_only_a_full_listing_will_do(scene: Scene, change: Callable[[Scene], None]) -> None:
    change(scene)
    report = scene.sweep()
    assert (scene.listing(report), scene.backend.wholes) == (REASONS[change], 2)
    assert sum(report.verdicts.values()) == len(scene.backend.jobs) + report.outcomes()["confirmed"]


def test_jobs_that_may_go_when_younger_than_the_last_full_listing_need_one_as_young(scene: Scene) -> None:
    """Whatever is listed narrowly, the last full listing knew it, or it had not ended by then."""
    scene.changes["rules"] = make_rules(make_policy(after=36 * timedelta(hours=1)))
    scene.changes["limits"] = Limits(max_share_percent=100)
    young = "jobs that are younger than the last full listing may go"
    scene.sweep()
    assert [scene.listing(scene.sweep()) for _ in range(4)] == [True, young, True, young]


def test_policies_that_were_tried_in_between_and_refused_are_other_policies_too(scene: Scene) -> None:
    """What they left in the ledger of jobs and marks is not what these would have left."""
    before = dict(scene.changes)
    scene.changes |= {"rules": make_rules(make_policy(after=20 * DAY)), "limits": Limits(max_share_percent=0)}
    scene.add(*(make_job(days_ago=25) for _ in range(12)))
    scene.changes["pace"] = Pace(per_sweep=1000, per_day=1000)
    assert scene.sweep().refusal is not None
    scene.changes = before
    assert scene.listing(scene.sweep()) == "the last full listing was made by other policies"


def test_a_mark_on_a_job_that_it_would_leave_out_needs_a_full_one(scene: Scene) -> None:
    """Such a mark has to be taken away: left there it would let the job go without its grace period."""
    policy = make_policy(after=30 * DAY, grace=3 * DAY)
    scene.changes["rules"] = make_rules(policy)
    scene.sweep()
    assert scene.listing(scene.sweep()) is True
    with scene.ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE marks SET created_at = '2026-11-20T00:00:00.000000Z' WHERE job_id = 'old-9'")
    report = preview_sweep(scene.target(), scene.ledger, make_tools(scene.clock))
    assert scene.listing(report) == "a job that it would leave out is marked to go"


def test_a_narrow_listing_that_misses_a_known_job_which_is_there_is_incomplete(scene: Scene) -> None:
    """Of the old jobs that were to stay, a few are looked for whenever they are not listed."""
    scene.backend.created = lambda listing: replace(
        listing, jobs=tuple(job for job in listing.jobs if job.id not in ("held-0", "held-1"))
    )
    report = scene.sweep()
    assert report.trouble is not None
    assert (report.trouble.code, report.exit_code, scene.backend.wholes) == ("listing_incomplete", 6, 1)


def test_one_that_is_not_proven_complete_fails_the_sweep_as_a_full_one_does(scene: Scene) -> None:
    def fail(_listing: Listing) -> Listing:
        raise ListingIncomplete("a window is not proven complete")

    scene.backend.created = fail
    report = scene.sweep()
    assert (report.exit_code, report.is_complete, scene.backend.wholes, report.outcomes()["confirmed"]) == (6, False, 1, 0)


def test_the_share_is_of_all_finished_jobs_that_the_ledger_knows_and_of_no_more(scene: Scene) -> None:
    """Eighteen of 68, since two went: 26.5 %; the share of those that a narrow listing shows alone would be 47 %."""
    scene.changes |= {"pace": Pace(per_sweep=1000, per_day=1000), "limits": Limits(max_share_percent=27)}
    report = preview_sweep(scene.target(), scene.ledger, make_tools(scene.clock))
    assert (scene.listing(report), report.refusal) == (True, None)
    scene.changes["limits"] = Limits(max_share_percent=26)
    report = scene.sweep()
    assert scene.listing(report) == "a guard has to see every job: max_share"
    assert report.refusal is not None
    assert "18 of 68 finished jobs" in report.refusal.message


def test_guards_compare_what_is_listed_with_what_was_known_of_the_same_jobs(scene: Scene) -> None:
    """Thirty-eight of 68 is no listing that shrank, and the first full one after a week has not grown beside thirty-eight."""
    for _ in range(7):
        scene.sweep()
    scene.add(*(make_job(created_at=NOW + DAY, started_at=NOW + DAY, finished_at=NOW + 2 * DAY) for _ in range(200)))
    report = scene.sweep()
    assert (scene.listing(report), report.refusal) == ("the last full listing is older than 7 days", None)


def test_the_first_full_one_after_a_week_notices_that_most_of_the_young_jobs_are_gone(scene: Scene) -> None:
    for _ in range(7):
        scene.sweep()
    for number in range(30):
        del scene.backend.jobs[f"young-{number}"]
    scene.changes["pace"] = Pace(per_sweep=0, per_day=0)
    for number in range(10):
        del scene.backend.jobs[f"held-{number}"]
    report = scene.sweep()
    assert report.refusal is not None
    assert report.refusal.by == "listing_shrank"
    assert report.refusal.facts["last_listed"] == 70


def test_a_job_that_ended_after_the_full_listing_is_no_surprise_once_it_is_old_enough_to_be_listed(scene: Scene) -> None:
    """Nobody could have expected it: it ran when everything was listed, and was too young for the narrow ones since."""
    policy = make_policy(after=9 * DAY, since=Since.CREATED, match=Selector(phase=frozenset({Phase.COMPLETED})))
    scene.changes["rules"] = make_rules(policy)
    later = [
        make_job(created_at=NOW - 4 * DAY, started_at=NOW - 4 * DAY, phase=Phase.RUNNING, finished_at=None) for _ in range(12)
    ]
    scene.add(*later)
    for number in range(7):
        if number == 2:
            for job in later:
                scene.backend.change(job.id, phase=Phase.COMPLETED, finished_at=scene.clock.now())
        report = scene.sweep()
        assert report.refusal is None, number
    assert scene.listing(report) is True
    assert report.verdicts["expired"] == 12 - 2 * 2, "two went in each of the two sweeps before"


def test_what_must_stay_visible_are_the_young_ones_too_where_all_that_is_listed_goes(ledger: Ledger, clock: FakeClock) -> None:
    scene = Scene(ledger, clock)
    scene.backend.jobs = {job_id: job for job_id, job in scene.backend.jobs.items() if not job_id.startswith("held")}
    scene.changes["project_name"] = None
    scene.sweep()
    scene.backend.projects = ()
    scene.changes["pace"] = Pace(per_sweep=100, per_day=1000)
    report = scene.sweep()
    assert (scene.listing(report), report.outcomes()["confirmed"]) == (True, 18)


def test_a_preview_of_a_sweep_lists_as_that_would_and_every_other_one_lists_all(scene: Scene) -> None:
    tools = make_tools(scene.clock)
    narrow, whole = preview_sweep(scene.target(), scene.ledger, tools), preview_target(scene.target(), scene.ledger, tools)
    assert [sum(each.verdicts.values()) for each in (narrow, whole)] == [38, 68]
    assert [entry.decision.job.id for entry in narrow.entries] == [entry.decision.job.id for entry in whole.entries]
    assert whole.as_json()["listing"] == {"complete": True, "workspaces": ["0"]}


def test_a_platform_that_cannot_list_by_creation_is_listed_in_full(scene: Scene) -> None:
    class Plain:
        """Everything but that."""

        def __init__(self, inner: Backend) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            if name == "list_created":
                raise AttributeError(name)
            return getattr(self._inner, name)

    target = replace(scene.target(), backend=Plain(scene.backend))
    report = sweep_target(target, scene.ledger, make_tools(scene.clock, new_id=scene._new_id))
    assert scene.listing(report) == "the platform does not list by creation"


def test_a_target_that_asks_for_full_listings_gets_no_other(scene: Scene) -> None:
    scene.changes["is_narrow"] = False
    report = scene.sweep()
    assert "narrow" not in report.as_json()["listing"]
    assert (report.listed_to, scene.backend.spans) == (None, [])


def test_deleted_jobs_are_neither_missed_nor_counted_by_the_next_narrow_listing(scene: Scene) -> None:
    """Ten of forty go in one sweep: that they are not shown by the next one is no wonder, and they are no part of a share."""
    scene.changes["pace"] = Pace(per_sweep=10, per_day=1000)
    assert scene.sweep().outcomes()["confirmed"] == 10
    assert scene.listing(preview_sweep(scene.target(), scene.ledger, make_tools(scene.clock))) is True
    scene.changes |= {"pace": Pace(per_sweep=1000, per_day=1000), "rules": make_rules(make_policy(after=30 * DAY))}
    young = [job_id for job_id in scene.backend.jobs if job_id.startswith("young")]
    order = Order(job_ids=tuple(young[:20]), reason="a mistake")
    assert delete_jobs(scene.target(), scene.ledger, make_tools(scene.clock, new_id=scene._new_id), order).exit_code == 0
    inventory = read_inventory(scene.ledger, "research", scene.clock.now() - 30 * DAY)
    assert (len(inventory.inside), inventory.beyond) == (28, 10)


def test_after_a_full_listing_that_a_guard_refused_no_narrow_one_is_believed(ledger: Ledger, clock: FakeClock) -> None:
    """Else the listing that was good before it would vouch for jobs of which the newer one showed no more."""
    scene = Scene(ledger, clock)
    scene.add(*(make_job(days_ago=2 + number / 100, id=f"more-{number}") for number in range(60)))
    scene.sweep()
    whole = dict(scene.backend.jobs)
    scene.backend.jobs = {job_id: job for job_id, job in whole.items() if job_id.startswith(("old", "held"))}
    scene.changes["limits"] = Limits(max_share_percent=10)
    scene.changes["pace"] = Pace(per_sweep=15, per_day=1000)
    told = [scene.sweep() for _ in range(3)]
    assert [report.refusal.by if report.refusal else None for report in told] == ["listing_shrank"] * 3
    assert scene.listing(told[-1]) == "the last full listing was refused, or its sweep did not end well"
