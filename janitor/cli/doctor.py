"""Owns `janitor doctor`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.options import config_option, output_option, targets_option
from janitor.cli.stopping import stop_on_signals
from janitor.core.text import inert
from janitor.sweep.diagnose import diagnose_target
from janitor.sweep.diagnose_check import Check, Result

if TYPE_CHECKING:
    from janitor.wiring import App

_WORDS = {Result.OK: "ok", Result.FAULT: "FAULT", Result.UNKNOWN: "unknown", Result.SKIPPED: "skipped"}


@click.command(name="doctor")
@config_option
@targets_option
@output_option("text", "json")
def command(config: Path | None, targets: tuple[str, ...], output: str) -> int:
    """Check the ledger and each target; nothing is deleted or written.

    Of a target: addresses, certificates, credentials and their end, project, clock, listing and how it is paged, batch delete,
    tags, workspaces, quota, the platform's own aging of jobs, permissions. Whether deleting is permitted is never tried.

    Exit codes: 0 no fault, 2 usage or configuration, 3 any fault, 130 interrupted.
    """
    from janitor.wiring import load_app

    with stop_on_signals() as stop:
        app = load_app(config, stop=stop)
        ledger, found = _diagnose(app, targets)
    if output == "json":
        click.echo(json.dumps(_as_document(ledger, found), indent=1))
    else:
        click.echo(_as_text(ledger, found))
    checks = [ledger, *(check for checks in found.values() for check in checks)]
    return 3 if any(check.result is Result.FAULT for check in checks) else 0


def _diagnose(app: "App", names: tuple[str, ...]) -> tuple[Check, dict[str, tuple[Check, ...]]]:
    """Every check, without secrets: they are removed before anything is cut or escaped."""
    from janitor.sweep.diagnose_ledger import diagnose_ledger

    targets, found = app.targets(names), dict[str, tuple[Check, ...]]()
    ledger = diagnose_ledger(app.where(), create=app.settings.ledger.create)
    for target in targets:
        try:
            checks = diagnose_target(target, app.clock.now())
            found[target.name] = tuple(replace(check, message=app.scrubber.scrub_text(check.message)) for check in checks)
        finally:
            target.backend.close()
    return ledger, found


def _as_text(ledger: Check, found: dict[str, tuple[Check, ...]]) -> str:
    lines = ["ledger", *_lines(ledger)]
    for name, checks in found.items():
        lines += [name, *(line for check in checks for line in _lines(check))]
    return "\n".join(lines)


def _lines(check: Check) -> list[str]:
    first = f"  {_WORDS[check.result]:<7}  {check.check:<11}  {inert(check.message)}"
    return [first, f"{'':24}do: {check.advice}"] if check.advice else [first]


def _as_document(ledger: Check, found: dict[str, tuple[Check, ...]]) -> dict[str, Any]:
    targets = [{"target": name, "checks": [_fields(check) for check in checks]} for name, checks in found.items()]
    return {"version": 1, "ledger": _fields(ledger), "targets": targets}


def _fields(check: Check) -> dict[str, Any]:
    message = inert(check.message)
    return {"check": check.check, "result": check.result.value, "message": message, "advice": check.advice}
