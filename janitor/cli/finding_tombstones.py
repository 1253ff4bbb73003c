"""Owns how commands find the tombstone of a job, and what they say where there is none."""

from janitor.core.errors import UsageError
from janitor.core.events import DELETION_INTENDED, GONE, may_come_late
from janitor.ledger.facts import list_job_events
from janitor.ledger.store import Ledger
from janitor.ledger.tombstones import Kept, find_purge, find_tombstones
from janitor.wiring import App


def find_tombstone(app: App, job_id: str, target: str | None) -> Kept:
    """The latest tombstone of a job, of a target where one is named; raises UsageError with what is known where none is kept.

    A target that is not in the policy file any more is as good as one that is.
    """
    ledger, wanted = app.read_ledger(), job_id.lower()
    if ledger is None:
        raise UsageError(f"job {job_id}: there is no ledger at {app.settings.ledger}, so nothing was ever deleted")
    with ledger:
        found = [each for each in find_tombstones(ledger, wanted) if target in (None, each.target)]
        if len({each.target for each in found}) > 1:
            names = ", ".join(sorted({each.target for each in found}))
            raise UsageError(f"job {wanted}: targets {names} each have a tombstone of a job of this id; name one by --target")
        if not found:
            raise UsageError(f"job {wanted}: {_absence(ledger, wanted, target)}")
    return found[0]


def _absence(ledger: Ledger, job_id: str, target: str | None) -> str:
    """Why there is no tombstone: never deleted, still open, not deleted after all, purged, or from before there were any."""
    known = list_job_events(ledger, job_id) if job_id.isascii() else ()
    history = [event for event in known if target in (None, event["target"])]
    gone = [event for event in history if event["event"] in GONE or may_come_late(event)]
    if not history:
        return f"janitor has never deleted it{'' if target is None else f' in target {target}'}, so no tombstone is kept"
    last = history[-1]
    if last["event"] == DELETION_INTENDED:
        return f"its deletion, intended at {last['at']}, is open; no tombstone was kept with it"
    if not gone:
        return f"its deletion came to nothing ({last['event']} at {last['at']}), so no tombstone is kept"
    last = gone[-1]
    became = "it was deleted" if last["event"] in GONE else "its deletion was given up unproven"
    purged = find_purge(ledger, last["intent_id"])
    if purged is not None:
        return f"{became} at {last['at']}, and its tombstone was purged at {purged}; `tombstones.keep_for` says when"
    if last.get("tombstone") is None:
        return f"{became} at {last['at']}, before janitor kept tombstones"
    return f"{became} at {last['at']}, and its tombstone is missing: run `janitor audit verify`"
