"""A sweep as it comes to the guards that know the past, built from what a test is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from builders import NOW, make_job, make_policy, make_rules

from janitor.core.job import Job
from janitor.core.plan import Refusal
from janitor.retention.evaluate import evaluate_all
from janitor.retention.history import NO_HISTORY, GoodSweep, History, Reach
from janitor.retention.past_guards import check_past
from janitor.retention.planner import Frame, build_plan
from janitor.retention.policy import Policy
from janitor.retention.sight import Known, Sight

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONG_AGO = NOW - 10 * DAY
DUE = NOW - timedelta(hours=1)


@dataclass(kw_only=True)
class Scene:
    """A sweep as it comes to its guards: the jobs that it lists, what was known of them, and the sweeps before it."""

    jobs: Sequence[Job] = ()
    policies: tuple[Policy, ...] = field(default_factory=lambda: (make_policy(),))
    known: Known = field(default_factory=Known)
    history: History = NO_HISTORY
    workspaces: tuple[str, ...] = ("0",)
    covers_all: bool = False
    allowance: int = 100_000
    digests: dict[str, str] = field(default_factory=dict)
    target: str = "research"

    def sight(self) -> Sight:
        decisions = evaluate_all(self.jobs, make_rules(*self.policies), NOW)
        frame = Frame(target=self.target, as_of=NOW, policy_digest="d", allowance=self.allowance)
        return Sight(
            target=self.target,
            as_of=NOW,
            jobs=self.jobs,
            workspaces=self.workspaces,
            decisions=decisions,
            plan=build_plan(decisions, frame),
            policies={policy.name: "as before" for policy in self.policies} | self.digests,
            keeping=frozenset(policy.name for policy in self.policies if policy.keep is not None),
            covers_all=self.covers_all,
            known=self.known,
        )

    def refusals(self) -> tuple[Refusal, ...]:
        return check_past(self.sight(), self.history)

    def tripped(self) -> list[str]:
        return [refusal.by for refusal in self.refusals()]

    def refusal(self) -> Refusal:
        (refusal,) = self.refusals()
        return refusal


def expired(count: int, **changes: Any) -> list[Job]:
    return [make_job(**changes) for _ in range(count)]


def expecting(jobs: Sequence[Job], moved: int = 0) -> Known:
    """That the last believed sweep expected all these to be gone by now."""
    return Known(compared=len(jobs), moved=moved, expected={job.id: DUE for job in jobs})


def past(*, finished: int = 10, planned: int | None = 10, gone: int = 0, **changes: Any) -> History:
    """Ten daily sweeps, or fewer, that listed 100 jobs and planned as much as this."""
    fields: dict[str, Any] = {"listed": 100, "planned": planned, "workspaces": ("0",), "policies": reach(weekly=10)}
    days = [fields | {"started_at": NOW - day * DAY} | changes for day in range(1, min(finished, 10) + 1)]
    sweeps = tuple(GoodSweep(**day) for day in days)
    return History(sweeps=sweeps, finished=finished, gone_since=gone)


def reach(digest: str = "as before", **counts: int) -> dict[str, Reach]:
    return {name: Reach(digest=digest, lets_go=count) for name, count in counts.items()}
