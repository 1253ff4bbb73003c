"""Owns what a sweep shows the guards that know the past: its listing, decisions and plan, and what was known of the jobs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from shlex import quote

from janitor.core.job import Job
from janitor.core.plan import Outcome, Plan, Refusal
from janitor.core.verdict import Decision, Verdict
from janitor.retention.decisions import of_verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the last listings say of the jobs of this one.

    `compared` counts the listed jobs that were known before under the same id, `moved` those of them whose creation is at
    another time now, or whose end went back or vanished. `expected` tells of the jobs at stake when the last believed sweep
    expected each to go; one that it expected to stay, or did not know, is not in it.
    """

    compared: int = 0
    moved: int = 0
    expected: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a sweep has before it when its plan is made; `policies` are the digests of the policies as described, by name.

    `keeping` names those with a keep rule; `covers_all` tells whether whatever workspace there is belongs to the target.
    """

    target: str
    as_of: datetime
    jobs: Sequence[Job]
    workspaces: tuple[str, ...]
    decisions: Sequence[Decision]
    plan: Plan
    policies: Mapping[str, str]
    keeping: frozenset[str]
    covers_all: bool
    known: Known

    @property
    def quoted(self) -> str:
        """The target's name as a shell takes it."""
        return quote(self.target)


def at_stake(plan: Plan, decisions: Iterable[Decision]) -> Iterator[Decision]:
    """The jobs that the plan deletes, those that it defers, and those that are marked to go when their grace period is over.

    What waits for the pace or its grace period is deleted later, and by then it is expected: so it counts now.
    """
    yield from plan.entries
    yield from (aside.decision for aside in plan.set_aside if aside.outcome is Outcome.DEFERRED)
    yield from (decision for decision in of_verdicts(decisions, Verdict.EXPIRING) if not decision.observers)


def is_new(job: Job, since: datetime) -> bool:
    """Whether a listing of that time could not show the job, or not as ended: it was created or ended later."""
    return any(time is not None and time > since for time in (job.created_at, job.finished_at))


def refuse(guard: str, sight: Sight, text: str, **facts: int | str) -> Refusal:
    """The refusal of a guard: what it saw, what to look at, and the command that lifts it."""
    remedy = f"`janitor acknowledge {guard} --target {sight.quoted} --reason TEXT`"
    return Refusal(by=guard, message=f"{text}. If all is as it should be: {remedy}", facts=facts)


def told(time: datetime) -> str:
    """A time as a message has it."""
    return f"{time:%Y-%m-%d %H:%M:%SZ}"
