"""Owns `janitor console`."""

import os
import secrets
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.options import config_option
from janitor.cli.progress import make_log
from janitor.cli.stopping import stop_on_signals
from janitor.clock import SystemClock
from janitor.core import events
from janitor.core.errors import UsageError
from janitor.settings.find import find_policy_file

if TYPE_CHECKING:
    from janitor.console.console import Console
    from janitor.service.policy_file import PolicyFile

LOOK_S = 0.5
"""How often the policy file is looked at: a token that was taken out of it is good for nothing any more."""
TOKEN_BYTES = 32


@click.command(name="console")
@config_option
@click.option("--listen", metavar="HOST:PORT", help="Where, instead of console.listen of the file; port 0 takes a free one.")
@click.option("--new-token", "new_token", metavar="NAME", help="Print a new token for this person, and its line for the file.")
def command(config: Path | None, listen: str | None, new_token: str | None) -> int:
    """Serve the web pages on the ledger that the policy file names, until SIGTERM or Ctrl-C; nothing is swept or written.

    Without tokens or a proxy in the policy file it is for this machine alone. The file is watched: who is taken out of it is
    logged out at once. `janitor serve` serves the same pages where its policy file has `console:`.

    Exit codes: 0 done, 2 usage or configuration, also an address that cannot be had, 5 the ledger is missing or untrusted.
    """
    if new_token is not None:
        return _print_token(new_token)
    from janitor.console.console import Console, listening_at
    from janitor.service.policy_file import PolicyFile
    from janitor.wiring import load_app

    clock, path = SystemClock(), find_policy_file(config, os.environ)
    app = load_app(path)
    file, say = PolicyFile(read=partial(load_app, path), path=path, clock=clock), make_log(app)
    console = Console(new_id=new_session_id, say=say)
    with stop_on_signals() as stop:
        try:
            console.follow(app, None)
            console.require_ledger()
            console.follow(app, listening_at(app.settings.console, listen))
            if sys.stderr.isatty():
                click.echo(f"janitor: the console is at {console.url}/ and ends on Ctrl-C", err=True)
            file.load()
            while not clock.wait(LOOK_S, stop):
                if file.has_changed():
                    _read_again(file, console, listen, say)
        finally:
            console.stop()
    return 0


def new_session_id() -> str:
    """What no one can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _read_again(file: "PolicyFile", console: "Console", listen: str | None, say: Callable[..., None]) -> None:
    """Go on by a changed policy file; a refused one, or an address that cannot be had, is said and changes nothing."""
    from janitor.console.console import listening_at

    before = file.problem
    file.load()
    if file.app is None:
        for line in (file.problem or "").splitlines() if file.problem != before else ():
            say(events.POLICY_FILE_REFUSED, reason=line)
        return
    say(events.POLICY_FILE_LOADED, source=str(file.app.settings.source))
    try:
        console.follow(file.app, listening_at(file.app.settings.console, listen))
    except UsageError as error:
        say(events.CONSOLE_FAILED, reason=str(error))


def _print_token(name: str) -> int:
    """The token, once, and what is known of it from now on."""
    from pydantic import TypeAdapter, ValidationError

    from janitor.console.tokens import digest_of, make_token
    from janitor.settings.console_fields import TokenName

    try:
        TypeAdapter(TokenName).validate_python(name)
    except ValidationError as error:
        raise UsageError("--new-token: a name is 1 to 63 of letters, digits, '.', '_', '@' and '-'") from error
    token = make_token(secrets.token_urlsafe(TOKEN_BYTES))
    click.echo(token)
    click.echo(f'{{name: "{name}", sha256: "{digest_of(token)}"}}')
    click.echo(
        "janitor: the first line is the token, shown this once; the second goes under console.tokens of the policy file", err=True
    )
    return 0
