"""Owns `janitor emulator`."""

from pathlib import Path

import click

from janitor.clock import SystemClock
from janitor.core.errors import UsageError


@click.command(name="emulator")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--jobs", "count", type=click.IntRange(min=0), default=300, show_default=True, help="How many jobs to begin with.")
@click.option(
    "--jobs-v1",
    "count_v1",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same, of the first API generation (v1).",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same jobs.")
@click.option("--workspace", "workspaces", multiple=True, default=("0",), show_default=True, help="May be repeated.")
@click.option("--offset-mode", type=click.Choice(["page", "record"]), default="page", show_default=True)
@click.option(
    "--delete-delay", type=click.FloatRange(min=0), default=0.5, show_default=True, help="Seconds a deleted job lingers."
)
@click.option(
    "--truth", type=click.Path(path_type=Path), help="A file for the truth log: every change, synced before the answer."
)
def command(
    *,
    port: int,
    count: int,
    count_v1: int,
    seed: int,
    workspaces: tuple[str, ...],
    offset_mode: str,
    delete_delay: float,
    truth: Path | None,
) -> int:
    """Run a local ModelArts (v2, v1, IAM) on 127.0.0.1 to try things on; it checks signatures and ends on SIGTERM or Ctrl-C."""
    from janitor.emulator.account import Account
    from janitor.emulator.seeding import seed_jobs
    from janitor.emulator.seeding_v1 import seed_jobs_v1
    from janitor.emulator.server import Emulator, run_forever
    from janitor.emulator.switches import Switches

    account = Account()
    now = SystemClock().now()
    jobs, jobs_v1 = seed_jobs(count, seed, now, workspaces), seed_jobs_v1(count_v1, seed, now, workspaces)
    switches = Switches(offset_mode="record" if offset_mode == "record" else "page", delete_delay_s=delete_delay)

    def ready(url: str) -> None:
        click.echo(f"endpoint      {url}")
        click.echo(f"project_id    {account.project_id} (project_name {account.project_name})")
        click.echo(f"access key    {account.access_key}")
        click.echo(f"secret key    {account.secret_key}")
        click.echo(f"or log in    as {account.user_name} of domain {account.domain_name}, password {account.password}")
        click.echo(f"{count} jobs{f' and {count_v1} of API v1' if count_v1 else ''}; ends on SIGTERM or Ctrl-C")

    try:
        emulator = Emulator(account=account, switches=switches, jobs=jobs, jobs_v1=jobs_v1, port=port, truth_path=truth)
        run_forever(emulator, ready)
    except OSError as error:
        raise UsageError(f"port {port} or the truth log cannot be used: {error.strerror}") from error
    return 0
