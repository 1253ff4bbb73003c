"""Owns the options that several commands share."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from janitor.cli.completing import complete_policies, complete_targets
from janitor.core.errors import UsageError
from janitor.core.moment import YEARS, parse_moment

Function = TypeVar("Function", bound=Callable[..., Any])


def _config_of_group() -> Path | None:
    """What `janitor --config FILE COMMAND` says; the command's own option comes first."""
    given = click.get_current_context().find_root().params.get("config")
    return given if isinstance(given, Path) else None


config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    default=_config_of_group,
    help="The policy file. Else JANITOR_CONFIG, ./janitor.yaml, /etc/janitor/janitor.yaml.",
)
targets_option = click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="T",
    shell_complete=complete_targets,
    help="Only this target; may be repeated.",
)
policies_option = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="P",
    shell_complete=complete_policies,
    help="Delete only what this policy selects; decides nothing else.",
)

target_option = click.option(
    "--target", "target", required=True, metavar="T", shell_complete=complete_targets, help="The target that has the jobs."
)
one_target_option = click.option(
    "--target", "target", metavar="T", shell_complete=complete_targets, help="The target that had the job, also a former one."
)
as_of_option = click.option(
    "--as-of",
    "as_of",
    metavar="TIME",
    help="Decide as if it were this time, past or to come: 2026-11-23, 2026-11-23T03:00Z, or how long ago, as in 7d; UTC.",
)


def read_as_of(text: str | None, now: datetime) -> datetime | None:
    """The time that `--as-of` names, None where it is not given; standard error is told that the result is hypothetical.

    Raises UsageError for what is no time, and for one outside the years that a policy file may name.
    """
    if text is None:
        return None
    try:
        time = parse_moment(text, now)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--as-of: {error}") from error
    if time.astimezone(UTC).year not in YEARS:
        raise UsageError(f"--as-of: {text!r} is not from {YEARS[0]} to {YEARS[-1]}")
    click.echo(f"janitor: as of {time:%Y-%m-%dT%H:%M:%SZ}, a hypothetical time; nothing is written", err=True)
    return time


def output_option(*formats: str, flag: str = "--output") -> Callable[[Function], Function]:
    """How the result is printed; the first format is the default."""
    return click.option(flag, "output", type=click.Choice(formats), default=formats[0], show_default=True, help="Output format.")


def require_text(option: str, text: str) -> str:
    """What an option says, without blanks around it; raises UsageError where that is nothing, or no text at all."""
    stripped = text.strip()
    if not stripped:
        raise UsageError(f"{option} is blank")
    try:
        stripped.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{option} is no UTF-8 text") from error
    return stripped
