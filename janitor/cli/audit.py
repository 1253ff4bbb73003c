"""Owns `janitor audit`: show, export, verify."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from janitor.cli.audit_filters import Filters, filter_options
from janitor.cli.options import config_option, output_option
from janitor.cli.publish import VerifiedMetrics, publish_options
from janitor.cli.standard_output import is_read
from janitor.core.errors import LedgerError, UsageError

if TYPE_CHECKING:
    from janitor.cli.whole_file import OutputFile
    from janitor.ledger.chain import Head, Sealed
    from janitor.ledger.store import Ledger
    from janitor.wiring import App

Event = dict[str, Any]
AT_ONCE = 500
"""Lines written with one call."""


@click.group(name="audit")
def command() -> None:
    """Read the audit log, export it, prove it untouched."""


@command.command()
@config_option
@filter_options
@output_option("text", "json")
def show(config: Path | None, filters: Filters, output: str) -> int:
    """One line an event, oldest first; conditions on different things all have to hold."""
    from janitor.render_audit import list_json, list_lines

    app, ledger = _open(config)
    with ledger:
        render = list_json if output == "json" else list_lines
        _print(render(_clean(app, _selected(app, ledger, filters))))
    return 0


@command.command()
@config_option
@filter_options
@output_option("jsonl", "csv", flag="--format")
@click.option("-o", "file", type=click.Path(path_type=Path), help="Write to this file, all at once, for its owner's eyes only.")
def export(config: Path | None, filters: Filters, output: str, file: Path | None) -> int:
    """Every event, for auditors (jsonl, one event a line: what is verified without janitor) or for spreadsheets (csv).

    csv takes conditions, jsonl takes none: a part of the log does not verify.
    """
    from janitor.ledger.export import write_export

    if output == "jsonl" and filters.are_given:
        raise UsageError(
            "--format jsonl takes no conditions, since a part of the log does not verify; use `--format csv`, or "
            "`janitor audit show --output json`"
        )
    app, ledger = _open(config, file)
    with ledger:
        lines = _rows(app, ledger, filters) if output == "csv" else write_export(ledger)
        if file is None:
            _print(lines)
            return 0
        with _place(app, file).write() as stream:
            stream.writelines(lines)
    return 0


@command.command()
@config_option
@click.option("--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Verify an export instead.")
@click.option("--head", "heads", multiple=True, metavar="SEQ:HASH", help="A head written down earlier; may be repeated.")
@output_option("text", "json")
@publish_options(None)  # it must not take the place of what the last sweep wrote
def verify(
    config: Path | None, file: Path | None, heads: tuple[str, ...], output: str, textfile: Path | None, pushgateway: str | None
) -> int:
    """Prove that no event was changed, removed, moved or cut off; exit 5 names the first that was.

    Of the ledger itself, not of an export: also that its holds, pauses and intents are those that the events tell of, and
    how that went as metrics.
    """
    from janitor.ledger.derivation import find_difference
    from janitor.ledger.export import read_export

    anchors = [_parse(head) for head in heads]
    if file is not None:
        return _verify(read_export(file), anchors, str(file), output)
    with VerifiedMetrics(textfile, pushgateway).telling(config), _open(config)[1] as ledger, closing(ledger.rows()) as rows:
        anchor = ledger.storage.anchor.read()
        found = [*anchors, *([anchor] if anchor else [])]
        return _verify(rows, found, ledger.name, output, lambda: find_difference(ledger))


def _verify(
    rows: "Iterable[Sealed]", anchors: "list[Head]", where: str, output: str, check: Callable[[], str | None] = lambda: None
) -> int:
    """Verify a chain, then whatever else is to be checked once the chain is whole."""
    from janitor.ledger.chain import find_break
    from janitor.render_audit import render_verified

    wrong: str | None
    head: Head | None
    try:
        wrong, head = find_break(rows, anchors)
        wrong = wrong or check()
    except LedgerError as error:  # what cannot be read as an event at all
        wrong, head = str(error).removeprefix(f"{where}: "), None
    if output == "json":
        known = {"events": None, "head": None} if head is None else {"events": head.seq, "head": str(head)}
        document = {"version": 1, "source": where, "verified": wrong is None, "wrong": wrong, "anchors": len(anchors)} | known
        click.echo(json.dumps(document))
    if wrong is not None or head is None:
        raise LedgerError(f"{where}: {wrong}{'' if head is None else f'; the last good head is {head}'}")
    if output == "text":
        click.echo(f"{where}: {render_verified(head, len(anchors))}")
    return 0


def _open(config: Path | None, file: Path | None = None) -> "tuple[App, Ledger]":
    """The ledger, once it is clear that what is to be written from it may be written to that file."""
    from janitor.ledger.opening import missing_ledger
    from janitor.wiring import load_app

    app = load_app(config)
    if file is not None:
        _place(app, file).check()
    ledger = app.read_ledger()
    if ledger is None:
        raise missing_ledger(app.where())
    return app, ledger


def _place(app: "App", file: Path) -> "OutputFile":
    from janitor.cli.whole_file import EXPORT, OutputFile

    return OutputFile(path=file, begins=EXPORT, settings=(app.settings,))


def _selected(app: "App", ledger: "Ledger", filters: Filters) -> Iterator[Event]:
    """The events that were asked for; where there is none, standard error says so."""
    from janitor.ledger.selection import read_events

    found = read_events(ledger, filters.selection(app.clock.now()), filters.last)
    first = next(found, None)
    if first is None:
        click.echo("janitor: no event fits", err=True)
        return iter(())
    return chain([first], found)


def _clean(app: "App", events: Iterator[Event]) -> Iterator[Event]:
    """The events without the secrets of today; those of their day were never written."""
    return map(app.scrubber.scrub, events)


def _rows(app: "App", ledger: "Ledger", filters: Filters) -> Iterator[str]:
    from janitor.render_audit import list_csv

    return list_csv(_clean(app, _selected(app, ledger, filters)))


def _print(pieces: Iterator[str]) -> None:
    while is_read() and (block := "".join(islice(pieces, AT_ONCE))):
        click.echo(block, nl=False)


def _parse(text: str) -> "Head":
    from janitor.ledger.chain import Head

    try:
        return Head.parse(text)
    except ValueError as error:
        raise UsageError(f"--head: {error}") from error
