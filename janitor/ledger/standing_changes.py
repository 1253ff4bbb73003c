"""Owns the changes of holds and pauses: each is one event, written only if nothing changed since it was decided on."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.errors import StandingChanged, UsageError
from janitor.ledger.chain import Draft
from janitor.ledger.standing import HoldRecord, facts_of_hold, list_holds, list_pauses, read_version
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.pause import Pause


def add_hold(ledger: Ledger, target: str, hold: Hold) -> None:
    """Add a hold on jobs of a target, which need not exist yet; its name is its id."""
    ledger.append([Draft(event=events.HOLD_ADDED, target=target, fields=facts_of_hold(hold) | {"reason": hold.reason})])


def remove_holds(ledger: Ledger, hold_ids: Sequence[str], reason: str | None) -> list[HoldRecord]:
    """Remove holds, whether they ended or not, and answer with what they were; raises UsageError where any is not there."""
    known = {record.hold.name: record for record in list_holds(ledger)}
    for hold_id in hold_ids:
        if hold_id not in known:
            raise UsageError(_unknown(hold_id, known.values()))
    wanted = [known[hold_id] for hold_id in dict.fromkeys(hold_ids)]
    return [record for record in wanted if _change(ledger, record.target, partial(_removal, ledger, record, reason))]


def pause_sweeping(ledger: Ledger, target: str | None, reason: str) -> Pause | None:
    """Pause a target, or all of them; where that is paused already nothing changes, and the answer is that pause."""
    before: list[Pause] = []

    def make() -> Draft | None:
        before[:] = [pause for pause in list_pauses(ledger) if pause.target == target]
        return None if before else Draft(event=events.SWEEPING_PAUSED, target=target, fields={"reason": reason})

    return None if _change(ledger, target, make) else before[0]


def resume_sweeping(ledger: Ledger, target: str | None) -> Pause | None:
    """Lift the pause of a target, or the one of all, and answer with what it was; None where there was none."""
    before: list[Pause] = []

    def make() -> Draft | None:
        before[:] = [pause for pause in list_pauses(ledger) if pause.target == target]
        return Draft(event=events.SWEEPING_RESUMED, target=target, fields=_facts_of_pause(before[0])) if before else None

    return before[0] if _change(ledger, target, make) else None


def _change(ledger: Ledger, target: str | None, make: Callable[[], Draft | None]) -> bool:
    """Write what is to be written, decided on anew where something changed meanwhile; False where there is nothing."""
    while True:
        version = read_version(ledger, target)
        draft = make()
        if draft is None:
            return False
        try:
            ledger.append([draft], standing=version)
        except StandingChanged:
            continue
        return True


def _removal(ledger: Ledger, record: HoldRecord, reason: str | None) -> Draft | None:
    if record.hold.name not in {each.hold.name for each in list_holds(ledger, record.target)}:
        return None
    fields = facts_of_hold(record.hold) | {"hold_reason": record.hold.reason, "reason": reason}
    return Draft(event=events.HOLD_REMOVED, target=record.target, fields=fields)


def _facts_of_pause(pause: Pause) -> dict[str, str]:
    return {"reason": pause.reason, "paused_by": pause.by, "paused_at": timestamp(pause.since)}


def _unknown(word: str, known: Iterable[HoldRecord]) -> str:
    covering = [record.hold.name for record in known if word.casefold() in record.hold.job_ids]
    if covering:
        return f"{word} is a job, held by {', '.join(covering)}: name the hold"
    return f"there is no hold {word!r}; `janitor hold list` shows them"
