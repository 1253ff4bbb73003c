"""Owns retention policies as validated values, and the rules of one target that are made of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from janitor.core.job import Job
from janitor.core.phase import GOVERNED_BY_DEFAULT, TERMINAL
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector


class Mode(StrEnum):
    """Whether deletions happen or are only shown."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Since(StrEnum):
    """The instant from which an age is counted."""

    CREATED = "created"
    STARTED = "started"
    FINISHED = "finished"

    def time_of(self, job: Job) -> datetime | None:
        """The job's time of that name, or None where it is not known."""
        times = {Since.CREATED: job.created_at, Since.STARTED: job.started_at, Since.FINISHED: job.finished_at}
        return times[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named rule: which jobs it governs (`match`), which of them it keeps anyway (`except_`), when the others expire.

    Where `match` names no phase it governs completed, failed and terminated jobs; where it names no kind, those of kind `job`.
    Raises ValueError for a selector without conditions, an active phase, and an age that is not positive.
    """

    name: str
    match: Selector
    after: timedelta
    since: Since = Since.FINISHED
    except_: Selector | None = None
    mode: Mode = Mode.OBSERVE
    fallback: bool = False
    targets: frozenset[str] | None = None
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse what could mean "everything", then write the defaults out."""
        for selector in (self.match, self.except_):
            if selector is not None and not selector.has_conditions():
                raise ValueError(f"policy {self.name}: a selector without conditions would mean every job")
        active = sorted((self.match.phase or frozenset()) - TERMINAL)
        if active:
            raise ValueError(f"policy {self.name}: {', '.join(active)} is no phase in which a job may be deleted")
        if self.after <= timedelta(0):
            raise ValueError(f"policy {self.name}: expire.after must be longer than nothing")
        written_out = replace(
            self.match,
            phase=GOVERNED_BY_DEFAULT if self.match.phase is None else self.match.phase,
            kind=frozenset({"job"}) if self.match.kind is None else self.match.kind,
        )
        object.__setattr__(self, "match", written_out)

    @property
    def asks_labels(self) -> bool:
        """Whether it cannot be asked about a job whose labels are not told."""
        return any(selector is not None and selector.labels is not None for selector in (self.match, self.except_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no plan of a target may exceed: a share of the terminal jobs in percent, and a least age since the finish."""

    max_share_percent: int = 25
    min_age: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that decides about the jobs of one target."""

    target: str
    mode: Mode
    policies: tuple[Policy, ...]
    min_age: timedelta
    workspaces: frozenset[str] | None = None
    """The workspaces in the target's scope; None where the platform has none or all are meant."""
    holds: tuple[Hold, ...] = ()
    """What beats every policy; only those for this target."""

    @staticmethod
    def of_target(
        target: str, mode: Mode, policies: tuple[Policy, ...], limits: Limits, workspaces: frozenset[str] | None
    ) -> "Rules":
        """Pick the policies that govern a target."""
        chosen = tuple(policy for policy in policies if policy.targets is None or target in policy.targets)
        return Rules(target=target, mode=mode, policies=chosen, min_age=limits.min_age, workspaces=workspaces)

    def with_holds(self, holds: Iterable[Hold]) -> "Rules":
        """The same rules and, besides, those of the holds that are for this target: they can only keep more."""
        chosen = tuple(hold for hold in holds if hold.targets is None or self.target in hold.targets)
        return replace(self, holds=(*self.holds, *chosen))
