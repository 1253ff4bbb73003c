"""Owns `janitor apply`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import config_option, output_option
from janitor.cli.plan_files import binding_of, parse_content, read_content
from janitor.cli.progress import show_progress
from janitor.cli.standard_output import telling_what_was_done
from janitor.cli.stopping import stop_on_signals
from janitor.cli.sweep import print_reports
from janitor.cli.tracing import traces_option, tracing
from janitor.core.errors import LedgerError, Refused, UsageError
from janitor.core.plan import Refusal
from janitor.retention.plan_file import FrozenPlan, PlanChanged, claimed_target

if TYPE_CHECKING:
    from janitor.sweep.report import TargetReport
    from janitor.wiring import App


@click.command(name="apply")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@config_option
@output_option("text", "json")
@traces_option
def command(path: Path, config: Path | None, output: str, traces: str | None) -> int:
    """Delete what the plan in FILE has, as `janitor plan -o FILE` wrote it, minus what changed since; never anything more.

    Everything is decided again, by today's policies, holds, limits, guards and pace. A plan is applied once, within 24 hours; one
    whose application was cut off may be applied again, for the rest.

    Exit codes: as those of `janitor sweep`. 2 a file that is no plan, or for a target that the policy file does not have; 4 also
    a plan that was changed, that is for another project or ledger, that expired or was used.
    """
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        content = read_content(path)
        with tracing(traces, app) as traced, show_progress(app) as say:
            try:
                report = _apply(traced, path, parse_content(path, content), say)
            except PlanChanged as error:
                report = _refuse(traced, path, content, str(error))
    with telling_what_was_done():
        print_reports(app, [report], output)
    return report.exit_code


def _apply(app: "App", path: Path, frozen: FrozenPlan, say: Callable[..., None]) -> "TargetReport":
    from janitor.sweep.applying import Application
    from janitor.sweep.entry import apply_plan, fail_target
    from janitor.tool import read_tool

    name = frozen.bound_to.target
    if name not in app.target_names():
        raise UsageError(f"{path}: is a plan of target {name!r}, and {app.settings.source} has no such target")
    ((target,), tools) = app.targets((name,)), app.tools(say)
    try:
        ledger = app.open_ledger()
    except LedgerError as error:
        return app.around(name, tools, partial(fail_target, target, error=error))
    with ledger:
        application = Application(frozen=frozen, bound_to=binding_of(app, name), tool=read_tool(), ledger=ledger)
        return app.around(name, tools, partial(apply_plan, target, application=application))


def _refuse(app: "App", path: Path, content: bytes, what: str) -> "TargetReport":
    """Record that a changed plan was brought, with the target that it names, where that is one."""
    from janitor.sweep.entry import fail_target, refuse_target

    refusal = Refusal(by="plan_changed", message=f"{path} {what}; make a new one with `janitor plan -o FILE`")
    name = claimed_target(content)
    if name not in app.target_names():
        raise Refused(f"{refusal.by}: {refusal.message}")
    ((target,), tools) = app.targets((str(name),)), app.tools()
    try:
        ledger = app.open_ledger()
    except LedgerError as error:
        return app.around(target.name, tools, partial(fail_target, target, error=error))
    with ledger:
        return app.around(target.name, tools, partial(refuse_target, target, ledger, refusal=refusal))
