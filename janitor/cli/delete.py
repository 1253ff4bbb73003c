"""Owns `janitor delete`."""

import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import config_option, output_option, require_text, target_option
from janitor.cli.progress import show_progress
from janitor.cli.standard_output import telling_what_was_done
from janitor.cli.stopping import stop_on_signals
from janitor.cli.sweep import print_reports
from janitor.cli.tracing import traces_option, tracing
from janitor.core.errors import LedgerError, UsageError
from janitor.core.plan import Outcome
from janitor.retention.evaluate import evaluate_all
from janitor.sweep.disclosure import disclose_decision
from janitor.sweep.report import TargetReport, worst_exit_code
from janitor.sweep.target import Target

if TYPE_CHECKING:
    from janitor.ledger.store import Ledger
    from janitor.sweep.manual import Order
    from janitor.wiring import App


@click.command(name="delete")
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
@config_option
@target_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; for the audit log.")
@click.option("--yes", is_flag=True, help="Do not show the jobs and ask first.")
@output_option("text", "json")
@traces_option
def command(
    job_ids: tuple[str, ...], config: Path | None, target: str, reason: str, yes: bool, output: str, traces: str | None
) -> int:
    """Delete jobs by id: all of them or, where anything stands against one, none.

    It overrides the policies, and is recorded as policy `manual` with the reason. It never overrides a hold, a mark, the
    phase, the kind, min_age, a mode, the pace, a pause or the last look before each request.

    Exit codes: 0 done, 2 usage, or a job that does not exist, 3 a deletion failed, stays unknown, or was skipped because its
    job changed, 4 refused, 5 the ledger cannot be trusted or written, 6 the target could not be read, 130 interrupted.
    """
    from janitor.sweep.manual import Order
    from janitor.wiring import load_app

    app = load_app(config)
    (name,) = app.target_names((target,))
    order = Order(job_ids=_parse_ids(app, name, job_ids), reason=require_text("--reason", reason))
    if not yes:
        report, order = _show_and_ask(app, name, order)
        if report is not None:
            print_reports(app, [report], output)
            return report.exit_code
    with stop_on_signals() as stop:
        app = replace(app, stop=stop)
        with tracing(traces, app) as traced, show_progress(app) as say:
            report = _delete(traced, name, order, say)
    with telling_what_was_done():
        print_reports(app, [report], output)
    return worst_exit_code([report.exit_code, 3 if report.outcomes()[Outcome.SKIPPED] else 0])


def _parse_ids(app: "App", target: str, words: tuple[str, ...]) -> tuple[str, ...]:
    job_ids = app.parse_job_ids(target, words)
    for job_id in job_ids:
        if job_ids.count(job_id) > 1:
            raise UsageError(f"job {job_id} is named twice; name each job once")
    return job_ids


def _show_and_ask(app: "App", name: str, order: "Order") -> "tuple[TargetReport | None, Order]":
    """Show the jobs on standard error and ask; the answer is a report where they may not go, and the order as approved."""
    from janitor.sweep.entry import preview_deletion

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nobody can be asked here, since this is no terminal; look at the jobs, then say --yes")
    ((target,), ledger) = app.targets((name,)), app.read_ledger()
    with closing(target.backend), ledger or nullcontext():
        report = preview_deletion(target, ledger, app.tools(), order)
        shown = _render(app, target, ledger, report)
    if report.decisions:
        click.echo(app.scrubber.scrub_text(shown), err=True)
    if report.exit_code:
        return report, order
    noun = "this job" if len(order.job_ids) == 1 else f"these {len(order.job_ids)} jobs"
    click.confirm(f"Delete {noun} of target {name}, which cannot be undone?", abort=True, err=True)
    return None, replace(order, shown=tuple(decision.job for decision in report.decisions))


def _render(app: "App", target: Target, ledger: "Ledger | None", report: TargetReport) -> str:
    from janitor.ledger.past import read_past
    from janitor.ledger.standing import read_standing
    from janitor.render_jobs import render_named

    holds = () if ledger is None else read_standing(ledger, target.name).holds
    jobs = [decision.job for decision in report.decisions]
    named = [disclose_decision(decision, app.scrubber) for decision in report.decisions]
    past = read_past(ledger, target.name, jobs, report.as_of, target.rules.must_hear)
    return render_named(named, evaluate_all(jobs, target.rules.with_holds(holds), report.as_of, past), report.as_of)


def _delete(app: "App", name: str, order: "Order", say: Callable[..., None]) -> TargetReport:
    from janitor.sweep.entry import delete_jobs, fail_target

    ((target,), tools) = app.targets((name,)), app.tools(say)
    try:
        ledger = app.open_ledger()
    except LedgerError as error:
        return app.around(name, tools, partial(fail_target, target, error=error))
    with ledger:
        return app.around(name, tools, partial(delete_jobs, target, ledger, order=order))
