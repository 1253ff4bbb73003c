"""Owns plan files on the command line: what the file is, for which target of the policy file, and the making of one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.core.errors import LedgerError, UsageError
from janitor.retention.plan_file import Binding, FrozenPlan, NoPlan, read_plan_file

if TYPE_CHECKING:
    from janitor.cli.whole_file import OutputFile
    from janitor.sweep.report import TargetReport
    from janitor.wiring import App

LARGEST = 500_000_000
"""Bytes; no pace lets a plan have so many jobs."""


def read_content(path: Path) -> bytes:
    """The bytes of a file that may be a plan; raises UsageError for one that cannot be read, or is too large to be any."""
    try:
        if not path.is_file():
            raise UsageError(f"{path}: {'is no regular file' if path.exists() else 'there is no such file'}; name a plan file")
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with NUL
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > LARGEST:
        raise UsageError(f"{path}: is larger than any plan")
    return content


def parse_content(path: Path, content: bytes) -> FrozenPlan:
    """The plan; raises UsageError for what is none, and PlanChanged for one that is not as janitor wrote it."""
    try:
        return read_plan_file(content)
    except NoPlan as error:
        raise UsageError(f"{path}: {error}") from error


def binding_of(app: "App", name: str) -> Binding:
    """What a plan of this target is bound to now."""
    target = next(each for each in app.settings.targets if each.name == name)
    return Binding(target=name, project_id=target.project_id, backend=target.backend, api=target.api)


def one_target(app: "App", names: tuple[str, ...]) -> str:
    """The one target that these names, or the policy file, leave; raises UsageError where there are several."""
    chosen = app.target_names(names)
    if len(chosen) != 1:
        raise UsageError(f"-o: a plan file is for one target; say --target with one of {', '.join(chosen)}")
    return chosen[0]


def freeze_into(app: "App", path: Path, name: str, only: frozenset[str], say: Callable[..., None]) -> "TargetReport":
    """Plan a target, record the plan in the ledger, then write it into a file; without a plan there is neither.

    Raises UsageError for a file that cannot be written; then the plan that was recorded is of no use to anybody.
    """
    from janitor.cli.whole_file import PLAN, OutputFile
    from janitor.sweep.entry import fail_target, freeze_target
    from janitor.sweep.freezing import Freezer
    from janitor.tool import read_tool

    file = OutputFile(path=path, begins=PLAN, settings=(app.settings,))
    file.check()
    ((target,), tools) = app.targets((name,)), app.tools(say)
    try:
        ledger = app.open_ledger()
    except LedgerError as error:
        return fail_target(target, tools, error, dry_run=True)
    with ledger:
        freezer = Freezer(bound_to=binding_of(app, name), tool=read_tool(), scrubber=app.scrubber, only=only)
        report, plan = freeze_target(target, ledger, tools, freezer)
    if plan is None:
        click.echo(f"janitor: {path}: not written, because there is no plan; the report says why", err=True)
    else:
        _write(file, plan)
    return report


def _write(file: "OutputFile", plan: FrozenPlan) -> None:
    """Write the file, whole or not at all, and say on standard error what to do with it; raises UsageError."""
    with file.write() as stream:
        stream.write(plan.render())
    noun = "job" if len(plan.entries) == 1 else "jobs"
    text = f"{file.path}: {len(plan.entries)} {noun} of target {plan.bound_to.target}; until {plan.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"{text} `janitor apply {file.path}` deletes them, or fewer", err=True)
