"""Owns `janitor acknowledge`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from janitor.cli.completing import complete_guards
from janitor.cli.options import config_option, require_text, target_option
from janitor.cli.standard_output import telling_what_was_done
from janitor.core.errors import UsageError
from janitor.core.text import inert
from janitor.retention.history import LASTING, LASTS, LIFTABLE

if TYPE_CHECKING:
    from janitor.ledger.history import Word

INSTEAD = {
    "identity": "whose project it is is never a matter of opinion; mend the target's project_id, project_name or credentials",
    "max_share": "lower pace.per_sweep or raise limits.max_share in the policy file",
    "labels_unavailable": "take `labels` out of the policies; a target whose tags are gone for good needs another name",
    "pause": "`janitor resume` lifts it; where a file STOP halts sweeping, remove that",
    "lock": "another sweep of this target is under way; wait for its end",
}
"""What else refuses plans, and what to do about it."""


@click.command(name="acknowledge")
@click.argument("guard", metavar="GUARD", shell_complete=complete_guards)
@config_option
@target_option
@click.option("--reason", required=True, metavar="TEXT", help="Why the guard is wrong this time; for the audit log.")
def command(guard: str, config: Path | None, target: str, reason: str) -> int:
    """Lift one guard for a target, once: GUARD is the word after `REFUSED by`.

    It holds for the policies as they are now and for one sweep that finishes (clock and ages_implausible: until one passes
    without it), for 30 days at most. It lifts nothing else: the pace still applies, and so does every other guard. The time that
    the server tells is never lifted.
    """
    from janitor.cli.ledger import changing_ledger
    from janitor.ledger.history import Word, acknowledge_guard
    from janitor.wiring import load_app

    _check(guard)
    app = load_app(config)
    (name,) = app.target_names((target,))
    digest, until = app.policy_digests()[name], app.clock.now() + LASTS
    word = Word(guard=guard, policy_digest=digest, reason=require_text("--reason", reason), until=until)
    with changing_ledger(app) as ledger:
        app.record_policies(ledger)
        acknowledge_guard(ledger, name, word)
    with telling_what_was_done():
        click.echo(app.scrubber.scrub_text(_tell(name, word)))
    return 0


def _check(guard: str) -> None:
    if guard in INSTEAD:
        raise UsageError(f"{guard} cannot be acknowledged: {INSTEAD[guard]}")
    if guard not in LIFTABLE:
        raise UsageError(f"there is no guard {inert(guard, 120)!r} to acknowledge; there are {', '.join(LIFTABLE)}")


def _tell(target: str, word: "Word") -> str:
    how_long = "until a sweep passes without it" if word.guard in LASTING else "for the next sweep that finishes"
    what = "its count begins anew" if word.guard == "crash_loop" else f"{how_long}, {word.until:%Y-%m-%d %H:%MZ} at the latest"
    return (
        f"{word.guard} is lifted for target {target}: {what}\n"
        f"  policies    {word.policy_digest}; an edit of them voids it\n"
        "  pace        still applies, and so does every other guard"
    )
