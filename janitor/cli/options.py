"""Owns the options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from janitor.cli.completing import complete_policies, complete_targets
from janitor.core.errors import UsageError

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
