"""Owns retention policies as validated values, and the rules of one target that are made of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from janitor.core.phase import GOVERNED_BY_DEFAULT, TERMINAL, Phase
from janitor.retention.hold import Hold
from janitor.retention.keep import LABEL, Keep
from janitor.retention.selector import Selector
from janitor.retention.tombstones import Archive


class Mode(StrEnum):
    """Whether deletions happen or are only shown."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Since(StrEnum):
    """The instant from which an age is counted."""

    CREATED = "created"
    STARTED = "started"
    FINISHED = "finished"


Ages = tuple[tuple[Phase, timedelta], ...]
"""An age for each phase that a policy governs, sorted by phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named rule: which jobs it governs (`match`), which of them it keeps anyway (`except_`), when the others expire.

    Where `match` names no phase it governs completed, failed and terminated jobs; where it names no kind, those of kind `job`.
    `after` is one age, or one for each phase that it governs. `keep` names jobs that stay although they have expired; the
    others go only when the `grace` period after their mark is over; with `needs_notice` it begins no earlier than somebody was
    told of the mark. `archive` is where a file about each is written before it goes. An owner's ttl lengthens an age, and
    shortens it no further than to `shorten_to`. Raises ValueError for a selector without conditions, an active phase, ages that
    are not positive or not for exactly the governed phases, a `shorten_to` that would not shorten, and a notice without a grace
    period.
    """

    name: str
    match: Selector
    after: timedelta | Ages
    keep: Keep | None = None
    grace: timedelta = timedelta(0)
    archive: Archive | None = None
    needs_notice: bool = False
    shorten_to: timedelta | None = None
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
        written_out = replace(
            self.match,
            phase=GOVERNED_BY_DEFAULT if self.match.phase is None else self.match.phase,
            kind=frozenset({"job"}) if self.match.kind is None else self.match.kind,
        )
        object.__setattr__(self, "match", written_out)
        self._check_ages(written_out.phase or frozenset())

    def _check_ages(self, governed: frozenset[Phase]) -> None:
        if min(self.ages) <= timedelta(0):
            raise ValueError(f"policy {self.name}: expire.after must be longer than nothing")
        if isinstance(self.after, tuple) and frozenset(phase for phase, _ in self.after) != governed:
            raise ValueError(f"policy {self.name}: expire.after must name exactly the phases that it governs")
        if self.shorten_to is not None and not timedelta(0) < self.shorten_to < max(self.ages):
            raise ValueError(f"policy {self.name}: expire.owner_may_shorten_to must be shorter than expire.after")
        if self.grace < timedelta(0):
            raise ValueError(f"policy {self.name}: grace must not be negative")
        if self.needs_notice and not self.grace:
            raise ValueError(f"policy {self.name}: a notice is waited for in a grace period, and there is none")

    @property
    def ages(self) -> tuple[timedelta, ...]:
        """Every age that it asks for."""
        return tuple(age for _, age in self.after) if isinstance(self.after, tuple) else (self.after,)

    def age_of(self, phases: frozenset[Phase]) -> timedelta:
        """The age that it asks of a job in these phases: the longest of theirs."""
        if not isinstance(self.after, tuple):
            return self.after
        return max((age for phase, age in self.after if phase in phases), default=max(self.ages))

    def selectors(self) -> tuple[Selector, ...]:
        """What it asks about a job."""
        return (self.match,) if self.except_ is None else (self.match, self.except_)

    @property
    def asks_labels(self) -> bool:
        """Whether it cannot be asked about a job whose labels are not told."""
        groups_by_label = self.keep is not None and any(word.startswith(LABEL) for word in self.keep.per)
        return groups_by_label or any(selector.labels is not None for selector in self.selectors())


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

    def unread_fields(self) -> frozenset[str]:
        """The fields of a job, of those that a listing may tell less of than a look, that nothing here reads."""
        grouped = {word for policy in self.policies if policy.keep is not None for word in policy.keep.per}
        read = grouped.union(*(selector.named() for selector in self._selectors()))
        return MAY_BE_UNTOLD - read

    def label_keys(self) -> frozenset[str]:
        """The keys of the labels that anything here reads; marks are read besides."""
        grouped = {word for policy in self.policies if policy.keep is not None for word in policy.keep.per}
        keys = {word.removeprefix(LABEL) for word in grouped if word.startswith(LABEL)}
        return frozenset(keys).union(*({key for key, _ in selector.labels or ()} for selector in self._selectors()))

    def _selectors(self) -> list[Selector]:
        """What is asked about a job by policies and holds."""
        selectors = [selector for policy in self.policies for selector in policy.selectors()]
        selectors += [hold.match for hold in self.holds if hold.match is not None]
        return selectors

    def with_holds(self, holds: Iterable[Hold]) -> "Rules":
        """The same rules and, besides, those of the holds that are for this target: they can only keep more."""
        chosen = tuple(hold for hold in holds if hold.targets is None or self.target in hold.targets)
        return replace(self, holds=(*self.holds, *chosen))


MAY_BE_UNTOLD = frozenset({"experiment", "flavor", "pool", "node_count", "accelerators"})
"""What a listing may tell less of than a look, by the names that conditions and groups have for it."""
