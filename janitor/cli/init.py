"""Owns `janitor init`."""

from importlib.resources import files
from pathlib import Path

import click

from janitor.cli.options import config_option
from janitor.core.errors import UsageError


@click.command(name="init")
@config_option
@click.option("--ledger", is_flag=True, help="Create the ledger that the policy file names, once; `create: false` relies on it.")
def command(config: Path | None, ledger: bool) -> int:
    """Write a starter policy file (./janitor.yaml), or create the ledger."""
    if ledger:
        from janitor.ledger.opening import init_ledger
        from janitor.wiring import load_app

        where = load_app(config).where()
        init_ledger(where)
        click.echo(f"{where}: an empty ledger")
        return 0
    path = config or Path("janitor.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(files("janitor.settings").joinpath("starter.yaml").read_text("utf-8"))
    except FileExistsError as error:
        raise UsageError(f"{path}: exists already, and was left alone") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    click.echo(f"{path}: a starter file that only observes; fill it in, then run `janitor check --config {path}`")
    return 0
