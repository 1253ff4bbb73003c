"""Makes a ledger to look at: forty nights of an ordinary project, two more targets, marks, holds, a refusal, a pause.

PYTHONPATH=tests:. python tests/console_demo.py FOLDER [PORT] serves the pages on it, on loopback, until it is stopped.
"""

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn

from builders import FakeClock
from console_client import Desk, make_settings
from year import BEGIN
from year_operation import Operation
from year_policies import AUDIT

from janitor.core import events as names
from janitor.core.errors import ListingIncomplete
from janitor.ledger.chain import Draft
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.store import Pen
from janitor.retention.hold import Hold
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode
from janitor.settings.model import Settings

NIGHTS, SIZE, SEED = 42, 900, 7


def make_demo(folder: Path) -> tuple[Path, FakeClock, Settings]:
    """The ledger's file, the time at which to look at it, and the settings."""
    operation = Operation.begin(folder, SEED, SIZE)
    for night in range(NIGHTS):
        operation.live(1)
        if night % 7 == 3:
            operation.sweep(name="vision", rules=replace(operation.rules, target="vision", mode=Mode.OBSERVE))
    operation.sweep(name="speech", rules=replace(operation.rules, target="speech"), limits=Limits())
    operation.project.clock.advance(60)
    operation.project.backend.listing = _fail
    operation.sweep(name="speech", rules=replace(operation.rules, target="speech"))
    operation.project.backend.listing = None
    operation.close()
    clock = operation.project.clock
    clock.advance(3 * 3600)
    with open_ledger(operation.path, Pen(now=clock.now, actor="cli:ada@laptop"), create=False) as ledger:
        held = {"hold_id": "h-1", "job_ids": [next(iter(operation.project.jobs))], "match": None, "owner": "ada", "until": None}
        ledger.append([Draft(event=names.HOLD_ADDED, target="research", fields=held | {"reason": "compared in the paper"})])
        ledger.append([Draft(event=names.SWEEPING_PAUSED, target="speech", fields={"reason": "moving to the new region"})])
    return operation.path, clock, demo_settings(operation)


def _fail() -> NoReturn:
    raise ListingIncomplete("page 7 of 16 was not answered within 30 s, after 5 attempts")


def demo_settings(operation: Operation) -> Settings:
    """Three targets, and the policies of the last night."""
    one = make_settings().targets[0]
    pace = Pace(per_sweep=90, per_day=180)
    rules = operation.rules
    targets = (
        replace(one, name="research", pace=pace, project_id="1", project_name="eu-de_research"),
        replace(one, name="vision", pace=pace, mode=Mode.OBSERVE, project_id="2"),
        replace(one, name="speech", pace=pace, project_id="3", project_name="eu-de_speech"),
        replace(one, name="new-region", pace=pace, schedule=None, mode=Mode.OBSERVE, project_id="4"),
    )
    release = Hold(name="release-7", reason="in the field", match=AUDIT.match, until=date(2026, 12, 31), owner="vision")
    return make_settings(
        targets=targets, policies=rules.policies, holds=(AUDIT, release), source=Path("/etc/janitor/janitor.yaml")
    )


def begin_sweep(path: Path, clock: FakeClock) -> None:
    """Leave a sweep of research under way."""
    with open_ledger(path, Pen(now=clock.now, actor="schedule@here"), create=False) as ledger:
        fence = ledger.claim("research")
        begun: dict[str, Any] = {"epoch": fence.epoch, "project_id": "p", "kind": "sweep"}
        ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id="running-1", fields=begun)], fence)
        listed = {"listed": 913, "workspaces": ["0"], "has_labels": True}
        ledger.append([Draft(event=names.LISTING_COMPLETED, target="research", sweep_id="running-1", fields=listed)], fence)


def main(arguments: list[str]) -> int:
    """Make it where there is none, and serve it."""
    import uvicorn
    from console_client import Console
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware

    folder, port = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 8099
    folder.mkdir(parents=True, exist_ok=True)
    path, clock, settings = make_demo(folder)
    if len(arguments) > 2:
        begin_sweep(path, clock)
    ledger = read_ledger(path)
    desk = Desk(ledger=ledger, clock=clock, settings=settings, next=clock.now() + timedelta(hours=18))
    console = Console(desk=desk)
    policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'"

    async def strict(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = policy
        return response

    console.application.user_middleware.append(Middleware(BaseHTTPMiddleware, dispatch=strict))
    print(f"http://127.0.0.1:{port}/ as of {clock.now()} ({(clock.now() - BEGIN).days} days)")
    uvicorn.run(console.application, host="127.0.0.1", port=port, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
