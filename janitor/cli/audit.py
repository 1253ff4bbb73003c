"""Owns `janitor audit`: show, export, verify."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from janitor.cli.options import config_option
from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError, UsageError
from janitor.ledger.anchor import read_anchor
from janitor.ledger.chain import Head, Sealed, find_break
from janitor.ledger.store import Ledger, missing_ledger
from janitor.render import render_event, render_verified
from janitor.wiring import load_app


@click.group(name="audit")
def command() -> None:
    """Read the audit log, export it, prove it untouched."""


@command.command()
@config_option
@click.option("--job", "job_id", help="Only events about this job.")
@click.option("--target", help="Only events of this target.")
@click.option("--last", type=click.IntRange(min=1), help="Only the last so many.")
def show(config: Path | None, job_id: str | None, target: str | None, last: int | None) -> int:
    """One line an event, oldest first."""

    def is_wanted(event: dict[str, Any]) -> bool:
        return job_id in (None, event.get("job_id")) and target in (None, event["target"])

    with _open(config) as ledger:
        wanted = (event for row in ledger.rows() if is_wanted(event := row.event()))
        for event in deque(wanted, maxlen=last) if last else wanted:
            click.echo(render_event(event))
    return 0


@command.command()
@config_option
def export(config: Path | None) -> int:
    """Every event as one line of JSON, with its hash: what an auditor verifies without janitor."""
    with _open(config) as ledger:
        for row in ledger.rows():
            click.echo(canonical(row.event()))
    return 0


@command.command()
@config_option
@click.option("--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Verify an export instead.")
@click.option("--head", "heads", multiple=True, metavar="SEQ:HASH", help="A head written down earlier; may be repeated.")
def verify(config: Path | None, file: Path | None, heads: tuple[str, ...]) -> int:
    """Prove that no event was changed, removed, moved or cut off; exit 5 names the first that was."""
    anchors = [_parse(head) for head in heads]
    if file is not None:
        return _verify(lambda: _read_export(file), anchors, str(file))
    with _open(config) as ledger:
        anchor = read_anchor(ledger.path)
        return _verify(ledger.rows, [*anchors, *([anchor] if anchor else [])], str(ledger.path))


def _verify(rows: Callable[[], Iterable[Sealed]], anchors: list[Head], where: str) -> int:
    wrong, head = find_break(rows(), anchors)
    if wrong is not None:
        raise LedgerError(f"{where}: {wrong}; the last good head is {head}")
    click.echo(f"{where}: {render_verified(head, len(anchors))}")
    return 0


def _open(config: Path | None) -> Ledger:
    app = load_app(config)
    ledger = app.read_ledger()
    if ledger is None:
        raise missing_ledger(app.settings.ledger.path)
    return ledger


def _read_export(file: Path) -> Iterator[Sealed]:
    with file.open(encoding="ascii", errors="backslashreplace", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                event = json.loads(line)
                if canonical(event) != line.rstrip("\n"):
                    raise LedgerError(f"{file}:{number}: was changed: it is not the canonical text of an event")
                digest = event.pop("hash")
                yield Sealed(seq=event["seq"], body=canonical(event), hash=digest)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise LedgerError(f"{file}:{number}: is no event of an audit log") from error


def _parse(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise UsageError(f"--head: {error}") from error
