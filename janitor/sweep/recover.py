"""Owns recovery: what an earlier sweep left open is looked at and closed. It never deletes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from janitor.core import events
from janitor.core.errors import BackendError
from janitor.core.plan import Outcome
from janitor.core.verdict import Reason
from janitor.ledger.chain import Draft
from janitor.ledger.facts import OpenIntent, last_finished, last_survivors, list_open_intents
from janitor.ledger.store import Fence, Ledger
from janitor.retention.guards import check_clock, check_set
from janitor.sweep.canary import Canary
from janitor.sweep.journal import closing_of
from janitor.sweep.moment import Moment
from janitor.sweep.records import Note, Scribe, subject_of_event
from janitor.sweep.stuck import STUCK, Stuck, find_stuck, is_cool
from janitor.sweep.target import Target

_Closing = tuple[OpenIntent, tuple[str, Outcome], Reason]
NOT_APPLIED = Reason(code="not_applied", text="after the quiet period it is still there: the deletion was not seen to be applied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What recovery came to: how many intents were closed how, how many stay open, and which of all were stuck."""

    counts: dict[str, int]
    stuck: tuple[Stuck, ...] = ()


def recover(target: Target, ledger: Ledger, fence: Fence, scribe: Scribe, moment: Moment) -> Recovery:
    """Look at every open intent of a target and close what can be closed.

    Gone, with a canary visible before and after: confirmed if an accept was recorded, else, where it was seen twice, already
    gone. Present, never accepted, older than the quiet period by a clock that can be trusted: failed, not applied. Present,
    accepted, and a cool-down ago by such a clock: failed, stuck. Anything else stays open.
    """
    intents, now = list_open_intents(ledger, target.name), moment.as_of
    canary = Canary(
        backend=target.backend,
        job_ids=last_survivors(ledger, target.name) if intents else (),
        project_id=target.project_id,
        project_name=target.project_name,
    )
    is_shown = bool(intents) and canary.is_visible()
    sights = [(intent, _is_present(target, intent)) for intent in intents]
    is_shown = is_shown and canary.is_visible()
    quiet = target.quiet_period if intents and _is_time_sure(target, ledger, moment) else None
    closings = [_closing(intent, quiet, now, is_present=sight, is_shown=is_shown) for intent, sight in sights]
    closed = [closing for closing in closings if closing is not None]
    stuck = _find_stuck(intents, closed, now)
    counts = Counter(outcome for _, (_, outcome), _ in closed)
    words = (Outcome.CONFIRMED, Outcome.ALREADY_GONE, Outcome.FAILED, Outcome.SKIPPED)
    summary = {word.value: counts[word] for word in words} | {"open": len(intents) - len(closed)}
    drafts = [_draft(scribe, intent, event, reason) for intent, (event, _), reason in closed]
    ledger.append([*drafts, scribe.draft(events.RECOVERY_COMPLETED, **summary, stuck=len(stuck))], fence)
    return Recovery(counts=summary, stuck=stuck)


def _find_stuck(intents: Sequence[OpenIntent], closed: Sequence[_Closing], now: datetime) -> tuple[Stuck, ...]:
    """Those that stay open for too long already, and those that are given up for it now."""
    given_up = {intent.intent_id for intent, _, reason in closed if reason.code == STUCK}
    settled = {intent.intent_id for intent, _, _ in closed} - given_up
    return find_stuck((intent for intent in intents if intent.intent_id not in settled), now, given_up)


def _is_time_sure(target: Target, ledger: Ledger, moment: Moment) -> bool:
    """Whether our clock agrees with the server's and with the last finished sweep, and was not set since it was read."""
    skew = target.backend.traffic().skew
    return (check_clock(skew, moment.as_of, last_finished(ledger)) or check_set(moment.set_by(), skew)) is None


def _is_present(target: Target, intent: OpenIntent) -> bool | None:
    """Whether the job is there; None where that cannot be told, as for an intent of another project.

    One "not found" may be the answer to another request, and where no deletion was accepted nothing else speaks for it. So it has
    to come twice, in a row: answers that are late by one would give the second look what the first one was meant to get.
    """
    if intent.event["project_id"] != target.project_id:
        return None
    sights = [_look(target, intent.job_id)]
    if sights == [False] and not intent.is_accepted:
        sights.append(_look(target, intent.job_id))
    return sights[0] if len(set(sights)) == 1 else None


def _look(target: Target, job_id: str) -> bool | None:
    try:
        return target.backend.has_job(job_id)
    except (BackendError, ValueError):  # the latter: no id of this platform, from a target that changed its backend
        return None


def _closing(
    intent: OpenIntent, quiet: timedelta | None, now: datetime, *, is_present: bool | None, is_shown: bool
) -> _Closing | None:
    """How an open intent is closed, or None where it stays open."""
    if is_present is False and is_shown:
        text = "it is gone, and the platform had accepted its deletion" if intent.is_accepted else "it is gone"
        return intent, closing_of(is_accepted=intent.is_accepted), Reason(code="recovered", text=text)
    if is_present and not intent.is_accepted and quiet is not None and now - intent.last_at > quiet:
        return intent, (events.DELETION_FAILED, Outcome.FAILED), NOT_APPLIED
    if is_present and quiet is not None and is_cool(intent, now):
        (given_up,) = find_stuck([intent], now, [intent.intent_id])
        return intent, (events.DELETION_FAILED, Outcome.FAILED), given_up.reason
    return None


def _draft(scribe: Scribe, intent: OpenIntent, event: str, reason: Reason) -> Draft:
    note = Note(
        subject=subject_of_event(intent.event),
        reason=reason,
        intent_id=intent.intent_id,
        attempts=intent.attempts,
        tombstone=intent.event.get("tombstone"),
    )
    return scribe.deletion(event, note)
