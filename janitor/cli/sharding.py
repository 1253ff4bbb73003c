"""Owns which targets one process of several sweeps: what `--shard` says, else what Kubernetes says in the environment."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from janitor.core.errors import LedgerError, UsageError
from janitor.core.shard import Shard, parse_shard

if TYPE_CHECKING:
    from janitor.wiring import App

INDEX, COUNT = "JOB_COMPLETION_INDEX", "JANITOR_SHARDS"
_NEVER = datetime.min.replace(tzinfo=UTC)
shard_option = click.option(
    "--shard",
    "shard",
    metavar="I/N",
    help=f"Only the targets that fall to shard I of N, from 0/N; else {INDEX} and {COUNT}, where --target names none.",
)


def choose_targets(
    app: "App", text: str | None, targets: tuple[str, ...], environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """The names of the targets that this process sweeps: never none, but for a shard to which none falls; raises UsageError.

    Standard error is told of a shard, and how many targets it has. Those whose last sweep began longest ago come first: of a
    shard that is ended before it is done, other targets wait each time, and one whose sweeps fail keeps none of them waiting.
    """
    shard = read_shard(text, targets, environ)
    everyone = app.target_names(targets)
    if shard is None:
        return everyone
    if app.settings.ledger.url is None and shard.count > 1 and INDEX in environ:
        raise UsageError(
            f"{app.settings.source}: its ledger is a file, and this is shard {shard} of an Indexed Job, whose pods share no file "
            "that can be relied on, so neither pace nor locks would hold; let `ledger` name a database "
            "(url: postgresql+psycopg://...), or sweep in one pod"
        )
    mine = shard.own(everyone)
    click.echo(f"janitor: shard {shard}: {len(mine)} of {len(everyone)} targets", err=True)
    return _longest_waiting_first(app, mine)


def _longest_waiting_first(app: "App", names: tuple[str, ...]) -> tuple[str, ...]:
    """Those never swept before all others, otherwise as they are; a ledger that cannot be read is for the sweep to tell of."""
    from janitor.ledger.facts import last_begun

    try:
        ledger = app.read_ledger() if len(names) > 1 else None
        if ledger is None:
            return names
        with ledger:
            begun = last_begun(ledger, names)
    except LedgerError:
        return names
    return tuple(sorted(names, key=lambda name: begun.get(name, _NEVER)))


def read_shard(text: str | None, targets: tuple[str, ...], environ: Mapping[str, str]) -> Shard | None:
    """The shard of this process, None where it sweeps every target, or those that were named.

    The command line comes before the environment. Raises UsageError for what is no shard, and where half of it is missing:
    a pod that took every target for its own would get in the way of all others.
    """
    if text is not None and targets:
        raise UsageError("--shard and --target both say which targets to sweep; give one of them")
    if targets or (text is None and not {INDEX, COUNT} & set(environ)):
        return None
    try:
        return parse_shard(_told_by(environ) if text is None else text)
    except ValueError as error:
        raise UsageError(f"{f'{INDEX}/{COUNT}' if text is None else '--shard'}: {error}") from error


def _told_by(environ: Mapping[str, str]) -> str:
    for there, missing, remedy in (
        (COUNT, INDEX, "run this as an Indexed Job of Kubernetes, which sets it"),
        (INDEX, COUNT, "set it to the completions of the Job"),
    ):
        if missing not in environ:
            raise ValueError(f"{there} is set and {missing} is not; {remedy}, or say --shard I/N, where 0/1 has every target")
    return f"{environ[INDEX]}/{environ[COUNT]}"
