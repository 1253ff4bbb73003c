"""Owns the question for which of its jobs a new hold comes late: those that are gone, or whose deletion is not settled."""

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from janitor.core.canonical import parse_timestamp
from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.secret import MASK
from janitor.core.text import LONGEST_TEXT, inert
from janitor.ledger.facts import OpenIntent, list_open_intents
from janitor.ledger.schema import events, intents
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.selector import Condition

_UNSETTLED = "its deletion is under way or was asked for; the hold cannot take back a request that has left"
_GONE = {"confirmed": "it was deleted before", "already_gone": "it was found gone when it was to be deleted"}
"""What the closing outcomes mean after which there is no job any more."""


def find_late_jobs(ledger: Ledger, target: str, hold: Hold) -> tuple[str, ...]:
    """A sentence for each job of a target for which a hold that was just added may come too late, by job id.

    Of the jobs that it names: those that the ledger knows to be gone, and when. Of all that it covers or may cover: those whose
    deletion is open.
    """
    covers = hold.question()
    late = {intent.job_id: _UNSETTLED for intent in list_open_intents(ledger, target) if _may_cover(covers, intent)}
    for job_id, (state, at) in _gone(ledger, target, hold).items():
        late.setdefault(job_id, f"{_GONE[state]}, at {at:%Y-%m-%d %H:%M:%SZ}; the hold keeps nothing of it")
    return tuple(f"job {inert(job_id)}: {late[job_id]}" for job_id in sorted(late))


def _may_cover(covers: Condition, intent: OpenIntent) -> bool:
    """Whether a hold covers the job of an intent, or that cannot be told from its event, which lacks kind and workspace."""
    job = Job(
        id=intent.job_id,
        name=_whole(intent.event.get("job_name")),
        owner=_whole(intent.event.get("owner")),
        kind=None,
        workspace=None,
        phase=Phase.UNKNOWN,
        created_at=None,
        started_at=None,
        finished_at=None,
    )
    written = {intent.event.get("phase"), *(intent.event.get("other_phases") or ())}
    possible = [phase for phase in TERMINAL if phase in written] or list(Phase)
    return any(covers(replace(job, phase=phase)) is not False for phase in possible)


def _whole(text: str | None) -> str | None:
    """A text of an event, or None where the event has not all of it: it was shortened, or a secret removed from it."""
    return None if text is None or len(text) >= LONGEST_TEXT or MASK in text else text


def _gone(ledger: Ledger, target: str, hold: Hold) -> dict[str, tuple[str, datetime]]:
    """The jobs that a hold names and the ledger knows to be gone, with the closing outcome and its time."""
    if not hold.job_ids:
        return {}
    query = select(intents.c.job_id, intents.c.state, intents.c.closed_seq)
    query = query.where((intents.c.target == target) & intents.c.state.in_(_GONE))
    with ledger.reading() as connection:
        found = [row for row in connection.execute(query) if row.job_id.casefold() in hold.job_ids]
        bodies = {row.job_id: (row.state, select(events.c.body).where(events.c.seq == row.closed_seq)) for row in found}
        return {
            job_id: (state, parse_timestamp(json.loads(connection.execute(body).scalar_one())["at"]))
            for job_id, (state, body) in bodies.items()
        }
