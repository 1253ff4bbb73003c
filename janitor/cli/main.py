"""Owns the entry point: which commands there are, and how an error becomes one line and an exit code."""

import gc
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from janitor import __version__
from janitor.cli.standard_output import guard_standard_output
from janitor.core.defect import defect_of
from janitor.core.errors import Defect, JanitorError, UsageError
from janitor.core.text import inert

COMMANDS = {
    "sweep": "One sweep of each target: delete what has expired, prove it, record it.",
    "serve": "Run as a daemon: sweep each target at its schedule.",
    "plan": "Show what a sweep would delete, and delete nothing.",
    "apply": "Delete exactly what a plan file has, minus what changed since.",
    "list": "The jobs of each target with their verdicts.",
    "forecast": "How many jobs expire on each coming day, and how what waits drains.",
    "console": "The web pages on the ledger, read-only, until SIGTERM.",
    "report": "The overview as one HTML file, for mail and CI.",
    "explain": "Say why one job is kept or goes, or when and by what it was deleted.",
    "tombstone": "Show or export what is remembered of a deleted job.",
    "recreate": "Print the request that would create a deleted job anew; send nothing.",
    "hold": "Pin jobs, list the pins, remove them: a hold beats every policy.",
    "pause": "The kill switch: delete nothing until it is lifted.",
    "resume": "Lift a pause.",
    "acknowledge": "Lift one guard that refuses the plans of a target, once.",
    "delete": "Delete jobs by id, with a reason, past the policies and nothing else.",
    "test": "Run tests of policies: jobs at an instant, and what must be decided about them.",
    "snapshot": "Write the jobs of a target into a file, to try policies on.",
    "diff": "Show which jobs of a snapshot an edit of the policies decides about otherwise.",
    "check": "Validate the policy file and echo it as understood.",
    "schema": "Print the JSON Schema of the policy file, for editors.",
    "doctor": "Check the ledger, and the way to, features and permissions of each target; delete nothing.",
    "audit": "Read the audit log, export it, prove it untouched.",
    "init": "Write a starter policy file, or create the ledger.",
    "emulator": "Run a local ModelArts to try things on.",
    "demo": "Show the whole story on a local ModelArts, in a few seconds.",
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"janitor.cli.{cmd_name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin like the word, without importing them; and the options of the group."""
        named = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="janitor")
@click.option("--config", type=click.Path(path_type=Path), help="The policy file, for the command that follows.")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """Delete expired machine-learning training jobs by policy, prove that they are gone, keep a tamper-evident log."""
    del config  # the commands read it from the context
    if sys.stdout is None and context.invoked_subcommand != "serve":
        raise UsageError(
            "standard output is closed, so the result would be lost and nothing was done; open it, or use >/dev/null"
        )


NEW_OBJECTS = 10_000
"""So many may be made before Python looks for cycles among them: pages of jobs make many, and leave none."""


def main() -> None:
    """Run a command; every error that janitor knows is one message and its exit code, never a traceback."""
    if {"serve", "console"} & set(sys.argv[1:]):
        _mind_signals_early()
    guard_standard_output()
    if isinstance(sys.stderr, TextIOWrapper):  # a name that the terminal's encoding lacks is shown by its number
        sys.stderr.reconfigure(errors="backslashreplace")
    gc.set_threshold(NEW_OBJECTS)
    sys.exit(run(sys.argv[1:]))


def _mind_signals_early() -> None:
    """Until the process minds its signals itself: as process 1 of a container an unminded SIGTERM would be lost."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def run(arguments: list[str]) -> int:
    """Run a command and answer with its exit code."""
    try:
        refuse_pyjanitor()
        code = cli.main(args=arguments, prog_name="janitor", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except JanitorError as error:
        _complain("\n".join(inert(line, 2000) for line in str(error).splitlines()))
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001  an unexpected error is one line for the operator, not a traceback
        _complain(str(defect_of(error)))
        return Defect.exit_code
    return code if isinstance(code, int) else 0


def refuse_pyjanitor() -> None:
    """Raise where pyjanitor is installed too: both bring a package named `janitor`, and parts of the two would mix."""
    if not any(name.startswith("pyjanitor-") for folder in sys.path for name in _names_in(folder)):
        return  # without importlib.metadata, whose import takes as long as all the rest of --help
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution("pyjanitor")
    except PackageNotFoundError:
        return
    raise click.UsageError(
        f"pyjanitor {found.version} is installed in this environment; it brings a package named `janitor` as well, and the two "
        "overwrite each other's files. Install training-janitor in an environment of its own."
    )


def _names_in(folder: str) -> list[str]:
    try:
        return [path.name for path in Path(folder or ".").iterdir()]
    except OSError:
        return []


def _complain(message: str) -> None:
    with suppress(OSError):  # where nobody can be told, the exit code still tells
        click.echo(f"janitor: {message}", err=True)
