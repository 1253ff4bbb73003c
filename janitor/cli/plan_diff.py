"""Owns `janitor plan --diff`: a plan file beside a fresh plan of its target."""

import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.plan_files import binding_of, parse_content, read_content
from janitor.cli.progress import show_progress
from janitor.cli.sweep import preview
from janitor.core.errors import Refused, UsageError
from janitor.render_plan_diff import PlanDiff, plan_diff_document, render_plan_diff
from janitor.retention.plan_file import FrozenPlan, PlanChanged
from janitor.sweep.disclosure import disclose_report

if TYPE_CHECKING:
    from janitor.sweep.report import TargetReport
    from janitor.wiring import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for: the plan file, and the options of a fresh plan."""

    path: Path
    targets: tuple[str, ...]
    only: frozenset[str]
    as_of: datetime | None
    output: str


def print_plan_diff(app: "App", asked: Asked) -> int:
    """Plan the target of the file anew, and print what changed since; the answer is the fresh plan's exit code."""
    try:
        frozen = parse_content(asked.path, read_content(asked.path))
    except PlanChanged as error:
        raise Refused(f"plan_changed: {asked.path} {error}; make a new one with `janitor plan -o FILE`") from error
    name = frozen.bound_to.target
    if name not in app.target_names() or not set(asked.targets) <= {name}:
        raise UsageError(f"{asked.path}: is a plan of target {name!r}; name no other, and use a policy file that has it")
    with show_progress(app) as say:
        (report,) = preview(app, (name,), asked.only, say, asked.as_of)
    diff = _compare(app, asked, frozen, report)
    if asked.output == "json":
        click.echo(json.dumps(app.scrubber.scrub(plan_diff_document(diff)), indent=1))
    else:
        click.echo(app.scrubber.scrub_text(render_plan_diff(diff)))
    return report.exit_code


def _compare(app: "App", asked: Asked, frozen: FrozenPlan, report: "TargetReport") -> PlanDiff:
    """Everything as it may be shown: without secrets, before anything is cut or escaped."""
    from janitor.retention.describe import policy_digest
    from janitor.settings.rules import rules_of
    from janitor.sweep.applying import check_plan, tell_changes
    from janitor.sweep.fates import list_fates, list_new
    from janitor.tool import read_tool

    name, scrub = frozen.bound_to.target, app.scrubber.scrub_text
    (target,) = (each for each in app.settings.targets if each.name == name)
    with app.read_ledger() or nullcontext() as ledger:
        refusal, _ = check_plan(frozen, binding_of(app, name), ledger, app.clock.now())
    shown = disclose_report(report, app.scrubber)
    fates = list_fates(frozen, report.entries, report.decisions) if report.is_complete else ()
    return PlanDiff(
        path=asked.path,
        frozen=frozen,
        report=shown,
        refusal=None if refusal is None else replace(refusal, message=scrub(refusal.message)),
        notes=tuple(tell_changes(frozen, policy_digest(rules_of(app.settings, target)), read_tool())),
        fates=tuple(replace(each, reason=replace(each.reason, text=scrub(each.reason.text))) for each in fates),
        new=tuple(list_new(frozen, shown.entries)),
    )
