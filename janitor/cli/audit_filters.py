"""Owns the options that say which audit events are wanted."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.completing import complete_events, complete_policies, complete_targets
from janitor.core.canonical import timestamp
from janitor.core.errors import UsageError
from janitor.core.events import RECORDED
from janitor.core.moment import parse_moment

if TYPE_CHECKING:
    from janitor.ledger.selection import Selection

_OPTIONS = (
    click.option("--job", "job_id", metavar="ID", help="Only events about this job."),
    click.option("--target", metavar="T", shell_complete=complete_targets, help="Only events of this target."),
    click.option(
        "--event",
        "names",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_events,
        help="Only events of this name, such as deletion.confirmed or deletion.*; may be repeated.",
    ),
    click.option("--sweep", "sweep_id", metavar="ID", help="Only events of this sweep."),
    click.option(
        "--policy", metavar="P", shell_complete=complete_policies, help="Only events about jobs that this policy selected."
    ),
    click.option("--owner", metavar="O", help="Only events about jobs of this owner."),
    click.option("--actor", metavar="A", help="Only events by this actor; * and ? stand for anything, as in 'cli:*'."),
    click.option("--since", metavar="TIME", help="Not before: 2026-11-23, 2026-11-23T03:00Z, or how long ago, as in 7d; UTC."),
    click.option("--until", metavar="TIME", help="Not after; of a day, its end."),
    click.option("--last", type=click.IntRange(min=1), metavar="N", help="Of these, only the last so many."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What was asked for, as it was written."""

    job_id: str | None = None
    target: str | None = None
    names: tuple[str, ...] = ()
    sweep_id: str | None = None
    policy: str | None = None
    owner: str | None = None
    actor: str | None = None
    since: str | None = None
    until: str | None = None
    last: int | None = None

    @property
    def are_given(self) -> bool:
        """Whether anything at all was asked for."""
        return self != Filters()

    def selection(self, now: datetime) -> "Selection":
        """The conditions; raises UsageError for a name of no event, and for a time that is none."""
        from janitor.ledger.selection import Selection

        return Selection(
            job_id=self.job_id,
            target=self.target,
            sweep_id=self.sweep_id,
            policy=self.policy,
            owner=self.owner,
            actor=self.actor,
            events=_expand(self.names),
            since=_moment("--since", self.since, now),
            until=_moment("--until", self.until, now, is_end=True),
        )


def filter_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add every option to a command, which gets them as one value, `filters`."""
    names = [each.name for each in fields(Filters)]

    @wraps(function)
    def gather(**given: Any) -> int:
        found = Filters(**{name: given.pop(name) for name in names})
        return function(filters=found, **given)

    for option in reversed(_OPTIONS):
        gather = option(gather)
    return gather


def _expand(patterns: tuple[str, ...]) -> frozenset[str] | None:
    """The names of events that the patterns stand for."""
    from janitor.retention.glob import is_match
    from janitor.settings.suggest import suggest

    found = {pattern: [name for name in RECORDED if is_match(pattern, name)] for pattern in patterns}
    for pattern, names in found.items():
        if not names:
            raise UsageError(f"--event: there is no event {pattern!r}; {suggest(pattern, RECORDED)}")
    return frozenset(name for names in found.values() for name in names) if patterns else None


def _moment(option: str, text: str | None, now: datetime, *, is_end: bool = False) -> str | None:
    try:
        return None if text is None else timestamp(parse_moment(text, now, is_end=is_end))
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
