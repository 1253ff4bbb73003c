"""Owns the ways into a sweep: for real, as a preview, by names, recovery alone; each under what it needs, and none raises."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from janitor.core.defect import defect_of
from janitor.core.errors import JanitorError, LockHeld
from janitor.core.plan import Refusal
from janitor.ledger.anchor import check_tail
from janitor.ledger.store import Ledger
from janitor.retention.plan_file import FrozenPlan
from janitor.sweep.applying import Application
from janitor.sweep.freezing import Freezer
from janitor.sweep.loop import Sweep
from janitor.sweep.manual import Order, plan_named
from janitor.sweep.narrowly import plan_sweep
from janitor.sweep.planning import plan_target, supposing
from janitor.sweep.recover import recover
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools, unheard


def preview_target(
    target: Target, ledger: Ledger | None, tools: Tools, only: frozenset[str] = frozenset(), as_of: datetime | None = None
) -> TargetReport:
    """Steps 1 to 3 on a ledger that is only read: what a sweep would do, its jobs `planned`.

    With `as_of` it is decided as if it were that time. Only a preview can: what is deleted is decided by the clock.
    """
    plan = supposing(as_of, partial(plan_target, only=only))
    return _preview(Sweep(target=target, tools=tools, plan=plan, dry_run=True, supposed=as_of), ledger)


def preview_sweep(target: Target, ledger: Ledger | None, tools: Tools, only: frozenset[str] = frozenset()) -> TargetReport:
    """The same as a sweep would do it now: by a narrow listing, where it would make one."""
    return _preview(Sweep(target=target, tools=tools, plan=partial(plan_sweep, only=only), dry_run=True), ledger)


def preview_deletion(target: Target, ledger: Ledger | None, tools: Tools, order: Order) -> TargetReport:
    """What `delete_jobs` would do, on a ledger that is only read."""
    return _preview(Sweep(target=target, tools=tools, plan=partial(plan_named, order=order), kind="delete", dry_run=True), ledger)


def sweep_target(target: Target, ledger: Ledger, tools: Tools, only: frozenset[str] = frozenset()) -> TargetReport:
    """Sweep one target under its lock; whatever happens is in the report, and nothing is raised."""
    return _sweep(Sweep(target=target, tools=tools, plan=partial(plan_sweep, only=only)), ledger)


def delete_jobs(target: Target, ledger: Ledger, tools: Tools, order: Order) -> TargetReport:
    """Delete the jobs that somebody named, all or none, as a sweep that plans by name; nothing is raised."""
    return _sweep(Sweep(target=target, tools=tools, plan=partial(plan_named, order=order), kind="delete"), ledger)


def freeze_target(target: Target, ledger: Ledger, tools: Tools, freezer: Freezer) -> tuple[TargetReport, FrozenPlan | None]:
    """What a sweep would do, and the same as a frozen plan, recorded in the ledger; None where it is refused or fails.

    Jobs that wait for an archive (exit code 3) are left out of it as by a sweep.
    """
    sweep = Sweep(target=target, tools=tools, plan=freezer.plan, dry_run=True)
    report = _preview(sweep, ledger)
    if report.exit_code not in (0, 3):
        return report, None
    try:
        return report, freezer.freeze(ledger, sweep.scribe)
    except JanitorError as error:
        sweep.note_trouble(error)
        return sweep.report(), None


def apply_plan(target: Target, tools: Tools, application: Application) -> TargetReport:
    """Delete what a frozen plan has and a sweep would delete too, as a sweep does; nothing is raised."""
    application.say = unheard(tools.say)
    sweep = Sweep(target=target, tools=tools, plan=application.plan, before_deleting=application.record, kind="apply")
    return replace(_sweep(sweep, application.ledger), applied=application.summary())


def refuse_target(target: Target, ledger: Ledger, tools: Tools, refusal: Refusal) -> TargetReport:
    """The report of a target for which a plan file was refused before anything else was done; the ledger has it too."""
    sweep = Sweep(target=target, tools=tools, kind="apply")
    sweep.refuse(ledger, refusal)
    return sweep.report()


def _preview(sweep: Sweep, ledger: Ledger | None) -> TargetReport:
    try:
        if ledger is not None:
            check_tail(ledger)
        sweep.note_plan(sweep.make_plan(ledger))
    except JanitorError as error:
        sweep.note_trouble(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  a defect that one target brings to light keeps no other from its turn
        sweep.note_trouble(defect_of(error))
    return sweep.report()


def _sweep(sweep: Sweep, ledger: Ledger) -> TargetReport:
    try:
        check_tail(ledger)
        with ledger.hold(sweep.target.name) as fence:
            sweep.run(ledger, fence)
    except LockHeld as error:
        sweep.refuse(ledger, Refusal(by="lock", message=str(error)))
    except JanitorError as error:
        sweep.give_up(error)
    except MemoryError:
        raise  # the next sweep may need as much, and what this one would write too
    except Exception as error:  # noqa: BLE001  as above
        sweep.give_up(defect_of(error))
    return sweep.report()


def recover_target(target: Target, ledger: Ledger, tools: Tools) -> dict[str, int]:
    """Recovery alone, under the target's lock: close what an earlier sweep left open. Raises LedgerError or LockHeld."""
    sweep = Sweep(target=target, tools=tools)
    check_tail(ledger)
    with ledger.hold(target.name) as fence:
        return recover(target, ledger, fence, sweep.scribe, sweep.moment).counts


def fail_target(target: Target, tools: Tools, error: JanitorError, *, dry_run: bool = False) -> TargetReport:
    """The report of a target that was not swept at all, because of an error that concerns every target."""
    sweep = Sweep(target=target, tools=tools, dry_run=dry_run)
    sweep.note_trouble(error)
    return sweep.report()
