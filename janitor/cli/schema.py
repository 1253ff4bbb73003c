"""Owns `janitor schema`."""

import click


@click.command(name="schema")
def command() -> int:
    """Print the JSON Schema of the policy file (draft 2020-12); it needs no file and asks nobody.

    `janitor schema > janitor.schema.json` beside the policy file lets editors check it while you type.
    """
    from janitor.settings.json_schema import render_schema

    click.echo(render_schema(), nl=False)
    return 0
